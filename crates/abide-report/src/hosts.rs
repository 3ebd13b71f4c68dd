//! Names of many hosts in few words: `web01-web38`, `all 40 hosts but web07`.

use std::collections::BTreeSet;

use abide_model::HostName;

use crate::words;

/// A name around its number: `web`, 7 written `07`, `.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Parts<'a> {
    before: &'a str,
    after: &'a str,
    number: Option<u64>,
    digits: &'a str,
}

/// Takes a name apart at the last number of its first label; an address of numbers only, at its last number.
fn name_parts(name: &str) -> Parts<'_> {
    let label = name.split('.').next().unwrap_or(name);
    let has_letters = label.chars().any(|c| !c.is_ascii_digit());
    let place = if has_letters { label } else { name };
    let plain = Parts {
        before: name,
        after: "",
        number: None,
        digits: "",
    };
    let Some(last) = place.rfind(|c: char| c.is_ascii_digit()) else {
        return plain;
    };
    let Some((head, after)) = name.split_at_checked(last + 1) else {
        return plain;
    };
    let before = head.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = head.strip_prefix(before).unwrap_or("");
    match digits.parse() {
        Ok(number) => Parts {
            before,
            after,
            number: Some(number),
            digits,
        },
        Err(_) => plain,
    }
}

impl Parts<'_> {
    fn name(&self) -> String {
        format!("{}{}{}", self.before, self.digits, self.after)
    }

    fn is_followed_by(&self, next: &Self) -> bool {
        let unpadded = |parts: &Self| !parts.digits.starts_with('0');
        (self.before, self.after) == (next.before, next.after)
            && self.number.is_some()
            && self.number.and_then(|n| n.checked_add(1)) == next.number
            && (self.digits.len() == next.digits.len() || (unpadded(self) && unpadded(next)))
    }
}

/// `web01-web38, db02`. Two neighbours stay two names. Names that hold a `-` are joined by `..`.
pub(crate) fn name_ranges<'a>(hosts: impl IntoIterator<Item = &'a HostName>) -> String {
    let mut all: Vec<Parts<'_>> = hosts
        .into_iter()
        .map(|host| name_parts(host.as_str()))
        .collect();
    all.sort();
    let runs = all.chunk_by(Parts::is_followed_by);
    let said: Vec<String> = runs
        .map(|run| match run {
            [first, _, .., last] => {
                let joint = if first.name().contains('-') {
                    ".."
                } else {
                    "-"
                };
                format!("{}{joint}{}", first.name(), last.name())
            }
            run => run.iter().map(Parts::name).collect::<Vec<_>>().join(", "),
        })
        .collect();
    said.join(", ")
}

/// The hosts of a set among all: by name where few, with their number where many, by who is missing where
/// that is shorter.
pub(crate) fn names_among(set: &BTreeSet<&HostName>, all: &BTreeSet<&HostName>) -> String {
    let missing: Vec<_> = all.difference(set).copied().collect();
    let names = name_ranges(set.iter().copied());
    if set.len() <= 2 {
        return names;
    }
    if missing.is_empty() {
        return format!("{names} (all {})", words::count(set.len(), "host"));
    }
    let counted = format!("{names} ({})", words::count(set.len(), "host"));
    let but = format!(
        "all {} but {}",
        words::count(all.len(), "host"),
        name_ranges(missing)
    );
    if but.len() < counted.len() {
        but
    } else {
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<HostName> {
        text.split(' ').map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn neighbours_become_ranges() {
        let said = |text: &str| name_ranges(&names(text));
        assert_eq!(said("web03 web01 web02 db02"), "db02, web01-web03");
        assert_eq!(said("web8 web9 web10 web12"), "web8-web10, web12");
        assert_eq!(said("web1 web2"), "web1, web2");
        assert_eq!(said("worker-1 worker-2 worker-3"), "worker-1..worker-3");
        assert_eq!(
            said("a1.example.com a2.example.com a3.example.com a4.example.org"),
            "a1.example.com-a3.example.com, a4.example.org"
        );
        assert_eq!(said("10.0.0.9 10.0.0.10 10.0.0.11"), "10.0.0.9-10.0.0.11");
        assert_eq!(said("web09 web10 web011"), "web09, web10, web011");
    }

    #[test]
    fn exceptions_are_named_where_that_is_shorter() {
        let all = names("w1 w2 w3 w4 w5 w6 w7 w8");
        let all: BTreeSet<_> = all.iter().collect();
        let without = |missing: &str| {
            let missing = names(missing);
            let set = all
                .iter()
                .copied()
                .filter(|h| !missing.contains(h))
                .collect();
            names_among(&set, &all)
        };
        assert_eq!(without("x"), "w1-w8 (all 8 hosts)");
        assert_eq!(without("w4"), "all 8 hosts but w4");
        assert_eq!(without("w8"), "w1-w7 (7 hosts)");
        assert_eq!(without("w1 w2 w3 w4"), "w5-w8 (4 hosts)");
        assert_eq!(without("w1 w2 w3 w4 w5 w6"), "w7, w8");
    }

    #[test]
    fn a_number_too_long_to_count_is_a_name() {
        assert_eq!(
            name_ranges(&names("h99999999999999999999999")),
            "h99999999999999999999999"
        );
    }
}
