//! Reading a part of an object strictly: what is a map in the schema must be one.
//!
//! serde takes a list for a struct, field by field; an API server with an older schema could let such an object in.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a part of an object, if it has the form that is expected of it.
pub(super) fn typed<T: DeserializeOwned + Serialize>(part: &Value) -> Option<T> {
    let typed = T::deserialize(part).ok()?;
    let shape = serde_json::to_value(&typed).ok()?;
    has_the_maps_of(part, &shape).then_some(typed)
}

/// Whether there is a map wherever the shape has one.
fn has_the_maps_of(raw: &Value, shape: &Value) -> bool {
    match (raw, shape) {
        (Value::Object(raw), Value::Object(shape)) => shape
            .iter()
            .all(|(key, shape)| raw.get(key).is_none_or(|raw| has_the_maps_of(raw, shape))),
        (_, Value::Object(_)) => false,
        (Value::Array(raw), Value::Array(shape)) => raw
            .iter()
            .zip(shape)
            .all(|(raw, shape)| has_the_maps_of(raw, shape)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::NcpSecretSpec;

    fn spec() -> Value {
        json!({
            "storeRef": {"name": "s"}, "source": {"secretId": "0f"},
            "target": {"name": "t", "labels": {"a": "b"}},
            "data": [{"key": "k", "from": "f"}],
        })
    }

    fn read(spec: &Value) -> Option<NcpSecretSpec> {
        typed(spec)
    }

    #[test]
    fn a_spec_of_the_right_form_is_read() {
        assert!(read(&spec()).is_some());
        let mut without_what_may_be_absent = spec();
        without_what_may_be_absent["target"] = Value::Null;
        assert!(read(&without_what_may_be_absent).is_some());
    }

    #[test]
    fn r11_a_list_is_no_map_wherever_it_stands() {
        assert!(read(&json!([{"name": "s"}, {"secretId": "0f"}])).is_none());
        for (path, list) in [
            ("/storeRef", json!(["s"])),
            ("/source", json!(["0f"])),
            ("/target", json!([])),
            ("/target/labels", json!([])),
            ("/data/0", json!(["k", "f"])),
        ] {
            let mut spec = spec();
            *spec.pointer_mut(path).unwrap() = list;
            assert!(read(&spec).is_none(), "{path}");
        }
    }
}
