//! Manifests: any text, beside a directory with one unit file.

use abide_manifest::{Files, LoadOptions, Source, Unreadable, load};
use abide_model::{Severity, Span};
use abide_report::options::TextOptions;
use abide_report::text;

/// Loading ends, in little memory. Every place that a diagnostic names is in its text and splits no character; rendered,
/// all of them are bounded and may go to a terminal.
pub fn check(data: &[u8]) {
    let Ok(manifest) = std::str::from_utf8(data) else {
        return;
    };
    let source = Source {
        name: "fleet.yaml".to_owned(),
        text: manifest.to_owned(),
    };
    let options = LoadOptions::default();
    let loaded = crate::within(MEMORY, || load(&[source], &Beside, &options));
    let errors = loaded
        .diagnostics
        .iter()
        .any(|found| found.severity == Severity::Error);
    assert_eq!(loaded.fleet.is_none(), errors);
    for found in &loaded.diagnostics {
        let also = found.also.iter().map(|(span, _)| span);
        for span in std::iter::once(&found.span).chain(also) {
            check_span(span, &loaded.texts);
        }
        crate::assert_printable(&found.message);
        assert!(!found.message.is_empty());
    }
    // Drawing them takes ten times as long as finding them.
    if data.len() % 8 == 0 {
        let plain = anstream_free(&text::diagnostics(
            &loaded.diagnostics,
            &loaded.texts,
            &TextOptions::default(),
        ));
        crate::assert_printable(&plain);
        let most = 4096 * (loaded.diagnostics.len() + 1) + 64 * data.len();
        assert!(plain.len() <= most, "{} bytes", plain.len());
    }
}

/// For a manifest of a few kilobytes.
const MEMORY: usize = 16 * 1024 * 1024;

fn check_span(span: &Span, texts: &std::collections::BTreeMap<String, String>) {
    let text = texts.get(&span.origin.file).expect("a text of that name");
    let inside = text.get(span.start..span.end);
    assert!(inside.is_some(), "{span:?} in {} bytes", text.len());
    let before = text.get(..span.start).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    assert_eq!(span.origin.line as usize, line, "{span:?}");
}

/// The text without the colours that are ours.
fn anstream_free(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let (style, after) = after.split_once('m').expect("a style that ends");
        assert!(
            style
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b';')
        );
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// What lies beside the manifest.
struct Beside;

impl Files for Beside {
    fn read(&self, path: &str, _: usize) -> Result<Vec<u8>, Unreadable> {
        match path {
            "a.service" => Ok(b"[Unit]\nAfter=b.service\n[Service]\nExecStart=/bin/x ${v}\nUser=u\n[Install]\nWantedBy=default.target\n".to_vec()),
            "b.timer" => Ok(b"[Timer]\nOnCalendar=daily\n".to_vec()),
            "odd" => Ok(b"\xff[Service\n".to_vec()),
            _ => Err(Unreadable::Missing),
        }
    }
}
