//! Canonical JSON (RFC 8785): one text for one value, so that a digest of it means something.
//!
//! Members are sorted by their names in UTF-16, there is no space between tokens, and text is escaped as little as JSON
//! allows. abide's documents hold no fractions: numbers are integers, which have one spelling.

use serde::Serialize;
use serde_json::Value;

/// The canonical text of a value. Fails only where a type has no JSON form (a map with keys that are no text).
pub fn text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    write(&serde_json::to_value(value)?, &mut out);
    Ok(out)
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            // serde_json escapes text as RFC 8785 wants it.
            out.push_str(&value.to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_sorted_by_utf_16_as_the_rfc_shows() {
        // RFC 8785 section 3.2.3, but for the value of the control character.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O"
        });
        let text = text(&value).unwrap();
        let order = [
            "Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew",
        ];
        let places: Vec<usize> = order.iter().map(|word| text.find(word).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn there_is_no_space_and_text_is_escaped_as_little_as_possible() {
        let value =
            json!({"b": [1, -2, true, null, {}], "a": "\u{20ac}$\u{000F}\nA'\u{42}\"\\\u{7f}/"});
        assert_eq!(
            text(&value).unwrap(),
            "{\"a\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\u{7f}/\",\"b\":[1,-2,true,null,{}]}"
        );
    }

    #[test]
    fn the_order_in_which_a_text_was_read_does_not_matter() {
        let one: Value = serde_json::from_str(r#"{"x": {"b": 1, "a": 2}, "c": 3}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"c":3,"x":{"a":2,"b":1}}"#).unwrap();
        assert_eq!(text(&one).unwrap(), text(&other).unwrap());
    }
}
