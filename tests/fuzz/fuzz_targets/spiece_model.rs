#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ext5_reliability::fuzz::spiece_model(bytes));
