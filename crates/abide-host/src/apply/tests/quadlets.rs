//! The dry run of quadlets, with a generator that likes what is not `bad` and passes over what is `silent`.

use super::local::{Host, on_hosts};
use super::*;

const GENERATOR: &str = r#"
ended=0
for file in "${XDG_CONFIG_HOME:-$HOME/.config}"/containers/systemd/*.container; do
  [ -e "$file" ] || continue
  name=${file##*/}
  echo "quadlet-generator[$$]: Loading source unit file $file" >&2
  if grep -q bad "$file" "$file".d/* 2>/dev/null; then
    echo "quadlet-generator[$$]: converting \"$name\": unsupported key in $file" >&2
    ended=1
  elif ! grep -q silent "$file"; then
    echo "---${name%.container}.service---"
  fi
done
[ $ended = 0 ] || echo "quadlet-generator[$$]: processing encountered some errors" >&2
exit $ended
"#;

const QUADLETS: &str = ".config/containers/systemd";

/// A host with these quadlets, and with a generator.
fn prepare(host: &Host, quadlets: &[(&str, &str)]) {
    let at = host.at.path().display().to_string();
    host.at
        .program("getent", &format!("echo \"x:x:0:0::{at}:/bin/sh\""));
    std::fs::create_dir_all(host.local("user-generators")).unwrap();
    host.at
        .program("user-generators/podman-user-generator", GENERATOR);
    std::fs::create_dir_all(host.local(QUADLETS)).unwrap();
    for (name, text) in quadlets {
        host.put(&format!("{QUADLETS}/{name}"), text);
    }
}

fn write_quadlet(host: &Host, name: &str, text: &str) -> (ResourceId, Change, Vec<u32>) {
    let at = host.place(&format!("{QUADLETS}/{name}"));
    let write = write(at, FilePurpose::Unit, Body::Plain(text.into()), 0o644);
    (host.unit(name), write, vec![])
}

fn apply(
    host: &Host,
    shell: &[&str],
    changes: Vec<(ResourceId, Change, Vec<u32>)>,
) -> (String, i32) {
    let at = host.at.path().display().to_string();
    let (told, status) = host.apply_with(shell, &plan_of(changes), |script| {
        let first = "generator_folders='";
        assert!(script.contains(first));
        script.replace(first, &format!("{first}{at}/KIND-generators "))
    });
    (told.replace(&at, "HOME"), status)
}

#[test]
fn quadlets_that_podman_refuses_change_nothing_and_its_words_are_told() {
    on_hosts(|host, shell| {
        prepare(host, &[("a.container", "good\n")]);
        let (told, status) = apply(
            host,
            shell,
            vec![
                host.write_file("other", Body::Plain("x".into()), 0o644),
                write_quadlet(host, "a.container", "bad\n"),
                host.reload(vec![2]),
            ],
        );
        let scope = &host.scope;
        assert_eq!(
            told,
            format!(
                "failed the host's Podman refuses the new quadlets of {scope}, so nothing was changed there: \
                 converting \"a.container\": unsupported key in HOME/{QUADLETS}/a.container\nend\n"
            ),
            "{shell:?}"
        );
        assert_eq!(status, 1);
        assert_eq!(host.content(&format!("{QUADLETS}/a.container")), "good\n");
        assert!(!host.local("other").exists());
        assert_eq!(host.calls(), Vec::<String>::new());
        host.nothing_is_left_over();
    });
}

#[test]
fn a_drop_in_is_read_with_the_quadlet_that_stands_there() {
    on_hosts(|host, shell| {
        prepare(host, &[("a.container", "good\n")]);
        let at = host.place(&format!("{QUADLETS}/a.container.d/10-x.conf"));
        let drop_in = write(at, FilePurpose::DropIn, Body::Plain("bad\n".into()), 0o644);
        let (told, status) = apply(
            host,
            shell,
            vec![(host.unit("a.container"), drop_in, vec![])],
        );
        assert!(told.contains("converting \"a.container\""), "{told}");
        assert_eq!(status, 1);
        assert!(!host.local(&format!("{QUADLETS}/a.container.d")).exists());
    });
}

#[test]
fn what_was_broken_before_is_no_fault_of_a_plan() {
    on_hosts(|host, shell| {
        prepare(host, &[("foreign.container", "bad\n")]);
        let (told, status) = apply(
            host,
            shell,
            vec![write_quadlet(host, "a.container", "good\n")],
        );
        assert_eq!((told.as_str(), status), ("begin 1\ndone 1 ok \nend\n", 0));
    });
}

#[test]
fn a_generator_that_passes_over_a_quadlet_in_silence_is_told() {
    on_hosts(|host, shell| {
        prepare(host, &[]);
        let (told, status) = apply(
            host,
            shell,
            vec![write_quadlet(host, "a.container", "silent\n")],
        );
        assert!(
            told.contains("so nothing was changed there: it makes no a.service of them"),
            "{told}"
        );
        assert_eq!(status, 1);
    });
}

#[test]
fn what_goes_is_not_there_in_the_dry_run_and_needs_no_generator() {
    on_hosts(|host, shell| {
        prepare(host, &[("a.container", "bad\n"), ("b.container", "good\n")]);
        let remove = |host: &Host| {
            let change = Change::RemoveFile {
                path: host.place(&format!("{QUADLETS}/a.container")),
                purpose: FilePurpose::Unit,
                before: Before::Absent,
            };
            (host.unit("a.container"), change, vec![])
        };
        let changes = vec![remove(host), write_quadlet(host, "c.container", "good\n")];
        let (told, status) = apply(host, shell, changes);
        assert_eq!(status, 0, "{told}");
        assert!(!host.local(&format!("{QUADLETS}/a.container")).exists());

        std::fs::remove_dir_all(host.local("user-generators")).unwrap();
        host.put(&format!("{QUADLETS}/a.container"), "bad\n");
        let (told, status) = apply(host, shell, vec![remove(host)]);
        assert_eq!(status, 0, "{told}");
        let (told, status) = apply(
            host,
            shell,
            vec![write_quadlet(host, "d.container", "good\n")],
        );
        assert!(told.contains("there is no podman-user-generator"), "{told}");
        assert_eq!(status, 1);
    });
}

#[test]
fn a_service_that_is_loaded_from_elsewhere_puts_the_old_quadlet_back() {
    on_hosts(|host, shell| {
        prepare(host, &[("a.container", "good\n")]);
        host.put(
            "show.a.service",
            "LoadState=loaded\nSourcePath=/elsewhere/a.container\nDropInPaths=\n",
        );
        let changes = vec![
            write_quadlet(host, "a.container", "better\n"),
            host.reload(vec![1]),
        ];
        let (told, status) = apply(host, shell, changes);
        assert!(
            told.contains("a.service comes from /elsewhere/a.container and not from HOME/"),
            "{told}"
        );
        assert_eq!(status, 1);
        assert_eq!(host.content(&format!("{QUADLETS}/a.container")), "good\n");
    });
}

#[test]
fn a_quadlet_below_a_link_is_the_same_quadlet() {
    on_hosts(|host, shell| {
        prepare(host, &[]);
        std::os::unix::fs::symlink(".config", host.local("link")).unwrap();
        let source = host.place("link/containers/systemd/a.container");
        host.put(
            "show.a.service",
            &format!("LoadState=loaded\nSourcePath={source}\nDropInPaths=\n"),
        );
        let changes = vec![
            write_quadlet(host, "a.container", "good\n"),
            host.reload(vec![1]),
        ];
        let (told, status) = apply(host, shell, changes);
        assert_eq!(status, 0, "{told}");
    });
}
