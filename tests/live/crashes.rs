//! R13: whatever ends in the middle converges afterwards, with no write more than that makes necessary.

use std::collections::BTreeMap;
use std::pin::pin;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::config::Kubeconfig;
use kube::runtime::watcher::{self, Event};
use kube::{Api, ResourceExt};
use ncp_emulator::{Effect, Stage};
use ncp_secret_operator::api::NcpSecret;
use serde::de::DeserializeOwned;
use serde_json::json;
use testbed::{Fault, FaultProxy, Output, Process, Signal};

use crate::scene::{Scene, condition, own_control_plane, until};

const VALUE: &str = r#"{"password":"one"}"#;
const CREATED: &str = "create secrets orders-db 201";
const CHANGED: &str = "patch secrets orders-db 200";
const TOLD: &str = "patch ncpsecrets/status orders-db 200";

/// Long enough to cut a connection while the reply of the API server is on its way back.
const ON_ITS_WAY: Fault = Fault::Delay(Duration::from_secs(1));

impl Scene {
    /// A scene whose operator reaches the API server through a faulty network; the operator does not run yet.
    pub async fn behind_a_proxy() -> (Self, FaultProxy) {
        let mut scene = Self::without_operator().await;
        scene.create_store("ncp").await;
        let proxy = scene.proxy();
        scene.reach_through(proxy.address());
        (scene, proxy)
    }

    /// A faulty network in front of the API server.
    pub fn proxy(&self) -> FaultProxy {
        let kubeconfig = Kubeconfig::read_from(self.cluster.kubeconfig()).unwrap();
        let server = kubeconfig.clusters[0]
            .cluster
            .as_ref()
            .unwrap()
            .server
            .as_ref();
        let server = server.unwrap().strip_prefix("https://").unwrap();
        FaultProxy::start(server.parse().unwrap()).unwrap()
    }

    /// Successful writes of the object and its Secret since the mark.
    fn written(&self, since: testbed::Mark) -> Vec<String> {
        let mut asked = self.asked(since);
        asked.retain(|line| [CREATED, CHANGED, TOLD].contains(&line.as_str()));
        asked
    }
}

/// The version of a Secret. The audit log is no witness of a write whose reply was lost: the API server may take the
/// lost connection for the end of the request.
async fn version_of_secret(scene: &Scene, name: &str) -> String {
    let secret = scene.secret(name).await.unwrap();
    secret.metadata.resource_version.unwrap()
}

/// Lets the reply to a write get lost, as soon as the write is seen to be done.
async fn lose_the_reply(proxy: &FaultProxy, done: impl AsyncFn() -> Option<()>) {
    until("the write is done", done).await;
    proxy.set(Fault::Cut).await.unwrap();
    proxy.set(Fault::Pass).await.unwrap();
}

#[tokio::test]
async fn r13_a_created_secret_whose_reply_is_lost_is_found_and_not_written_again() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    let id = scene.secret_in_ncp("orders", VALUE);
    let mark = scene.mark();
    proxy.set(ON_ITS_WAY).await.unwrap();
    scene.create_by_id("orders-db", &id, json!({})).await;
    lose_the_reply(&proxy, async || scene.secret("orders-db").await.map(drop)).await;
    let created = version_of_secret(&scene, "orders-db").await;
    scene.until_reason("orders-db", "Synced").await;
    scene.until_past().await;
    assert_eq!(version_of_secret(&scene, "orders-db").await, created);
    assert_eq!(scene.written(mark).last().unwrap(), TOLD);
}

