//! Saved plans: as they are, and with digests, checksum and seal made to fit, or no input would get past the first check.

use abide_model::{PlanKey, SavedPlan};

/// A plan is read back as it was written; one that anybody changed is refused, or means the same and has its seal or lost
/// it.
pub fn check(data: &[u8]) {
    // As it is: refused, nearly always.
    drop(SavedPlan::read(data));
    let (place, data) = match data {
        [high, low, with, rest @ ..] => ((u16::from_be_bytes([*high, *low]), *with), rest),
        _ => return,
    };
    let Ok(mut plan) = serde_json::from_slice::<SavedPlan>(data) else {
        return;
    };
    "saved_plan".clone_into(&mut plan.kind);
    "1.0".clone_into(&mut plan.format_version);
    plan.hosts.dedup_by(|one, other| one.host == other.host);
    for host in &mut plan.hosts {
        host.desired.host = host.host.clone();
        if let Some(plan) = &mut host.plan {
            plan.host = host.host.clone();
        }
    }
    let key = PlanKey::new([7; 32]).expect("32 bytes");
    plan.finish(Some(&key));
    let text = plan.text().expect("a plan has a text");
    let read = SavedPlan::read(text.as_bytes());
    assert_eq!(read.as_ref(), Ok(&plan));
    assert!(plan.is_sealed_by(&key));
    assert!(!plan.is_sealed_by(&PlanKey::new([8; 32]).expect("32 bytes")));
    check_tampered(&plan, text.into_bytes(), place, &key);
}

/// One byte is another.
fn check_tampered(plan: &SavedPlan, mut text: Vec<u8>, (at, with): (u16, u8), key: &PlanKey) {
    let at = usize::from(at) % text.len();
    let Some(byte) = text.get_mut(at) else { return };
    if *byte == with {
        return;
    }
    *byte = with;
    let Ok(mut read) = SavedPlan::read(&text) else {
        return;
    };
    let sealed = read.is_sealed_by(key);
    assert!(!sealed || read == *plan, "a changed plan has a seal");
    read.seal.clone_from(&plan.seal);
    assert_eq!(read, *plan);
}
