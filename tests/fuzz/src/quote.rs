//! Quoting, read by the shells that scripts must run in. One process a shell lives as long as the fuzzer; what they should
//! print is collected over some inputs, and compared for all of them at once.

use std::cell::RefCell;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use abide_host::quote::{quote, word, words};

const SHELLS: [&[&str]; 3] = [&["dash"], &["bash", "--posix"], &["busybox", "sh"]];
/// Inputs are compared together: `ABIDE_FUZZ_BATCH=1` finds the one that a comparison stumbled over.
const BATCH: usize = 256;

/// Words, with a 0xFF between each two, mean to every shell exactly what they are.
pub fn check(data: &[u8]) {
    thread_local! {
        static SHELLS: RefCell<Batch> = RefCell::new(Batch::new());
    }
    SHELLS.with_borrow_mut(|batch| batch.add(data));
}

/// What was not compared yet.
struct Batch {
    shells: Vec<Shell>,
    size: usize,
    inputs: Vec<Vec<u8>>,
    script: String,
    printed: Vec<u8>,
    file: PathBuf,
}

impl Batch {
    fn new() -> Self {
        let name = format!("abide-fuzz-quote-{}", std::process::id());
        // Memory, where there is such a place: a shell reads it for every batch.
        let shm = PathBuf::from("/dev/shm");
        let directory = if shm.is_dir() {
            shm
        } else {
            std::env::temp_dir()
        };
        let size = std::env::var("ABIDE_FUZZ_BATCH");
        Self {
            shells: SHELLS.map(Shell::start).into(),
            size: size
                .ok()
                .and_then(|size| size.parse().ok())
                .unwrap_or(BATCH),
            inputs: Vec::new(),
            script: String::new(),
            printed: Vec::new(),
            file: directory.join(name),
        }
    }

    fn add(&mut self, data: &[u8]) {
        let texts: Vec<String> = data
            .split(|byte| *byte == 0xFF)
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        let all = words(texts.iter().map(String::as_str));
        self.script.push_str(&format!("p {all}\n"));
        self.expect(&texts);
        if let [text, ..] = texts.as_slice() {
            // Inside a word, as an assignment, and as what a function gets.
            let (quoted, plain) = (quote(text), word(text));
            self.script
                .push_str(&format!("x={quoted}y{quoted} z={plain}; p \"$x\" \"$z\"\n"));
            self.expect(&[format!("{text}y{text}"), text.clone()]);
        }
        self.inputs.push(data.to_vec());
        if self.inputs.len() >= self.size {
            self.compare();
        }
    }

    fn expect(&mut self, texts: &[String]) {
        self.printed.extend(texts.len().to_string().bytes());
        self.printed.push(0);
        for text in texts {
            self.printed.extend(text.bytes().filter(|byte| *byte != 0));
            self.printed.push(0);
        }
    }

    fn compare(&mut self) {
        fs::write(&self.file, &self.script).expect("a file of its own");
        for shell in &mut self.shells {
            shell.source(&self.file);
        }
        for shell in &mut self.shells {
            let printed = shell.answer(self.printed.len());
            if printed != self.printed {
                for (number, input) in self.inputs.iter().enumerate() {
                    eprintln!("input {number}: {:?}", String::from_utf8_lossy(input));
                }
                panic!("{} prints something else", shell.name);
            }
        }
        self.script.clear();
        self.printed.clear();
        self.inputs.clear();
    }
}

/// The end of the process: what is left.
impl Drop for Batch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.compare();
        }
        drop(fs::remove_file(&self.file));
        for shell in &mut self.shells {
            drop(shell.process.kill());
            drop(shell.process.wait());
        }
    }
}

struct Shell {
    name: &'static str,
    process: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Shell {
    fn start(command: &[&'static str]) -> Self {
        let [name, arguments @ ..] = command else {
            panic!("a shell has a name");
        };
        let mut process = Command::new(name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} is needed: {error}"));
        let mut stdin = process.stdin.take().expect("a pipe");
        let stdout = process.stdout.take().expect("a pipe");
        stdin
            .write_all(b"p() { printf '%s\\0' $# \"$@\"; }\n")
            .expect("a shell that reads");
        Self {
            name,
            process,
            stdin,
            stdout,
        }
    }

    /// Has it read a file of commands. The pipe alone would be read byte by byte.
    fn source(&mut self, file: &std::path::Path) {
        let command = format!(". {}; printf 'end'\n", word(&file.to_string_lossy()));
        self.stdin
            .write_all(command.as_bytes())
            .expect("a shell that reads");
    }

    /// What it prints: as long as expected, and the `end` behind it.
    fn answer(&mut self, expected: usize) -> Vec<u8> {
        let mut printed = vec![0; expected + b"end".len()];
        let whole = self.stdout.read_exact(&mut printed);
        if whole.is_err() || !printed.ends_with(b"end") {
            printed.extend(b"(and it did not end there)");
            return printed;
        }
        printed.truncate(expected);
        printed
    }
}
