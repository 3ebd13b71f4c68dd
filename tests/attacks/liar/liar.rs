//! A user whose processes lie: a library that `/etc/ld.so.preload` of a test host puts into every process there. It wakes in
//! those of one user only, and does what that user could do to them from outside: trace them (ptrace(2) needs nothing but the
//! same uid), read and replace what they write, and choose how they end. Being inside spares the test the race for it.
//!
//! The user's directory `/tmp/liar` steers it. `lie` holds `CALL NAME SEED`: the process that starts as number CALL tells the
//! lie NAME; `calls` gets a line for each process that starts, so its number of lines is the number of the next one.
//! Without `lie` nobody lies. What the user's own manager started is left alone: nobody but that user believes it anyway.
//!
//! Only `std`, for it runs on hosts that have nothing else, and what `std` keeps to itself of the C library.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::FromRawFd as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

mod texts;

mod libc {
    unsafe extern "C" {
        pub fn getuid() -> u32;
        pub fn getpid() -> i32;
        pub fn fork() -> i32;
        pub fn pipe(ends: *mut i32) -> i32;
        pub fn dup2(old: i32, new: i32) -> i32;
        pub fn close(fd: i32) -> i32;
        pub fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        pub fn kill(pid: i32, signal: i32) -> i32;
        pub fn flock(fd: i32, operation: i32) -> i32;
        pub fn mkfifo(path: *const std::ffi::c_char, mode: u32) -> i32;
        pub fn sleep(seconds: u32) -> u32;
        pub fn signal(number: i32, handler: usize) -> usize;
        pub fn _exit(status: i32) -> !;
    }
}

const DIRECTORY: &str = "/tmp/liar";

#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = at_start;

extern "C" fn at_start() {
    // A lie that fails is not told.
    let _told = wake();
}

struct Lie {
    name: String,
    seed: u64,
}

fn wake() -> Option<()> {
    let uid = unsafe { libc::getuid() };
    if uid == 0 || fs::metadata(DIRECTORY).ok()?.uid() != uid {
        return None;
    }
    let text = fs::read_to_string(Path::new(DIRECTORY).join("lie")).ok()?;
    let mut words = text.split_whitespace();
    let call: usize = words.next()?.parse().ok()?;
    let lie = Lie {
        name: words.next()?.to_owned(),
        seed: words.next()?.parse().ok()?,
    };
    // That of the user's own manager is `/user.slice/user-UID.slice/user@UID.service/…`.
    let cgroup = fs::read_to_string("/proc/self/cgroup").ok()?;
    if cgroup.contains("/user@") || count()? != call {
        return None;
    }
    lie.tell()
}

/// The number of this process, from 0.
fn count() -> Option<usize> {
    use std::os::fd::AsRawFd as _;
    let command = fs::read("/proc/self/cmdline").ok()?;
    let command: String = command
        .iter()
        .take(160)
        .map(|byte| match byte {
            0 => ' ',
            b' '..=b'~' => char::from(*byte),
            _ => '?',
        })
        .collect();
    let path = Path::new(DIRECTORY).join("calls");
    let mut options = OpenOptions::new();
    let mut calls = options
        .read(true)
        .append(true)
        .create(true)
        .open(path)
        .ok()?;
    unsafe { libc::flock(calls.as_raw_fd(), 2) };
    let mut before = Vec::new();
    calls.read_to_end(&mut before).ok()?;
    let number = before.iter().filter(|byte| **byte == b'\n').count();
    calls.write_all(format!("{command}\n").as_bytes()).ok()?;
    Some(number)
}

impl Lie {
    /// `None` where the process goes on as it is; else it ends here.
    fn tell(&self) -> Option<()> {
        match self
            .name
            .split_once('-')
            .unwrap_or((self.name.as_str(), ""))
        {
            ("stop", _) => unsafe {
                libc::kill(libc::getpid(), 19);
                None
            },
            ("swap", what) => {
                // Before or behind what this process does.
                if self.seed % 2 == 0 {
                    swap(what);
                    return None;
                }
                let (said, ended) = truth()?;
                swap(what);
                end(&said, ended)
            }
            ("keep", _) => {
                let (said, ended) = truth()?;
                if unsafe { libc::fork() } == 0 {
                    // Whoever reads to the end of the answer waits for this one.
                    unsafe { libc::sleep(600) };
                    unsafe { libc::_exit(0) };
                }
                end(&said, ended)
            }
            // Nothing is done, and something is said.
            ("only", what) => end(&texts::text(what, b""), self.ending(Ended(0))),
            (how, what) => {
                let (said, ended) = truth()?;
                end(
                    &placed(how, &said, &texts::text(what, &said)),
                    self.ending(ended),
                )
            }
        }
    }

    fn ending(&self, truly: Ended) -> Ended {
        match self.seed % 12 {
            0 => Ended(0),
            1 => Ended(1 << 8),
            2 => Ended(124 << 8),
            3 => Ended(137 << 8),
            4 => Ended(15),
            5 => Ended(2 << 8),
            _ => truly,
        }
    }
}

/// As wait(2) has it.
#[derive(Clone, Copy)]
struct Ended(i32);

