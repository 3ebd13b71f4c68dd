use super::*;

#[test]
fn every_row_of_the_table_has_its_class() {
    let service = [
        ("Unit", "Description", Inert),
        ("Unit", "X-Note", Inert),
        ("X-Mine", "Anything", Inert),
        ("Unit", "OnFailure", Live),
        ("Unit", "ConditionPathExists", Live),
        ("Unit", "AssertUser", Live),
        ("Unit", "StartLimitBurst", Live),
        ("Unit", "JobTimeoutSec", Live),
        ("Unit", "After", Live),
        ("Unit", "BindsTo", Live),
        ("Unit", "JoinsNamespaceOf", Restart),
        ("Unit", "FailureAction", Restart),
        ("Service", "Restart", Live),
        ("Service", "ExecStop", Live),
        ("Service", "ExecReload", Live),
        ("Service", "MemoryMax", Live),
        ("Service", "CPUQuota", Live),
        ("Service", "IOWeight", Live),
        ("Service", "TasksMax", Live),
        ("Install", "WantedBy", Install),
        ("Install", "Nonsense", Install),
        ("Service", "ExecStart", Restart),
        ("Service", "ExecStartPre", Restart),
        ("Service", "Environment", Restart),
        ("Service", "LimitNOFILE", Restart),
        ("Service", "Slice", Restart),
        ("Service", "Delegate", Restart),
        ("Service", "Frobnicate", Restart),
        ("Nonsense", "Key", Restart),
    ];
    for (section, key, class) in service {
        assert_eq!(class_of(Service, section, key), class, "[{section}] {key}");
    }
}

#[test]
fn attributes_of_the_process_are_no_resource_control() {
    for key in [
        "CPUSchedulingPolicy",
        "CPUAffinity",
        "IOSchedulingClass",
        "MemoryDenyWriteExecute",
        "MemoryKSM",
    ] {
        assert_eq!(class_of(Service, "Service", key), Restart, "{key}");
    }
}

#[test]
fn other_types_have_their_own_classes() {
    for (kind, section, key, class) in [
        (Timer, "Timer", "OnCalendar", Restart),
        (Timer, "Timer", "Unit", Live),
        (Timer, "Timer", "Persistent", Restart),
        (Path, "Path", "PathExists", Live),
        (Path, "Path", "Unit", Live),
        (Slice, "Slice", "MemoryMax", Live),
        (Target, "Unit", "Wants", Live),
        (Target, "Unit", "Nonsense", Live),
        (Target, "Unit", "Description", Inert),
        (Target, "Install", "WantedBy", Install),
        (Socket, "Socket", "ListenStream", Restart),
        (Socket, "Socket", "MemoryMax", Live),
        (Mount, "Mount", "Options", Reload),
        (Mount, "Mount", "What", Restart),
        (Swap, "Swap", "Options", Restart),
        (Container, "Container", "Image", Restart),
        (Container, "Service", "Restart", Live),
        (Container, "Unit", "Description", Inert),
    ] {
        assert_eq!(
            class_of(kind, section, key),
            class,
            "{kind:?} [{section}] {key}"
        );
    }
}
