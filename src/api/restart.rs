//! Workloads that are restarted when what they take from the Secret changes, and what came of that.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A workload in the namespace of the object.
#[derive(
    KubeSchema, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadRef {
    /// Kind of the workload.
    pub kind: WorkloadKind,
    /// Name of the workload.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub name: String,
}

/// The kinds of workload that can be restarted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[expect(missing_docs, reason = "the kinds of Kubernetes and of Argo Rollouts")]
pub enum WorkloadKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    Rollout,
}

impl WorkloadKind {
    /// The kind as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Rollout => "Rollout",
        }
    }
}

/// What is known of a workload of spec.restart.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestartStatus {
    /// Kind of the workload.
    pub kind: WorkloadKind,
    /// Name of the workload.
    #[schemars(length(max = 253))]
    pub name: String,
    /// How it stands, in one word.
    pub result: RestartResult,
    /// The same in sentences.
    #[schemars(length(max = 1024))]
    pub message: String,
    /// Keyed hashes of the keys of the Secret that its pods are taken to have.
    #[schemars(length(max = 16512))]
    pub baseline: String,
    /// The same of the keys for which it may have to be restarted; absent while there is nothing to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16512))]
    pub owed: Option<String>,
    /// Since when that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed_since: Option<Time>,
    /// When it is looked at, and restarted if a key that it consumes has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_time: Option<Time>,
    /// When it was last restarted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarted_time: Option<Time>,
}

impl RestartStatus {
    /// Whether it is about that workload.
    #[must_use]
    pub fn is_about(&self, workload: &WorkloadRef) -> bool {
        self.kind == workload.kind && self.name == workload.name
    }
}

/// How a workload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RestartResult {
    /// The API server has not shown it yet.
    NotRead,
    /// Its pods have what they consume of the Secret.
    UpToDate,
    /// The content changed, and dueTime has not come.
    Waiting,
    /// It was restarted for the last change.
    Restarted,
    /// Its template was changed for the last change, and it is paused.
    Paused,
    /// Its template was changed for the last change, and by its updateStrategy only new pods notice.
    OnDelete,
    /// There is no such workload.
    NotFound,
    /// The cluster has no such kind.
    NotServed,
    /// Its pod template does not take the Secret.
    NotConsuming,
    /// The operator may not read or restart it.
    Forbidden,
    /// The API server refuses the restart.
    Refused,
}

impl RestartResult {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRead => "NotRead",
            Self::UpToDate => "UpToDate",
            Self::Waiting => "Waiting",
            Self::Restarted => "Restarted",
            Self::Paused => "Paused",
            Self::OnDelete => "OnDelete",
            Self::NotFound => "NotFound",
            Self::NotServed => "NotServed",
            Self::NotConsuming => "NotConsuming",
            Self::Forbidden => "Forbidden",
            Self::Refused => "Refused",
        }
    }
}
