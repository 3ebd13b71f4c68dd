//! The files of a simulated host: regular files and symbolic links, each with its owner and times.

use std::collections::BTreeMap;

use abide_model::{Bytes, HostPath, Timestamp};

/// All files. Directories are there where something is in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SimulatedDisk {
    nodes: BTreeMap<HostPath, DiskNode>,
}

/// A file or a symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiskNode {
    pub(crate) kind: NodeKind,
    pub(crate) owner: String,
    pub(crate) mode: u32,
    /// Last change of the content.
    pub(crate) modified_at: Timestamp,
    /// Last change of content, owner or mode.
    pub(crate) changed_at: Timestamp,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NodeKind {
    File(Bytes),
    Link(String),
}

impl DiskNode {
    pub(crate) fn new(kind: NodeKind, owner: &str, mode: u32, at: Timestamp) -> Self {
        Self {
            kind,
            owner: owner.to_owned(),
            mode,
            modified_at: at,
            changed_at: at,
        }
    }

    pub(crate) fn file(&self) -> Option<&Bytes> {
        match &self.kind {
            NodeKind::File(bytes) => Some(bytes),
            NodeKind::Link(_) => None,
        }
    }

    pub(crate) fn link(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::File(_) => None,
            NodeKind::Link(target) => Some(target),
        }
    }
}

impl SimulatedDisk {
    pub(crate) fn get(&self, path: &HostPath) -> Option<&DiskNode> {
        self.nodes.get(path)
    }

    pub(crate) fn get_mut(&mut self, path: &HostPath) -> Option<&mut DiskNode> {
        self.nodes.get_mut(path)
    }

    pub(crate) fn insert(&mut self, path: HostPath, node: DiskNode) {
        self.nodes.insert(path, node);
    }

    pub(crate) fn remove(&mut self, path: &HostPath) -> Option<DiskNode> {
        self.nodes.remove(path)
    }

    /// Removes everything below a directory.
    pub(crate) fn remove_below(&mut self, dir: &HostPath) {
        self.nodes.retain(|path, _| !path.is_within(dir));
    }

    /// The text of a regular file; empty where it is no text.
    pub(crate) fn text(&self, path: &HostPath) -> Option<&str> {
        let bytes = self.get(path)?.file()?;
        Some(bytes.as_text().unwrap_or_default())
    }

    /// Where a path leads over all links, whether or not something stands there. `None` where there is no end.
    pub(crate) fn follow(&self, path: &HostPath) -> Option<HostPath> {
        let mut path = path.clone();
        for _ in 0..8 {
            let Some(target) = self.get(&path).and_then(DiskNode::link) else {
                return Some(path);
            };
            path = relative_to(&path, target)?;
        }
        None
    }

    /// What stands directly in a directory.
    pub(crate) fn directory_entries<'a>(
        &'a self,
        dir: &'a HostPath,
    ) -> impl Iterator<Item = (&'a HostPath, &'a DiskNode)> {
        self.entries_below(dir)
            .filter(move |(path, _)| path.parent_directory() == *dir)
    }

    /// What stands anywhere below a directory.
    pub(crate) fn entries_below<'a>(
        &'a self,
        dir: &'a HostPath,
    ) -> impl Iterator<Item = (&'a HostPath, &'a DiskNode)> {
        let after = self.nodes.range(dir.clone()..);
        // Names like `a-b` sort between `a` and `a/b`: they are skipped, not the end.
        after
            .take_while(move |(path, _)| path.as_str().starts_with(dir.as_str()))
            .filter(move |(path, _)| path.is_within(dir) && *path != dir)
    }
}

/// What a link at this path leads to.
fn relative_to(link: &HostPath, target: &str) -> Option<HostPath> {
    if target.starts_with('/') {
        return HostPath::parse(target).ok();
    }
    let mut parts: Vec<&str> = link.as_str().split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    HostPath::parse(&parts.join("/")).ok()
}
