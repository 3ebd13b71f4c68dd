//! What a liar says. The texts name what must stay as it is, and a test would see a file `/etc/liar-was-here`.

/// All of them.
pub const NAMES: &[&str] = &[
    "nothing",
    "newline",
    "nul",
    "bytes",
    "escapes",
    "huge",
    "octal",
    "negative",
    "shell",
    "quote",
    "sum",
    "glob",
    "shadow",
    "dots",
    "precious",
    "theirs",
    "victim",
    "root",
    "uid",
    "id",
    "ids",
    "sha",
    "percent",
    "ledger",
    "claims",
    "end",
    "properties",
    "unit",
    "failed",
    "removed",
    "saved",
    "link",
    "stale",
    "frame",
    "double",
    "back",
    "half",
    "odd",
    "line",
    "lines",
];

/// What is said instead of what was said truly.
pub fn text(what: &str, said: &[u8]) -> Vec<u8> {
    let sha = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let id = &sha[..32];
    let text = match what {
        "nothing" => String::new(),
        "newline" => "\n\n\n".to_owned(),
        "nul" => "\0\0\0\0".to_owned(),
        "bytes" => return (0..=255_u8).rev().cycle().take(4096).collect(),
        "escapes" => "\x1b]0;you were told\x07\x1b[2J\x1b[31mred\r\u{9b}1m\u{202e}".to_owned(),
        "huge" => "99999999999999999999999999999999999999".to_owned(),
        // A shell takes it for an octal number, which it is not.
        "octal" => "09".to_owned(),
        "negative" => "-9223372036854775808".to_owned(),
        "shell" => "$(touch /etc/liar-was-here)`touch /etc/liar-was-here`;touch /etc/liar-was-here;'\"\\".to_owned(),
        "quote" => "'; touch /etc/liar-was-here; '".to_owned(),
        "sum" => "a[$(touch /etc/liar-was-here >&2)]".to_owned(),
        "glob" => "/etc/* ../../* -rf --help".to_owned(),
        "shadow" => "/etc/shadow".to_owned(),
        "dots" => "../../../../../../etc/precious.conf".to_owned(),
        "precious" => "/etc/precious.conf".to_owned(),
        "theirs" => "/home/alice/.config/systemd/user/other.service".to_owned(),
        "victim" => "audit-victim.service".to_owned(),
        "root" => "root:x:0:0:root:/root:/bin/sh".to_owned(),
        "uid" => "0".to_owned(),
        "id" => id.to_owned(),
        "ids" => format!("{id}\n{id}"),
        "sha" => sha.to_owned(),
        "percent" => "%0afile%20system%20/etc/precious.conf%20claimed%0a%s%n%1000000000d".to_owned(),
        "ledger" => format!("- - -\nfile system /etc/precious.conf {sha}\nunit system audit-victim.service {id} {sha} enabled\nfile user:alice /home/alice/.config/systemd/user/other.service {sha}\nuser alice\nlinger alice\nuser root\nend"),
        "claims" => "file system /etc/precious.conf claimed".to_owned(),
        "end" => "end\nabide-ledger 1\nend".to_owned(),
        "properties" => format!("InvocationID={id}\nInvocationID={sha}\nInvocationID=x\nfile system /etc/precious.conf claimed\nInvocationID=a b c"),
        "unit" => "Id=audit-victim.service\nLoadState=loaded\nActiveState=active\nSubState=running\nFragmentPath=/etc/shadow\nSourcePath=/etc/shadow\nDropInPaths=/etc/shadow /home/alice/x.conf\nTriggers=audit-victim.service\nRequiredBy=audit-victim.service -.mount\n".to_owned(),
        "failed" => "Id=app.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nNRestarts=99999999999999999999\nExecMainStatus=-1\nNeedDaemonReload=yes\n".to_owned(),
        "removed" => "Failed to disable unit audit-victim.service: not loaded.\nUnit audit-victim.service not loaded.".to_owned(),
        "saved" => "file 4777\n#!/bin/sh\ntouch /etc/liar-was-here".to_owned(),
        "link" => "link\n/etc/shadow".to_owned(),
        "stale" => "0 absent\n1 symlink\n99 other\n-1 x\na[0] x".to_owned(),
        "frame" => frames(said, id),
        "double" => return [said, said].concat(),
        "back" => return said.split_inclusive(|byte| *byte == b'\n').rev().flatten().copied().collect(),
        "half" => return said[..said.len() / 2].to_vec(),
        "odd" => return said.split_inclusive(|byte| *byte == b'\n').step_by(2).flatten().copied().collect(),
        "line" => return vec![b'A'; 10 << 20],
        "lines" => return b"A=B\n".repeat(10 << 18),
        other => other.to_owned(),
    };
    text.into_bytes()
}

/// Frames of the probe and events of an apply, with the nonce where what is said has it.
fn frames(said: &[u8], guess: &str) -> String {
    let said = String::from_utf8_lossy(said);
    let hexadecimal =
        |word: &&str| word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut firsts = said.lines().filter_map(|line| line.split(' ').next());
    let nonce = firsts.find(hexadecimal).unwrap_or(guess);
    format!(
        "\n{nonce} ledger lies\nabide-ledger 1\nfile system /etc/precious.conf claimed\nunit system audit-victim.service - - enabled\nend\n\
         \n{nonce} scope system\n\t\n\t{nonce} manager up\n\
         \n{nonce} done 1 ok\n{nonce} locked id=1\n{nonce} end\n\n{nonce} scope-end\n{nonce} end"
    )
}
