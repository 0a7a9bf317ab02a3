//! Series of single objects and stores: of those in trouble, of unhealthy rotations, and of the times that are set.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use ncp_emulator::{NewSecret, Role, Trigger};
use ncp_secret_operator::api::{NcpSecret, SourceStatus};
use serde_json::json;

use crate::scene::{Scene, until};

/// The series of an object, without the common prefix, and what each shows.
async fn series_of(scene: &Scene, object: &str) -> Vec<(String, String)> {
    let metrics = scene.metrics().await;
    let whose = format!(r#"namespace="{}",name="{object}""#, scene.namespace);
    let lines = metrics.lines().filter(|line| line.contains(&whose));
    let mut series: Vec<_> = lines
        .map(|line| {
            let (series, number) = line.rsplit_once(' ').unwrap();
            let name = series.strip_prefix("ncp_secret_operator_object_").unwrap();
            let name = name.replace(&whose, "").replace("{}", "");
            (name, number.to_owned())
        })
        .collect();
    series.sort();
    series
}

async fn until_series(scene: &Scene, object: &str, wanted: &[(&str, String)]) {
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(series, number)| ((*series).to_owned(), number.clone()))
        .collect();
    until(&format!("{object} shows {wanted:?}"), async || {
        (series_of(scene, object).await == wanted).then_some(())
    })
    .await;
}

async fn source(scene: &Scene, object: &str) -> SourceStatus {
    scene
        .ncp_secret(object)
        .await
        .status
        .unwrap()
        .source
        .unwrap()
}

fn seconds(time: Option<Time>) -> String {
    time.unwrap().0.as_second().to_string()
}

fn one() -> String {
    "1".to_owned()
}

#[tokio::test]
async fn an_object_has_series_while_it_is_not_good_and_for_times_that_are_set_and_they_vanish_with_it()
 {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let quiet = scene.synced("quiet", r#"{"a":"b"}"#, json!({})).await;
    until_series(&scene, "quiet", &[]).await;

    scene.emulator.disable(&quiet).unwrap();
    scene.force("quiet", "disabled").await;
    let disabled = r#"not_ready{,reason="SourceDisabled"}"#;
    until_series(&scene, "quiet", &[(disabled, one())]).await;
    scene.emulator.enable(&quiet).unwrap();
    scene.force("quiet", "enabled").await;
    until_series(&scene, "quiet", &[]).await;

    scene.emulator.request_deletion(&quiet).unwrap();
    scene.force("quiet", "revoked").await;
    let date = source(&scene, "quiet").await.expected_destroy_time;
    let series = [
        ("destruction_timestamp_seconds", seconds(date)),
        (r#"not_ready{,reason="SourceRevoked"}"#, one()),
    ];
    until_series(&scene, "quiet", &series).await;

    scene.delete::<NcpSecret>("quiet").await;
    until_series(&scene, "quiet", &[]).await;
}

#[tokio::test]
async fn an_object_shows_when_its_rotation_is_due_since_when_it_runs_and_that_it_failed() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene.emulator.put_trigger(Trigger::named("rotator"));
    let new = NewSecret::named("turning").value(r#"{"password":"old"}"#);
    let new = new.automatic_rotation(90, "rotator");
    let id = scene.emulator.create_secret(new).unwrap();
    scene.create_by_id("turning", &id, json!({})).await;
    scene.until_reason("turning", "Synced").await;
    let due = source(&scene, "turning").await.next_rotation_time;
    let due = ("next_rotation_timestamp_seconds", seconds(due));
    until_series(&scene, "turning", std::slice::from_ref(&due)).await;

    scene.emulator.execute_rotation(&id).unwrap();
    scene.emulator.start_rotation(&id).unwrap();
    scene.force("turning", "runs").await;
    let running = source(&scene, "turning").await;
    let since = (
        "rotating_since_timestamp_seconds",
        seconds(running.rotating_since),
    );
    until_series(&scene, "turning", &[due.clone(), since]).await;

    scene.emulator.add_pending(&id).unwrap();
    scene.emulator.fail_rotation(&id).unwrap();
    scene.force("turning", "failed").await;
    let failed = (r#"rotation_unhealthy{,reason="RotationFailed"}"#, one());
    until_series(&scene, "turning", &[due, failed]).await;
}

#[tokio::test]
async fn an_object_whose_source_is_destroyed_warns_of_no_destruction_any_more() {
    let scene = Scene::start().await;
    let id = scene.synced("gone", r#"{"a":"b"}"#, json!({})).await;
    scene.emulator.request_deletion(&id).unwrap();
    scene.force("gone", "revoked").await;
    scene.emulator.delete(&id).unwrap();
    scene.force("gone", "destroyed").await;
    assert!(source(&scene, "gone").await.expected_destroy_time.is_some());
    let gone = r#"not_ready{,reason="SourceNotFound"}"#;
    until_series(&scene, "gone", &[(gone, one())]).await;
}

#[tokio::test]
async fn an_object_that_is_suspended_is_quiet_until_it_is_resumed() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", r#"{"a":"b"}"#, json!({})).await;
    scene.emulator.disable(&id).unwrap();
    scene.force("orders-db", "disabled").await;
    let disabled = [(r#"not_ready{,reason="SourceDisabled"}"#, one())];
    until_series(&scene, "orders-db", &disabled).await;

    let suspend = async |wanted: bool| {
        let spec = json!({"spec": {"suspend": wanted}});
        scene.patch_ncp_secret("orders-db", spec).await;
    };
    suspend(true).await;
    until_series(&scene, "orders-db", &[]).await;
    suspend(false).await;
    until_series(&scene, "orders-db", &disabled).await;

    scene.emulator.request_deletion(&id).unwrap();
    let object = scene.force("orders-db", "revoked").await;
    let source = object.status.unwrap().source.unwrap();
    assert!(source.expected_destroy_time.is_some());
    suspend(true).await;
    until_series(&scene, "orders-db", &[]).await;

    let never = scene.secret_in_ncp("never", r#"{"a":"b"}"#);
    let spec = json!({"suspend": true});
    scene.create_by_id("never", &never, spec).await;
    scene.until_reason("never", "Suspended").await;
    until_series(&scene, "never", &[]).await;
}

/// The series about the troubles of the store `ncp`.
async fn troubles(scene: &Scene) -> Vec<String> {
    let metrics = scene.metrics().await;
    let whose = format!(r#"namespace="{}",store="ncp""#, scene.namespace);
    let lines = metrics.lines().filter(|line| {
        line.starts_with("ncp_secret_operator_store_trouble{") && line.contains(&whose)
    });
    lines.map(|line| line.replace(&whose, "")).collect()
}

#[tokio::test]
async fn a_store_has_a_series_while_it_tells_of_a_trouble() {
    let scene = Scene::start().await;
    scene.synced("orders-db", r#"{"a":"b"}"#, json!({})).await;
    assert_eq!(troubles(&scene).await, [""; 0]);
    scene.emulator.stop_key(&scene.key.access_key);
    scene.force("orders-db", "notice").await;
    scene.until_store("ncp", "CredentialsRejected").await;
    let rejected = r#"ncp_secret_operator_store_trouble{kind="NcpSecretStore",,reason="CredentialsRejected"} 1"#;
    until("the store shows its trouble", async || {
        (troubles(&scene).await == [rejected]).then_some(())
    })
    .await;
    let key = scene.emulator.add_key(Role::Viewer);
    scene.write_credentials("ncp-credentials", &key).await;
    scene.until_store("ncp", "Configured").await;
    until("the store shows no trouble", async || {
        troubles(&scene).await.is_empty().then_some(())
    })
    .await;
}
