//! The wire: operations, paths, bodies, envelopes and errors of the API.

mod body;
mod error;
mod operation;
mod perform;
mod query;
mod read;
mod route;
mod target;
mod view;
mod view_lists;
mod view_values;
mod write;

pub(crate) use error::Failure;
pub use error::{GatewayError, ServiceError};
pub use operation::{Kind, Operation};
pub(crate) use perform::{ApiCall, perform};
pub(crate) use route::Route;
pub(crate) use target::Target;
