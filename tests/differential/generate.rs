//! Random sequences. What they do is what people, packages and abide do to units; what they say is chosen so that it
//! often matters: few units, many ties between them.

use crate::sequence::{Edit, FLAGS, Place, Sequence, Step, Verb};

/// A generator of numbers (SplitMix64): the same seed gives the same sequences everywhere and for ever.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a small number");
        usize::try_from(self.next() % end).expect("below a small number")
    }

    /// Whether something happens that does so in so many of a hundred cases.
    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Steps of a sequence.
const STEPS: usize = 11;

/// Many sequences that reload at the same steps, so that they can run in one manager side by side. Those that are not
/// accepted are replaced.
pub fn batch(seed: u64, size: usize, accept: impl Fn(&Sequence) -> bool) -> Vec<Sequence> {
    let mut random = Random::new(seed);
    let reloads: Vec<bool> = (0..STEPS)
        .map(|step| step > 0 && random.percent(25))
        .collect();
    // Links of one unit show in all units of systemd 257: some batches change none.
    let links = random.percent(70);
    let sequences = std::iter::repeat_with(|| sequence(&mut random, &reloads, links));
    sequences.filter(accept).take(size).collect()
}

fn sequence(random: &mut Random, reloads: &[bool], links: bool) -> Sequence {
    let mut world = World::new(random, links);
    let steps = reloads
        .iter()
        .enumerate()
        .map(|(index, reloads)| match index {
            _ if *reloads => Step::Reload,
            0 => world.install(),
            _ => world.step(),
        })
        .collect();
    Sequence { steps }
}

/// What a sequence is about.
struct World<'r> {
    random: &'r mut Random,
    /// The units that have files, in the order in which they come after each other.
    cast: Vec<&'static str>,
    /// Whether verbs may change links.
    links: bool,
    /// Whether programs end by themselves. Beside these none is missing: whether that is known before another program
    /// has ended is a race.
    ends: bool,
}

/// Names in an order; units name only what is before them in `After=`, so that no order is a circle: a trigger comes
/// before its unit, a target after what it pulls in.
const NAMES: [&str; 12] = [
    "~s.slice",
    "~a.socket",
    "~a.service",
    "~b.timer",
    "~b.service",
    "~c.path",
    "~c.service",
    "~d.service",
    "~x@.service",
    "~e.service",
    "~t.target",
    "~u.target",
];

impl<'r> World<'r> {
    fn new(random: &'r mut Random, links: bool) -> Self {
        let mut cast: Vec<&str> = NAMES
            .into_iter()
            .filter(|name| {
                let chance = match *name {
                    "~a.service" | "~b.service" => 80,
                    "~c.service" => 50,
                    "~s.slice" => 8,
                    "~u.target" | "~e.service" => 10,
                    _ => 22,
                };
                random.percent(chance)
            })
            .collect();
        if cast.len() < 2 {
            cast = vec!["~a.service", "~b.service"];
        }
        cast.truncate(5);
        // What is triggered is there in most cases.
        for (trigger, unit) in [
            ("~a.socket", "~a.service"),
            ("~b.timer", "~b.service"),
            ("~c.path", "~c.service"),
        ] {
            if cast.contains(&trigger) && !cast.contains(&unit) && random.percent(90) {
                cast.push(unit);
            }
        }
        let ends = random.percent(85);
        Self {
            random,
            cast,
            links,
            ends,
        }
    }

    /// Files of all units, to begin with.
    fn install(&mut self) -> Step {
        let mut edits = Vec::new();
        for name in self.cast.clone() {
            if self.random.percent(92) {
                edits.push(self.write(name));
            }
        }
        if self.random.percent(20) {
            edits.push(self.drop_in());
        }
        if edits.is_empty() {
            return Step::Nothing;
        }
        Step::Files(edits)
    }

    fn step(&mut self) -> Step {
        let end = if self.links { 100 } else { 80 };
        match self.random.below(end) {
            0..28 => {
                let many = if self.random.percent(25) { 2 } else { 1 };
                Step::Files((0..many).map(|_| self.edit()).collect())
            }
            28..52 => self.verb(Verb::Start),
            52..62 => self.verb(Verb::Stop),
            62..73 => self.verb(Verb::Restart),
            73..77 => self.verb(Verb::Reload),
            77..80 => self.verb(Verb::ResetFailed),
            80..87 => self.verb(Verb::Enable),
            87..90 => self.verb(Verb::Reenable),
            90..93 => self.verb(Verb::Disable),
            93..96 => self.verb(Verb::Mask),
            96..98 => self.verb(Verb::Unmask),
            _ => Step::Nothing,
        }
    }

    fn verb(&mut self, verb: Verb) -> Step {
        let files = matches!(verb, Verb::Enable | Verb::Reenable | Verb::Disable);
        // One unit, for systemctl asks for a job after the other: whether processes of the first one's end before the
        // second one's is there depends on how busy the host is.
        let units = vec![self.unit(files)];
        Step::Verb(verb, units)
    }

