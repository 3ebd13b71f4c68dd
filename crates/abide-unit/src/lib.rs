//! What a unit file means: how systemd reads it, what it comes to with its drop-ins, which links enable it,
//! and what a change of it leads to.
//!
//! Pure: it knows texts and names. Which files a host has and what is done about a change is decided elsewhere.
//!
//! ```
//! use abide_model::UnitName;
//! use abide_unit::{ChangeClass, Effective, compare, install_links};
//!
//! let unit = UnitName::parse("web.service")?;
//! let fragment = "[Service]\nExecStart=/bin/web\nRestart=no\n[Install]\nWantedBy=default.target\n";
//! let old = Effective::new(&unit, fragment, &[]);
//! let new = Effective::new(&unit, fragment, &[("10-restart.conf", "[Service]\nRestart=always\n")]);
//! assert_eq!(compare(&old, &new).class(), ChangeClass::Live);
//! assert_eq!(old.restart_digest(), new.restart_digest());
//! let links: Vec<_> = install_links(&unit, &new).into_iter().map(|link| link.path).collect();
//! assert_eq!(links, ["default.target.wants/web.service"]);
//! # Ok::<(), abide_model::NameError>(())
//! ```

pub mod class;
pub mod compare;
pub mod effective;
pub mod escape;
pub mod glob;
pub mod graph;
pub mod inputs;
pub mod install;
pub mod parse;
pub mod quadlet;
pub mod relation;
pub mod setting;
pub mod specifier;
pub mod support;
pub mod time_span;

pub use class::{ChangeClass, class_of};
pub use compare::{Difference, KeyChange, compare};
pub use effective::{Credential, Effective, EnvironmentFile};
pub use glob::glob_matches;
pub use graph::Graph;
pub use inputs::{Input, InputKind, Needs, PathVariable};
pub use install::{
    InstallLink, LinkKind, install_links, install_words, refused_links, units_enabled_together,
};
pub use parse::{Entry, Problem, ProblemKind, UnitFile, parse_boolean};
pub use quadlet::{
    QUADLET_COMMENTS_SINCE, QUADLET_DROP_INS_SINCE, QUADLET_KEYS_UNTIL, QUADLET_TEMPLATES_SINCE,
    loaded_as, quadlet_keys, quadlet_pod, quadlet_references, quadlet_resource, quadlet_section,
    quadlet_service, quadlet_since,
};
pub use relation::Relation;
