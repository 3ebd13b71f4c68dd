//! XML 1.0, as far as a report needs it: elements, attributes, text.

use abide_model::printable_text;

/// Elements that are written one after the other.
#[derive(Debug, Default)]
pub(crate) struct Xml {
    text: String,
    open: Vec<&'static str>,
}

/// Attributes in their order.
pub(crate) type XmlAttributes<'a> = [(&'static str, &'a str)];

impl Xml {
    /// A document that begins with its declaration.
    pub(crate) fn document() -> Self {
        Self {
            text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            open: Vec::new(),
        }
    }

    /// Begins an element that holds others.
    pub(crate) fn open(&mut self, name: &'static str, attributes: &XmlAttributes<'_>) {
        self.begin(name, attributes);
        self.text.push_str(">\n");
        self.open.push(name);
    }

    /// Ends the element that was begun last.
    pub(crate) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.write_indent();
            self.text.push_str(&format!("</{name}>\n"));
        }
    }

    /// An element that holds text; empty where there is none.
    pub(crate) fn write_element(
        &mut self,
        name: &'static str,
        attributes: &XmlAttributes<'_>,
        text: &str,
    ) {
        self.begin(name, attributes);
        if text.is_empty() {
            self.text.push_str("/>\n");
        } else {
            let text = escaped_text(text);
            self.text.push_str(&format!(">{text}</{name}>\n"));
        }
    }

    /// The whole text.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn begin(&mut self, name: &str, attributes: &XmlAttributes<'_>) {
        self.write_indent();
        self.text.push_str(&format!("<{name}"));
        for (key, value) in attributes {
            // A reader turns a line end in an attribute into a space.
            let value = escaped_text(value)
                .replace('\n', "&#10;")
                .replace('\t', "&#9;");
            self.text.push_str(&format!(" {key}=\"{value}\""));
        }
    }

    fn write_indent(&mut self) {
        self.text.push_str(&"  ".repeat(self.open.len()));
    }
}

/// Text in which nothing is markup, of characters that XML 1.0 allows (section 2.2).
fn escaped_text(text: &str) -> String {
    let mut out = String::new();
    for c in printable_text(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup_and_every_character_is_allowed() {
        let mut xml = Xml::document();
        xml.open("a", &[("b", "<\"&'>\n\t\u{1b}")]);
        xml.write_element("c", &[], "]]> &amp; \u{0}\u{ffff}\u{7f}\r");
        xml.write_element("d", &[], "");
        xml.close();
        assert_eq!(
            xml.finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <a b=\"&lt;&quot;&amp;'&gt;&#10;&#9;\u{fffd}\">\n  \
             <c>]]&gt; &amp;amp; \u{fffd}\u{fffd}\u{fffd}\u{fffd}</c>\n  <d/>\n</a>\n"
        );
    }
}