    /// A unit that a verb may name: mostly of the cast, sometimes an alias or none at all.
    fn unit(&mut self, templates: bool) -> String {
        let name = match self.random.below(100) {
            0..3 => "~none.service",
            3..8 => "~al.service",
            _ => self.cast[self.random.below(self.cast.len())],
        };
        if name == "~x@.service" && !(templates && self.random.percent(30)) {
            return self
                .random
                .one(&["~x@1.service", "~x@2.service"])
                .to_owned();
        }
        name.to_owned()
    }

    fn edit(&mut self) -> Edit {
        match self.random.below(100) {
            0..45 => {
                let name = self.cast[self.random.below(self.cast.len())];
                self.write(name)
            }
            45..55 => {
                let name = self.cast[self.random.below(self.cast.len())];
                Edit::Remove(Place::Config(name.to_owned()))
            }
            55..70 => self.drop_in(),
            70..75 => {
                let Edit::Write(place, _) = self.drop_in() else {
                    return Edit::Remove(Place::Flag("~flag".to_owned()));
                };
                Edit::Remove(place)
            }
            75..82 => {
                let name = self.unit(false);
                let dir = self.random.one(&[
                    "default.target.wants",
                    "~t.target.wants",
                    "~a.service.requires",
                ]);
                Edit::Link(Place::Config(format!("{dir}/{name}")), format!("../{name}"))
            }
            82..88 => {
                let name = self.unit(false);
                if name == "~al.service" {
                    return Edit::Remove(Place::Config(name));
                }
                Edit::Link(Place::Config("~al.service".to_owned()), name)
            }
            88..95 => {
                let flag = self.random.one(&["~flag", "~.dir/path"]);
                Edit::Write(Place::Flag(flag.to_owned()), "x".to_owned())
            }
            _ => {
                let flag = self.random.one(&["~flag", "~.dir/path"]);
                Edit::Remove(Place::Flag(flag.to_owned()))
            }
        }
    }

    fn drop_in(&mut self) -> Edit {
        let mut name = self.cast[self.random.below(self.cast.len())].to_owned();
        if name == "~x@.service" && self.random.percent(50) {
            "~x@1.service".clone_into(&mut name);
        }
        let file = self.random.one(&["10-a.conf", "20-b.conf"]);
        let text = match self.random.below(5) {
            0 => self.ties(&name),
            1 => "[Unit]\nDescription=dropped in\n".to_owned(),
            2 => {
                let setting = self.dependency(&name);
                format!("[Unit]\n{setting}")
            }
            _ if name.ends_with(".service") => self
                .random
                .one(&[
                    "[Service]\nNice=1\n",
                    "[Service]\nRemainAfterExit=yes\n",
                    "[Service]\nExecReload=/bin/true\n",
                    // A oneshot would never have started.
                    "[Service]\nType=simple\nExecStart=\nExecStart=/bin/sleep infinity\n",
                ])
                .to_owned(),
            _ => "[Unit]\nRefuseManualStop=no\n".to_owned(),
        };
        Edit::Write(Place::Config(format!("{name}.d/{file}")), text)
    }

    fn write(&mut self, name: &str) -> Edit {
        let place = Place::Config(name.to_owned());
        if self.random.percent(6) {
            let broken = self.random.one(&[
                "",
                "[Service\nExecStart=/bin/sleep infinity\n",
                "[Unit]\nDescription=nothing to run\n",
                "no section\n",
                "[Service]\nExecStart=relative/path\n",
            ]);
            return Edit::Write(place, broken.to_owned());
        }
        let mut text = self.ties(name);
        let body = match name.rsplit_once('.').map(|(_, kind)| kind) {
            Some("service") => self.service(),
            Some("socket") => self.socket(),
            Some("timer") => self.timer(),
            Some("path") => self.path(),
            _ => String::new(),
        };
        text.push_str(&body);
        text.push_str(&self.install_section());
        Edit::Write(place, text)
    }

    /// `[Unit]`.
    fn ties(&mut self, name: &str) -> String {
        let version = self.random.below(3);
        let mut text = format!("[Unit]\nDescription=version {version}\n");
        let ties = [0, 0, 1, 1, 1, 2, 2, 3][self.random.below(8)];
        for _ in 0..ties {
            let setting = self.dependency(name);
            text.push_str(&setting);
        }
        if self.random.percent(7) {
            let no = self.random.one(&["", "!"]);
            text.push_str(&format!("ConditionPathExists={no}{FLAGS}/~flag\n"));
        }
        if self.random.percent(4) {
            text.push_str(self.random.one(&[
                "RefuseManualStart=yes\n",
                "RefuseManualStop=yes\n",
                "StopWhenUnneeded=yes\n",
            ]));
        }
        text
    }

