//! Who wins where several places say something: `groups.all`, then the groups of a host, then the host itself.
//!
//! Maps merge by key, scalars and lists replace. Two groups that set one scalar differently for a host that does not
//! settle it are an error: the order of a host's groups is no place to hide a decision in.

use std::collections::BTreeMap;
use std::fmt;

use abide_model::GroupName;

use crate::codes;
use crate::finding::{Findings, Mistake};
use crate::located::Located;
use crate::schema::{Group, LingerPolicy, ManifestHost, User, WrittenUnit};
use crate::text::TextPlace;

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By<'m> {
    /// The manifest, for all hosts.
    Manifest,
    /// A group.
    Group(&'m str),
    /// The host.
    Host(&'m str),
}

impl By<'_> {
    /// Whether this one wins over another.
    pub(crate) fn is_ranked_above(self, other: By<'_>) -> bool {
        self.rank() > other.rank()
    }

    /// Of two that say something, the higher rank wins; of one rank they must agree.
    fn rank(self) -> u8 {
        match self {
            Self::Manifest => 0,
            Self::Group(GroupName::ALL) => 1,
            Self::Group(_) => 2,
            Self::Host(_) => 3,
        }
    }
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("the manifest"),
            Self::Group(name) => write!(f, "group `{}`", name.escape_debug()),
            Self::Host(name) => write!(f, "host `{}`", name.escape_debug()),
        }
    }
}

/// What one place says of a host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'m> {
    /// Who says it.
    pub(crate) by: By<'m>,
    pub(crate) vars: &'m BTreeMap<String, Located<String>>,
    pub(crate) linger: Option<&'m Located<LingerPolicy>>,
    pub(crate) users: &'m BTreeMap<String, Located<User>>,
    pub(crate) units: &'m BTreeMap<String, Located<WrittenUnit>>,
}

impl<'m> Layer<'m> {
    /// What a group says.
    pub(crate) fn of_group(name: &'m str, group: &'m Group) -> Self {
        Self {
            by: By::Group(name),
            vars: &group.vars,
            linger: group.linger.as_ref(),
            users: &group.users,
            units: &group.units,
        }
    }

    /// What a host says of itself.
    pub(crate) fn of_host(name: &'m str, host: &'m ManifestHost) -> Self {
        Self {
            by: By::Host(name),
            vars: &host.vars,
            linger: host.linger.as_ref(),
            users: &host.users,
            units: &host.units,
        }
    }
}

/// A value that won, and who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said<'m, V> {
    /// The value.
    pub(crate) value: V,
    /// Where it stands.
    pub(crate) at: TextPlace,
    /// Where its key stands.
    pub(crate) key: TextPlace,
    /// Who said it.
    pub(crate) by: By<'m>,
}

impl<'m, V> Said<'m, V> {
    /// Another value in its place.
    pub(crate) fn with_value<W>(&self, value: W) -> Said<'m, W> {
        Said {
            value,
            at: self.at,
            key: self.key,
            by: self.by,
        }
    }

    /// The value with its place alone.
    pub(crate) fn value_and_place(&self) -> Located<V>
    where
        V: Copy,
    {
        Located {
            value: self.value,
            at: self.at,
            key: self.key,
        }
    }
}

/// All that is said of one thing, the lowest rank first.
#[derive(Debug)]
pub(crate) struct Stack<'m, T> {
    parts: Vec<(By<'m>, &'m Located<T>)>,
}

impl<'m, T> Stack<'m, T> {
    /// What these layers say of one thing each.
    pub(crate) fn new(parts: impl IntoIterator<Item = (By<'m>, &'m Located<T>)>) -> Self {
        Self {
            parts: parts.into_iter().collect(),
        }
    }

