//! What each part of the operator may not name: arrows point one way, and the pure core talks to nobody.

/// The rules for the files of one folder under `src`.
pub struct Layer {
    /// The folder.
    pub folder: &'static str,
    /// The modules of this crate that it may name; none for any but those that are forbidden.
    pub own_modules: Option<&'static [&'static str]>,
    /// Paths that it may not name, and why.
    pub forbidden: &'static [(&'static str, &'static str)],
    /// What it may name all the same.
    pub allowed: &'static [&'static str],
    /// Whether it takes the time as an argument.
    pub timeless: bool,
}

const CLUSTER: &str = "types and clients of the cluster stay in src/cluster";
const NETWORK: &str = "nothing here talks over the network";
const RUNTIME: &str = "nothing here waits or runs by itself";
const SYSTEM: &str = "nothing here asks the system for anything";
const CHANCE: &str = "chance is an argument here";
/// Why a clock may not be read.
pub const CLOCK: &str = "the time is an argument here";
/// Why a module of this crate may not be named.
pub const ARROWS: &str = "arrows point one way: api <- core <- source, cluster <- controller";

/// All layers that have rules.
pub const LAYERS: [Layer; 4] = [
    Layer {
        folder: "api",
        own_modules: Some(&["api", "value"]),
        forbidden: &[],
        allowed: &[],
        timeless: true,
    },
    Layer {
        folder: "core",
        own_modules: Some(&["api", "core", "value"]),
        forbidden: &[
            ("axum", NETWORK),
            ("http", NETWORK),
            ("http_body_util", NETWORK),
            ("hyper", NETWORK),
            ("hyper_util", NETWORK),
            ("reqwest", NETWORK),
            ("std::net", NETWORK),
            ("k8s_openapi", CLUSTER),
            ("kube", CLUSTER),
            ("futures", RUNTIME),
            ("tokio", RUNTIME),
            ("std::thread", RUNTIME),
            ("std::env", SYSTEM),
            ("std::fs", SYSTEM),
            ("std::os", SYSTEM),
            ("std::process", SYSTEM),
            ("fastrand", CHANCE),
            ("getrandom", CHANCE),
            ("steerable_clock", CLOCK),
            ("std::time::Instant", CLOCK),
            ("std::time::SystemTime", CLOCK),
        ],
        allowed: &[
            "k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition",
            "k8s_openapi::apimachinery::pkg::apis::meta::v1::Time",
        ],
        timeless: true,
    },
    Layer {
        folder: "source",
        own_modules: None,
        forbidden: &[
            ("k8s_openapi", CLUSTER),
            ("kube", CLUSTER),
            ("crate::cluster", ARROWS),
            ("crate::controller", ARROWS),
            ("crate::operator", ARROWS),
        ],
        allowed: &[],
        timeless: false,
    },
    Layer {
        folder: "cluster",
        own_modules: None,
        forbidden: &[("crate::controller", ARROWS), ("crate::operator", ARROWS)],
        allowed: &[],
        timeless: false,
    },
];
