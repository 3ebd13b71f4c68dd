//! Unit files: the first line is the unit's name, a line `---` begins a drop-in, and `===` the same unit once more.

use abide_model::{UnitKind, UnitName};
use abide_unit::escape::{escape, unescape_text};
use abide_unit::{
    ChangeClass, Effective, Entry, UnitFile, units_enabled_together, class_of, compare, install_links, refused_links,
};

/// Merging knows no chance, what is equal does not differ, a restart is owed exactly where the digest differs, and no
/// link leaves the configuration directory.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (name, text) = text.split_once('\n').unwrap_or(("a@b.service", text));
    let Ok(unit) = UnitName::parse(name) else {
        assert_eq!(unescape_text(&escape(name)).as_deref(), Some(name));
        return;
    };
    let (old, new) = text.split_once("\n===\n").unwrap_or((text, text));
    let old = merged(&unit, old);
    let new = merged(&unit, new);
    let difference = compare(&old, &new);
    let same_digest = old.restart_digest() == new.restart_digest();
    let restarts = difference
        .changes
        .iter()
        .any(|change| change.class == ChangeClass::Restart);
    assert_eq!(same_digest, !restarts, "{:?}", difference.changes);
    assert_eq!(difference.changes.is_empty(), old == new);
    let back = compare(&new, &old);
    assert_eq!(back.class(), difference.class());
    check_links(&unit, &old);
}

fn merged(unit: &UnitName, text: &str) -> Effective {
    let mut parts = text.split("\n---\n");
    let fragment = parts.next().unwrap_or_default();
    let names: Vec<(String, &str)> = (1..)
        .zip(parts)
        .map(|(number, text)| (format!("{number:02}.conf"), text))
        .collect();
    let mut drop_ins: Vec<(&str, &str)> = Vec::new();
    for (name, text) in &names {
        drop_ins.push((name, text));
    }
    let effective = Effective::new(unit, fragment, &drop_ins);
    check_file(unit.kind(), fragment);
    // Their order is that of their names, whatever order they come in.
    if drop_ins.len() > 1 {
        drop_ins.reverse();
        assert_eq!(Effective::new(unit, fragment, &drop_ins), effective);
    }
    assert!(compare(&effective, &effective).changes.is_empty());
    for (section, key, values) in effective.all_settings() {
        assert!(values.iter().all(|value| !value.is_empty()));
        // It is total.
        class_of(unit.kind(), section, key);
    }
    effective
}

/// What was read is read again from what was written of it (with a blank behind it, for a value may end with a backslash), and each line is one that there is.
fn check_file(kind: UnitKind, text: &str) {
    let file = UnitFile::parse_as(kind, text);
    let lines = u32::try_from(text.split('\n').count()).unwrap_or(u32::MAX);
    let mut written = String::new();
    for entry in &file.entries {
        assert!((1..=lines).contains(&entry.line));
        written.push_str(&format!(
            "[{}]\n{}={} \n",
            entry.section, entry.key, entry.value
        ));
    }
    let bare = |file: &UnitFile| -> Vec<[String; 3]> {
        let entries = file.entries.iter();
        let entries =
            entries.map(|entry| [&entry.section, &entry.key, &entry.value].map(Clone::clone));
        entries.collect()
    };
    // Podman takes blanks off the end of a line before it looks for a backslash, so these cannot be written.
    let ends = |entry: &Entry| {
        entry
            .value
            .ends_with(|c: char| c == '\\' || c.is_whitespace())
    };
    if kind.is_quadlet() && file.entries.iter().any(ends) {
        return;
    }
    let again = UnitFile::parse_as(kind, &written);
    assert_eq!(bare(&again), bare(&file));
    assert!(again.problems.is_empty(), "{:?}", again.problems);
    for problem in &file.problems {
        assert!((1..=lines).contains(&problem.line));
    }
}

fn check_links(unit: &UnitName, effective: &Effective) {
    let links = install_links(unit, effective);
    assert_eq!(links, install_links(unit, effective));
    for link in &links {
        let mut parts = link.path.split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        assert!(parts.next().is_none(), "{link:?}");
        for part in [Some(first), second].into_iter().flatten() {
            assert!(!matches!(part, "" | "." | ".."), "{link:?}");
        }
        assert_ne!(link.path, unit.as_str());
        assert!(UnitName::parse(second.unwrap_or(first)).is_ok(), "{link:?}");
    }
    let refused = refused_links(unit, effective);
    assert!(!refused.contains(unit) || unit.is_template(), "{refused:?}");
    units_enabled_together(unit, effective);
    effective.triggers();
    effective.environment_files();
    effective.load_credentials();
    effective.can_reload();
}
