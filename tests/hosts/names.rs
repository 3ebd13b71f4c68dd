//! Odd names, values and contents go through unharmed.

use crate::support::{World, worker};

#[test]
fn odd_names_values_and_contents_arrive_as_they_are_written() {
    let world = World::both("names");
    let odd = "a b'c\"d$e\\f`g`%h!ü*?[x]{y}~#&;|<>";
    let big: String = (0..1_048_576 / 16).map(|n| format!("{n:015}\n")).collect();
    world.file("big.txt", &big).file(
        "odd.txt",
        &format!("{odd}\n$(touch /tmp/pwned)\n'EOF'\nEOF\n\\\n\ttab\nno newline at end"),
    );
    let unit = worker(r#"Environment="ODD=a b $$HOME %% \\ 'q' ü""#);
    world.file("x.service", &unit).manifest(
        r#"
version: 1
name: names
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      a.b-c_d:
        linger: true
        comment: "O'Brien $HOME \\ ü"
        files:
          "dir with space/-leading dash": {source: odd.txt}
          "quote'\"$x`y`": {source: odd.txt, mode: "0640"}
          "new\nline": {source: odd.txt}
          "per%cent ünï": {source: odd.txt}
          big: {source: big.txt}
          empty: {content: ""}
        units:
          "-dash.service": {source: x.service}
          "a\\x20b@.service": {source: x.service, instances: {"i\\x2dj": {}, "x:y.z": {}}}
"#,
    );
    world.converge();
    for host in ["h1", "h2"] {
        for name in [
            "dir with space/-leading dash",
            "quote'\"$x`y`",
            "new\nline",
            "per%cent ünï",
        ] {
            let ran = world.fleet.exec(
                host,
                "a.b-c_d",
                &["cat", "--", &format!("/home/a.b-c_d/{name}")],
            );
            let wanted = std::fs::read_to_string(world.path("odd.txt")).expect("odd.txt");
            assert_eq!(ran.stdout, wanted, "{name} on {host}");
        }
        let size = world.fleet.sh(host, "sha256sum </home/a.b-c_d/big; stat -c %s /home/a.b-c_d/empty; stat -c %a /home/a.b-c_d/quote*; ls /tmp/pwned 2>&1 | grep -c 'No such'");
        let lines: Vec<&str> = size.lines().collect();
        let local = std::process::Command::new("sha256sum")
            .arg(world.path("big.txt"))
            .output()
            .expect("sha256sum");
        let local = String::from_utf8_lossy(&local.stdout);
        assert_eq!(
            lines[0].split_whitespace().next(),
            local.split_whitespace().next()
        );
        assert_eq!(lines[1..], ["0", "640", "1"]);
        let environment = world.show(host, "a.b-c_d", "-dash.service", "Environment");
        assert!(environment.contains("ODD="), "{environment}");
        for unit in [
            "-dash.service",
            r"a\x20b@i\x2dj.service",
            r"a\x20b@x:y.z.service",
        ] {
            let ran = world.fleet.exec(
                host,
                "a.b-c_d",
                &[
                    "sh",
                    "-c",
                    "XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user is-active -- \"$1\"",
                    "sh",
                    unit,
                ],
            );
            assert_eq!(
                ran.stdout.trim(),
                "active",
                "{unit} on {host}: {}",
                ran.stderr
            );
        }
        let comment = world.fleet.sh(host, "getent passwd a.b-c_d | cut -d: -f5");
        assert_eq!(comment.trim(), r"O'Brien $HOME \ ü");
    }
}

#[test]
fn a_symlink_planted_in_a_home_does_not_redirect_a_write() {
    let world = World::both("symlink");
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "useradd -m -s /bin/sh app; echo precious >/etc/precious; chmod 600 /etc/precious
             install -d -o app /home/app/.config /home/app/.config/systemd
             ln -s /etc/precious /home/app/token
             ln -s /etc/systemd/system /home/app/.config/systemd/user; chown -h app /home/app/token /home/app/.config/systemd/user",
        );
    }
    world.file("a.service", &worker("")).manifest(
        "
version: 1
name: symlink
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      app:
        files: {token: {content: \"mine\\n\"}}
        units: {a.service: {source: a.service}}
",
    );
    world.apply();
    for host in ["h1", "h2"] {
        assert_eq!(
            world.fleet.sh(
                host,
                "cat /etc/precious; ls /etc/systemd/system/a.service 2>/dev/null || true"
            ),
            "precious\n"
        );
        world.fleet.sh(host, "rm /home/app/.config/systemd/user");
    }
    world.converge();
    for host in ["h1", "h2"] {
        assert_eq!(
            world.fleet.sh(
                host,
                "cat /etc/precious /home/app/token; stat -c '%U %F' /home/app/token"
            ),
            "precious\nmine\napp regular file\n"
        );
    }
}
