//! Which hosts a run is about, as plans and reports tell it.

use abide_model::{Digest, SavedPlan, Selected};

use crate::args::{Common, Selection};
use crate::run::HostRun;
use crate::select::Chosen;
use crate::shards::ShardPart;

/// The manifest's digest, and the hosts that were selected from it.
pub(crate) fn of_run(run: &HostRun, common: &Common) -> (Digest, Selected) {
    let origin = &run.origin;
    let hosts = run.hosts.iter().cloned().collect();
    let selected = of_part(origin.part.as_ref());
    (
        origin.digest,
        Selected {
            args: selection_flags(&common.selection),
            hosts,
            complete: origin.whole,
            ..selected
        },
    )
}

/// The same of a saved plan, of which only some hosts may be chosen.
pub(crate) fn of_saved(
    saved: &SavedPlan,
    chosen: &Chosen,
    selection: &Selection,
) -> (Digest, Selected) {
    let digest = saved.manifest.digest;
    if chosen.hosts.keys().eq(&saved.selection.hosts) && chosen.part.is_none() {
        return (digest, saved.selection.clone());
    }
    let mut args = saved.selection.args.clone();
    args.extend(selection_flags(selection));
    let selected = Selected {
        args,
        hosts: chosen.hosts.keys().cloned().collect(),
        complete: false,
        ..of_part(chosen.part.as_ref())
    };
    (digest, selected)
}

fn of_part(part: Option<&ShardPart>) -> Selected {
    Selected {
        args: Vec::new(),
        hosts: std::collections::BTreeSet::new(),
        shard: part.map(|part| part.shard),
        whole: part.map(|part| part.whole.clone()),
        complete: false,
    }
}

/// The flags that selected the hosts.
pub(crate) fn selection_flags(selection: &Selection) -> Vec<String> {
    let Selection {
        host,
        group,
        exclude,
        // A shard is told by itself: it is a part of what these flags select.
        shard: _,
        shard_by: _,
    } = selection;
    let flag = |name: &str, values: &[String]| -> Vec<String> {
        let each = values.iter().map(|value| format!("{name}={value}"));
        each.collect()
    };
    [
        flag("--host", host),
        flag("--group", group),
        flag("--exclude", exclude),
    ]
    .concat()
}
