//! The addresses in an enclosure. It has a network of its own, so these are nobody else's.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

/// Where Kubernetes tells pods to find the API server. There is no kube-proxy to lead this address anywhere, so the API
/// server has it itself.
pub(crate) const KUBERNETES_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub(crate) const KUBERNETES_PORT: u16 = 443;
/// The address of the node, at which pods reach what listens there.
pub const NODE_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 1);
const PODS: &str = "10.0.2.0/24";

/// How a pod gets an interface and an address of its own, for the CNI plugins.
pub(super) fn of_pods(state: &str) -> Value {
    json!({
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [{
            "type": "ptp",
            "ipam": {
                "type": "host-local",
                "dataDir": state,
                "ranges": [[{"subnet": PODS}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }],
    })
}
