//! Any `data` and `allKeys` over any value: what comes out is a Secret that Kubernetes takes, or a refusal.
//!
//! The input is the JSON of a spec, a zero byte, and the value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ncp_secret_operator::core::pairs;
use ncp_secret_operator::core::request::{is_secret_key, parse};
use ncp_secret_operator::core::shape::render;
use serde_json::{Value, json};

const LARGEST: usize = 1024 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (Some(spec), Some(value)) = (parts.next(), parts.next()) else {
        return;
    };
    let Ok(Value::Object(mut spec)) = serde_json::from_slice(spec) else {
        return;
    };
    spec.insert("storeRef".into(), json!({"name": "s"}));
    spec.insert("source".into(), json!({"secretId": "0f"}));
    let object = serde_json::from_value(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret",
        "metadata": {"name": "n", "namespace": "n"}, "spec": spec,
    }));
    let (Ok(object), Ok(pairs)) = (object, pairs::parse(value)) else {
        return;
    };
    let Ok(request) = parse(&object) else {
        return;
    };
    match render(&request.keys, &request.target.type_, &pairs) {
        Ok(content) => {
            assert!(content.iter().len() > 0);
            assert!(content.iter().all(|(key, _)| is_secret_key(key)));
            let size: usize = content.iter().map(|(_, value)| value.len()).sum();
            assert!(size <= LARGEST);
        }
        Err(trouble) => assert!(trouble.message().len() <= 1024),
    }
});
