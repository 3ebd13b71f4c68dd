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

/// A user who stands between their manager and everybody who asks it.
#[derive(Clone, Copy)]
pub struct Proxy<'a> {
    fleet: &'a Fleet,
    host: &'a str,
    user: &'a str,
}

impl<'a> Proxy<'a> {
    /// Lets a user, whose manager runs, take its place. They tell the truth until there are lies.
    pub fn stand_between(fleet: &'a Fleet, host: &'a str, user: &'a str) -> Self {
        let proxy = Self { fleet, host, user };
        let lies = proxy.lies();
        let put = format!(
            "mkdir -p {lies} && rm -f {lies}.proxy && cat >{lies}.proxy && chmod 755 {lies}.proxy"
        );
        proxy.run(&put, program());
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
        proxy
    }

    /// Where the lies stand on the host: a file for each property, with what is told instead.
    fn lies(self) -> String {
        format!("/tmp/lies-of-{}", self.user)
    }

    fn run(self, script: &str, stdin: &[u8]) {
        let ran = self
            .fleet
            .exec_with(self.host, self.user, &["/bin/sh", "-c", script], stdin);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }

    /// What is told instead of a property from now on, a line an entry.
    pub fn lie(self, property: &str, values: &str) {
        let lies = self.lies();
        let script = format!("cat >{lies}.new && mv {lies}.new {lies}/{property}");
        self.run(&script, values.as_bytes());
    }

    /// The same, but not before a file below the user's home has changed: what is asked before is answered truly, or
    /// nothing would be done.
    pub fn lie_once_changed(self, file: &str, property: &str, values: &str) {
        let lies = self.lies();
        let script = format!(
            "cat >{lies}.next; cd; cp {file} {lies}.was
             (while cmp -s {file} {lies}.was; do sleep 0.02; done; mv {lies}.next {lies}/{property}) </dev/null >/dev/null 2>&1 &"
        );
        self.run(&script, values.as_bytes());
    }

    /// Nothing but the truth from now on.
    pub fn tell_the_truth(self) {
        let script = format!("rm -f {}/*", self.lies());
        self.run(&script, b"");
    }
}
