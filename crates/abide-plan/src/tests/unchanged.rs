//! No restart without a changed byte, and no byte changed without its restart: what people and deployments do to files,
//! runs that begin without abide, and runs of abide that are cut, in any order.

use abide_model::{Change, Desired, Held, HostPath, NoteKind, Plan};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref};
use abide_unit::Effective;
use proptest::prelude::*;

use super::properties::cases;
use super::support::{WEB, assert_converges, planned, steps, told};

const FILE: &str = "/home/deploy/.config/systemd/user/web.service";
const DROP_IN: &str = "/home/deploy/.config/systemd/user/web.service.d/10-nice.conf";
/// A file that the manifest manages.
const OURS: &str = "/home/deploy/env";
/// A file that it only names.
const THEIRS: &str = "/etc/app/env";

const ALL: [&str; 4] = [FILE, DROP_IN, OURS, THEIRS];

fn text(version: u8) -> String {
    format!(
        "[Service]\nExecStart=/bin/web {version}\nEnvironmentFile={OURS}\nEnvironmentFile={THEIRS}\n\
         [Install]\nWantedBy=default.target\n"
    )
}

fn drop_in(version: u8) -> String {
    format!("[Service]\nNice={version}\n")
}

fn content(file: &str, version: u8) -> String {
    match file {
        FILE => text(version),
        DROP_IN => drop_in(version),
        _ => format!("A={version}\n"),
    }
}

/// The manifest in one of its versions.
fn wanted(version: u8) -> Desired {
    let absolute = |path_: &str| abide_model::HostPathOrHome::Absolute(path(path_));
    desired("h1")
        .user("deploy")
        .linger(Some(true))
        .file("env", &content(OURS, version))
        .unit("web.service", &text(version))
        .drop_in("10-nice.conf", &drop_in(version))
        .restart_on(absolute(OURS))
        .restart_on(absolute(THEIRS))
        .build()
}

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Act {
    Touch(usize),
    Chmod(usize),
    /// The content becomes that of a version, which may be the one that is there.
    Edit(usize, u8),
    DaemonReload,
    Restart,
    /// The process dies, and the manager starts it again.
    Crash,
    Reboot,
    /// The manifest as it is, or in its next version.
    Apply(bool),
    /// The same, cut after so many steps.
    Cut(bool, usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => (0..4usize).prop_map(Act::Touch),
        3 => (0..4usize).prop_map(Act::Chmod),
        4 => (0..4usize, 0..3u8).prop_map(|(file, version)| Act::Edit(file, version)),
        2 => Just(Act::DaemonReload),
        2 => Just(Act::Restart),
        2 => Just(Act::Crash),
        2 => Just(Act::Reboot),
        4 => any::<bool>().prop_map(Act::Apply),
        1 => (any::<bool>(), 0..6usize).prop_map(|(next, steps)| Act::Cut(next, steps)),
    ];
    proptest::collection::vec(act, 1..12)
}

/// A host, and which version of the manifest was asked for last.
struct Story {
    host: SimHost,
    version: u8,
}

impl Story {
    fn new() -> Self {
        let mut host = SimHost::new();
        host.start_limit_interval = std::time::Duration::ZERO;
        host.write_file(&path(THEIRS), &content(THEIRS, 0), "root");
        assert_converges(&mut host, &wanted(0));
        Self { host, version: 0 }
    }

    fn act(&mut self, act: Act) {
        let web = unit_ref(WEB);
        let host = &mut self.host;
        match act {
            Act::Touch(file) => host.touch_file(&path(ALL[file])),
            Act::Chmod(file) => host.change_mode(&path(ALL[file]), 0o640),
            Act::Edit(file, version) => {
                host.write_file(&path(ALL[file]), &content(ALL[file], version), owner(file));
            }
            Act::DaemonReload => host.edit(&Edit::DaemonReload(scope("user:deploy"))),
            Act::Restart => host.restart(&web).unwrap(),
            Act::Crash => {
                host.edit(&Edit::Crash(web.clone()));
                host.start(&web).unwrap();
            }
            Act::Reboot => host.edit(&Edit::Reboot),
            Act::Apply(next) => {
                self.version = (self.version + u8::from(next)) % 3;
                self.apply();
            }
            Act::Cut(next, steps) => {
                self.version = (self.version + u8::from(next)) % 3;
                let plan = planned(host, &wanted(self.version));
                host.apply_until(&plan, steps);
            }
        }
    }

