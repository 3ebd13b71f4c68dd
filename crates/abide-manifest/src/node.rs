//! A YAML document as a tree in which every value and every key knows its bytes.

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Its bytes in the text. Of a map or list in block style only the beginning is known.
    pub(crate) bytes: ByteRange,
    /// What it is.
    pub(crate) shape: Shape,
}

/// A stretch of bytes of the text that the tree was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ByteRange {
    /// Offset of the first byte.
    pub(crate) start: usize,
    /// Offset behind the last byte.
    pub(crate) end: usize,
}

impl ByteRange {
    /// Moves by so many bytes.
    pub(crate) fn shift_by(&mut self, by: usize) {
        self.start += by;
        self.end += by;
    }
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Nothing, or `null`.
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// A number; its value where it is whole and not negative.
    Number(Option<u64>),
    /// Anything else that is not a list or map.
    Text(String),
    /// `[a, b]`.
    List(Vec<Node>),
    /// `{a: b}`, in order; a key may come twice.
    Map(Vec<(MapKey, Node)>),
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MapKey {
    /// Its bytes in the text.
    pub(crate) bytes: ByteRange,
    /// The key.
    pub(crate) name: String,
}

impl Node {
    /// Takes every second and later entry of one key out of the tree: first key, repeated key.
    pub(crate) fn take_duplicates(&mut self) -> Vec<(MapKey, MapKey)> {
        let mut found = Vec::new();
        match &mut self.shape {
            Shape::Map(entries) => {
                let mut kept: Vec<(MapKey, Self)> = Vec::with_capacity(entries.len());
                let mut seen = std::collections::BTreeMap::new();
                for (key, mut node) in entries.drain(..) {
                    found.extend(node.take_duplicates());
                    if let Some(first) = seen.get(&key.name) {
                        found.push((MapKey::clone(first), key));
                    } else {
                        seen.insert(key.name.clone(), key.clone());
                        kept.push((key, node));
                    }
                }
                *entries = kept;
            }
            Shape::List(items) => {
                found.extend(items.iter_mut().flat_map(Self::take_duplicates));
            }
            Shape::Nothing | Shape::Flag(_) | Shape::Number(_) | Shape::Text(_) => {}
        }
        found
    }

    /// Moves every place by so many bytes: the document begins there in its file.
    pub(crate) fn shift_places(&mut self, by: usize) {
        self.bytes.shift_by(by);
        match &mut self.shape {
            Shape::Map(entries) => {
                for (key, node) in entries {
                    key.bytes.shift_by(by);
                    node.shift_places(by);
                }
            }
            Shape::List(items) => items.iter_mut().for_each(|item| item.shift_places(by)),
            Shape::Nothing | Shape::Flag(_) | Shape::Number(_) | Shape::Text(_) => {}
        }
    }

    /// Takes out the entry or item whose key or value has exactly these bytes, so that what is right beside it can
    /// be looked at. False where there is none.
    pub(crate) fn remove(&mut self, bytes: ByteRange) -> bool {
        match &mut self.shape {
            Shape::Map(entries) => {
                let hit = |(key, node): &(MapKey, Self)| key.bytes == bytes || node.bytes == bytes;
                match entries.iter().position(hit) {
                    Some(index) => {
                        entries.remove(index);
                        true
                    }
                    None => entries.iter_mut().any(|(_, node)| node.remove(bytes)),
                }
            }
            Shape::List(items) => match items.iter().position(|item| item.bytes == bytes) {
                Some(index) => {
                    items.remove(index);
                    true
                }
                None => items.iter_mut().any(|item| item.remove(bytes)),
            },
            Shape::Nothing | Shape::Flag(_) | Shape::Number(_) | Shape::Text(_) => false,
        }
    }
}
