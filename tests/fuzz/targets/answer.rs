//! See `../src/answer.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| abide_fuzz::answer::check(data));
