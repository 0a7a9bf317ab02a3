//! The CRD manifests: the derived schemas, completed with what the derive cannot say.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use super::{ClusterNcpSecretStore, NcpSecret, NcpSecretStore};

/// The manifests as they stand in `crds/`: file name and YAML.
///
/// # Errors
///
/// When a definition cannot be written as YAML.
pub fn manifests() -> Result<Vec<(String, String)>, serde_saphyr::ser::Error> {
    [
        NcpSecret::crd(),
        NcpSecretStore::crd(),
        ClusterNcpSecretStore::crd(),
    ]
    .iter()
    .map(|definition| {
        let file = format!("{}.yaml", definition.spec.names.plural);
        Ok((file, serde_saphyr::to_string(&complete(definition))?))
    })
    .collect()
}

fn complete(definition: &CustomResourceDefinition) -> Value {
    let mut manifest = json!(definition);
    forbid_null(&mut manifest);
    if let Some(status) =
        manifest.pointer_mut("/spec/versions/0/schema/openAPIV3Schema/properties/status")
        && let Some(status) = status.as_object_mut()
    {
        // kstatus takes an object without observedGeneration for current, also before anybody looked at it.
        status.insert("default".into(), json!({"observedGeneration": -1}));
    }
    manifest
}

/// An absent field is the only way to say nothing: the API server then drops explicit nulls, and CEL's `has` is enough.
fn forbid_null(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if is_schema(fields) {
                fields.remove("nullable");
            }
            fields.values_mut().for_each(forbid_null);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_null),
        _ => {}
    }
}

fn is_schema(fields: &Map<String, Value>) -> bool {
    fields.get("nullable").is_some_and(Value::is_boolean)
}
