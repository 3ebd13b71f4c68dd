//! HTML that is written piece by piece. Text and attributes are escaped here and nowhere else; only what this crate
//! itself says, tags and names of attributes, gets in as it is.

use abide_model::printable_text;

/// A page, or a part of one.
#[derive(Debug, Default)]
pub(super) struct Html {
    text: String,
}

/// Attributes in their order.
pub(super) type Attributes<'a> = [(&'static str, &'a str)];

impl Html {
    /// Something of our own, as it is.
    pub(super) fn write_markup(&mut self, own: &'static str) {
        self.text.push_str(own);
    }

    /// Text of anybody.
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(&escaped_text(text));
    }

    /// Begins an element.
    pub(super) fn open(&mut self, tag: &'static str, attributes: &Attributes<'_>) {
        self.text.push('<');
        self.text.push_str(tag);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            self.text.push_str(&escaped_text(value));
            self.text.push('"');
        }
        self.text.push('>');
    }

    /// Ends an element.
    pub(super) fn close(&mut self, tag: &'static str) {
        self.text.push_str("</");
        self.text.push_str(tag);
        self.text.push('>');
    }

    /// An element with nothing but text in it.
    pub(super) fn write_element(
        &mut self,
        tag: &'static str,
        attributes: &Attributes<'_>,
        text: &str,
    ) {
        self.open(tag, attributes);
        self.text(text);
        self.close(tag);
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Text that is neither markup nor the end of an attribute. Documents hold safe text already; nothing here depends on
/// that.
fn escaped_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable_text(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Html;

    #[test]
    fn text_and_attributes_are_escaped() {
        let mut html = Html::default();
        html.write_element("p", &[("title", "\"><script>'")], "</p><b>&\u{1b}\u{202e}");
        assert_eq!(
            html.finish(),
            "<p title=\"&quot;&gt;&lt;script&gt;&#39;\">&lt;/p&gt;&lt;b&gt;&amp;\u{fffd}\u{fffd}</p>"
        );
    }
}
