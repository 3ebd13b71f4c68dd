//! The codes of all diagnostics, each with its explanation.
//!
//! The first letter is the severity; the number never changes its meaning and is never used again.

use abide_model::Code;

/// Declares a code and puts it into [`ALL`] with its explanation, which is a file of its name.
macro_rules! codes {
    ($($(#[doc = $what:literal])+ $name:ident = $code:literal,)+) => {
        $($(#[doc = $what])+ pub(crate) const $name: Code = Code($code);)+

        /// Every code with its explanation.
        pub(crate) const ALL: &[(Code, &str)] =
            &[$(($name, include_str!(concat!("explain/", $code, ".md"))),)+];
    };
}

codes! {
    /// The text is not YAML.
    SYNTAX = "E0101",
    /// A key stands twice in one map.
    DUPLICATE_KEY = "E0102",
    /// A key that the manifest language does not have.
    UNKNOWN_KEY = "E0103",
    /// Something else stands where text, a number, a list or a map must.
    WRONG_TYPE = "E0104",
    /// A key that must be there is not.
    MISSING_KEY = "E0105",
    /// A value that is none of the words a key knows.
    UNKNOWN_WORD = "E0106",
    /// YAML that manifests do without: anchors, aliases, merge keys, tags.
    NOT_IN_MANIFESTS = "E0107",
    /// A manifest that is too large or too deep.
    TOO_LARGE = "E0108",
    /// A file with more than one YAML document.
    SEVERAL_DOCUMENTS = "E0109",
    /// A version of the manifest language that is not known.
    VERSION = "E0110",
    /// A host lists a group that nobody declares.
    UNKNOWN_GROUP = "E0201",
    /// Two files declare the same host, group, variable or section.
    DECLARED_TWICE = "E0202",
    /// Files of manifests with different names are loaded together.
    OTHER_MANIFEST = "E0203",
    /// A name that is not one.
    BAD_NAME = "E0204",
    /// Two groups of a host set a value differently.
    GROUPS_DISAGREE = "E0205",
    /// A host lists a group twice, or lists `all`.
    GROUP_LISTED_AGAIN = "E0206",
    /// A manifest without a host.
    NO_HOST = "E0207",
    /// `${name}` names a variable that nobody declares.
    UNKNOWN_VARIABLE = "E0208",
    /// `${…}` is not a variable.
    BAD_VARIABLE = "E0209",
    /// A file that the manifest names cannot be read.
    UNREADABLE = "E0301",
    /// A path leaves the manifest's directory.
    OUTSIDE = "E0302",
    /// A file that the manifest names is too large, or is not text where text is needed.
    UNFIT = "E0303",
    /// A file or unit with more than one content, or a file without any.
    BODY = "E0304",
    /// A value that cannot be understood: a duration, a mode, a path, a share.
    BAD_VALUE = "E0305",
    /// A manifest that nobody trusts yet runs programs, configures ssh or manages the machine on which abide runs.
    NOT_TRUSTED = "E0306",
    /// More comes of a manifest than its size deserves.
    TOO_MUCH = "E0307",
    /// A unit is masked, and is to be started or enabled.
    MASKED_AND_WANTED = "E0401",
    /// A unit is to be enabled and has no `[Install]` section, or one that only names others.
    NO_INSTALL = "E0402",
    /// `enabled` for a quadlet.
    QUADLET_ENABLED = "E0403",
    /// A unit is to be reloaded and cannot be.
    CANNOT_RELOAD = "E0404",
    /// `instances` for a unit that is no template.
    NO_TEMPLATE = "E0405",
    /// A bare template is to be started or enabled.
    BARE_TEMPLATE = "E0406",
    /// A unit or user is absent, and something is wanted of it.
    ABSENT_AND_WANTED = "E0407",
    /// One unit is declared in two ways.
    SAME_UNIT_TWICE = "E0408",
    /// A mount unit's name does not fit its `Where=`.
    MOUNT_NAME = "E0409",
    /// This machine, reached without ssh, has an address or a port.
    LOCAL_WITH_ADDRESS = "E0410",
    /// A unit file for a type of unit that has none.
    NO_SUCH_FILE_TYPE = "E0411",
    /// A unit must be up within less time than it must stay up.
    SETTLE = "E0412",
    /// Two units that are enabled would have one name.
    ALIAS_TAKEN = "E0413",
    /// An `Alias=` that `systemctl enable` refuses.
    ALIAS_REFUSED = "E0414",
    /// A user unit is wanted by a target that the user manager does not have.
    SYSTEM_TARGET = "E0501",
    /// A user unit wants to run as another user.
    OTHER_USER = "E0502",
    /// A user unit requires a unit of the system manager.
    REQUIRES_SYSTEM_UNIT = "E0503",
    /// A unit file that systemd refuses.
    BAD_HEADER = "E0504",
    /// A quadlet that Podman makes no service of.
    QUADLET_SECTION = "E0505",
    /// A quadlet whose service has another name.
    QUADLET_SERVICE_NAME = "E0506",
    /// A program that systemd refuses the unit for.
    REFUSED_EXECUTABLE = "E0507",
    /// A line of a quadlet that Podman refuses or drops.
    QUADLET_LINE = "E0508",
    /// A user unit is ordered on a unit of the system manager.
    INERT_ORDERING = "W0601",
    /// A program without a path, which systemd looks up in its own list of directories.
    EXECUTABLE = "W0602",
    /// `~` or `$VAR` in a path that systemd takes as it is.
    NOT_EXPANDED = "W0603",
    /// A timer that never fires.
    NEVER_FIRES = "W0604",
    /// A system unit that is wanted by `default.target`.
    DEFAULT_TARGET = "W0605",
    /// A line of a unit file that systemd skips.
    SKIPPED_LINE = "W0606",
    /// A user lingers and has nothing to run.
    LINGERS_FOR_NOTHING = "W0607",
    /// A privileged account lingers.
    PRIVILEGED_LINGERS = "W0608",
    /// A unit must run and its user must not linger.
    LINGER_OFF = "W0609",
    /// A setting that has no effect.
    NO_EFFECT = "W0610",
    /// A key in a quadlet that Podman does not support there.
    QUADLET_UNSUPPORTED = "W0611",
    /// A key in a quadlet that no known Podman knows.
    QUADLET_KEY = "W0612",
}

/// The explanation of a code, in Markdown; `None` for a code that does not exist.
pub fn explain(code: &str) -> Option<&'static str> {
    ALL.iter()
        .find(|(known, _)| known.0.eq_ignore_ascii_case(code))
        .map(|(_, explanation)| *explanation)
}

/// Every code that a manifest can be given, in order.
pub fn codes() -> impl Iterator<Item = Code> {
    ALL.iter().map(|(code, _)| *code)
}
