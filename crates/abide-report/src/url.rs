//! Addresses of web pages that go into reports as links.

use std::fmt;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// An address of a web page that no report needs to escape: `https` or `http`, and only characters that mean nothing in
/// HTML and Markdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Url(String);

impl Url {
    /// The address, where it is one that is safe to link.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        let is_safe = |c: char| c.is_ascii_alphanumeric() || "-._/:?=&%+,;~#".contains(c);
        let fine = !rest.is_empty() && text.len() <= 2000 && rest.chars().all(is_safe);
        fine.then(|| Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not the address of a web page"))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn only_plain_addresses_of_web_pages_are_links() {
        let good = "https://github.com/a/b/actions/runs/1?x=1&y=2#z";
        assert_eq!(Url::parse(good).unwrap().to_string(), good);
        for bad in [
            "",
            "https://",
            "javascript:alert(1)",
            "https://x/)[y](z",
            "https://x/\"onclick=1",
            "https://x/<b>",
            "https://x/a b",
        ] {
            assert_eq!(Url::parse(bad), None, "{bad}");
        }
    }
}
