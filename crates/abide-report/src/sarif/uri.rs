//! Where a manifest's file is, as SARIF names it: by a URI that is relative to the repository.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// An artifact location (section 3.4) of a file as the command line named it. `directory` is where abide ran, below
/// the repository's root.
pub(super) fn artifact_location(directory: Option<&str>, file: &str) -> Value {
    if file.starts_with('/') {
        return json!({ "uri": format!("file://{}", encoded_path(file)) });
    }
    let path = match directory {
        Some(directory) => format!("{directory}/{file}"),
        None => file.to_owned(),
    };
    // Section 3.4.4: what the URI is relative to; this name is the customary one for the root of the sources.
    json!({ "uri": encoded_path(&without_dots(&path)), "uriBaseId": "%SRCROOT%" })
}

/// A relative path without `.` and, where something is before it, `..`.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    parts.join("/")
}

/// A path as part of a URI: `pchar` of RFC 3986, section 3.3, as it is; the rest by its bytes.
fn encoded_path(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=@".contains(c) {
            out.push(c);
        } else {
            // Writing to a text cannot fail. A colon is encoded too: in a first part it would end a scheme.
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_relative_to_the_repository() {
        let uri = |directory, file| {
            artifact_location(directory, file)["uri"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(uri(None, "./abide.yaml"), "abide.yaml");
        assert_eq!(
            uri(Some("deploy/prod"), "../fleet.yaml"),
            "deploy/fleet.yaml"
        );
        assert_eq!(uri(Some(""), "a b:ü#.yaml"), "a%20b%3A%C3%BC%23.yaml");
        assert_eq!(uri(Some("x"), "../../y"), "../y");
        assert_eq!(
            artifact_location(Some("x"), "/etc/abide.yaml"),
            json!({ "uri": "file:///etc/abide.yaml" })
        );
    }
}
