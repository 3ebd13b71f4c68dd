//! The file `core` beside this one names tests that `make core` runs. The test runner says nothing of a name that no test
//! has, so this does.

use std::process::Command;

#[test]
fn the_core_set_names_tests_that_there_are() {
    let this = std::env::current_exe().expect("this program");
    let listed = Command::new(this).arg("--list").output().expect("a list");
    let listed = String::from_utf8_lossy(&listed.stdout);
    let tests: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    let lines = include_str!("core").lines();
    let names: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(tests.contains(&name), "no test is called {name}");
    }
}
