//! Changes of one resource that come to the same and differ in detail: the rule, and its exceptions.

use std::collections::BTreeMap;

use crate::document::SharedChange;

/// Each group with the places of its changes among all. Changes come with those of most hosts first, so the first of a
/// group is the rule and the others are its exceptions.
pub(crate) fn group_changes(changes: &[SharedChange]) -> Vec<Vec<(usize, &SharedChange)>> {
    let mut groups: Vec<Vec<(usize, &SharedChange)>> = Vec::new();
    let mut places = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        let key = (&change.resource, change.effect);
        let number = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group) => group.push((place, change)),
            None => groups.push(vec![(place, change)]),
        }
    }
    groups
}
