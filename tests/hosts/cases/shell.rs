//! A shell on a host that stays open: most tests ask their hosts many small things, and entering a host takes longer
//! than the answer.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::fleet::Fleet;

/// Ends what a script says; no script of a test says that by itself.
const END: &str = "END-OF-THE-ANSWER";

pub struct Shell {
    child: Child,
    /// `None` only while the shell ends.
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Shell {
    pub fn on(fleet: &Fleet, host: &str) -> Self {
        let mut child = fleet
            .entering(host, "root", &["/bin/sh"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell on the host");
        Self {
            to: child.stdin.take(),
            from: BufReader::new(child.stdout.take().expect("piped")),
            child,
        }
    }

    /// Runs a script with `sh -es` as a user, in its home: what it said, standard error included, and how it ended.
    pub fn run(&mut self, user: &str, script: &str) -> (String, i32) {
        let enter = match user {
            "root" => "cd /root && env XDG_RUNTIME_DIR=/run/user/0".to_owned(),
            user => format!(
                "id=$(id -u {user}) && cd ~{user} && setpriv --reuid={user} --regid={user} --init-groups --reset-env \
                 env PATH=\"$PATH\" XDG_RUNTIME_DIR=/run/user/$id"
            ),
        };
        let command = format!(
            "({enter} /bin/sh -es) 2>&1 <<'{END}'\n{script}\n{END}\nprintf '\\n{END} %s\\n' $?\n"
        );
        let to = self.to.as_mut().expect("the shell is open");
        to.write_all(command.as_bytes()).expect("the shell listens");
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let read = self.from.read_line(&mut line).expect("text");
            assert!(read > 0, "the shell ended after {script}\n{said}");
            if let Some(code) = line.strip_prefix(END) {
                let code = code.trim().parse().expect("an exit status");
                // The line end before the mark is not the script's.
                said.pop();
                return (said, code);
            }
            said.push_str(&line);
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.to.take());
        drop(self.child.wait());
    }
}
