use super::*;

fn links(name: &str, install: &str) -> Vec<String> {
    let unit = UnitName::parse(name).unwrap();
    let effective = Effective::new(&unit, &format!("[Install]\n{install}\n"), &[]);
    install_links(&unit, &effective)
        .into_iter()
        .map(|link| link.path)
        .collect()
}

#[test]
fn every_kind_of_link_has_its_place() {
    assert_eq!(
        links(
            "a.service",
            "WantedBy=x.target y.target\nWantedBy=z.target\nRequiredBy=x.target\nUpheldBy=x.target\nAlias=b.service"
        ),
        [
            "b.service",
            "x.target.requires/a.service",
            "x.target.upholds/a.service",
            "x.target.wants/a.service",
            "y.target.wants/a.service",
            "z.target.wants/a.service",
        ]
    );
}

#[test]
fn an_instance_is_linked_by_its_own_name() {
    assert_eq!(
        links("a@x.service", "WantedBy=default.target\nDefaultInstance=y"),
        ["default.target.wants/a@x.service"]
    );
}

#[test]
fn a_template_is_linked_as_its_default_instance_or_into_templates_only() {
    assert_eq!(
        links("a@.service", "WantedBy=default.target\nDefaultInstance=y"),
        ["default.target.wants/a@y.service"]
    );
    assert_eq!(
        links("a@.service", "WantedBy=default.target b@.target c@1.target"),
        ["b@.target.wants/a@.service", "c@1.target.wants/a@.service",]
    );
}

#[test]
fn specifiers_are_those_of_the_unit() {
    assert_eq!(
        links(
            "a-b@x.service",
            "WantedBy=%p@%i.target\nRequiredBy=%j.target"
        ),
        [
            "a-b@x.target.wants/a-b@x.service",
            "b.target.requires/a-b@x.service",
        ]
    );
    assert_eq!(
        links("a@.service", "WantedBy=%i.target\nDefaultInstance=y"),
        ["y.target.wants/a@y.service"]
    );
    assert_eq!(
        links("a.service", "WantedBy=%H.target b.target"),
        ["b.target.wants/a.service"]
    );
}

#[test]
fn an_alias_must_fit_its_unit() {
    assert_eq!(
        links(
            "a.service",
            "Alias=a.service b.timer c@.service d@1.service e.service"
        ),
        ["e.service"]
    );
    assert_eq!(
        links("a@x.service", "Alias=b@.service b@y.service c.service"),
        ["b@x.service"]
    );
    assert_eq!(links("a@.service", "Alias=b@.service"), ["b@.service"]);
}

#[test]
fn units_enabled_along_are_named() {
    let unit = UnitName::parse("a@x.service").unwrap();
    let effective = Effective::new(&unit, "[Install]\nAlso=b.socket %p@%i.timer\nAlso=\n", &[]);
    let also: Vec<_> = units_enabled_together(&unit, &effective)
        .into_iter()
        .map(|unit| unit.to_string())
        .collect();
    assert_eq!(also, ["a@x.timer", "b.socket"]);
}

#[test]
fn names_may_be_quoted() {
    let words = |value: &str| install_words("WantedBy", value);
    assert_eq!(words("a.target  b.target"), ["a.target", "b.target"]);
    assert_eq!(words("'a.target' \"b.target\""), ["a.target", "b.target"]);
    assert_eq!(words("a.tar\"get\""), ["a.target"]);
    assert_eq!(words("'a b.target'"), ["a b.target"]);
    assert_eq!(words(r"a\x2db.target"), [r"a\x2db.target"]);
    assert_eq!(words("a.target \"b.target"), ["a.target"]);
    assert_eq!(words("''"), [""]);
    assert_eq!(install_words("Also", "'a.socket'"), ["'a.socket'"]);
}

fn refused(unit: &str, install: &str) -> Vec<String> {
    let unit = UnitName::parse(unit).unwrap();
    let text = format!("[Install]\n{}\n", install.replace("; ", "\n"));
    let effective = Effective::new(&unit, &text, &[]);
    let refused = refused_links(&unit, &effective).into_iter();
    refused.map(|name| name.to_string()).collect()
}

#[test]
fn names_that_enable_refuses_are_told() {
    assert_eq!(
        refused("a.service", "Alias=a.service b.timer c@.service e.service"),
        ["b.timer", "c@.service"]
    );
    let by = "WantedBy=m.target; RequiredBy=x@1.service; UpheldBy=u.target";
    assert_eq!(refused("a@.service", by), ["m.target", "u.target"]);
    let default = format!("{by}; DefaultInstance=one");
    assert_eq!(refused("a@.service", &default), Vec::<String>::new());
    assert_eq!(refused("a.service", by), Vec::<String>::new());
}

#[test]
fn a_type_that_has_one_name_only_is_not_linked_by_another() {
    for name in ["s.slice", "a.mount", "a.automount", "a.swap"] {
        let unit = UnitName::parse(name).unwrap();
        let kind = unit.kind().name_suffix();
        let text = format!("[Install]\nAlias=b.{kind} c.service\n");
        let effective = Effective::new(&unit, &text, &[]);
        assert!(install_links(&unit, &effective).is_empty());
        assert!(
            refused_links(&unit, &effective).is_empty(),
            "systemd ignores it"
        );
    }
}
