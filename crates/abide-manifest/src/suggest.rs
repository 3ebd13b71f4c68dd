//! "Did you mean": the known name that is nearest to a wrong one.

/// Of how many known names the nearest is looked for.
const MOST: usize = 2000;

/// How many letters of a name are compared.
const LETTERS: usize = 64;

/// The nearest of the known names, where one is near enough to be a slip of the pen.
pub(crate) fn nearest_name<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let letters = |name: &str| {
        name.to_lowercase()
            .chars()
            .take(LETTERS)
            .collect::<String>()
    };
    let wrong = letters(wrong);
    // One slip in three letters; a swap of neighbours counts as one slip.
    let tolerated = wrong.chars().count().div_ceil(3).min(3);
    known
        .into_iter()
        .take(MOST)
        .map(|name| (strsim::osa_distance(&wrong, &letters(name)), name))
        .filter(|(distance, _)| *distance <= tolerated)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        let known = ["units", "users", "files", "linger"];
        assert_eq!(nearest_name("unts", known), Some("units"));
        assert_eq!(nearest_name("untis", known), Some("units"));
        assert_eq!(nearest_name("Linger", known), Some("linger"));
        assert_eq!(nearest_name("policy", known), None);
        assert_eq!(nearest_name("", known), None);
    }
}
