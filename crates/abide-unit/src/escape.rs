//! How texts and paths become parts of unit names (systemd-escape(1), systemd.unit(5), "String escaping").

use abide_model::{HostPath, NameError, UnitKind, UnitName};

/// Escapes a text for use in a unit name: `/` becomes `-`, anything but ASCII letters, digits and `:_.` becomes
/// `\xNN`, a leading dot too.
pub fn escape(text: &str) -> String {
    let part = |(at, byte): (usize, u8)| match byte {
        b'/' => "-".to_owned(),
        b':' | b'_' => char::from(byte).to_string(),
        b'.' if at > 0 => ".".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    text.bytes().enumerate().map(part).collect()
}

/// Takes an escaped text apart again; `None` where it is not one.
pub fn unescape_text(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'-' => b'/',
            b'\\' => {
                let (b'x', high, low) = (rest.next()?, rest.next()?, rest.next()?) else {
                    return None;
                };
                let digit = |byte| {
                    char::from(byte)
                        .to_digit(16)
                        .and_then(|d| u8::try_from(d).ok())
                };
                digit(high)? * 16 + digit(low)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Escapes an absolute path: the slashes at its ends go, `/` itself is `-`.
pub fn escape_path(path: &HostPath) -> String {
    match path.as_str().trim_matches('/') {
        "" => "-".to_owned(),
        inner => escape(inner),
    }
}

/// The name that the unit of a mount point must have (systemd.mount(5)): `srv-app.mount` for `/srv/app`.
pub fn mount_unit(path: &HostPath, kind: UnitKind) -> Result<UnitName, NameError> {
    UnitName::parse(&format!("{}.{}", escape_path(path), kind.name_suffix()))
}

#[cfg(test)]
mod tests;
