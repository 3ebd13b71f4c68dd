//! See `../src/ledger.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| abide_fuzz::ledger::check(data));