    /// Plans, judges the plan, and carries it out.
    fn apply(&mut self) {
        let wanted = wanted(self.version);
        let plan = planned(&self.host, &wanted);
        self.judge(&plan);
        assert_converges(&mut self.host, &wanted);
    }

    /// The unit is restarted just where it runs something else than it should, as the simulator sees it and no plan can.
    fn judge(&self, plan: &Plan) {
        let restarts = plan.actions.iter().any(|action| {
            action.resource.to_string() == WEB
                && matches!(action.change, Change::Restart | Change::Start)
        });
        let parts = self.parts();
        let owed = parts.iter().any(|part| part.runs != part.wanted);
        if restarts != owed {
            assert!(
                parts.iter().any(Part::is_beyond_knowing) || self.is_cut() && restarts,
                "restarts: {restarts}, owed: {owed}\n{}\n{parts:#?}",
                told(plan)
            );
        }
        if owed && !restarts {
            let is_said = plan
                .notes
                .iter()
                .any(|note| note.kind == NoteKind::MayRunOld);
            assert!(
                is_said || parts.iter().any(Part::is_read_late),
                "nothing is said\n{}\n{parts:#?}",
                told(plan)
            );
        }
    }

    /// Whether an apply was cut: what it did not get to is owed, and may be done once too often.
    fn is_cut(&self) -> bool {
        let ledger = self.host.ledger(&wanted(0).manifest).unwrap();
        ledger.units.values().any(|left| left.claimed)
            || ledger.files.values().any(|file| file.digest.is_none())
    }

    fn parts(&self) -> Vec<Part> {
        let web = unit_ref(WEB);
        let runtime = self.host.runtime_of(&web).unwrap();
        let seen = self.host.observe(&wanted(self.version));
        let files = &seen.scopes[&scope("user:deploy")].as_known().unwrap().files;
        let left = seen.ledger.as_known().unwrap().units.get(&web).cloned();
        let left = left.unwrap();
        let changed_at = |file: &str| files[&path(file)].as_known().unwrap().changed_at;
        let started = runtime.started_at.unwrap();
        let is_known_run = left.invocation == runtime.invocation;
        let now = |file: &str| self.host.text(&path(file)).unwrap().to_owned();
        let definition = |text: &str, drop_in: &str| {
            let name = web.unit.clone();
            let effective = Effective::new(&name, text, &[("10-nice.conf", drop_in)]);
            Held::Digest(effective.restart_digest())
        };
        let digest = |text: &str| Held::Digest(abide_model::Digest::of_bytes(text.as_bytes()));
        let mut parts = vec![Part {
            runs: Held::Digest(runtime.config.restart_digest()),
            wanted: definition(&text(self.version), &drop_in(self.version)),
            on_disk: definition(&now(FILE), &now(DROP_IN)),
            left: left.reads.definition.and_then(|read| read.left),
            is_newer: [FILE, DROP_IN]
                .iter()
                .any(|file| changed_at(file) >= started),
            is_known_run,
            is_definition: true,
        }];
        for file in [OURS, THEIRS] {
            let at = path(file);
            parts.push(Part {
                runs: runtime.read[&at].map_or(Held::Nothing, Held::Digest),
                wanted: match file {
                    OURS => digest(&content(OURS, self.version)),
                    _ => digest(&now(file)),
                },
                on_disk: digest(&now(file)),
                left: left.reads.files.get(&at).and_then(|read| read.left),
                is_newer: changed_at(file) >= started,
                is_known_run,
                is_definition: false,
            });
        }
        parts
    }
}

fn owner(file: usize) -> &'static str {
    match ALL[file] {
        THEIRS => "root",
        _ => "deploy",
    }
}

/// One thing that the unit reads, as the simulator has it.
#[derive(Debug)]
struct Part {
    runs: Held,
    wanted: Held,
    on_disk: Held,
    left: Option<Held>,
    is_newer: bool,
    is_known_run: bool,
    is_definition: bool,
}

