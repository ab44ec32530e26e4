#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = api_gateway::fuzz::intake(bytes);
});
