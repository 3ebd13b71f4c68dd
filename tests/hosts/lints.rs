//! What is odd in a manifest is told where somebody looks at a change, once, and never where hosts are watched.

use crate::support::World;

const ODD: &str = "[Unit]\nDescription=odd\nand long\n[Service]\nExecStart=/bin/sleep infinity\n";

fn declare(world: &World, policy: &str) {
    world.manifest(&format!(
        "version: 1\nname: lints\nhosts: {{h1: {{}}, h2: {{}}}}\n{policy}groups: {{all: {{units: {{lint-odd.service: {{source: odd.service}}}}}}}}\n"
    ));
}

#[test]
fn a_warning_is_said_whole_by_validate_once_by_plan_and_never_by_drift_or_status() {
    let world = World::used();
    world.file("odd.service", ODD);
    declare(&world, "");
    world.converge();
    let said = |arguments: &[&str]| {
        let said = world.abide(arguments).ends_with(0);
        said.stdout + &said.stderr
    };
    let whole = said(&["validate"]);
    assert!(
        whole.contains("W0606") && whole.contains("and long"),
        "{whole}"
    );
    for verb in [
        &["plan"][..],
        &["apply", "--yes"],
        &["plan", "-o", "plan.json"],
    ] {
        let told = said(verb);
        let lines: Vec<&str> = told.lines().filter(|line| line.contains("W0606")).collect();
        let wanted = "1 warning about the manifest (W0606): `abide validate` shows it";
        assert_eq!(lines, [wanted], "{verb:?}: {told}");
        assert!(!told.contains("and long"), "{verb:?}: {told}");
    }
    // Not even a mail of cron.
    assert_eq!(said(&["drift", "-q"]), "");
    for verb in [
        &["drift"][..],
        &["drift", "--fix", "--yes"],
        &["status"],
        &["status", "-v"],
        &["lock", "ls"],
        &["ledger", "show", "h1"],
        &["apply", "--yes", "plan.json"],
    ] {
        let told = said(verb);
        assert!(
            !told.contains("warning") && !told.contains("W0606"),
            "{verb:?}: {told}"
        );
    }
    // With a reason it is silent everywhere.
    declare(
        &world,
        "policy: {allow: [W0606: \"it is spelled so on purpose\"]}\n",
    );
    for verb in [&["validate"][..], &["plan"], &["drift"]] {
        let told = said(verb);
        assert!(!told.contains("W0606"), "{verb:?}: {told}");
    }
}