    /// What each place says, in order of rank.
    pub(crate) fn values_by_rank(&self) -> impl Iterator<Item = &'m T> {
        self.parts.iter().map(|(_, part)| &part.value)
    }

    /// Who speaks of it with the highest rank.
    pub(crate) fn highest_layer(&self) -> By<'m> {
        self.parts.last().map_or(By::Manifest, |(by, _)| *by)
    }

    /// Where the thing is first named.
    pub(crate) fn key(&self) -> TextPlace {
        self.parts
            .first()
            .map(|(_, part)| part.key)
            .unwrap_or_default()
    }

    /// Whether one place speaks of both.
    pub(crate) fn shares_a_place_with(&self, other: &Self) -> bool {
        let mut places = self.parts.iter().map(|(by, _)| by);
        places.any(|by| other.parts.iter().any(|(other, _)| other == by))
    }

    /// What both say of one thing that they name in two ways.
    #[must_use]
    pub(crate) fn merged_with(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self.parts.sort_by_key(|(by, _)| by.rank());
        self
    }

    /// As [`Stack::scalar_value`], of what is written there as a whole.
    pub(crate) fn whole_value<V: PartialEq>(
        &self,
        findings: &mut Findings,
        get: impl Fn(&'m Located<T>) -> Option<Located<V>>,
    ) -> Option<Said<'m, V>> {
        let said = self.parts.iter().filter_map(|(by, part)| {
            let Located { value, at, key } = get(part)?;
            Some(Said {
                value,
                at,
                key,
                by: *by,
            })
        });
        decide(said.collect(), findings)
    }

    /// Everything that is said of one property, in order of rank.
    fn all_values<V>(&self, get: impl Fn(&'m T) -> Option<Located<V>>) -> Vec<Said<'m, V>> {
        self.parts
            .iter()
            .filter_map(|(by, part)| {
                let Located { value, at, key } = get(&part.value)?;
                Some(Said {
                    value,
                    at,
                    key,
                    by: *by,
                })
            })
            .collect()
    }

    /// A property that only one can decide. Groups that differ, and no host above them, are a finding.
    pub(crate) fn scalar_value<V: PartialEq>(
        &self,
        findings: &mut Findings,
        get: impl Fn(&'m T) -> Option<Located<V>>,
    ) -> Option<Said<'m, V>> {
        decide(self.all_values(get), findings)
    }

    /// A property that the last one decides.
    pub(crate) fn list<V>(
        &self,
        get: impl Fn(&'m T) -> Option<&'m Located<V>>,
    ) -> Option<Said<'m, &'m V>> {
        self.all_values(|part| get(part).map(Located::by_ref)).pop()
    }

    /// A map: what is said of each of its keys.
    pub(crate) fn map<V>(
        &self,
        get: impl Fn(&'m T) -> Option<&'m BTreeMap<String, Located<V>>>,
    ) -> BTreeMap<&'m str, Stack<'m, V>> {
        by_key(
            self.parts
                .iter()
                .filter_map(|(by, part)| Some((*by, get(&part.value)?))),
        )
    }

    /// A property that has properties of its own.
    pub(crate) fn nested_stack<V>(
        &self,
        get: impl Fn(&'m T) -> Option<&'m Located<V>>,
    ) -> Stack<'m, V> {
        Stack::new(
            self.parts
                .iter()
                .filter_map(|(by, part)| Some((*by, get(&part.value)?))),
        )
    }
}

impl<'m> Stack<'m, String> {
    /// A value of a map of texts.
    pub(crate) fn text(&self, findings: &mut Findings) -> Option<Said<'m, &'m String>> {
        let said = self.parts.iter().map(|(by, part)| Said {
            value: &part.value,
            at: part.at,
            key: part.key,
            by: *by,
        });
        decide(said.collect(), findings)
    }
}

/// What several maps say of each key, in the order of the maps.
pub(crate) fn by_key<'m, V: 'm>(
    maps: impl IntoIterator<Item = (By<'m>, &'m BTreeMap<String, Located<V>>)>,
) -> BTreeMap<&'m str, Stack<'m, V>> {
    let mut keys: BTreeMap<&str, Stack<'m, V>> = BTreeMap::new();
    for (by, map) in maps {
        for (key, value) in map {
            let stack = keys
                .entry(key)
                .or_insert_with(|| Stack { parts: Vec::new() });
            stack.parts.push((by, value));
        }
    }
    keys
}

/// The winner among those who say something, in order of rank.
fn decide<'m, V: PartialEq>(
    mut said: Vec<Said<'m, V>>,
    findings: &mut Findings,
) -> Option<Said<'m, V>> {
    let winner = said.pop()?;
    let rival = said
        .iter()
        .find(|other| other.by.rank() == winner.by.rank() && other.value != winner.value);
    if let Some(rival) = rival {
        // Told at the later place, so that hosts with another order of groups tell the same.
        let (first, second) = if rival.at < winner.at {
            (rival, &winner)
        } else {
            (&winner, rival)
        };
        let message = format!("{} and {} set this differently", first.by, second.by);
        findings.push(
            Mistake::new(codes::GROUPS_DISAGREE, second.at, message)
                .with_label(format!("{} says this", second.by))
                .with_related_place(first.at, format!("{} says this", first.by))
                .with_help(
                    "a host is in both: let the host say which it is, or only one of the groups",
                ),
        );
    }
    Some(winner)
}