#[tokio::test]
async fn r13_a_changed_secret_whose_reply_is_lost_is_not_written_again() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    let before = scene.secret("orders-db").await;
    let two = Some(r#"{"password":"two"}"#);
    scene.emulator.set_value(&id, Stage::Active, two).unwrap();
    let mark = scene.mark();
    proxy.set(ON_ITS_WAY).await.unwrap();
    scene.annotate("orders-db", "now").await;
    lose_the_reply(&proxy, async || {
        (scene.secret("orders-db").await != before).then_some(())
    })
    .await;
    let changed = version_of_secret(&scene, "orders-db").await;
    scene
        .until_object("orders-db", "echoes", |object| {
            let status = object.status.as_ref();
            status.is_some_and(|status| status.last_forced_sync.is_some())
        })
        .await;
    scene.until_past().await;
    assert_eq!(version_of_secret(&scene, "orders-db").await, changed);
    assert_eq!(scene.written(mark).last().unwrap(), TOLD);
}

#[tokio::test]
async fn r13_a_status_whose_reply_is_lost_is_not_written_again() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    let id = scene.secret_in_ncp("orders", VALUE);
    let mark = scene.mark();
    proxy.set(ON_ITS_WAY).await.unwrap();
    scene.create_by_id("orders-db", &id, json!({})).await;
    lose_the_reply(&proxy, async || {
        let object = scene.ncp_secret("orders-db").await;
        condition(&object, "Ready").map(drop)
    })
    .await;
    let told = scene.version("orders-db").await;
    until("the operator has tried again", async || {
        (scene.looks_at(&id) >= 2).then_some(())
    })
    .await;
    scene.until_past().await;
    scene.until_reason("orders-db", "Synced").await;
    assert_eq!(scene.version("orders-db").await, told);
    assert_eq!(scene.written(mark).first().unwrap(), CREATED);
}

#[tokio::test]
async fn r13_an_operator_that_ends_between_secret_and_status_leaves_only_the_status_to_write() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    let id = scene.secret_in_ncp("orders", VALUE);
    let mark = scene.mark();
    proxy.set(ON_ITS_WAY).await.unwrap();
    scene.create_by_id("orders-db", &id, json!({})).await;
    until("the Secret is created", async || {
        scene.secret("orders-db").await.map(drop)
    })
    .await;
    proxy.set(Fault::Refuse).await.unwrap();
    scene.stop_operator().await;
    let object = scene.ncp_secret("orders-db").await;
    assert_eq!(condition(&object, "Ready"), None);

    proxy.set(Fault::Pass).await.unwrap();
    scene.start_operator().await;
    scene.until_reason("orders-db", "Synced").await;
    scene.until_past().await;
    assert_eq!(scene.written(mark), [CREATED, TOLD]);
}

#[tokio::test]
async fn r13_the_time_of_a_change_is_right_although_its_status_was_lost() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    let changed = |object: NcpSecret| object.status.unwrap().target.unwrap().changed_time;
    let first = changed(scene.ncp_secret("orders-db").await);
    let before = scene.secret("orders-db").await;
    let two = Some(r#"{"password":"two"}"#);
    scene.emulator.set_value(&id, Stage::Active, two).unwrap();
    scene.advance(jiff::SignedDuration::from_mins(10));
    proxy.set(ON_ITS_WAY).await.unwrap();
    scene.annotate("orders-db", "now").await;
    until("the Secret is changed", async || {
        (scene.secret("orders-db").await != before).then_some(())
    })
    .await;
    proxy.set(Fault::Refuse).await.unwrap();
    scene.stop_operator().await;
    assert_eq!(changed(scene.ncp_secret("orders-db").await), first);

    proxy.set(Fault::Pass).await.unwrap();
    let mark = scene.mark();
    scene.start_operator().await;
    let object = scene
        .until_object("orders-db", "echoes", |object| {
            let status = object.status.as_ref();
            status.is_some_and(|status| status.last_forced_sync.is_some())
        })
        .await;
    let passed = changed(object).0.duration_since(first.0);
    assert!(passed >= jiff::SignedDuration::from_mins(10), "{passed:#}");
    scene.until_past().await;
    assert_eq!(scene.written(mark), [TOLD]);
}

const OBJECTS: usize = 50;

