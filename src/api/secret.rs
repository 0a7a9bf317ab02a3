//! `NcpSecret`: one Secret that is kept equal to one secret in NCP.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are the descriptions in the schema, which kubectl shows as plain text"
)]
#![allow(
    clippy::duplicated_attributes,
    reason = "each printer column is an attribute of its own"
)]

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::restart::WorkloadRef;
use super::shape::{AllKeys, DataKey};
use super::status::NcpSecretStatus;
use super::terms::Stage;

/// Which secret of NCP Secret Manager becomes which Secret.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "ncp-secrets.io",
    version = "v1alpha1",
    kind = "NcpSecret",
    namespaced,
    status = "NcpSecretStatus",
    derive = "PartialEq",
    shortname = "ncps",
    category = "ncp-secrets",
    doc = "NcpSecret keeps one Kubernetes Secret equal to one secret in NAVER Cloud Platform Secret Manager.",
    selectable = ".spec.storeRef.name",
    selectable = ".spec.source.secretId",
    selectable = ".spec.source.secretName",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#
    ),
    printcolumn(
        name = "Lifecycle",
        type_ = "string",
        json_path = ".status.source.lifecycle"
    ),
    printcolumn(
        name = "Phase",
        type_ = "string",
        json_path = ".status.source.rotationPhase"
    ),
    printcolumn(
        name = "Next rotation",
        type_ = "string",
        json_path = ".status.source.nextRotationTime"
    ),
    printcolumn(name = "Target", type_ = "string", json_path = ".status.target.name"),
    printcolumn(name = "Suspended", type_ = "boolean", json_path = ".spec.suspend"),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    ),
    printcolumn(
        name = "Rotation",
        type_ = "string",
        priority = 1,
        json_path = r#".status.conditions[?(@.type=="RotationHealthy")].reason"#
    ),
    printcolumn(
        name = "Store",
        type_ = "string",
        priority = 1,
        json_path = ".spec.storeRef.name"
    ),
    printcolumn(
        name = "Source",
        type_ = "string",
        priority = 1,
        json_path = ".status.source.secretName"
    ),
    printcolumn(
        name = "Changed",
        type_ = "date",
        priority = 1,
        json_path = ".status.target.changedTime"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        priority = 1,
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#
    )
)]
#[kube(
    validation = Rule::new("!has(self.spec.rotation) || !has(self.spec.rotation.pending) || self.spec.rotation.pending != 'Expose' || !has(self.spec.source.stage) || self.spec.source.stage == 'Active'")
        .message("rotation.pending Expose goes with source.stage Active only")
)]
#[serde(rename_all = "camelCase")]
pub struct NcpSecretSpec {
    /// Where and with which credentials to read.
    pub store_ref: StoreRef,
    /// The secret in NCP.
    pub source: Source,
    /// How often to look. Absent: every hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Refresh>,
    /// The Secret to write. Absent: an Opaque one with the name of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The keys of the Secret. Absent: every key of the value under its own name.
    #[serde(
        default,
        deserialize_with = "super::shape::list_of_objects",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["key".into()]))]
    pub data: Option<Vec<DataKey>>,
    /// Takes every key of the value that passes, besides those of data, which win. Absent: every key when data is
    /// absent too, otherwise none.
    #[serde(
        default,
        deserialize_with = "super::shape::object",
        skip_serializing_if = "Option::is_none"
    )]
    pub all_keys: Option<AllKeys>,
    /// Workloads of this namespace that are restarted when a key of the Secret that their pod template consumes changes.
    #[serde(
        default,
        deserialize_with = "super::shape::list_of_objects",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["kind".into(), "name".into()]))]
    pub restart: Option<Vec<WorkloadRef>>,
    /// What to do with the new value of a rotation that is not complete. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// True: nothing is read or written, and the Secret and its conditions stay as they are. Absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// Names a store.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreRef {
    /// Name of the store.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub name: String,
    /// Kind of the store: NcpSecretStore (in this namespace, the default) or ClusterNcpSecretStore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<StoreKind>,
}

/// The kinds of store.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub enum StoreKind {
    /// In the namespace of the object.
    #[default]
    NcpSecretStore,
    /// For all namespaces that it grants something to.
    ClusterNcpSecretStore,
}

impl StoreKind {
    /// The kind as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NcpSecretStore => "NcpSecretStore",
            Self::ClusterNcpSecretStore => "ClusterNcpSecretStore",
        }
    }
}

/// The secret in NCP: exactly one of secretId and secretName.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.secretId) != has(self.secretName)")
        .message("write exactly one of secretId and secretName")
)]
pub struct Source {
    /// ID of the secret, as NCP's console and API show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 128),
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._~-]*$")
    )]
    pub secret_id: Option<String>,
    /// Name of the secret. It is looked up in the list of the store's secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 3, max = 64),
        regex(pattern = r"^[A-Za-z][A-Za-z0-9_-]*$")
    )]
    pub secret_name: Option<String>,
    /// Which value of the chain to read. Absent: Active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
}

