use abide_model::{
    Body, Change, FilePurpose, HostPath, InputSeen, ResourceId, Runner, Scope, SecretSource,
    UnitName, UnitRef, UserName,
};

use super::*;
use crate::apply::tests::{plan_of, write};
use crate::probe::tests::any_host;
use crate::testing::{run, shellcheck, shells};

const NONCE: &str = "0123456789abcdef0123";

fn app() -> Scope {
    Scope::User(UserName::parse("app").unwrap())
}

fn text_of(scope: &Scope, unit: &str) -> InputLook {
    InputLook::Text(UnitRef::new(scope, &UnitName::parse(unit).unwrap()))
}

fn path(text: &str) -> InputLook {
    InputLook::Path {
        runner: Runner::Root,
        path: HostPath::parse(text).unwrap(),
    }
}

fn said(looks: &BTreeSet<InputLook>, answer: &str) -> abide_model::Inputs {
    let plan = plan_of(Vec::new());
    let mut observed = any_host();
    let asked = FollowUp::new(looks, Some(&plan));
    asked.read(&mut observed, NONCE, answer.as_bytes(), &Masks::default());
    observed.inputs
}

#[test]
fn what_systemd_says_is_told_of_the_unit_that_it_is_about() {
    let looks = BTreeSet::from([
        text_of(&Scope::System, "a.service"),
        text_of(&Scope::System, "b.service"),
        text_of(&Scope::System, "i@.service"),
        text_of(&app(), "a.service"),
    ]);
    let answer = format!(
        "\n{NONCE} text system\n\
         a.service:2: Unknown key 'X' in section [Unit], ignoring.\n\
         a.service.d/10-x.conf:7: Unknown section 'Srevice'. Ignoring.\n\
         /usr/lib/systemd/system/a.service:3: Unknown key 'Y' in section [Unit], ignoring.\n\
         a.service: Command /opt/none is not executable: No such file or directory\n\
         a.service:9: Standard output type syslog is obsolete, automatically updating to journal.\n\
         b.service:2: Failed to parse service type, ignoring: nonsense\n\
         b.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.\n\
         Unit b.service has a bad unit file setting.\n\
         Unit c.service has a bad unit file setting.\n\
         i@.service:3: Unknown key 'Z' in section [Service], ignoring.\n\
         i@test-instance.service: Failed to create i@test-instance.service/start: Unit none.service not found.\n\
         \n{NONCE} text user:app\n\
         \tUnit a.service has a bad unit file setting.\n\
         Unit a.service has a bad unit file setting.\n\
         \n{NONCE} end\n"
    );
    let inputs = said(&looks, &answer);
    let of = |scope: &Scope, unit: &str| match inputs.get(&text_of(scope, unit)) {
        Some(InputSeen::Text {
            refused,
            ignored,
            held,
        }) => (refused.clone(), ignored.clone(), held.clone()),
        other => panic!("{other:?}"),
    };
    let (refused, ignored, held) = of(&Scope::System, "a.service");
    assert_eq!((refused, held.len()), (None, 0));
    assert_eq!(
        ignored,
        [
            "a.service:2: Unknown key 'X' in section [Unit], ignoring.",
            "a.service.d/10-x.conf:7: Unknown section 'Srevice'. Ignoring."
        ]
    );
    let (refused, ignored, _) = of(&Scope::System, "b.service");
    assert!(refused.unwrap().contains("Service has no ExecStart="));
    assert_eq!(ignored.len(), 1);
    let (refused, ignored, held) = of(&Scope::System, "i@.service");
    assert_eq!((refused, ignored.len(), held.len()), (None, 1, 1));
    // A user's processes decide about that user's units, and only behind the tab.
    let (refused, ..) = of(&app(), "a.service");
    assert!(refused.is_some());
    assert!(said(&looks, &answer.replace(&format!("{NONCE} end"), "")).is_empty());
}

#[test]
fn what_is_said_of_a_secret_is_hidden() {
    let looks = BTreeSet::from([text_of(&Scope::System, "a.service")]);
    let plan = plan_of(Vec::new());
    let mut observed = any_host();
    let secret = Body::Secret {
        source: SecretSource::Env("X".to_owned()),
        bytes: Some("hunter2hunter2".into()),
    };
    let masks = Masks::from_bodies([&secret]);
    let answer = format!(
        "\n{NONCE} text system\na.service:2: Failed to parse hunter2hunter2, ignoring.\n\n{NONCE} end\n"
    );
    FollowUp::new(&looks, Some(&plan)).read(&mut observed, NONCE, answer.as_bytes(), &masks);
    let seen = format!("{:?}", observed.inputs);
    assert!(
        seen.contains("ignoring") && !seen.contains("hunter2"),
        "{seen}"
    );
}

fn writes(
    scope: &Scope,
    unit: &str,
    file: &str,
    purpose: FilePurpose,
) -> (ResourceId, Change, Vec<u32>) {
    let unit = UnitRef::new(scope, &UnitName::parse(unit).unwrap());
    let text = Body::Plain("[Service]\nExecStart=/bin/true\n".into());
    (
        ResourceId::Unit(unit),
        write(HostPath::parse(file).unwrap(), purpose, text, 0o644),
        vec![],
    )
}

#[test]
fn one_script_asks_everything_and_does_nothing_where_it_was_cut() {
    let name = UserName::parse("svc@corp.example").unwrap();
    let domain = Scope::User(name);
    let looks = BTreeSet::from([
        path("/a 'b"),
        text_of(&Scope::System, "a.service"),
        text_of(&domain, "b.service"),
    ]);
    let dir = "/etc/systemd/system";
    let plan: Plan = plan_of(vec![
        writes(
            &Scope::System,
            "a.service",
            &format!("{dir}/a.service"),
            FilePurpose::Unit,
        ),
        writes(
            &Scope::System,
            "a.service",
            &format!("{dir}/a.service.d/x y.conf"),
            FilePurpose::DropIn,
        ),
        writes(
            &domain,
            "b.service",
            "/home/svc/.config/systemd/user/b.service.d/x.conf",
            FilePurpose::DropIn,
        ),
    ]);
    let observed = any_host();
    let script = FollowUp::new(&looks, Some(&plan))
        .script(&observed, NONCE)
        .unwrap();
    shellcheck(&script);
    let to = ["root", "root", "0", ""];
    for shell in shells() {
        let cut = &script.as_bytes()[..script.len() - 22];
        assert_eq!(run(&shell, &to, cut), b"", "{shell:?}");
        let said = String::from_utf8_lossy(&run(&shell, &to, script.as_bytes())).into_owned();
        assert!(
            said.ends_with(&format!("{NONCE} end\n")),
            "{shell:?}: {said}"
        );
        assert!(
            said.contains(&format!("{NONCE} root\na\n")),
            "{shell:?}: {said}"
        );
    }
    // Who only looks has no plan, and writes nothing.
    let script = FollowUp::new(&looks, None)
        .script(&observed, NONCE)
        .unwrap();
    assert!(!script.contains("mktemp"));
    assert_eq!(
        FollowUp::new(&BTreeSet::new(), None).script(&observed, NONCE),
        None
    );
}