#[tokio::test]
async fn r13_a_process_that_is_killed_while_it_syncs_fifty_objects_goes_on_where_it_was() {
    // The program follows all namespaces, so it has a cluster to itself.
    let plane = own_control_plane().await;
    let mut scene = Scene::in_own(&plane).await;
    scene.grant_the_cluster().await;
    scene.concurrency = 4;
    scene.create_store("ncp").await;
    let slow = Effect::Delay(Duration::from_millis(100));
    scene.emulator.add_fault(ncp_emulator::Fault::new(slow));
    for number in 0..OBJECTS {
        let name = format!("object-{number:02}");
        let id = scene.secret_in_ncp(&name, VALUE);
        scene.create_by_id(&name, &id, json!({})).await;
    }
    let changes = Changes::of(&scene).await;
    for until_there in [10, 20, 30] {
        let mut operator = run(&scene);
        until("some of the Secrets are there", async || {
            (changes.count("Secret object") >= until_there).then_some(())
        })
        .await;
        operator.signal(Signal::KILL).unwrap();
        operator.wait().await.unwrap();
        assert!(changes.count("Secret object") < OBJECTS);
    }
    let _operator = run(&scene);
    for number in 0..OBJECTS {
        let name = format!("object-{number:02}");
        scene.until_reason(&name, "Synced").await;
    }
    // A change that comes after all the others has been seen when they have been.
    scene.write_secret("last", json!({})).await;
    scene
        .patch_ncp_secret(
            "object-00",
            json!({"metadata": {"labels": {"last": "yes"}}}),
        )
        .await;
    until("the last changes are seen", async || {
        (changes.count("Secret last") == 1 && changes.count("NcpSecret object-00") == 2)
            .then_some(())
    })
    .await;
    let mut expected = BTreeMap::from([("Secret last".into(), 1)]);
    for number in 0..OBJECTS {
        expected.insert(format!("Secret object-{number:02}"), 1);
        expected.insert(
            format!("NcpSecret object-{number:02}"),
            1 + usize::from(number == 0),
        );
    }
    assert_eq!(*changes.0.lock().unwrap(), expected);
    plane.stop().await.unwrap();
}

/// How often each object was created or changed. The audit log cannot tell: when a client is gone, it does not say
/// whether its request was still carried out.
struct Changes(Arc<Mutex<BTreeMap<String, usize>>>);

impl Changes {
    async fn of(scene: &Scene) -> Self {
        let changes = Arc::default();
        Self::follow(scene.api::<Secret>(), "Secret", &changes).await;
        Self::follow(scene.api::<NcpSecret>(), "NcpSecret", &changes).await;
        Self(changes)
    }

    async fn follow<K>(
        api: Api<K>,
        kind: &'static str,
        changes: &Arc<Mutex<BTreeMap<String, usize>>>,
    ) where
        K: ResourceExt + Clone + std::fmt::Debug + DeserializeOwned + Send + 'static,
    {
        let (begun, begins) = tokio::sync::oneshot::channel();
        let mut begun = Some(begun);
        let changes = Arc::clone(changes);
        tokio::spawn(async move {
            let mut events = pin!(watcher::watcher(api, watcher::Config::default()));
            while let Some(event) = events.next().await {
                match event.unwrap() {
                    Event::InitDone => drop(begun.take().map(|begun| begun.send(()))),
                    Event::Apply(object) => {
                        let name = format!("{kind} {}", object.name_any());
                        *changes.lock().unwrap().entry(name).or_default() += 1;
                    }
                    _ => {}
                }
            }
        });
        begins.await.unwrap();
    }

    fn count(&self, beginning: &str) -> usize {
        let changes = self.0.lock().unwrap();
        let those = changes
            .iter()
            .filter(|(name, _)| name.starts_with(beginning));
        those.map(|(_, count)| count).sum()
    }
}

fn run(scene: &Scene) -> Process {
    let [_, arguments @ ..] = scene.arguments();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ncp-secret-operator"));
    command.args(arguments);
    let log = scene.cluster.folder().join("operator.log");
    Process::spawn(&command, Output::Log(log)).unwrap()
}
