use super::*;

#[test]
fn a_name_decides_its_specifiers() {
    for (name, text, expected) in [
        (
            "app-web@blue.service",
            "%i %j %n %N %p %%",
            "blue web app-web@blue.service app-web@blue app-web %",
        ),
        ("app.service", "%i|%n|%N|%p|%j", "|app.service|app|app|app"),
        ("a@.service", "%n", "a@fallback.service"),
    ] {
        let unit = UnitName::parse(name).unwrap();
        assert_eq!(
            expand(&unit, Some("fallback"), text).as_deref(),
            Some(expected),
            "{name}"
        );
    }
}

#[test]
fn what_only_the_host_knows_stays_unknown() {
    let unit = UnitName::parse("a.service").unwrap();
    for text in ["%H", "%u.target", "trailing %"] {
        assert_eq!(expand(&unit, None, text), None, "{text}");
    }
}
