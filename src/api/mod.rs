//! The custom resources: what people write, and what they read in status.
//!
//! Types here follow the schema of the API server field by field. What a spec means is decided once, in
//! [`crate::core::request`].

mod manifest;
mod reason;
mod restart;
mod secret;
mod shape;
mod status;
mod store;
pub mod terms;

pub use manifest::manifests;
pub use reason::Reason;
pub use restart::{RestartResult, RestartStatus, WorkloadKind, WorkloadRef};
pub use secret::{
    CreationPolicy, DeletionPolicy, NcpSecret, NcpSecretSpec, PendingPolicy, Refresh,
    RefreshPolicy, Rotation, Source, StoreKind, StoreRef, Target,
};
pub use shape::{AllKeys, DataKey, Decode, Format, KeyStyle};
pub use status::{NcpSecretStatus, SourceStatus, StoreStatus, TargetStatus, condition};
pub use store::{
    Budget, ClusterNcpSecretStore, ClusterNcpSecretStoreSpec, ClusterSecretKeyRef,
    ClusterStoreAuth, Grant, NcpSecretStore, NcpSecretStoreSpec, SecretKeyRef, ServerRoleAuth,
    StoreAuth,
};

/// The API group of all kinds.
pub const GROUP: &str = "ncp-secrets.io";

/// Field manager of all writes, and value of the managed-by label on Secrets.
pub const MANAGER: &str = "ncp-secret-operator";

/// The label that marks the Secrets we write.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Prefix of labels and annotations that are ours alone.
pub const RESERVED_PREFIX: &str = "ncp-secrets.io/";

/// Annotation of a Secret: name of the `NcpSecret` that it belongs to.
pub const OWNER: &str = "ncp-secrets.io/owner";

/// Annotation of a Secret: UID of the `NcpSecret` that it belongs to.
pub const OWNER_UID: &str = "ncp-secrets.io/owner-uid";

/// Annotation of a Secret: ID of the installation key and keyed hash of the content.
pub const CONTENT: &str = "ncp-secrets.io/content";

/// Annotation of a pod template: when it was last changed to restart its pods, for which object and which content.
pub const RESTARTED_FOR: &str = "ncp-secrets.io/restarted-for";

/// Annotation of an `NcpSecret`: any new text asks for a look now.
pub const FORCE_SYNC: &str = "ncp-secrets.io/force-sync";
