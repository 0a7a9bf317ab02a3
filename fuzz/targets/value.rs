//! Any bytes as the value that NCP answers with.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use ncp_secret_operator::core::pairs;

fuzz_target!(|bytes: &[u8]| {
    let Ok(pairs) = pairs::parse(bytes) else {
        return;
    };
    let mut names = HashSet::new();
    for (name, value) in pairs.iter() {
        assert!(names.insert(name), "a name stands twice");
        assert!(std::str::from_utf8(value.expose()).is_ok());
    }
});
