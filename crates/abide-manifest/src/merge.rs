//! Several manifest files to one fleet. What one file says, no other may say again.

use std::collections::BTreeMap;

use crate::codes;
use crate::finding::{Findings, Mistake};
use crate::located::Located;
use crate::schema::{
    Group, ManifestHost, WrittenConnection, WrittenManifest, WrittenPolicy, WrittenRollout,
};

/// All files together. Every value still knows in which file it stands.
#[derive(Debug)]
pub(crate) struct WholeManifest {
    pub(crate) name: Located<String>,
    pub(crate) connection: Option<Located<WrittenConnection>>,
    pub(crate) vars: BTreeMap<String, Located<String>>,
    pub(crate) hosts: BTreeMap<String, Located<ManifestHost>>,
    pub(crate) groups: BTreeMap<String, Located<Group>>,
    pub(crate) policy: Option<Located<WrittenPolicy>>,
    pub(crate) rollout: Option<Located<WrittenRollout>>,
}

/// Puts the files together; `None` where there is none.
pub(crate) fn merge(
    manifests: Vec<WrittenManifest>,
    findings: &mut Findings,
) -> Option<WholeManifest> {
    let mut manifests = manifests.into_iter();
    let first = manifests.next()?;
    let mut whole = WholeManifest {
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

impl WholeManifest {
    fn add(&mut self, other: WrittenManifest, findings: &mut Findings) {
        let WrittenManifest {
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
                Mistake::new(codes::OTHER_MANIFEST, name.at, message)
                    .with_related_place(self.name.at, "the first file's name")
                    .with_help("load only the files of one manifest, or give them the same `name`"),
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
        (Some(first), Some(again)) => findings.push(declared_twice_finding(what, first, &again)),
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
                findings.push(declared_twice_finding(&what, first, &other));
            }
            None => {
                into.insert(name, other);
            }
        }
    }
}

fn declared_twice_finding<T>(what: &str, first: &Located<T>, again: &Located<T>) -> Mistake {
    Mistake::new(
        codes::DECLARED_TWICE,
        again.key,
        format!("{what} is declared in two files"),
    )
    .with_label("again here")
    .with_related_place(first.key, "first here")
    .with_help("keep it in one of the two files")
}
