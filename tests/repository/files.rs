//! The files of the repository that people write.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A text file and where it is, from the root of the repository.
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) content: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All texts with one of these endings, but for what is built, and for what tests compare with.
pub(crate) fn texts(endings: &[&str]) -> Vec<Text> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder).unwrap() {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            if entry.is_dir() {
                let left_out = ["target", "snapshots", "seeds"].contains(&name.as_str());
                if !left_out && !name.starts_with('.') {
                    folders.push(entry);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let path = entry.strip_prefix(root()).unwrap();
                found.push(Text {
                    path: path.to_string_lossy().into_owned(),
                    content: fs::read_to_string(&entry).unwrap(),
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect()
}
