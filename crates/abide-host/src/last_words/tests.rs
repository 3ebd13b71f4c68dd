use super::*;
use crate::testing::{run, shellcheck, shells};

#[test]
fn the_line_that_says_why_is_told_and_not_how_it_ended() {
    let unit = UnitName::parse("a.service").unwrap();
    let told = |lines: &[&str]| reason(lines.to_vec(), &unit);
    let crashed = [
        "Started a.service - Example.",
        "config: no such table `users`",
        "a.service: Main process exited, code=exited, status=1/FAILURE",
        "a.service: Failed with result 'exit-code'.",
    ];
    assert_eq!(
        told(&crashed).as_deref(),
        Some("config: no such table `users`")
    );
    let not_found = [
        "a.service: Failed to locate executable /opt/app: No such file or directory",
        "a.service: Failed at step EXEC spawning /opt/app: No such file or directory",
        "a.service: Main process exited, code=exited, status=203/EXEC",
        "a.service: Scheduled restart job, restart counter is at 5.",
        "Stopped a.service.",
        "a.service: Start request repeated too quickly.",
        "Failed to start a.service.",
    ];
    assert_eq!(
        told(&not_found).as_deref(),
        Some("Failed at step EXEC spawning /opt/app: No such file or directory")
    );
    assert_eq!(told(&["Started a.service.", ""]), None);
    assert_eq!(told(&[]), None);
}

#[test]
fn the_script_is_plain_and_whole_or_does_nothing() {
    const NONCE: &str = "0123456789abcdef0123456789abcdef";
    let asked = ["_UID=1000 _SYSTEMD_USER_UNIT=a.service", "-u 'b c.service'"];
    let part = text(&asked.map(str::to_owned));
    let script = crate::follow_up::put_together(&[(Some(part), "last_words")], NONCE).unwrap();
    shellcheck(&script);
    for shell in shells() {
        let cut = &script.as_bytes()[..script.len() - 22];
        assert_eq!(run(&shell, &[], cut), b"", "{shell:?}");
        let said = String::from_utf8_lossy(&run(&shell, &[], script.as_bytes())).into_owned();
        let whole = said.contains(&format!("{NONCE} said 1\n"));
        assert!(
            whole && said.ends_with(&format!("{NONCE} end\n")),
            "{shell:?}: {said}"
        );
    }
}