/// When to look again. Times are written in hours, minutes and seconds: "90s", "30m", "1h30m".
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refresh {
    /// What makes the operator look at NCP. Absent: RotationAware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RefreshPolicy>,
    /// Longest time between two looks, 30s to 8760h. Absent: 1h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 2, max = 16),
        regex(pattern = r"^([0-9]+h)?([0-9]+m)?([0-9]+s)?$")
    )]
    #[x_kube(validation = Rule::new("duration(self) >= duration('30s') && duration(self) <= duration('8760h')")
        .message("interval must be between 30s and 8760h"))]
    pub interval: Option<String>,
    /// How long looks may fail before Ready turns False, 30s to 8760h. Absent: three intervals, at least 15m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 2, max = 16),
        regex(pattern = r"^([0-9]+h)?([0-9]+m)?([0-9]+s)?$")
    )]
    #[x_kube(validation = Rule::new("duration(self) >= duration('30s') && duration(self) <= duration('8760h')")
        .message("staleAfter must be between 30s and 8760h"))]
    pub stale_after: Option<String>,
}

/// What makes the operator look at NCP: time and rotation (RotationAware, the default), or only a change in the cluster
/// and force-sync (OnChange).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RefreshPolicy {
    /// The interval, and the dates and phases of rotation.
    #[default]
    RotationAware,
    /// A changed spec, a Secret that is missing or was edited, and force-sync; nothing else once the Secret is good.
    OnChange,
}

/// What to do with the new value of a rotation that is not complete.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// Whether the PENDING value stands in the Secret too while a rotation runs or has failed: Ignore (the default) or
    /// Expose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingPolicy>,
    /// With pending Expose: what the names of the keys with the PENDING value end in. Absent: _PENDING.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub pending_suffix: Option<String>,
}

/// Whether the PENDING value stands in the Secret too while a rotation runs or has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PendingPolicy {
    /// Only the value in use stands in the Secret.
    #[default]
    Ignore,
    /// Keys from data.from and allKeys exist a second time, with the PENDING value.
    Expose,
}

/// The Secret to write.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Name of the Secret. Absent: the name of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub name: Option<String>,
    /// Type of the Secret: Opaque (the default), kubernetes.io/tls, kubernetes.io/dockerconfigjson,
    /// kubernetes.io/basic-auth, kubernetes.io/ssh-auth, or a name of your own.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$")
    )]
    #[x_kube(validation = Rule::new("self in ['kubernetes.io/tls', 'kubernetes.io/dockerconfigjson', 'kubernetes.io/basic-auth', 'kubernetes.io/ssh-auth'] || !(self.startsWith('kubernetes.io/') || self.startsWith('helm.sh/') || self.startsWith('bootstrap.'))")
        .message("type must be Opaque, kubernetes.io/tls, kubernetes.io/dockerconfigjson, kubernetes.io/basic-auth, kubernetes.io/ssh-auth, or a name outside kubernetes.io/, helm.sh/ and bootstrap."))]
    pub type_: Option<String>,
    /// Labels of the Secret, besides our own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32, "additionalProperties" = {"type": "string", "maxLength": 63}))]
    #[x_kube(validation = Rule::new("self.all(k, size(k) <= 317 && !k.startsWith('ncp-secrets.io/') && k != 'app.kubernetes.io/managed-by')")
        .message("ncp-secrets.io/ and app.kubernetes.io/managed-by are reserved"))]
    #[x_kube(validation = Rule::new("self.all(k, k.indexOf('/') <= 253 && k.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$') && self[k].matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$'))")
        .message("labels must have the form that Kubernetes allows for labels"))]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the Secret, besides our own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32, "additionalProperties" = {"type": "string", "maxLength": 4096}))]
    #[x_kube(validation = Rule::new("self.all(k, size(k) <= 317 && !k.startsWith('ncp-secrets.io/') && k != 'app.kubernetes.io/managed-by')")
        .message("ncp-secrets.io/ and app.kubernetes.io/managed-by are reserved"))]
    #[x_kube(validation = Rule::new("self.all(k, k.indexOf('/') <= 253 && k.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'))")
        .message("annotations must have the form that Kubernetes allows for annotations"))]
    #[x_kube(validation = Rule::new("self.map(k, size(bytes(k)) + size(bytes(self[k]))).sum() <= 245760")
        .message("annotations must have 245760 bytes at the most, names and values together"))]
    pub annotations: BTreeMap<String, String>,
    /// What happens to the Secret when this object is deleted. Absent: Owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_policy: Option<CreationPolicy>,
    /// What happens to the Secret when the secret in NCP is gone for good. Absent: Retain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// Whether the Secret lives as long as its object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CreationPolicy {
    /// The Secret is owned by the object and collected with it.
    #[default]
    Owner,
    /// The Secret survives the object, and a later object of the same name adopts it.
    Orphan,
}

/// Whether the Secret outlives the secret in NCP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// The Secret stays with its last value.
    #[default]
    Retain,
    /// The Secret is deleted once it is certain that the secret in NCP was destroyed.
    Delete,
}
