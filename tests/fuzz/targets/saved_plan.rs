//! See `../src/saved_plan.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| abide_fuzz::saved_plan::check(data));