impl Part {
    /// What no digest and no time can tell (decision 0023): that a run began between two changes, and that a definition
    /// was changed before a start and read only after it.
    fn is_beyond_knowing(&self) -> bool {
        let between = Some(self.runs) != self.left && self.is_newer;
        !self.is_known_run && between || self.is_read_late()
    }

    /// Changed before the start, and read only after it.
    fn is_read_late(&self) -> bool {
        let is_older = self.is_definition && !self.is_newer;
        !self.is_known_run && is_older && self.runs != self.on_disk
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_unit_is_restarted_just_where_it_runs_other_bytes(acts in acts()) {
        let mut story = Story::new();
        for act in acts {
            story.act(act);
        }
        story.apply();
    }
}

/// How a run begins that no apply began.
const BEGINNINGS: [Act; 4] = [Act::Reboot, Act::Crash, Act::Restart, Act::DaemonReload];

#[test]
fn a_touch_or_a_chmod_restarts_nothing_however_the_run_began() {
    for begins in BEGINNINGS {
        for (file, name) in ALL.iter().enumerate() {
            for act in [Act::Touch(file), Act::Chmod(file), Act::Edit(file, 0)] {
                let mut story = Story::new();
                story.act(begins);
                story.act(act);
                let plan = planned(&story.host, &wanted(0));
                let steps = steps(&plan);
                let restarts = steps.iter().any(|step| step.contains("start"));
                assert!(!restarts, "{begins:?} {act:?} {}", told(&plan));
                // It was written, so something else may have stood there when the run began; a manager that has read nothing
                // since has no other definition.
                let is_doubtful = match (begins, act) {
                    (Act::DaemonReload, _) | (_, Act::Chmod(_)) => false,
                    (Act::Reboot, _) => true,
                    _ => !matches!(*name, FILE | DROP_IN),
                };
                let noted = plan.notes.iter().map(|note| note.kind);
                let expected: Vec<NoteKind> = is_doubtful
                    .then_some(NoteKind::MayRunOld)
                    .into_iter()
                    .collect();
                assert_eq!(noted.collect::<Vec<_>>(), expected, "{begins:?} {act:?}");
                assert_converges(&mut story.host, &wanted(0));
            }
        }
    }
}

#[test]
fn a_changed_byte_restarts_however_the_run_began_and_the_cause_names_the_file() {
    for begins in BEGINNINGS {
        let mut story = Story::new();
        story.act(begins);
        story.act(Act::Edit(3, 1));
        let plan = assert_converges(&mut story.host, &wanted(0));
        let restart = format!("1 {WEB}: restart <- runs old {THEIRS}");
        assert_eq!(told(&plan), restart, "{begins:?}");
    }
}

#[test]
fn a_hand_edit_that_is_put_back_after_a_boot_restarts_nothing_and_is_told() {
    for (file, begins) in (0..3).flat_map(|file| BEGINNINGS.map(|begins| (file, begins))) {
        let mut story = Story::new();
        story.act(begins);
        story.act(Act::Edit(file, 1));
        let plan = assert_converges(&mut story.host, &wanted(0));
        assert!(!told(&plan).contains("restart"), "{}", told(&plan));
        let known = matches!(begins, Act::DaemonReload);
        let noted = plan
            .notes
            .iter()
            .filter(|note| note.kind == NoteKind::MayRunOld);
        assert_eq!(noted.count(), usize::from(!known), "{file} {begins:?}");
    }
}

#[test]
fn a_run_that_began_while_a_file_was_another_is_told_when_the_file_is_put_back_by_hand() {
    for begins in [Act::Reboot, Act::Crash, Act::Restart] {
        for (file, name) in ALL.iter().enumerate() {
            let mut story = Story::new();
            let reload = matches!(*name, FILE | DROP_IN).then_some(Act::DaemonReload);
            for act in [Some(Act::Edit(file, 1)), reload, Some(begins)]
                .into_iter()
                .flatten()
            {
                story.act(act);
            }
            for act in [Some(Act::Edit(file, 0)), reload].into_iter().flatten() {
                story.act(act);
            }
            let mut plan = planned(&story.host, &wanted(0));
            for asked in ["first", "again"] {
                let said: Vec<_> = plan.notes.iter().map(|note| &note.text).collect();
                let is_said = said.iter().any(|text| text.to_string().contains(name));
                assert!(is_said, "{begins:?} {asked}: {said:?}\n{}", told(&plan));
                assert_eq!(steps(&plan), Vec::<String>::new(), "{begins:?} {asked}");
                // What another change of the manifest records settles nothing.
                story.host.touch_file(&path("/etc/elsewhere"));
                plan = planned(&story.host, &wanted(0));
            }
            // Where the manifest says what a change leads to, that is done.
            let mut decided = wanted(0);
            for user in decided.users.values_mut() {
                for unit in user.units.values_mut() {
                    unit.on_change_said = true;
                }
            }
            let plan = assert_converges(&mut story.host, &decided);
            assert_eq!(steps(&plan), [format!("{WEB}: restart")], "{begins:?}");
            assert_eq!(planned(&story.host, &wanted(0)).notes, []);
        }
    }
}

#[test]
fn an_unchanged_file_that_is_added_to_restart_on_restarts_nothing() {
    let with = |files: &[&str]| {
        let web = desired("h1").user("deploy").linger(Some(true));
        let mut web = web.unit("web.service", "[Service]\nExecStart=/bin/web\n");
        for file in files {
            web = web.restart_on(abide_model::HostPathOrHome::Absolute(path(file)));
        }
        web.build()
    };
    let other = "/etc/app/other";
    for touched in [false, true] {
        let mut host = SimHost::new();
        for file in [THEIRS, other] {
            host.write_file(&path(file), "A=1\n", "root");
        }
        assert_converges(&mut host, &with(&[THEIRS]));
        if touched {
            host.touch_file(&path(other));
        }
        let both = with(&[THEIRS, other]);
        let plan = assert_converges(&mut host, &both);
        assert_eq!(
            told(&plan),
            format!("1 {WEB}: record <- restart_on  -> {other}")
        );
        for plan in [plan, planned(&host, &both)] {
            let noted: Vec<String> = plan
                .notes
                .iter()
                .map(|note| note.text.to_string())
                .collect();
            assert_eq!(noted.len(), usize::from(touched), "{noted:?}");
            assert!(noted.iter().all(|text| text.contains(other)), "{noted:?}");
        }
        host.touch_file(&path(other));
        assert_eq!(steps(&planned(&host, &both)), Vec::<String>::new());
        // Its next change restarts.
        host.write_file(&path(other), "A=2\n", "root");
        let plan = assert_converges(&mut host, &both);
        assert_eq!(told(&plan), format!("1 {WEB}: restart <- runs old {other}"));
        assert_eq!(planned(&host, &both).notes, []);
    }
}

#[test]
fn a_packages_unit_is_restarted_for_its_files_from_the_first_apply_on() {
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .with_running(abide_model::Wanted::Yes)
        .enabled(abide_model::Wanted::Unmanaged)
        .restart_on(abide_model::HostPathOrHome::Absolute(path(THEIRS)))
        .build();
    let vendor = "[Service]\nExecStart=/usr/sbin/nginx\n";
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    host.write_file(&path(THEIRS), "A=1\n", "root");
    host.start(&unit_ref("system/nginx.service")).unwrap();
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan), ["system/nginx.service: record"]);
    host.touch_file(&path(THEIRS));
    assert_eq!(steps(&planned(&host, &wanted)), Vec::<String>::new());
    host.write_file(&path(THEIRS), "A=2\n", "root");
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan), ["system/nginx.service: restart"]);
}

#[test]
fn a_file_that_is_only_given_back_to_its_owner_restarts_nothing() {
    let mut story = Story::new();
    story.act(Act::Reboot);
    let at = HostPath::parse(OURS).unwrap();
    story.host.change_owner(&at, "root");
    let plan = assert_converges(&mut story.host, &wanted(0));
    assert_eq!(steps(&plan), [format!("write {OURS} 0644")]);
    assert_eq!(plan.notes, []);
}
