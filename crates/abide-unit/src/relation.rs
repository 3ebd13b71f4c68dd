//! How units of one manager name each other, and what systemd calls it from both sides.

/// One unit names another. Sources: systemd.unit(5), `unit-dependency-atom.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// `Requires=`
    Requires,
    /// `Requisite=`
    Requisite,
    /// `BindsTo=`
    BindsTo,
    /// `PartOf=`
    PartOf,
    /// `Wants=`
    Wants,
    /// `Upholds=`
    Upholds,
    /// `Conflicts=`
    Conflicts,
    /// `PropagatesStopTo=`
    StopTo,
    /// `PropagatesReloadTo=`
    ReloadTo,
    /// A timer, socket, path or automount and what it starts: `Unit=`, `Service=`, or the same name.
    Triggers,
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Requires,
        Self::Requisite,
        Self::BindsTo,
        Self::PartOf,
        Self::Wants,
        Self::Upholds,
        Self::Conflicts,
        Self::StopTo,
        Self::ReloadTo,
        Self::Triggers,
    ];

    /// Who names a unit so is stopped and restarted together with it, as long as it runs (systemd-facts.md#restart-takes-along).
    pub const STOPPED_TOGETHER: [Self; 3] = [Self::Requires, Self::BindsTo, Self::PartOf];

    /// The property of the unit that names the other, as `systemctl show` has it. But for what triggers, it is the setting too.
    pub fn property_name(self) -> &'static str {
        self.property_names().0
    }

    /// The property of the unit that is named.
    pub fn inverse_property(self) -> &'static str {
        self.property_names().1
    }

    fn property_names(self) -> (&'static str, &'static str) {
        match self {
            Self::Requires => ("Requires", "RequiredBy"),
            Self::Requisite => ("Requisite", "RequisiteOf"),
            Self::BindsTo => ("BindsTo", "BoundBy"),
            Self::PartOf => ("PartOf", "ConsistsOf"),
            Self::Wants => ("Wants", "WantedBy"),
            Self::Upholds => ("Upholds", "UpheldBy"),
            Self::Conflicts => ("Conflicts", "ConflictedBy"),
            Self::StopTo => ("PropagatesStopTo", "StopPropagatedFrom"),
            Self::ReloadTo => ("PropagatesReloadTo", "ReloadPropagatedFrom"),
            Self::Triggers => ("Triggers", "TriggeredBy"),
        }
    }

    /// As a unit file has it.
    pub fn setting_name(self) -> &'static str {
        match self {
            Self::Requires => "Requires=",
            Self::Requisite => "Requisite=",
            Self::BindsTo => "BindsTo=",
            Self::PartOf => "PartOf=",
            Self::Wants => "Wants=",
            Self::Upholds => "Upholds=",
            Self::Conflicts => "Conflicts=",
            Self::StopTo => "PropagatesStopTo=",
            Self::ReloadTo => "PropagatesReloadTo=",
            Self::Triggers => "Unit=",
        }
    }

    /// Whether a unit file can say it of a unit that names it, beside `[Install]`.
    pub fn is_written_from_both_sides(self) -> bool {
        matches!(self, Self::StopTo | Self::ReloadTo)
    }
}
