//! Real control planes: side by side, with users and controllers, counted, and gone without a trace.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::api::{DeleteParams, ListParams, ObjectMeta, PostParams, WatchParams};
use kube::{Api, Client, Resource};
use testbed::{Cluster, ControlPlane, Fault, FaultProxy, Sources};
use tokio::time::{sleep, timeout};

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn two_live_side_by_side_and_leave_nothing_behind() {
    let binaries = Sources::from_env().unwrap().find().unwrap();
    let (one, other) = tokio::try_join!(
        ControlPlane::start(&binaries),
        ControlPlane::start(&binaries)
    )
    .unwrap();

    the_audit_log_counts_exactly(one.cluster()).await;
    what_is_owned_goes_with_its_owner(&one.cluster().client().await.unwrap()).await;
    faults_are_seen_through_a_proxy(one.cluster()).await;

    let namespaces: Api<Namespace> = Api::all(other.cluster().client().await.unwrap());
    assert!(namespaces.get_opt("only-in-one").await.unwrap().is_none());

    let (one_folder, other_folder) = (
        one.cluster().folder().to_owned(),
        other.cluster().folder().to_owned(),
    );
    assert!(!processes_in(&one_folder).is_empty());
    one.stop().await.unwrap();
    nothing_is_left_of(&one_folder).await;
    namespaces.get("default").await.unwrap();
    drop(other);
    nothing_is_left_of(&other_folder).await;
}

async fn the_audit_log_counts_exactly(cluster: &Cluster) {
    let admin = cluster.client().await.unwrap();
    let namespace = Namespace {
        metadata: named("only-in-one"),
        ..Namespace::default()
    };
    Api::all(admin)
        .create(&PostParams::default(), &namespace)
        .await
        .unwrap();

    let kubeconfig = cluster
        .service_account_kubeconfig("only-in-one", "counter")
        .unwrap();
    let client = testbed::client(&kubeconfig).await.unwrap();
    let allowed: Api<ConfigMap> = Api::namespaced(client.clone(), "only-in-one");
    allowed.list(&ListParams::default()).await.unwrap_err();

    let mark = cluster.audit().mark().unwrap();
    grant_config_maps(cluster).await;
    let creations = (0..50).map(async |number| {
        let map = ConfigMap {
            metadata: named(&format!("map-{number}")),
            data: Some(BTreeMap::from([("text".to_owned(), "x".repeat(10_000))])),
            ..ConfigMap::default()
        };
        allowed.create(&PostParams::default(), &map).await.unwrap();
    });
    join_all(creations).await;
    allowed.list(&ListParams::default()).await.unwrap();
    let mut watch = allowed
        .watch(&WatchParams::default(), "0")
        .await
        .unwrap()
        .boxed();
    watch.next().await.unwrap().unwrap();
    let forbidden: Api<Secret> = Api::namespaced(client, "only-in-one");
    forbidden.get("any").await.unwrap_err();

    let mut seen = BTreeMap::new();
    for request in cluster.audit().since(mark).unwrap() {
        if request.user == "system:serviceaccount:only-in-one:counter" {
            assert_eq!(request.namespace, "only-in-one");
            *seen
                .entry((request.verb, request.resource, request.code))
                .or_insert(0) += 1;
        }
    }
    let expected = [
        (("create", "configmaps", 201), 50),
        (("get", "secrets", 403), 1),
        (("list", "configmaps", 200), 1),
        (("watch", "configmaps", 200), 1),
    ];
    let expected = expected.map(|((verb, resource, code), count)| {
        ((verb.to_owned(), resource.to_owned(), code), count)
    });
    assert_eq!(seen, BTreeMap::from(expected));
}

/// To all service accounts of the namespace, so that the groups of the certificate matter.
async fn grant_config_maps(cluster: &Cluster) {
    use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
    let client = cluster.client().await.unwrap();
    let group = "rbac.authorization.k8s.io".to_owned();
    let role = Role {
        metadata: named("config-maps"),
        rules: Some(vec![PolicyRule {
            api_groups: Some(vec![String::new()]),
            resources: Some(vec!["configmaps".to_owned()]),
            verbs: vec!["*".to_owned()],
            ..PolicyRule::default()
        }]),
    };
    let binding = RoleBinding {
        metadata: named("config-maps"),
        role_ref: RoleRef {
            api_group: Some(group.clone()),
            kind: "Role".to_owned(),
            name: "config-maps".to_owned(),
        },
        subjects: Some(vec![Subject {
            api_group: Some(group),
            kind: "Group".to_owned(),
            name: "system:serviceaccounts:only-in-one".to_owned(),
            namespace: None,
        }]),
    };
    let post = PostParams::default();
    Api::namespaced(client.clone(), "only-in-one")
        .create(&post, &role)
        .await
        .unwrap();
    Api::namespaced(client.clone(), "only-in-one")
        .create(&post, &binding)
        .await
        .unwrap();
}

async fn what_is_owned_goes_with_its_owner(client: &Client) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "default");
    let owner = ConfigMap {
        metadata: named("owner"),
        ..ConfigMap::default()
    };
    let owner = maps.create(&PostParams::default(), &owner).await.unwrap();
    let mut dependent = Secret {
        metadata: named("dependent"),
        ..Secret::default()
    };
    dependent.metadata.owner_references = Some(vec![owner.owner_ref(&()).unwrap()]);
    secrets
        .create(&PostParams::default(), &dependent)
        .await
        .unwrap();

    maps.delete("owner", &DeleteParams::default())
        .await
        .unwrap();

    let collected = async {
        while secrets.get_opt("dependent").await.unwrap().is_some() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, collected).await.unwrap();
}

async fn faults_are_seen_through_a_proxy(cluster: &Cluster) {
    let server = fs::read_to_string(cluster.folder().join("server")).unwrap();
    let proxy = FaultProxy::start(server["https://".len()..].parse().unwrap()).unwrap();
    let client = cluster
        .through(proxy.address())
        .unwrap()
        .client()
        .await
        .unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(client, "default");
    maps.list(&ListParams::default()).await.unwrap();

    proxy.set(Fault::Refuse).await.unwrap();
    maps.list(&ListParams::default()).await.unwrap_err();
    proxy.set(Fault::Pass).await.unwrap();
    maps.list(&ListParams::default()).await.unwrap();
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    }
}

/// The watchers of the programs end a moment after them.
async fn nothing_is_left_of(folder: &Path) {
    assert!(!folder.exists());
    let ended = async {
        while !processes_in(folder).is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let left = timeout(Duration::from_secs(1), ended).await;
    assert!(
        left.is_ok(),
        "these processes are left: {:?}",
        processes_in(folder)
    );
}

/// The numbers of the processes that run in a folder, present or removed.
fn processes_in(folder: &Path) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|process| {
            fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| {
                cwd.to_string_lossy()
                    .starts_with(&*folder.to_string_lossy())
            })
        })
        .map(|process| process.file_name().to_string_lossy().into_owned())
        .collect()
}
