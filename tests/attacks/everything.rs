//! All that there is on a host, seen from outside: every file, link, pipe and device with its mode, owner and content.
//!
//! A host's root is an overlay over an image that nothing can write to, so its upper layer has all that ever changed there
//! (`/usr` included: what is not in it is as the image has it), and what was removed stands there as a device 0:0. What is
//! no part of it, `/run`, `/tmp` and `/dev`, is read through the host's init.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use abide_model::Digest;

use crate::fleet::Fleet;

/// Every path of a host that counts, and what is there in one line.
pub type Everything = BTreeMap<String, String>;

/// What changes by itself, or with every login, and says nothing about who did what. A `*` at the end stands for anything.
const VOLATILE: &[(&str, &str)] = &[
    ("/var/log/journal/*", "the journal grows"),
    ("/run/log/*", "the journal grows"),
    (
        "/run/systemd/journal/*",
        "a stream of each service that runs",
    ),
    ("/var/log/wtmp", "logins"),
    ("/var/log/lastlog", "logins"),
    ("/var/lib/lastlog/*", "logins"),
    ("/var/lib/wtmpdb/*", "logins"),
    ("/run/utmp", "logins"),
    ("/run/motd.dynamic", "logins"),
    ("/run/sudo/*", "logins"),
    ("/run/systemd/sessions/*", "logins"),
    ("/run/systemd/users/*", "logins"),
    ("/run/systemd/inhibit/*", "logins"),
    ("/run/systemd/transient/session-*", "logins"),
    ("/run/systemd/units/invocation:session-*", "logins"),
    (
        "/run/systemd/units/invocation:user*@1000.service",
        "the login user's manager comes and goes with a session",
    ),
    (
        "/run/user/1000",
        "the login user's manager comes and goes with a session",
    ),
    (
        "/run/user/1000/*",
        "the login user's manager comes and goes with a session",
    ),
    ("/run/host/*", "how the host was started"),
    ("/dev/pts/*", "terminals"),
];

/// Whether a path is one that a pattern is for.
pub fn is_for(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            path.len() >= start.len() + end.len() && path.starts_with(start) && path.ends_with(end)
        }
        None => path == pattern,
    }
}

/// What is on a host now, without what is within the reach of a user: these patterns.
pub fn everything(fleet: &Fleet, host: &str, reach: &[String]) -> Everything {
    let directory = fleet.directory().join("host").join(host);
    let init = init_of(&directory);
    let skipped = |path: &str| {
        VOLATILE.iter().any(|(pattern, _)| is_for(pattern, path))
            || reach.iter().any(|pattern| is_for(pattern, path))
    };
    let mut found = Everything::new();
    for (from, at) in [
        (directory.join("upper"), ""),
        (init.join("run"), "/run"),
        (init.join("tmp"), "/tmp"),
        (init.join("dev"), "/dev"),
    ] {
        walk(&from, at, &skipped, &mut found);
    }
    found
}

/// The root of a host as its init sees it. An absolute link in there leads out of it: beware.
pub fn host_root(fleet: &Fleet, host: &str) -> PathBuf {
    init_of(&fleet.directory().join("host").join(host))
}

/// The host's root as its init sees it: the only child of the nspawn whose pid is noted.
fn init_of(directory: &Path) -> PathBuf {
    let noted = fs::read_to_string(directory.join("pid")).expect("a pid");
    let nspawn = noted.split_whitespace().next().expect("a pid");
    let children = fs::read_to_string(format!("/proc/{nspawn}/task/{nspawn}/children"));
    let children = children.expect("nspawn has children");
    let is_init = |pid: &&str| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let mut lines = status.lines();
        let numbers = lines.find_map(|line| line.strip_prefix("NSpid:"));
        numbers.is_some_and(|numbers| numbers.split_whitespace().last() == Some("1"))
    };
    let init = children.split_whitespace().find(is_init);
    Path::new("/proc").join(init.expect("an init")).join("root")
}

fn walk(from: &Path, at: &str, skipped: &dyn Fn(&str) -> bool, found: &mut Everything) {
    // What went away meanwhile is not there.
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    for entry in entries.flatten() {
        let path = format!("{at}/{}", entry.file_name().to_string_lossy());
        let Ok(metadata) = fs::symlink_metadata(entry.path()) else {
            continue;
        };
        if skipped(&path) {
            continue;
        }
        if metadata.is_dir() {
            walk(&entry.path(), &path, skipped, found);
        }
        found.insert(path, line_of(&entry.path(), &metadata));
    }
}

fn line_of(path: &Path, metadata: &Metadata) -> String {
    let kind = metadata.file_type();
    let what = if kind.is_file() {
        let content = fs::read(path).unwrap_or_default();
        format!(
            "file {} {} times",
            Digest::of_bytes(&content),
            metadata.nlink()
        )
    } else if kind.is_symlink() {
        let target = fs::read_link(path).unwrap_or_default();
        format!("link {}", target.display())
    } else if kind.is_dir() {
        "directory".to_owned()
    } else if kind.is_fifo() {
        "pipe".to_owned()
    } else if kind.is_socket() {
        "socket".to_owned()
    } else {
        format!("device {:x}", metadata.rdev())
    };
    let (mode, uid, gid) = (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
    format!("{mode:04o} {uid}:{gid} {what}")
}

/// What differs, a line a path.
pub fn differences(before: &Everything, after: &Everything) -> Vec<String> {
    let paths = before
        .keys()
        .chain(after.keys().filter(|path| !before.contains_key(*path)));
    let nothing = "nothing".to_owned();
    paths
        .filter_map(|path| {
            let was = before.get(path).unwrap_or(&nothing);
            let is = after.get(path).unwrap_or(&nothing);
            (was != is).then(|| format!("{path}: was {was}, is {is}"))
        })
        .collect()
}
