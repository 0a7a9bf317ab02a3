//! Starts and stops a real Kubernetes control plane for tests and demos, and a node that runs pods; counts the requests
//! it answers, and puts faults between it and its clients.

mod audit;
mod authority;
mod binaries;
mod cluster;
mod control_plane;
mod fault_proxy;
mod fingerprint;
mod folder;
mod go;
mod go_module;
mod helm;
mod impossible;
mod kit;
mod libseccomp;
mod node;
mod ports;
mod process;
mod programs;
mod promtool;
mod purpose;

pub use audit::{Audit, Mark, Request};
pub use binaries::{Binaries, Progress, Sources};
pub use cluster::{CLUSTER_VARIABLE, Cluster, client};
pub use control_plane::ControlPlane;
pub use fault_proxy::{Fault, FaultProxy};
pub use go_module::GoModule;
pub use helm::Helm;
pub use impossible::Impossible;
pub use node::{Enclosed, Enclosure, NODE_ADDRESS, Names, Node, NodeBinaries, waiter_pod};
pub use ports::free_ports;
pub use process::{Output, Process, Signal};
pub use promtool::Promtool;
