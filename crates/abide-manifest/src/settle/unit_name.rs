//! Names of units, and what a wrong one was probably meant to be.

use abide_model::{NameError, UnitKind, UnitName};

use crate::codes;
use crate::finding::Mistake;
use crate::suggest::nearest_name;
use crate::text::TextPlace;
use crate::work::Work;

/// Reads a name; what is none is a finding.
pub(super) fn unit_name(name: &str, at: TextPlace, work: &mut Work<'_>) -> Option<UnitName> {
    match UnitName::parse(name) {
        Ok(name) => Some(name),
        Err(error) => {
            work.push(bad_unit_name(name, at, &error));
            None
        }
    }
}

fn bad_unit_name(name: &str, at: TextPlace, error: &NameError) -> Mistake {
    let finding =
        Mistake::new(codes::BAD_NAME, at, error.to_string()).with_label("not a unit name");
    let suffixes = UnitKind::ALL.iter().map(|(_, suffix)| *suffix);
    let (stem, suffix) = name.rsplit_once('.').unwrap_or((name, ""));
    let suffix = if suffix.is_empty() {
        Some("service")
    } else {
        nearest_name(suffix, suffixes)
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.' | '@');
    let stem: String = stem
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    match suffix {
        Some(suffix) if !stem.is_empty() && stem.len() < 200 => {
            finding.with_help(format!("write for example `{stem}.{suffix}`"))
        }
        _ => finding,
    }
}
