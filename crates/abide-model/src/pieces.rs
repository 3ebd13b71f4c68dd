//! What several machines made in shards is put together only where all of it is there and belongs together. It is strict:
//! what silently lacks a part of the fleet must neither be approved nor be taken for the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::digest::Digest;
use crate::name::{HostName, ManifestName};
use crate::saved_plan::{Selected, WholeSelection};
use crate::shard::Shard;

/// Why these are not all the shards of one run: a whole clause for a person, with the names that they were given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is none.
    #[error("there is nothing to merge")]
    Nothing,
    /// One is no part of anything.
    #[error("{0} is no shard: it was made without --shard")]
    NoShard(String),
    /// One contradicts itself.
    #[error("{piece} does not fit together: {why}")]
    Odd {
        /// Which.
        piece: String,
        /// What it says.
        why: &'static str,
    },
    /// Two are not of the same run.
    #[error("{one} and {other} do not belong together: {why}")]
    Apart {
        /// One.
        one: String,
        /// The one that differs.
        other: String,
        /// In what.
        why: String,
    },
    /// A shard is there more than once.
    #[error("shard {shard} is there twice: {one} and {other}")]
    Twice {
        /// Which.
        shard: Shard,
        /// One.
        one: String,
        /// The other.
        other: String,
    },
    /// Shards are missing.
    #[error("{} missing", shards_with_verb(.0))]
    Missing(Vec<Shard>),
    /// A host is in two shards.
    #[error("the host {host} is in {one} and in {other}")]
    Overlap {
        /// Which.
        host: HostName,
        /// One.
        one: String,
        /// The other.
        other: String,
    },
    /// All shards are there, but hosts of the selection are in none of them.
    #[error("no shard has {}", shortened_list(.0))]
    Gap(Vec<HostName>),
}

fn shards_with_verb(shards: &[Shard]) -> String {
    match shards {
        [one] => format!("shard {one} is"),
        many => format!("the shards {} are", shortened_list(many)),
    }
}

fn shortened_list<T: Display>(names: &[T]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = names.iter().take(SHOWN).map(ToString::to_string).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// What one machine made.
#[derive(Debug, Clone)]
pub struct Piece<T> {
    /// A name to speak of it by.
    pub name: String,
    /// The manifest's name.
    pub manifest: ManifestName,
    /// The digest of the manifest.
    pub digest: Digest,
    /// The hosts it is about.
    pub selection: Selected,
    /// It.
    pub made: T,
}

/// A piece of which it is known that it is a shard.
struct KnownShard<T> {
    shard: Shard,
    whole: WholeSelection,
    piece: Piece<T>,
}

/// What was made, in the order of the shards, and the selection of which these are all the shards; or why they are not.
/// `apart` may name what else keeps two of them from belonging together.
pub fn put_together<T>(
    pieces: impl IntoIterator<Item = Piece<T>>,
    apart: impl Fn(&T, &T) -> Option<String>,
) -> Result<(Selected, Vec<T>), MergeError> {
    let mut parts: Vec<KnownShard<T>> = pieces
        .into_iter()
        .map(checked_part)
        .collect::<Result<_, _>>()?;
    parts.sort_by_key(|part| part.shard);
    let whole = belong_together(&parts, apart)?;
    all_are_there(&parts)?;
    every_host_is_in_one(&parts)?;
    Ok((
        whole,
        parts.into_iter().map(|part| part.piece.made).collect(),
    ))
}

fn checked_part<T>(piece: Piece<T>) -> Result<KnownShard<T>, MergeError> {
    let selection = &piece.selection;
    let Some((shard, whole)) = selection.shard.zip(selection.whole.clone()) else {
        return Err(MergeError::NoShard(piece.name));
    };
    let odd = |why| {
        let piece = piece.name.clone();
        Err(MergeError::Odd { piece, why })
    };
    if shard.index == 0 || shard.index > shard.count {
        return odd("there is no such shard");
    }
    if !selection.hosts.is_subset(&whole.hosts) {
        return odd("it has hosts that were not selected");
    }
    Ok(KnownShard {
        shard,
        whole,
        piece,
    })
}

/// The selection that they are shards of.
fn belong_together<T>(
    parts: &[KnownShard<T>],
    also: impl Fn(&T, &T) -> Option<String>,
) -> Result<Selected, MergeError> {
    let Some((first, others)) = parts.split_first() else {
        return Err(MergeError::Nothing);
    };
    for other in others {
        let why =
            merge_obstacle(first, other).or_else(|| also(&first.piece.made, &other.piece.made));
        if let Some(why) = why {
            return Err(MergeError::Apart {
                one: first.piece.name.clone(),
                other: other.piece.name.clone(),
                why,
            });
        }
    }
    let whole = first.whole.clone();
    Ok(Selected {
        args: first.piece.selection.args.clone(),
        hosts: whole.hosts,
        shard: None,
        whole: None,
        complete: whole.complete,
    })
}

/// What keeps two from being parts of one run.
fn merge_obstacle<T>(one: &KnownShard<T>, other: &KnownShard<T>) -> Option<String> {
    let (this, that) = (&one.piece, &other.piece);
    if this.manifest != that.manifest {
        let text = format!(
            "one is of the manifest {}, the other of {}",
            this.manifest, that.manifest
        );
        return Some(text);
    }
    if this.digest != that.digest {
        return Some("the manifest or a file that it copies was not the same".to_owned());
    }
    if one.shard.count != other.shard.count {
        let (one, other) = (one.shard, other.shard);
        return Some(format!("one is shard {one}, the other {other}"));
    }
    if one.whole.by != other.whole.by {
        let (one, other) = (one.whole.by, other.whole.by);
        return Some(format!(
            "one was made with --shard-by {one}, the other with {other}"
        ));
    }
    if this.selection.args != that.selection.args || one.whole != other.whole {
        return Some("they are shards of different selections of hosts".to_owned());
    }
    None
}

fn all_are_there<T>(parts: &[KnownShard<T>]) -> Result<(), MergeError> {
    let twins = parts.iter().zip(parts.iter().skip(1));
    for (one, next) in twins {
        if one.shard == next.shard {
            return Err(MergeError::Twice {
                shard: one.shard,
                one: one.piece.name.clone(),
                other: next.piece.name.clone(),
            });
        }
    }
    let count = parts.first().map_or(0, |part| part.shard.count);
    let there: BTreeSet<Shard> = parts.iter().map(|part| part.shard).collect();
    // A count of billions is only worth its first missing ones.
    let missing: Vec<Shard> = Shard::all_of(count)
        .filter(|shard| !there.contains(shard))
        .take(1000)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(MergeError::Missing(missing))
    }
}

fn every_host_is_in_one<T>(parts: &[KnownShard<T>]) -> Result<(), MergeError> {
    let mut seen: BTreeMap<&HostName, &KnownShard<T>> = BTreeMap::new();
    for part in parts {
        for host in &part.piece.selection.hosts {
            if let Some(before) = seen.insert(host, part) {
                return Err(MergeError::Overlap {
                    host: host.clone(),
                    one: before.piece.name.clone(),
                    other: part.piece.name.clone(),
                });
            }
        }
    }
    let whole = parts.iter().flat_map(|part| &part.whole.hosts);
    let gap: BTreeSet<HostName> = whole
        .filter(|host| !seen.contains_key(host))
        .cloned()
        .collect();
    if gap.is_empty() {
        Ok(())
    } else {
        Err(MergeError::Gap(gap.into_iter().collect()))
    }
}
