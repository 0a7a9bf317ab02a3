//! `NcpSecretStore` and `ClusterNcpSecretStore`: where and with which credentials to read.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are the descriptions in the schema, which kubectl shows as plain text"
)]
#![expect(
    clippy::duplicated_attributes,
    reason = "each printer column is an attribute of its own"
)]

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::status::StoreStatus;
use super::terms::{KeyIsolation, Region};

/// A region and the credentials for it, for the objects of one namespace.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "ncp-secrets.io",
    version = "v1alpha1",
    kind = "NcpSecretStore",
    namespaced,
    status = "StoreStatus",
    derive = "PartialEq",
    shortname = "ncpss",
    category = "ncp-secrets",
    doc = "NcpSecretStore says where and with which credentials the NcpSecrets of its namespace are read.",
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
    printcolumn(name = "Region", type_ = "string", json_path = ".spec.region"),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        priority = 1,
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#
    )
)]
#[kube(
    validation = Rule::new("!has(self.spec.keyIsolation) || self.spec.keyIsolation != 'Global' || self.spec.region == 'KR'")
        .message("keyIsolation Global is offered in region KR only")
)]
#[serde(rename_all = "camelCase")]
pub struct NcpSecretStoreSpec {
    /// Region of the secrets: KR or JPN.
    pub region: Region,
    /// Which KMS keys protect the secrets. Absent: Auto, which asks the regional host and then the global one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_isolation: Option<KeyIsolation>,
    /// The credentials.
    pub auth: StoreAuth,
    /// How many calls may be made to NCP. Absent: 50 in a second, and 100 at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// How many calls a store may make.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// Calls in a second, in the long run. Absent: 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub requests_per_second: Option<i32>,
    /// Calls at once, after a while without any. Absent: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub burst: Option<i32>,
}

/// The credentials of a store.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreAuth {
    /// The Secret that holds the access key and the secret key.
    pub secret_ref: SecretKeyRef,
}

/// A Secret in the namespace of the store.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub name: String,
    /// Its key that holds the access key ID. Absent: NCLOUD_ACCESS_KEY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub access_key_key: Option<String>,
    /// Its key that holds the secret key. Absent: NCLOUD_SECRET_KEY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub secret_key_key: Option<String>,
}

/// A region and the credentials for it, for every namespace that is granted something.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "ncp-secrets.io",
    version = "v1alpha1",
    kind = "ClusterNcpSecretStore",
    status = "StoreStatus",
    derive = "PartialEq",
    shortname = "cncpss",
    category = "ncp-secrets",
    doc = "ClusterNcpSecretStore says where and with which credentials NcpSecrets are read, and which namespaces may read which secrets.",
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
    printcolumn(name = "Region", type_ = "string", json_path = ".spec.region"),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        priority = 1,
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#
    )
)]
#[kube(
    validation = Rule::new("!has(self.spec.keyIsolation) || self.spec.keyIsolation != 'Global' || self.spec.region == 'KR'")
        .message("keyIsolation Global is offered in region KR only")
)]
#[serde(rename_all = "camelCase")]
pub struct ClusterNcpSecretStoreSpec {
    /// Region of the secrets: KR or JPN.
    pub region: Region,
    /// Which KMS keys protect the secrets. Absent: Auto, which asks the regional host and then the global one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_isolation: Option<KeyIsolation>,
    /// The credentials.
    pub auth: ClusterStoreAuth,
    /// How many calls may be made to NCP. Absent: 50 in a second, and 100 at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Which namespaces may read which secrets. Absent or empty: nobody may read anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub grants: Vec<Grant>,
}

/// The credentials of a cluster store: exactly one of secretRef and serverRole.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.secretRef) != has(self.serverRole)")
        .message("write exactly one of secretRef and serverRole")
)]
pub struct ClusterStoreAuth {
    /// The Secret that holds the access key and the secret key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<ClusterSecretKeyRef>,
    /// Temporary keys of the server role of the node that the operator runs on. Written as {}.
    #[serde(
        default,
        deserialize_with = "super::shape::object",
        skip_serializing_if = "Option::is_none"
    )]
    pub server_role: Option<ServerRoleAuth>,
}

/// Temporary keys of the server role of the node that the operator runs on. Written as {}.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerRoleAuth {}

/// A Secret in a namespace of the cluster.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSecretKeyRef {
    /// Namespace of the Secret.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    )]
    pub namespace: String,
    /// Name of the Secret.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    )]
    pub name: String,
    /// Its key that holds the access key ID. Absent: NCLOUD_ACCESS_KEY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub access_key_key: Option<String>,
    /// Its key that holds the secret key. Absent: NCLOUD_SECRET_KEY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub secret_key_key: Option<String>,
}

/// Namespaces, and the secrets that they may read. In all lists `*` stands for any text and `?` for one character.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("(has(self.secretIds) && size(self.secretIds) > 0) || (has(self.secretNames) && size(self.secretNames) > 0)")
        .message("a grant names secretIds or secretNames")
)]
pub struct Grant {
    /// Names of namespaces.
    #[schemars(
        length(min = 1, max = 256),
        inner(length(min = 1, max = 63), regex(pattern = r"^[-a-z0-9*?]+$"))
    )]
    pub namespaces: Vec<String>,
    /// IDs of secrets, for objects that write secretId.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 256),
        inner(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9._~*?-]+$"))
    )]
    pub secret_ids: Vec<String>,
    /// Names of secrets, for objects that write secretName.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 256),
        inner(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_*?-]+$"))
    )]
    pub secret_names: Vec<String>,
}
