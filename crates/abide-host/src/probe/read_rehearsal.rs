//! What a manager's own program said that a boot would start.

use std::collections::BTreeSet;

use abide_model::{Observation, Rehearsal, RehearsalEnd, UnitName, UnknownReason};

use super::frames::{Frame, Frames};
use super::room::{MOST_UNDECLARED, SENTENCE, printable_up_to};

/// `Absent` where nobody asked.
pub(super) fn observed_rehearsal(answer: &Frames<'_>) -> Observation<Rehearsal> {
    let Some(frame) = answer.get("rehearsal") else {
        return Observation::Absent;
    };
    let mut rehearsal = Rehearsal::default();
    let mut why = None;
    let mut ended = None;
    for line in frame.text_lines() {
        let Some((mark, rest)) = line.split_at_checked(1) else {
            continue;
        };
        match mark {
            "+" => insert_unit(&mut rehearsal.starts, rest),
            "?" => insert_unit(&mut rehearsal.unreadable, rest),
            "~" => add_cycle_line(&mut rehearsal, rest),
            "1" => rehearsal.first_boot = true,
            "!" => {
                let said = || UnknownReason::from_text(printable_up_to(rest, SENTENCE));
                why = why.or_else(|| Some(said()));
            }
            _ => ended = line.strip_prefix("ended ").or(ended),
        }
    }
    if rehearsal.starts.len() >= MOST_UNDECLARED {
        return Observation::Unknown(UnknownReason::BootStarts(MOST_UNDECLARED));
    }
    match (ended, rehearsal.starts.is_empty()) {
        (Some("0"), false) => Observation::Known(rehearsal),
        _ => Observation::Unknown(why.unwrap_or_else(|| ending_reason(frame, ended))),
    }
}

fn ending_reason(frame: &Frame<'_>, ended: Option<&str>) -> UnknownReason {
    UnknownReason::Rehearsal(match ended {
        Some("124" | "137") => RehearsalEnd::TimedOut,
        Some("126" | "127") => RehearsalEnd::NoProgram,
        Some("0") => RehearsalEnd::NothingOfBoot,
        Some(status) => RehearsalEnd::Status(printable_up_to(status, SENTENCE)),
        None if frame.size_in_bytes() == 0 => RehearsalEnd::Silent,
        None => RehearsalEnd::CutShort,
    })
}

fn insert_unit(units: &mut BTreeSet<UnitName>, name: &str) {
    if let (Ok(name), true) = (UnitName::parse(name), units.len() < MOST_UNDECLARED) {
        units.insert(name);
    }
}

/// Every unit that a line about a cycle names is part of it: `c2.service: Found ordering cycle on c1.service/start`, on 262
/// `Found ordering cycle: c2.service/start after c1.service/start - after c2.service`; `Job c1.service/start deleted to
/// break ordering cycle …` on all.
fn add_cycle_line(rehearsal: &mut Rehearsal, line: &str) {
    let mut before = "";
    for word in line.split_ascii_whitespace() {
        let job = word.strip_suffix("/start");
        let name = job.unwrap_or(word).trim_end_matches([':', ',', '.', ';']);
        insert_unit(&mut rehearsal.in_cycles, name);
        if before == "Job" && line.contains(" deleted to break ") {
            insert_unit(&mut rehearsal.dropped, name);
        }
        before = word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Observation<Rehearsal> {
        let nonce = "0123456789abcdef";
        let answer = format!("\n{nonce} rehearsal\n{body}");
        observed_rehearsal(&Frames::of_answer(answer.as_bytes(), nonce))
    }

    fn names(units: &BTreeSet<UnitName>) -> Vec<&str> {
        units.iter().map(UnitName::as_str).collect()
    }

    #[test]
    fn a_cycle_is_read_as_252_and_as_262_word_it() {
        for lines in [
            "~c2.service: Found ordering cycle on c1.service/start\n~c2.service: Found dependency on c2.service/start\n\
             ~c2.service: Job c1.service/start deleted to break ordering cycle starting with c2.service/start\n",
            "~Found ordering cycle: c2.service/start after c1.service/start - after c2.service\n\
             ~Job c1.service/start deleted to break ordering cycle\n",
        ] {
            let Observation::Known(seen) = read(&format!("+a.service\n{lines}ended 0\n")) else {
                panic!("{lines}")
            };
            assert_eq!(names(&seen.in_cycles), ["c1.service", "c2.service"]);
            assert_eq!(names(&seen.dropped), ["c1.service"]);
            assert_eq!(names(&seen.starts), ["a.service"]);
        }
    }

    #[test]
    fn that_the_next_boot_is_the_first_one_is_read() {
        for (body, first) in [
            ("1\n+a.service\nended 0\n", true),
            ("+a.service\nended 0\n", false),
        ] {
            let Observation::Known(seen) = read(body) else {
                panic!("{body}")
            };
            assert_eq!(seen.first_boot, first);
        }
    }

    #[test]
    fn what_did_not_end_well_is_unknown_and_says_why() {
        for (body, why) in [
            ("", "said nothing"),
            ("+a.service\n", "cut short"),
            ("+a.service\nended 137\n", "20 s"),
            ("ended 0\n", "nothing of a boot"),
            ("!Don't run test mode as root.\nended 1\n", "as root"),
            ("sh: not found\nended 127\n", "no program"),
        ] {
            match read(body) {
                Observation::Unknown(said) => assert!(said.to_string().contains(why), "{said}"),
                other => panic!("{body}: {other:?}"),
            }
        }
        let nothing = observed_rehearsal(&Frames::of_answer(b"", "0123456789abcdef"));
        assert_eq!(nothing, Observation::Absent);
    }
}
