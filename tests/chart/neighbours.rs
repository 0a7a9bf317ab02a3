//! Two releases in one cluster: each in a namespace of its own, or not at all.

use crate::cluster::Cluster;
use crate::helm::{CHART, Tool, both_for};

/// A name and a namespace that YAML would take for something else, were they not quoted.
const FIRST: &str = "on";
const HOME: &str = "123";

/// What brings no CRDs, policies or roles of the cluster that two releases would both want.
const SMALL: [&str; 4] = [
    "--set",
    "crds.install=false",
    "--set",
    "aggregatedRoles.enabled=false",
];

fn install(helm: &Tool, release: &str, namespace: &str) -> Result<String, String> {
    let usual = [
        "install",
        release,
        CHART,
        "--namespace",
        namespace,
        "--create-namespace",
    ];
    helm.run(&[&usual[..], &SMALL].concat())
}

#[tokio::test]
async fn a_second_release_in_a_namespace_is_refused_and_in_another_it_is_not() {
    let cluster = Cluster::start().await;
    for helm in both_for(cluster.kubeconfig()) {
        install(&helm, FIRST, HOME).unwrap();
        let refused = install(&helm, "second", HOME).unwrap_err();
        let advice = "Upgrade the release on, or install this one in a namespace of its own";
        assert!(refused.contains(advice), "{refused}");

        install(&helm, "second", "456").unwrap();
        let upgrade = ["upgrade", FIRST, CHART, "--namespace", HOME];
        helm.run(&[&upgrade[..], &SMALL].concat()).unwrap();
        for (release, namespace) in [(FIRST, HOME), ("second", "456")] {
            helm.run(&["uninstall", release, "--namespace", namespace])
                .unwrap();
        }
        install(&helm, "second", HOME).unwrap();
        helm.run(&["uninstall", "second", "--namespace", HOME])
            .unwrap();
    }
    cluster.plane.stop().await.unwrap();
}
