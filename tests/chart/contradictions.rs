//! Values that do not go together, and what they must not grant.

use crate::helm::{CHART, both, latest, objects, of_kind};

#[test]
fn values_that_contradict_each_other_are_refused_with_what_to_do() {
    let cases: [(&[&str], &str); 6] = [
        (
            &["restarts.enabled=true", "admissionPolicy.enabled=false"],
            "Set admissionPolicy.enabled to true, or restarts.enabled to false",
        ),
        (
            &["watchNamespaces=[\"shop\"]", "clusterStores.enabled=true"],
            "Leave watchNamespaces empty, or set clusterStores.enabled to false",
        ),
        (
            &["serverRole.enabled=true"],
            "Set clusterStores.enabled to true, or serverRole.enabled to false",
        ),
        (
            &["watchNamespaces=[\"shop\",\"kube-system\"]"],
            "Take kube-system out of watchNamespaces",
        ),
        (
            &["serviceAccount.create=false"],
            "Name an account of the operator's own in serviceAccount.name",
        ),
        (
            &["serviceAccount.name=\"default\""],
            "Name an account of the operator's own in serviceAccount.name",
        ),
    ];
    for helm in both() {
        for (values, advice) in cases {
            let refused = helm.renders(values).unwrap_err();
            assert!(refused.contains(advice), "{values:?}: {refused}");
        }
    }
}

#[test]
fn a_release_whose_name_no_service_can_have_is_told_to_take_another() {
    for helm in both() {
        for release in ["team.a", "1st"] {
            let refused = helm.template(&[release, CHART]).unwrap_err();
            assert!(refused.contains("Set fullnameOverride"), "{refused}");
            let other = ["--set", "fullnameOverride=secrets"];
            let taken = helm.template(&[&[release, CHART][..], &other].concat());
            assert!(taken.is_ok(), "{taken:?}");
        }
    }
}

#[test]
fn in_namespaced_mode_there_are_roles_only() {
    let values = [
        "watchNamespaces=[\"shop\",\"till\"]",
        "restarts.enabled=true",
    ];
    let objects = objects(&latest().renders(&values).unwrap());
    assert_eq!(of_kind(&objects, "ClusterRole"), None);
    assert_eq!(of_kind(&objects, "ClusterRoleBinding"), None);
    let mut namespaces: Vec<_> = objects
        .iter()
        .filter(|object| object["kind"] == "Role")
        .map(|role| role["metadata"]["namespace"].as_str().unwrap())
        .collect();
    namespaces.sort_unstable();
    assert_eq!(namespaces, ["ncp-secrets", "shop", "till"]);
}

#[test]
fn rights_to_restart_and_on_cluster_stores_are_granted_only_when_asked_for() {
    let granted = |values: &[&str]| latest().renders(values).unwrap();
    let usual = granted(&["crds.install=false", "aggregatedRoles.enabled=false"]);
    for word in [
        "resources: [deployments, statefulsets, daemonsets]\n  verbs",
        "clusterncpsecretstores",
    ] {
        assert!(!usual.contains(word), "{word}");
    }
    assert!(granted(&["restarts.enabled=true"]).contains("daemonsets]\n  verbs: [get, patch]"));
    assert!(granted(&["clusterStores.enabled=true"]).contains("clusterncpsecretstores/status]"));
}
