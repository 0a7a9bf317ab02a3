//! What a control plane is started for: alone, or together with a node.

use std::net::Ipv4Addr;

use crate::node::KUBERNETES_ADDRESS;
use crate::programs::{KUBELET_CLIENT_CERTIFICATE, KUBELET_CLIENT_KEY};

/// Those that tests can see at work without nodes.
const CONTROLLERS: &[&str] = &[
    "clusterrole-aggregation-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
];

/// Those that bring pods to a node, and away from it.
const CONTROLLERS_OF_PODS: &[&str] = &[
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpointslice-controller",
    "job-controller",
    "node-lifecycle-controller",
    "pod-garbage-collector-controller",
    "replicaset-controller",
    "statefulset-controller",
    "taint-eviction-controller",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Clients on this machine are all that there is.
    Alone,
    /// A node runs pods. It is in an enclosure, where all addresses are as private as loopback, so that pods find the
    /// API server where Kubernetes tells them: at the first address of its services.
    WithNode,
}

impl Purpose {
    /// Where the API server listens, and leaves its port free at other addresses.
    pub(crate) const fn bind_address(self) -> Ipv4Addr {
        match self {
            Self::Alone => Ipv4Addr::LOCALHOST,
            Self::WithNode => KUBERNETES_ADDRESS,
        }
    }

    /// What the API server is told besides.
    pub(crate) fn server_arguments(self) -> Vec<String> {
        match self {
            Self::Alone => vec!["--authorization-mode=RBAC".to_owned()],
            Self::WithNode => vec![
                "--authorization-mode=Node,RBAC".to_owned(),
                "--enable-admission-plugins=NodeRestriction".to_owned(),
                format!("--kubelet-client-certificate={KUBELET_CLIENT_CERTIFICATE}"),
                format!("--kubelet-client-key={KUBELET_CLIENT_KEY}"),
                "--kubelet-preferred-address-types=InternalIP".to_owned(),
            ],
        }
    }

    pub(crate) fn controllers(self) -> Vec<&'static str> {
        match self {
            Self::Alone => CONTROLLERS.to_vec(),
            Self::WithNode => [CONTROLLERS, CONTROLLERS_OF_PODS].concat(),
        }
    }
}