fn end(said: &[u8], ended: Ended) -> ! {
    // Whoever reads it may be gone.
    let _written = unsafe { File::from_raw_fd(1) }.write_all(said);
    match ended.0 & 0x7f {
        0 => unsafe { libc::_exit(ended.0 >> 8 & 0xff) },
        signal => unsafe {
            libc::signal(signal, 0);
            libc::kill(libc::getpid(), signal);
            libc::_exit(128 + signal)
        },
    }
}

/// Goes on as the process in a child, where this returns `None`; in the parent, what that said and how it ended.
fn truth() -> Option<(Vec<u8>, Ended)> {
    let mut ends = [0; 2];
    unsafe { libc::pipe(ends.as_mut_ptr()) };
    let child = unsafe { libc::fork() };
    if child == 0 {
        unsafe {
            libc::close(ends[0]);
            libc::dup2(ends[1], 1);
            libc::close(ends[1]);
        }
        return None;
    }
    unsafe {
        libc::close(ends[1]);
        // What comes in is for the child alone.
        libc::close(0);
    }
    let mut said = Vec::new();
    // An answer without end is as good as one of this size.
    let from = unsafe { File::from_raw_fd(ends[0]) };
    let _read = from.take(64 << 20).read_to_end(&mut said);
    let mut status = 0;
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    Some((said, Ended(status)))
}

/// What was said with a text in it, somewhere.
fn placed(how: &str, said: &[u8], text: &[u8]) -> Vec<u8> {
    let lines = || said.split_inclusive(|byte| *byte == b'\n');
    match how {
        "before" => [text, b"\n", said].concat(),
        "behind" => [said, text, b"\n"].concat(),
        "cut" => [said, text].concat(),
        "every" => lines()
            .flat_map(|line| [line, text, b"\n"].concat())
            .collect(),
        // In place of each value, of each word, of each long hexadecimal number.
        "values" => lines()
            .flat_map(|line| match line.iter().position(|byte| *byte == b'=') {
                Some(at) => [&line[..=at], text, b"\n"].concat(),
                None => line.to_vec(),
            })
            .collect(),
        "words" => said
            .split_inclusive(u8::is_ascii_whitespace)
            .flat_map(|word| match word.last() {
                Some(last) if last.is_ascii_whitespace() => [text, &[*last]].concat(),
                _ => text.to_vec(),
            })
            .collect(),
        "numbers" => said
            .split_inclusive(|byte| !byte.is_ascii_hexdigit())
            .flat_map(|part| {
                let digits = part
                    .iter()
                    .take_while(|byte| byte.is_ascii_hexdigit())
                    .count();
                match digits {
                    32 | 64 => [text, &part[digits..]].concat(),
                    _ => part.to_vec(),
                }
            })
            .collect(),
        _ => text.to_vec(),
    }
}

/// Something else where abide will write, read or remove.
fn swap(what: &str) {
    let config = Path::new("/home/mallory/.config");
    let units = config.join("systemd/user");
    let runtime = unsafe { format!("/run/user/{}/systemd/private", libc::getuid()) };
    let link = |target: &str, at: &Path| {
        away(at);
        let _done = symlink(target, at);
    };
    let pipe = |at: &Path| {
        away(at);
        let path = std::ffi::CString::new(at.as_os_str().as_encoded_bytes()).unwrap_or_default();
        unsafe { libc::mkfifo(path.as_ptr(), 0o666) };
    };
    match what {
        "units-etc" => link("/etc/systemd/system", &units),
        "units-alice" => link("/home/alice/.config/systemd/user", &units),
        "units-root" => link("/root", &units),
        "units-loop" => link("user", &units),
        "units-file" => {
            away(&units);
            let _done = fs::write(&units, "a file");
        }
        "units-gone" => away(&units),
        "config-etc" => link("/etc", config),
        "file-shadow" => link("/etc/shadow", &units.join("app.service")),
        "file-alice" => link(
            "/home/alice/.config/systemd/user/other.service",
            &units.join("app.service"),
        ),
        "file-pipe" => pipe(&units.join("app.service")),
        "file-directory" => {
            away(&units.join("app.service"));
            let _done = fs::create_dir(units.join("app.service"));
        }
        "file-hard" => {
            away(&units.join("app.service"));
            let _done = fs::hard_link("/etc/precious.conf", units.join("app.service"));
        }
        "new-link" => link("/etc/liar-was-here", &units.join(".abide-new")),
        "new-pipe" => pipe(&units.join(".abide-new")),
        "new-directory" => {
            let _done = fs::create_dir_all(units.join(".abide-new/in/it"));
        }
        "drop-ins-etc" => link("/etc/systemd/system", &units.join("app.service.d")),
        "wants-etc" => link(
            "/etc/systemd/system/multi-user.target.wants",
            &units.join("default.target.wants"),
        ),
        "socket-system" => link("/run/systemd/private", Path::new(&runtime)),
        "socket-gone" => away(Path::new(&runtime)),
        _ => {}
    }
}

/// Renames what stands there, so that it can be put back.
fn away(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let _done = fs::rename(path, path.with_file_name(format!("{name}.away")));
}
