//! What is said of a spec that is not as it must be.

use super::quote;
use crate::core::trouble::SpecError;

pub(super) fn spec_sentence(error: &SpecError) -> String {
    match error {
        SpecError::NotOneSource => {
            "spec.source must have exactly one of secretId and secretName.".into()
        }
        SpecError::SecretId => "spec.source.secretId is no ID that NCP could have given.".into(),
        SpecError::SecretName => "spec.source.secretName is no name that NCP allows.".into(),
        SpecError::StoreName => "spec.storeRef.name is no name that an object can have.".into(),
        SpecError::Time { field } => {
            format!("spec.{field} must be a time like 90s, 30m or 1h30m, from 30s to 8760h.")
        }
        SpecError::PendingSuffix => {
            "spec.rotation.pendingSuffix must be 1 to 64 letters, digits, '-', '_' and '.'.".into()
        }
        SpecError::PendingStage => {
            "spec.rotation.pending Expose goes with spec.source.stage Active only.".into()
        }
        SpecError::TargetName => "spec.target.name is no name that a Secret can have.".into(),
        SpecError::TargetType => {
            "spec.target.type must be Opaque, kubernetes.io/tls, kubernetes.io/dockerconfigjson, kubernetes.io/basic-auth, kubernetes.io/ssh-auth, or a name outside kubernetes.io/, helm.sh/ and bootstrap.".into()
        }
        SpecError::Reserved { key } => {
            format!("spec.target sets {}, which is reserved for the operator.", quote(key))
        }
        SpecError::MetadataKey { key } => {
            format!("spec.target sets {}, which is no name of a label or annotation.", quote(key))
        }
        SpecError::LabelValue { key } => {
            format!("spec.target gives the label {} a value that no label can have.", quote(key))
        }
        SpecError::AnnotationValue { key } => {
            format!("spec.target gives the annotation {} more than 4096 characters.", quote(key))
        }
        SpecError::Annotations { most } => {
            format!("spec.target.annotations has more than {most} bytes, names and values together; Kubernetes holds 262144 with those of everybody else.")
        }
        SpecError::Count { field: "data", most } => {
            format!("spec.data must have from 1 to {most} entries, or be absent.")
        }
        SpecError::Count { field, most } => {
            format!("spec.{field} must have {most} entries at the most.")
        }
        SpecError::From { key } => {
            format!("spec.data takes the key {} from a name that is empty or has more than 256 characters.", quote(key))
        }
        SpecError::WorkloadName => {
            "spec.restart names a workload by a name that no object can have.".into()
        }
        SpecError::WorkloadTwice { name } => {
            format!("spec.restart names the workload {} twice; once is enough.", quote(name))
        }
        SpecError::Keys(error) => error.sentence(),
    }
}
