//! ncp-secret-operator keeps Kubernetes Secrets equal to secrets in NAVER Cloud Platform (NCP) Secret Manager.
//!
//! Read it in this order. [`api`] is what people write and read. [`core`] decides everything, from values alone.
//! [`source`] reads secrets from NCP, [`cluster`] talks to Kubernetes, and [`controller`] brings them together, one
//! pass over one object at a time. [`operator`] sets it all up.

pub mod api;
pub mod clock_feed;
pub mod cluster;
pub mod controller;
pub mod core;
pub mod metrics;
pub mod operator;
pub mod serve;
pub mod settings;
pub mod source;
pub mod value;
