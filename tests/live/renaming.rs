//! A changed `target.name`: the new Secret is written first, then the old one is parted with as the policy says.

use k8s_openapi::api::core::v1::Secret;
use kube::api::PostParams;
use ncp_emulator::Stage;
use ncp_secret_operator::api::NcpSecret;
use serde_json::{Value, json};

use crate::scene::{Scene, condition, pairs, until, values};
use crate::seen::says;

const VALUE: &str = r#"{"password":"one"}"#;

fn renamed(name: &str) -> Value {
    json!({"spec": {"target": {"name": name}}})
}

impl Scene {
    /// Waits until the status names the target.
    async fn until_target(&self, object: &str, name: &str) -> NcpSecret {
        self.until_object(object, &format!("names {name}"), |object| {
            let status = object.status.as_ref();
            let target = status.and_then(|status| status.target.as_ref());
            target.is_some_and(|target| target.name == name)
        })
        .await
    }
}

#[tokio::test]
async fn a_new_name_is_written_first_and_then_the_old_secret_is_collected() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    scene.until_idle().await;
    let mark = scene.mark();
    scene.patch_ncp_secret("orders-db", renamed("second")).await;
    let object = scene.until_target("orders-db", "second").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    scene.until_past().await;
    let mut asked = scene.asked(mark);
    asked.retain(|line| !line.contains("after-"));
    assert_eq!(
        asked,
        [
            "create secrets second 201",
            "delete secrets orders-db 200",
            "patch ncpsecrets/status orders-db 200",
        ]
    );
    assert_eq!(scene.secret("orders-db").await, None);
    let secret = scene.secret("second").await.unwrap();
    assert_eq!(values(&secret), pairs(&[("password", "one")]));
    scene.until_warnings("orders-db", &[]).await;
}

#[tokio::test]
async fn r13_what_an_earlier_process_did_not_come_to_collect_is_collected_at_the_start() {
    let mut scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    let old = scene.secret("orders-db").await.unwrap();
    scene.patch_ncp_secret("orders-db", renamed("second")).await;
    scene.until_target("orders-db", "second").await;
    scene.until_no_secret("orders-db").await;
    scene.until_idle().await;
    scene.stop_operator().await;
    // As if the process had ended before it came to this.
    let mut left = Secret {
        data: old.data,
        ..Secret::default()
    };
    left.metadata.name = old.metadata.name;
    left.metadata.labels = old.metadata.labels;
    left.metadata.annotations = old.metadata.annotations;
    left.metadata.owner_references = old.metadata.owner_references;
    let as_we_do = PostParams {
        field_manager: Some("ncp-secret-operator".into()),
        ..PostParams::default()
    };
    scene
        .api::<Secret>()
        .create(&as_we_do, &left)
        .await
        .unwrap();
    let mark = scene.mark();
    scene.emulator.reset_calls();
    scene.start_operator().await;
    scene.until_no_secret("orders-db").await;
    scene.until_idle().await;
    assert_eq!(scene.asked(mark), ["delete secrets orders-db 200"]);
    assert_eq!(scene.emulator.calls(), []);
    assert!(scene.secret("second").await.is_some());
}

#[tokio::test]
async fn a_name_that_changes_while_the_operator_is_down_is_followed_at_its_start() {
    let mut scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    scene.stop_operator().await;
    scene.patch_ncp_secret("orders-db", renamed("second")).await;
    scene.start_operator().await;
    scene.until_target("orders-db", "second").await;
    scene.until_no_secret("orders-db").await;
    assert!(scene.secret("second").await.is_some());
}

#[tokio::test]
async fn with_policy_orphan_the_secret_of_the_old_name_stays_for_ever() {
    let scene = Scene::start().await;
    let orphan = json!({"target": {"creationPolicy": "Orphan"}});
    scene.synced("orders-db", VALUE, orphan).await;
    scene.patch_ncp_secret("orders-db", renamed("second")).await;
    scene.until_target("orders-db", "second").await;
    let owner = json!({"spec": {"target": {"creationPolicy": "Owner"}}});
    scene.patch_ncp_secret("orders-db", owner).await;
    until("the second is owned", async || {
        let second = scene.secret("second").await?;
        second.metadata.owner_references.map(drop)
    })
    .await;
    // Owned when it was left, and let go because the policy is another by now.
    let both = json!({"spec": {"target": {"name": "third", "creationPolicy": "Orphan"}}});
    scene.patch_ncp_secret("orders-db", both).await;
    scene.until_target("orders-db", "third").await;
    until("the second is let go", async || {
        let second = scene.secret("second").await.unwrap();
        let owners = second.metadata.owner_references.unwrap_or_default();
        owners.is_empty().then_some(())
    })
    .await;
    scene.delete::<NcpSecret>("orders-db").await;
    // The collector works in order, so it is past our object when it has taken this one's Secret.
    scene.synced("other", VALUE, json!({})).await;
    scene.delete::<NcpSecret>("other").await;
    scene.until_no_secret("other").await;
    for name in ["orders-db", "second", "third"] {
        assert!(scene.secret(name).await.is_some(), "{name}");
    }
}

#[tokio::test]
async fn r1_the_old_secret_stays_while_the_new_one_cannot_be_written() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    let old = scene.secret("orders-db").await;
    scene.write_secret("theirs", json!({"a": "b"})).await;
    scene.patch_ncp_secret("orders-db", renamed("theirs")).await;
    let object = scene.until_reason("orders-db", "TargetNotOwned").await;
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("was not made by this operator"),
        "{message}"
    );
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db").await, old);

    scene.emulator.set_value(&id, Stage::Active, None).unwrap();
    scene.patch_ncp_secret("orders-db", renamed("second")).await;
    scene.until_reason("orders-db", "StageEmpty").await;
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db").await, old);
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(VALUE))
        .unwrap();
    scene.force("orders-db", "now").await;
    scene.until_no_secret("orders-db").await;
    assert!(scene.secret("second").await.is_some());
}