    /// A setting that names another unit. Order is only given against the order of the names.
    fn dependency(&mut self, name: &str) -> String {
        let place_of = |name: &str| NAMES.iter().position(|other| *other == name);
        // An instance has its template's place.
        let own = place_of(&name.replace("@1.", "@.")).unwrap_or(0);
        let mut other = self.cast[self.random.below(self.cast.len())];
        if self.random.percent(5) {
            other = "~none.service";
        }
        let place = place_of(other).unwrap_or(NAMES.len());
        let other = match other {
            "~x@.service" => "~x@1.service",
            other => other,
        };
        if other == name || place == own {
            return String::new();
        }
        let setting = self.random.one(&[
            "Requires",
            "Requires",
            "Requires",
            "Wants",
            "Wants",
            "BindsTo",
            "BindsTo",
            "PartOf",
            "PartOf",
            "Requisite",
            "Conflicts",
            "PropagatesReloadTo",
            "PropagatesStopTo",
            "Upholds",
            "OnFailure",
            "OnSuccess",
            "",
        ]);
        let order = match place < own {
            true => "After",
            false => "Before",
        };
        let mut text = String::new();
        if !setting.is_empty() {
            text.push_str(&format!("{setting}={other}\n"));
        }
        if setting.is_empty() || self.random.percent(60) {
            text.push_str(&format!("{order}={other}\n"));
        }
        text
    }

    fn service(&mut self) -> String {
        let mut text = String::from("[Service]\n");
        let program = match self.random.below(100) {
            0..62 => "ExecStart=/bin/sleep infinity\n",
            62..70 => "Type=oneshot\nExecStart=/bin/true\n",
            70..80 => "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
            80..85 => "Type=oneshot\nExecStart=/bin/false\n",
            // Not `Type=exec`: whether its start is known before another program has ended is a race, and busy and idle hosts
            // end it each in a way of their own.
            85..88 => "Type=simple\nExecStart=/bin/sleep infinity\n",
            88..90 => "Type=exec\nExecStart=/bin/missing\n",
            90..92 => "ExecStart=/bin/false\n",
            // Not a missing program either: what is bound to its unit may be stopped before or after it ran.
            92..94 => "RemainAfterExit=yes\nExecStart=/bin/sleep infinity\n",
            94..96 => "ExecStart=/bin/true\n",
            96..97 => "RemainAfterExit=yes\nExecStart=/bin/true\n",
            // A pause that is longer than what else happens: of a shorter one nobody knows what it ends before.
            97..98 => "Restart=on-failure\nRestartSec=20ms\nExecStart=/bin/false\n",
            98..99 => "ExecStart=/bin/sleep infinity\nEnvironmentFile=/run/absent\n",
            _ => "Restart=always\nRestartSec=20ms\nExecStart=/bin/sleep infinity\n",
        };
        let has = |end| program.contains(end);
        let races = match self.ends {
            true => has("/missing\n"),
            false => has("/true\n") || has("/false\n"),
        };
        text.push_str(match races {
            true => "ExecStart=/bin/sleep infinity\n",
            false => program,
        });
        if self.random.percent(30) {
            text.push_str("ExecReload=/bin/true\n");
        } else if self.random.percent(6) {
            text.push_str("ExecReload=/bin/false\n");
        }
        if self.random.percent(6) && self.cast.contains(&"~s.slice") {
            text.push_str("Slice=~s.slice\n");
        }
        if self.random.percent(10) {
            text.push_str("Nice=1\n");
        }
        text
    }

    fn socket(&mut self) -> String {
        let version = self.random.below(2);
        format!("[Socket]\nListenStream={FLAGS}/~socket{version}\n")
    }

    fn timer(&mut self) -> String {
        let when = self.random.one(&[
            "OnCalendar=2099-01-01\n",
            "OnCalendar=2099-02-02\n",
            "OnActiveSec=1h\n",
            "OnActiveSec=0\n",
            "OnBootSec=1ms\n",
            "OnBootSec=52w\n",
            "OnUnitActiveSec=1h\n",
            "OnUnitInactiveSec=1h\nOnActiveSec=0\n",
        ]);
        format!("[Timer]\nAccuracySec=1us\n{when}")
    }

    fn path(&mut self) -> String {
        let key = self
            .random
            .one(&["PathExists", "PathExists", "PathChanged"]);
        format!("[Path]\n{key}={FLAGS}/~.dir/path\n")
    }

    fn install_section(&mut self) -> String {
        match self.random.below(100) {
            0..45 => "[Install]\nWantedBy=default.target\n".to_owned(),
            45..55 => "[Install]\nWantedBy=~t.target\n".to_owned(),
            55..60 => "[Install]\nRequiredBy=~t.target\n".to_owned(),
            60..65 => "[Install]\nWantedBy=default.target\nAlias=~al.service\n".to_owned(),
            65..68 => "[Install]\nWantedBy=default.target\nAlso=~b.service\n".to_owned(),
            _ => String::new(),
        }
    }
}
