//! How a tool of the simulated host fails.

/// What `systemctl`, `loginctl`, `useradd` or the file system says when it does not do what it was asked for, in about the
/// words of the real one. Tests look whether there is one; nobody decides by its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ToolError(String);

impl From<String> for ToolError {
    fn from(said: String) -> Self {
        Self(said)
    }
}

impl From<&str> for ToolError {
    fn from(said: &str) -> Self {
        Self(said.to_owned())
    }
}
