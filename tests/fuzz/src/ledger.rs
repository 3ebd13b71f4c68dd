//! Ledgers: as text that may be anything, and as what abide may write.

use abide_host::ledger::{read, read_leniently, write};
use abide_model::{
    Digest, Held, HostPath, Ledger, LedgerFile, LedgerRead, LedgerReads, LedgerUnit, Scope,
    UnitName, UnitRef, UserName, ownable,
};
use arbitrary::{Result, Unstructured};

/// What is read is written and read back the same, and what is written is read.
pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        // Names are held once in the text and once in the ledger; a map's node holds eleven entries. Each file
        // has its line kept as well.
        let read_back = crate::within(64 * data.len() + 65_536, || read(text));
        if let Ok(contents) = read_back {
            check_round_trip(&contents.ledger);
        }
        // What a repair keeps of anything is a ledger.
        check_round_trip(&read_leniently(text).0.ledger);
    }
    if let Ok(ledger) = any_ledger(&mut Unstructured::new(data)) {
        check_round_trip(&ledger);
    }
}

fn check_round_trip(ledger: &Ledger) {
    let text = write(ledger);
    // A shell takes it apart: no line may be begun by a name or a path.
    assert!(text.is_ascii());
    let reads = ledger.units.values().map(|left| &left.reads);
    let reads = reads.map(|reads| usize::from(reads.definition.is_some()) + reads.files.len());
    let lines = 2
        + ledger.files.len()
        + ledger.units.len()
        + reads.sum::<usize>()
        + ledger.users.len()
        + ledger.lingers.len()
        + ledger
            .attributes
            .values()
            .map(|all| all.len())
            .sum::<usize>();
    assert_eq!(text.lines().count(), lines);
    let contents = read(&text).expect("what is written is read");
    assert_eq!(contents.findings, []);
    assert_eq!(contents.ledger, *ledger);
}

fn any_ledger(from: &mut Unstructured<'_>) -> Result<Ledger> {
    let mut ledger = Ledger::default();
    while !from.is_empty() {
        match from.int_in_range(0..=4)? {
            0 => {
                let user = any_user(from)?;
                ledger
                    .users
                    .extend(user.filter(|user| ownable::account(user).is_ok()));
            }
            1 => {
                ledger.lingers.extend(any_user(from)?);
            }
            2 => {
                if let Some(user) = any_user(from)? {
                    let (field, value): (String, String) = (from.arbitrary()?, from.arbitrary()?);
                    // A name of nothing is no attribute.
                    if !field.is_empty() {
                        ledger
                            .attributes
                            .entry(user)
                            .or_default()
                            .insert(field, value);
                    }
                }
            }
            3 => {
                let path = HostPath::parse(&format!("/{}", from.arbitrary::<&str>()?));
                let scope = any_scope(from)?;
                let path = path.ok().filter(|path| ownable::file(&scope, path).is_ok());
                let digest = any_digest(from)?;
                if let Some(path) = path {
                    ledger.files.insert(path, LedgerFile { scope, digest });
                }
            }
            _ => {
                let unit = UnitName::parse(&format!("{}.service", from.arbitrary::<&str>()?));
                let scope = any_scope(from)?;
                let left = LedgerUnit {
                    invocation: if from.arbitrary()? {
                        format!("{:032x}", from.arbitrary::<u128>()?)
                    } else {
                        String::new()
                    },
                    config: any_digest(from)?,
                    enabled: from.arbitrary()?,
                    claimed: from.arbitrary()?,
                    reads: any_reads(from)?,
                };
                if let Ok(unit) = unit {
                    ledger.units.insert(UnitRef { scope, unit }, left);
                }
            }
        }
    }
    Ok(ledger)
}

fn any_reads(from: &mut Unstructured<'_>) -> Result<LedgerReads> {
    let mut reads = LedgerReads::default();
    if from.arbitrary()? {
        reads.definition = Some(any_read(from)?);
    }
    let path = HostPath::parse(&format!("/{}", from.arbitrary::<&str>()?));
    if let Ok(path) = path {
        reads.files.insert(path, any_read(from)?);
    }
    Ok(reads)
}

fn any_read(from: &mut Unstructured<'_>) -> Result<LedgerRead> {
    Ok(LedgerRead {
        run: any_held(from)?,
        left: any_held(from)?,
    })
}

fn any_held(from: &mut Unstructured<'_>) -> Result<Option<Held>> {
    Ok(match from.arbitrary()? {
        true => Some(Held::Nothing),
        false => any_digest(from)?.map(Held::Digest),
    })
}

fn any_user(from: &mut Unstructured<'_>) -> Result<Option<UserName>> {
    Ok(UserName::parse(from.arbitrary()?).ok())
}

fn any_scope(from: &mut Unstructured<'_>) -> Result<Scope> {
    Ok(any_user(from)?.map_or(Scope::System, Scope::User))
}

fn any_digest(from: &mut Unstructured<'_>) -> Result<Option<Digest>> {
    let seed: Option<u8> = from.arbitrary()?;
    Ok(seed.map(|seed| Digest::of_bytes(&[seed])))
}
