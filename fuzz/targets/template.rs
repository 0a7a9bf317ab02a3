//! Any text as a template over a value that must not show up in what is said about it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ncp_secret_operator::core::pairs;
use ncp_secret_operator::core::request::{ChosenKey, Keys, Origin};
use ncp_secret_operator::core::shape::{Template, render};

const VALUE: &[u8] = br#"{"a":"cAnArY-4d1c-a","b":"cAnArY-4d1c-b","c-d":"cAnArY-4d1c-c","n":12}"#;
const CANARY: &str = "cAnArY";
const LARGEST: usize = 1024 * 1024;

fuzz_target!(|text: &str| {
    if text.contains(CANARY) {
        return;
    }
    let Ok(template) = Template::parse(text) else {
        return;
    };
    let keys = Keys {
        chosen: vec![ChosenKey {
            key: "k".into(),
            origin: Origin::Template(template),
        }],
        all: None,
    };
    let Ok(pairs) = pairs::parse(VALUE) else {
        return;
    };
    let made = |keys| match render(keys, "Opaque", &pairs) {
        Ok(content) => content
            .iter()
            .map(|(_, value)| value.expose().to_vec())
            .next(),
        Err(trouble) => {
            assert!(!trouble.message().contains(CANARY));
            None
        }
    };
    let first = made(&keys);
    assert!(first.iter().all(|bytes| bytes.len() <= LARGEST));
    assert_eq!(first, made(&keys));
});
