//! Status: what the operator knows, for people and for scheduling; never an authority.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are the descriptions in the schema, which kubectl shows as plain text"
)]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::restart::RestartStatus;

/// Types of conditions.
pub mod condition {
    /// The Secret in the cluster is good.
    pub const READY: &str = "Ready";
    /// The source can be read.
    pub const SOURCE_AVAILABLE: &str = "SourceAvailable";
    /// Rotation runs as it should.
    pub const ROTATION_HEALTHY: &str = "RotationHealthy";
    /// Only a person can mend it; present only when True.
    pub const STALLED: &str = "Stalled";
}

/// What the operator knows of an `NcpSecret`.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NcpSecretStatus {
    /// Generation of the spec that the rest is about; -1 before the first outcome.
    pub observed_generation: i64,
    /// Ready, SourceAvailable, RotationHealthy, and Stalled while a person is needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// What NCP said at the last look, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceStatus>,
    /// The Secret as last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetStatus>,
    /// Since when looks fail; absent while they succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Time>,
    /// The force-sync annotation that was last obeyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub last_forced_sync: Option<String>,
    /// The workloads of spec.restart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["kind".into(), "name".into()]))]
    pub restarts: Vec<RestartStatus>,
}

impl Default for NcpSecretStatus {
    fn default() -> Self {
        Self {
            observed_generation: -1,
            conditions: Vec::new(),
            source: None,
            target: None,
            failing_since: None,
            last_forced_sync: None,
            restarts: Vec::new(),
        }
    }
}

/// What NCP says about the secret.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceStatus {
    /// ID of the secret.
    #[schemars(length(max = 256))]
    pub secret_id: String,
    /// Name of the secret.
    #[schemars(length(max = 256))]
    pub secret_name: String,
    /// The kind of host that knows it: Regional or Global.
    #[schemars(length(max = 16))]
    pub key_isolation: String,
    /// secretStatus: ENABLE, DISABLE, REVOKE, ROTATING, DESTROYED.
    #[schemars(length(max = 64))]
    pub lifecycle: String,
    /// rotationPhase: NONE, ROTATING, ROTATION_FAILED.
    #[schemars(length(max = 64))]
    pub rotation_phase: String,
    /// Days between automatic rotations; absent without automatic rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation_period_days: Option<i64>,
    /// When the next automatic rotation is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_rotation_time: Option<Time>,
    /// When the running rotation was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotating_since: Option<Time>,
    /// When the secret is destroyed, once its deletion was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_destroy_time: Option<Time>,
    /// When NCP last changed the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Time>,
    /// Keyed proof that the Secret was written from this secret. Without it nothing is ever deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub sync_proof: Option<String>,
    /// Keyed proof that the secret was seen in REVOKE, through which store and credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub revocation_proof: Option<String>,
}

/// The Secret as last written.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetStatus {
    /// Name of the Secret.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Names of its keys, sorted.
    #[schemars(length(max = 1024), inner(length(max = 253)))]
    pub keys: Vec<String>,
    /// When its content last changed.
    pub changed_time: Time,
    /// Keyed hash of its content, as in the annotation ncp-secrets.io/content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub content: Option<String>,
    /// When it was deleted because its source is gone for good; absent while it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_time: Option<Time>,
}

/// What the operator knows of a store.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreStatus {
    /// Generation of the spec that the rest is about; -1 before the first outcome.
    pub observed_generation: i64,
    /// Ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}
