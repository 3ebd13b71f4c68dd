//! Puts `proxy/proxy.rs` between a user and their manager on a host.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::fleet::Fleet;

/// The program, built once for all tests. It is no target of any package, so that nobody installs it.
fn program() -> &'static [u8] {
    static PROGRAM: OnceLock<Vec<u8>> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let source = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/attacks/proxy/proxy.rs"
        );
        let built: PathBuf = directory.path().join("proxy");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(rustc)
            .args(["--edition=2024", "-o"])
            .arg(&built)
            .arg(source)
            .status()
            .expect("rustc starts");
        assert!(status.success(), "{source} is not built");
        std::fs::read(built).expect("a program")
    })
}

/// Where the lies of a user stand on a host: a file for each property, with what is told instead.
pub fn lies_of(user: &str) -> String {
    format!("/tmp/lies-of-{user}")
}

/// Lets a user, whose manager runs, take the place of that manager. It tells the truth until there are lies.
pub fn stand_between(fleet: &Fleet, host: &str, user: &str) {
    let lies = lies_of(user);
    let put = format!(
        "mkdir -p {lies} && rm -f {lies}.proxy && cat >{lies}.proxy && chmod 755 {lies}.proxy"
    );
    let ran = fleet.exec_with(host, user, &["/bin/sh", "-c", &put], program());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    fleet.sh_as(
        host,
        user,
        &format!(
            "cd /run/user/$(id -u)/systemd
             [ -e private.real ] || mv private private.real
             rm -f private
             setsid {lies}.proxy private.real private {lies} </dev/null >{lies}.log 2>&1 &
             until [ -S private ]; do sleep 0.05; done"
        ),
    );
}

/// What is told instead of a property from now on, a line an entry; nothing: the truth.
pub fn lie(fleet: &Fleet, host: &str, user: &str, property: &str, values: &str) {
    let lies = lies_of(user);
    let script = match values {
        "" => format!("rm -f {lies}/{property}"),
        _ => format!("cat >{lies}/.new && mv {lies}/.new {lies}/{property}"),
    };
    let ran = fleet.exec_with(host, user, &["/bin/sh", "-c", &script], values.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// The same, but not before a file below the user's home has changed: what is asked before is answered truly, or nothing
/// would be done.
pub fn lie_once_changed(
    fleet: &Fleet,
    host: &str,
    user: &str,
    file: &str,
    property: &str,
    values: &str,
) {
    let lies = lies_of(user);
    let script = format!(
        "cat >{lies}.next; cd; cp {file} {lies}.was
         (while cmp -s {file} {lies}.was; do sleep 0.02; done; cp {lies}.next {lies}/.new; mv {lies}/.new {lies}/{property}) </dev/null >/dev/null 2>&1 &"
    );
    let ran = fleet.exec_with(host, user, &["/bin/sh", "-c", &script], values.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
