use super::*;
use proptest::prelude::*;

#[test]
fn paths_become_the_names_that_systemd_escape_prints() {
    // `systemd-escape --path --suffix=mount PATH` of systemd 252.
    for (path, expected) in [
        ("/", "-.mount"),
        ("/srv/app", "srv-app.mount"),
        ("/srv/my-app", "srv-my\\x2dapp.mount"),
        ("/srv/.hidden", "srv-.hidden.mount"),
        ("/.hidden", "\\x2ehidden.mount"),
        ("/a b/ü", "a\\x20b-\\xc3\\xbc.mount"),
    ] {
        let path = HostPath::parse(path).unwrap();
        assert_eq!(
            mount_unit(&path, UnitKind::Mount).unwrap().as_str(),
            expected
        );
    }
}

#[test]
fn what_is_no_escaped_text_is_refused() {
    assert_eq!(unescape_text("a\\x2"), None);
    assert_eq!(unescape_text("a\\n"), None);
    assert_eq!(unescape_text("\\xff"), None);
}

proptest! {
    #[test]
    fn every_text_comes_back(text in "\\PC{0,20}") {
        prop_assert_eq!(unescape_text(&escape(&text)), Some(text));
    }
}
