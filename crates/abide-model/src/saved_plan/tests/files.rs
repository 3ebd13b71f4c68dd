//! A file is read as it was written, and not at all where anything in it was changed.

use serde_json::{Value, json};

use super::*;
use crate::saved_plan::read::checksum_of;

/// Every place of a document that holds no other.
fn leaves(value: &Value, at: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                leaves(member, &format!("{at}/{name}"), all);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{at}/{index}"), all);
            }
        }
        _ => all.push(at.to_owned()),
    }
}

fn other(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => json!(number.as_u64().unwrap_or(0) + 1),
        Value::String(text) => json!(format!("{text}0")),
        _ => json!("0"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_plan_reads_what_it_writes_but_for_secrets(planned in any_planned()) {
        let plan = saved(&planned);
        let text = plan.text().unwrap();
        prop_assert!(!text.contains("the canary itself"));
        prop_assert!(!text.contains(&Digest::of_bytes(b"the canary itself").to_string()));
        let read = SavedPlan::read(text.as_bytes()).unwrap();
        prop_assert!(read.is_sealed_by(&key()));
        prop_assert_eq!(read.text().unwrap(), text);
        prop_assert_eq!(read.digest, plan.digest);
    }

    #[test]
    fn whatever_is_changed_in_a_file_it_is_not_believed(
        planned in any_planned(),
        at in any::<Index>(),
    ) {
        let mut value = serde_json::to_value(saved(&planned)).unwrap();
        let mut all = Vec::new();
        leaves(&value, "", &mut all);
        let place = at.get(&all);
        let leaf = value.pointer_mut(place).unwrap();
        *leaf = other(leaf);
        if let Ok(read) = SavedPlan::read(value.to_string().as_bytes()) {
            // The name of the key only helps to tell which one is missing.
            prop_assert!(place == "/seal/key" || !read.is_sealed_by(&key()), "{}", place);
            prop_assert!(place.starts_with("/seal/"), "{}", place);
        }
    }

    #[test]
    fn a_forged_file_whose_checksum_was_made_anew_has_no_seal(planned in any_planned()) {
        let mut forged = saved(&planned);
        forged.expires_at = forged.expires_at.later_by(Duration::from_secs(1));
        let seal = forged.seal.clone();
        forged.finish(None);
        forged.seal = seal;
        let read = SavedPlan::read(forged.text().unwrap().as_bytes()).unwrap();
        prop_assert!(!read.is_sealed_by(&key()));
    }
}

fn any_saved() -> SavedPlan {
    let name: HostName = "h1".parse().unwrap();
    let wanted = FleetHost {
        groups: BTreeSet::new(),
        connection: connection(),
        desired: desired(&name, "."),
    };
    let came = HostReport {
        outcome: HostOutcome::Unchanged,
        facts: Some(facts("machine")),
        declared: Vec::new(),
        plan: Some(plan(&name, Vec::new(), Vec::new())),
        steps: Vec::new(),
        surprises: Vec::new(),
        millis: 0,
    };
    saved(&(
        [(name.clone(), wanted)].into(),
        Report {
            hosts: [(name, came)].into(),
        },
    ))
}

#[test]
fn a_plan_of_another_major_version_or_another_kind_is_refused_in_words() {
    let with = |name: &str, value: Value| {
        let mut document = serde_json::to_value(any_saved()).unwrap();
        document[name] = value;
        SavedPlan::read(document.to_string().as_bytes()).unwrap_err()
    };
    assert_eq!(
        with("format_version", json!("2.0")).to_string(),
        "its format is 2.0, and this abide reads 1.x"
    );
    for odd in [json!("1"), json!(1), json!("1.x"), json!("01.0")] {
        assert!(matches!(with("format_version", odd), PlanError::Version(_)));
    }
    assert_eq!(
        with("kind", json!("plan")).to_string(),
        "it is not a saved plan: its kind is `plan`"
    );
    assert!(matches!(SavedPlan::read(b"{"), Err(PlanError::Json(_))));
    assert!(matches!(
        SavedPlan::read(b"[]"),
        Err(PlanError::Other(None))
    ));
}

#[test]
fn a_newer_minor_version_may_say_more() {
    let mut document = serde_json::to_value(any_saved()).unwrap();
    document["format_version"] = json!("1.7");
    document["hosts"][0]["weather"] = json!({"sun": true});
    document["checksum"] = json!(checksum_of(document.clone()));
    SavedPlan::read(document.to_string().as_bytes()).unwrap();
}

#[test]
fn a_machine_id_is_not_in_the_file() {
    let text = any_saved().text().unwrap();
    assert!(!text.contains("\"machine_id\""), "{text}");
}

#[test]
fn another_secret_is_told_by_its_place() {
    let plan = any_saved();
    let host = &plan.hosts[0];
    assert!(host.other_secrets(&host.desired, &key()).is_empty());
    let mut wanted = host.desired.clone();
    for (_, body) in wanted.bodies_mut() {
        if let Body::Secret { bytes, .. } = body {
            *bytes = Some("another".into());
        }
    }
    assert_eq!(host.other_secrets(&wanted, &key()), ["user:app/token"]);
    let stranger = PlanKey::new(vec![8; 32]).unwrap();
    assert_eq!(
        host.other_secrets(&host.desired, &stranger),
        ["user:app/token"]
    );
}
