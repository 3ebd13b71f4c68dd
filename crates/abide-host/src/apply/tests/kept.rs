//! What a user's process says became of an old file is one of a few words, or it is lost.

use crate::quote::quote;
use crate::testing::{Directory, run, shells};

#[test]
fn whatever_a_user_says_of_an_old_file_becomes_one_of_three_words() {
    let long = "kept".repeat(10_000);
    let answers = [
        ("kept", "kept\n"),
        ("nothing", "nothing\n"),
        ("", "lost\n"),
        ("lost", "lost\n"),
        ("kept\nkept", "lost\n"),
        ("kept 0777", "lost\n"),
        ("nothing\n../../etc/shadow", "lost\n"),
        ("$(reboot)", "lost\n"),
        (&long, "lost\n"),
    ];
    for shell in shells() {
        let at = Directory::new("kept");
        std::fs::create_dir(at.path().join("old")).unwrap();
        for (said, noted) in answers {
            let script = format!(
                "work={}\n{}\nuser_says() {{ printf '%s' {}; }}\nnote_kept 1 user_says\n",
                quote(&at.path().display().to_string()),
                include_str!("../files.sh"),
                quote(said),
            );
            run(&shell, &[], script.as_bytes());
            assert_eq!(at.read("old/1"), noted, "{shell:?} {said:.40}");
        }
    }
}
