//! Several manifest files to one fleet. What one file says, no other may say again.

use std::collections::BTreeMap;

use crate::codes;
use crate::finding::{Finding, Findings};
use crate::located::Located;
use crate::schema::{Connection, Group, Host, Manifest, Policy, Rollout};

/// All files together. Every value still knows in which file it stands.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) name: Located<String>,
    pub(crate) connection: Option<Located<Connection>>,
    pub(crate) vars: BTreeMap<String, Located<String>>,
    pub(crate) hosts: BTreeMap<String, Located<Host>>,
    pub(crate) groups: BTreeMap<String, Located<Group>>,
    pub(crate) policy: Option<Located<Policy>>,
    pub(crate) rollout: Option<Located<Rollout>>,
}

/// Puts the files together; `None` where there is none.
pub(crate) fn merge(manifests: Vec<Manifest>, findings: &mut Findings) -> Option<Whole> {
    let mut manifests = manifests.into_iter();
    let first = manifests.next()?;
    let mut whole = Whole {
        name: first.name,
        connection: first.connection,
        vars: first.vars,
        hosts: first.hosts,
        groups: first.groups,
        policy: first.policy,
        rollout: first.rollout,
    };
    for manifest in manifests {
        whole.add(manifest, findings);
    }
    Some(whole)
}

impl Whole {
    fn add(&mut self, other: Manifest, findings: &mut Findings) {
        let Manifest {
            version: _,
            name,
            connection,
            vars,
            hosts,
            groups,
            policy,
            rollout,
        } = other;
        if name.value != self.name.value {
            let message = format!(
                "these files belong to two manifests, `{}` and `{}`",
                self.name.value.escape_debug(),
                name.value.escape_debug()
            );
            findings.push(
                Finding::new(codes::OTHER_MANIFEST, name.at, message)
                    .also(self.name.at, "the first file's name")
                    .help("load only the files of one manifest, or give them the same `name`"),
            );
        }
        only_once("`connection`", &mut self.connection, connection, findings);
        only_once("`policy`", &mut self.policy, policy, findings);
        only_once("`rollout`", &mut self.rollout, rollout, findings);
        add_all("variable", &mut self.vars, vars, findings);
        add_all("host", &mut self.hosts, hosts, findings);
        add_all("group", &mut self.groups, groups, findings);
    }
}

fn only_once<T>(
    what: &str,
    into: &mut Option<Located<T>>,
    other: Option<Located<T>>,
    findings: &mut Findings,
) {
    match (into.as_ref(), other) {
        (Some(first), Some(again)) => findings.push(twice(what, first, &again)),
        (None, other) => *into = other,
        (Some(_), None) => {}
    }
}

fn add_all<T>(
    what: &str,
    into: &mut BTreeMap<String, Located<T>>,
    others: BTreeMap<String, Located<T>>,
    findings: &mut Findings,
) {
    for (name, other) in others {
        match into.get(&name) {
            Some(first) => {
                let what = format!("{what} `{}`", name.escape_debug());
                findings.push(twice(&what, first, &other));
            }
            None => {
                into.insert(name, other);
            }
        }
    }
}

fn twice<T>(what: &str, first: &Located<T>, again: &Located<T>) -> Finding {
    Finding::new(
        codes::DECLARED_TWICE,
        again.key,
        format!("{what} is declared in two files"),
    )
    .label("again here")
    .also(first.key, "first here")
    .help("keep it in one of the two files")
}
