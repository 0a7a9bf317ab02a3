//! NAVER Cloud Platform Secret Manager as a source: the io that reads secrets, and knows nothing of Kubernetes.
//!
//! An [`Account`] is one credential in one region; its [`look`](Account::look) brings back what the service says
//! about a secret, and its value. One [`Transport`] carries the calls of all accounts.

mod account;
mod answers;
mod base_url;
mod body;
mod budget;
mod call_error;
mod calls;
mod credentials;
mod endpoints;
mod index;
mod lenient;
mod listing;
mod operation;
mod reply;
mod server_role;
mod signature;
mod transport;

#[cfg(test)]
mod tests;

pub use account::{Account, NotOffered};
pub use base_url::EndpointError;
pub use budget::{Allowance, Budget, Held};
pub use credentials::{Credentials, CredentialsError};
pub use endpoints::{DOCUMENTED, Endpoints, Overrides};
pub use server_role::{METADATA_ADDRESS, MetadataError, RoleError, RoleReading, ServerRole};
pub use transport::{CallRecord, Deadlines, OnCall, Settings, Transport, TransportError};
