//! A user's own manager, as that user may fake it: it stands at `/run/user/UID/systemd/private`, passes everything
//! through to the real one, and puts other values into its answers.
//!
//! `proxy REAL LISTEN LIES`: REAL is where the manager's socket was moved to, LISTEN where everybody looks for it. LIES is
//! a directory: a file named as a property (`InvocationID`) holds what is told instead, a line an entry, so the property
//! comes as many times as it has lines. It may change at any time. Only `std`, for it runs on hosts that have nothing else;
//! the D-Bus specification says what messages are made of.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, real, listen, lies] = arguments.as_slice() else {
        panic!("proxy REAL LISTEN LIES");
    };
    let listener = UnixListener::bind(listen).expect("a socket");
    for client in listener.incoming() {
        let (real, lies) = (real.clone(), PathBuf::from(lies));
        thread::spawn(move || serve(client.expect("a client"), &real, &lies));
    }
}

/// One client: what it says goes on as it is, what the manager says is looked at.
fn serve(client: UnixStream, real: &str, lies: &Path) {
    let Ok(server) = UnixStream::connect(real) else {
        return;
    };
    let (mut said, mut to) = (
        client.try_clone().expect("a copy"),
        server.try_clone().expect("a copy"),
    );
    thread::spawn(move || {
        let _ended = io::copy(&mut said, &mut to);
        let _ended = to.shutdown(std::net::Shutdown::Write);
    });
    let _ended = answer(server, &client, lies);
    let _ended = client.shutdown(std::net::Shutdown::Both);
}

fn answer(mut server: UnixStream, mut client: &UnixStream, lies: &Path) -> io::Result<()> {
    let mut first = [0];
    loop {
        server.read_exact(&mut first)?;
        // Before the first message both sides agree on who they are, in lines of capitals.
        if first == *b"l" {
            let message = message(&mut server)?;
            client.write_all(&changed(message, lies))?;
        } else {
            client.write_all(&first)?;
        }
    }
}

/// A message whose first byte was read: a little-endian one.
fn message(server: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut message = vec![b'l'];
    take(server, &mut message, 15)?;
    let body = number(&message, 4);
    let fields = number(&message, 12);
    take(server, &mut message, fields.next_multiple_of(8) + body)?;
    Ok(message)
}

fn take(from: &mut UnixStream, into: &mut Vec<u8>, many: usize) -> io::Result<()> {
    let start = into.len();
    into.resize(start + many, 0);
    from.read_exact(&mut into[start..])
}

fn number(bytes: &[u8], at: usize) -> usize {
    let bytes = bytes[at..at + 4].try_into().expect("four bytes");
    u32::from_le_bytes(bytes) as usize
}

/// The same message, or one that lies: of an answer with properties (`a{sv}`).
fn changed(message: Vec<u8>, lies: &Path) -> Vec<u8> {
    const METHOD_RETURN: u8 = 2;
    let start = 16 + number(&message, 12).next_multiple_of(8);
    let (head, body) = message.split_at(start);
    let has_properties = head.windows(5).any(|part| part == b"a{sv}");
    if message[1] != METHOD_RETURN || !has_properties || body.len() < 8 {
        return message;
    }
    let mut body = body.to_vec();
    let Ok(lies) = fs::read_dir(lies) else {
        return message;
    };
    for lie in lies.flatten() {
        let name = lie.file_name().to_string_lossy().into_owned();
        let values = fs::read(lie.path()).unwrap_or_default();
        if hide(&mut body, &name) {
            for value in values.split(|byte| *byte == b'\n').filter(|v| !v.is_empty()) {
                add(&mut body, &name, value);
            }
        }
    }
    let array = u32::try_from(body.len() - 8).expect("a message is not so long");
    body[..4].copy_from_slice(&array.to_le_bytes());
    let length = u32::try_from(body.len()).expect("a message is not so long");
    let mut message = head.to_vec();
    message[4..8].copy_from_slice(&length.to_le_bytes());
    message.extend(body);
    message
}

/// Gives the property a name that nobody asks for.
fn hide(body: &mut [u8], name: &str) -> bool {
    let mut key = u32::try_from(name.len()).expect("a short name").to_le_bytes().to_vec();
    key.extend(name.bytes());
    key.push(0);
    let Some(at) = body.windows(key.len()).position(|part| part == key) else {
        return false;
    };
    body[at + 4] = b'X';
    true
}

/// Adds a property that is a string.
fn add(body: &mut Vec<u8>, name: &str, value: &[u8]) {
    let string = |body: &mut Vec<u8>, text: &[u8]| {
        let length = u32::try_from(text.len()).expect("a short text");
        body.extend(length.to_le_bytes());
        body.extend(text);
        body.push(0);
    };
    body.resize(body.len().next_multiple_of(8), 0);
    string(body, name.as_bytes());
    body.extend(b"\x01s\0");
    body.resize(body.len().next_multiple_of(4), 0);
    string(body, value);
}
