//! "Did you mean": the known name that is nearest to a wrong one.

/// Of how many known names the nearest is looked for.
const MOST: usize = 2000;

/// The nearest of the known names, where one is near enough to be a slip of the pen.
pub(crate) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wrong: Vec<char> = wrong.to_lowercase().chars().take(64).collect();
    // One slip in three letters; a transposition counts as one slip.
    let tolerated = wrong.len().div_ceil(3).min(3);
    known
        .into_iter()
        .take(MOST)
        .map(|name| {
            let letters: Vec<char> = name.to_lowercase().chars().take(64).collect();
            (distance(&wrong, &letters), name)
        })
        .filter(|(distance, _)| *distance <= tolerated)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The number of insertions, deletions, replacements and swaps of neighbours that make one of the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&last, j) + usize::from(x != y);
            let mut best = replaced.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        let known = ["units", "users", "files", "linger"];
        assert_eq!(nearest("unts", known), Some("units"));
        assert_eq!(nearest("untis", known), Some("units"));
        assert_eq!(nearest("Linger", known), Some("linger"));
        assert_eq!(nearest("policy", known), None);
        assert_eq!(nearest("", known), None);
    }
}
