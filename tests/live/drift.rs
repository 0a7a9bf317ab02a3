//! Secrets that were deleted or edited come back, each at the price of one look and one write.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::scene::{Scene, pairs, until, values};

const VALUE: &str = r#"{"password":"one","user":"shop"}"#;
const STATUS: &str = "patch ncpsecrets/status orders-db 200";
const PATCH: &str = "patch secrets orders-db 200";

fn spec() -> Value {
    json!({"target": {"labels": {"team": "orders"}, "annotations": {"example.com/note": "n"}}})
}

/// Everything of a Secret but what the API server counts.
fn settled(mut secret: Secret) -> Secret {
    secret.metadata.managed_fields = None;
    secret.metadata.resource_version = None;
    secret
}

/// What somebody else does to the Secret, and whether it concerns the content, which the status dates.
fn edits() -> Vec<(&'static str, Edit, bool)> {
    let base64 = |text: &str| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    vec![
        (
            "an edited value",
            Edit::Merge(json!({"data": {"password": base64("x")}})),
            true,
        ),
        (
            "an edited value, as text",
            Edit::Merge(json!({"stringData": {"password": "x"}})),
            true,
        ),
        (
            "an applied value",
            Edit::Apply(json!({"data": {"password": base64("x")}})),
            true,
        ),
        (
            "an added key",
            Edit::Merge(json!({"data": {"extra": base64("x")}})),
            true,
        ),
        (
            "a removed key",
            Edit::Json(json!([{"op": "remove", "path": "/data/user"}])),
            true,
        ),
        (
            "all keys removed",
            Edit::Json(json!([{"op": "remove", "path": "/data"}])),
            true,
        ),
        (
            "an edited label",
            Edit::Merge(json!({"metadata": {"labels": {"team": "x"}}})),
            false,
        ),
        (
            "a removed label",
            Edit::Merge(json!({"metadata": {"labels": {"team": null}}})),
            false,
        ),
        (
            "a removed annotation",
            Edit::Merge(json!({"metadata": {"annotations": {"example.com/note": null}}})),
            false,
        ),
        (
            "a removed mark",
            Edit::Merge(json!({"metadata": {"annotations": {"ncp-secrets.io/content": null}}})),
            true,
        ),
        (
            "all marks removed",
            Edit::Json(json!([{"op": "remove", "path": "/metadata/annotations"}])),
            true,
        ),
        (
            "a removed owner",
            Edit::Json(json!([{"op": "remove", "path": "/metadata/ownerReferences"}])),
            false,
        ),
        // The last, because it leaves a trace for ever.
        (
            "an applied value, as text",
            Edit::Apply(json!({"stringData": {"password": "x"}})),
            true,
        ),
    ]
}

enum Edit {
    Merge(Value),
    Json(Value),
    Apply(Value),
}

impl Edit {
    async fn make(self, scene: &Scene) {
        match self {
            Self::Merge(patch) => scene.patch_secret("orders-db", patch).await,
            Self::Json(patch) => scene.json_patch_secret("orders-db", patch).await,
            Self::Apply(fields) => scene.apply_secret("orders-db", fields).await,
        }
    }
}

impl Scene {
    /// Applies fields of a Secret on the server's side, as tools for `GitOps` do.
    async fn apply_secret(&self, name: &str, mut fields: Value) {
        fields["apiVersion"] = json!("v1");
        fields["kind"] = json!("Secret");
        fields["metadata"]["name"] = json!(name);
        let apply = PatchParams::apply("gitops").force();
        self.api::<Secret>()
            .patch(name, &apply, &Patch::Apply(&fields))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn every_edit_is_repaired_by_one_look_and_one_patch() {
    let scene = Scene::start().await;
    let mut spec = spec();
    // So that the clock makes no other look due.
    spec["refresh"]["interval"] = json!("8760h");
    let id = scene.synced("orders-db", VALUE, spec).await;
    let good = settled(scene.secret("orders-db").await.unwrap());
    for (what, edit, content) in edits() {
        // Edits in quick succession would be a fight.
        scene.advance(SignedDuration::from_mins(2));
        scene.until_idle().await;
        let mark = scene.mark();
        let looks = scene.looks_at(&id);
        edit.make(&scene).await;
        until(&format!("{what} is repaired"), async || {
            let secret = scene.secret("orders-db").await?;
            (settled(secret) == good).then_some(())
        })
        .await;
        scene.until_past().await;
        assert_eq!(scene.looks_at(&id), looks + 1, "{what}");
        let mut asked = scene.asked(mark);
        asked.retain(|line| line.contains("orders-db"));
        // The date of the last change has whole seconds, so that two changes may have one.
        asked.retain(|line| !(content && line == STATUS));
        assert_eq!(asked, [PATCH], "{what}");
    }
}

#[tokio::test]
async fn a_secret_that_lost_our_label_is_found_and_labelled_again() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, spec()).await;
    let good = scene.secret("orders-db").await.unwrap();
    scene.until_idle().await;
    let looks = scene.looks_at(&id);
    let unlabel = json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}});
    scene.patch_secret("orders-db", unlabel).await;
    until("the label is back", async || {
        let secret = scene.secret("orders-db").await?;
        (settled(secret) == settled(good.clone())).then_some(())
    })
    .await;
    scene.until_past().await;
    assert_eq!(scene.looks_at(&id), looks + 1);
}

#[tokio::test]
async fn a_deleted_secret_is_back_in_about_a_second() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, spec()).await;
    scene.until_idle().await;
    let uid = scene
        .secret("orders-db")
        .await
        .unwrap()
        .metadata
        .uid
        .unwrap();
    let mark = scene.mark();
    let looks = scene.looks_at(&id);
    let deleted = scene.clock.now();
    scene.delete::<Secret>("orders-db").await;
    let secret = scene.until_secret_other_than("orders-db", &uid).await;
    let took = scene.clock.now().duration_since(deleted);
    assert_eq!(
        values(&secret),
        pairs(&[("password", "one"), ("user", "shop")])
    );
    // Half a second is ours; the rest is for a busy machine.
    assert!(took < SignedDuration::from_secs(10), "it took {took:#}");
    scene.until_past().await;
    assert_eq!(scene.looks_at(&id), looks + 1);
    let mut asked = scene.asked(mark);
    asked.retain(|line| line.contains("orders-db") && line != STATUS);
    assert_eq!(asked, ["create secrets orders-db 201"]);
}

#[tokio::test]
async fn somebody_who_applies_the_same_bytes_is_no_reason_to_write_for_ever() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, spec()).await;
    scene.until_idle().await;
    let data = json!(scene.secret("orders-db").await.unwrap().data);
    let mark = scene.mark();
    scene.emulator.reset_calls();
    scene.apply_secret("orders-db", json!({"data": data})).await;
    let shared = scene.secret("orders-db").await.unwrap();
    scene.until_looks(&id, 1).await;
    scene.until_past().await;

    for _ in 0..3 {
        scene.apply_secret("orders-db", json!({"data": data})).await;
        scene.look_after(&id, SignedDuration::from_hours(1)).await;
    }
    scene.until_past().await;
    let mut asked = scene.asked(mark);
    asked.retain(|line| line.contains("orders-db"));
    assert_eq!(asked, [PATCH], "one write makes sure, and changes nothing");
    assert_eq!(scene.looks_at(&id), 4);
    assert_eq!(scene.secret("orders-db").await.unwrap(), shared);
}

#[tokio::test]
async fn what_happened_while_the_operator_was_down_is_repaired_when_it_starts() {
    let mut scene = Scene::start().await;
    let edited = scene.synced("edited", VALUE, spec()).await;
    let deleted = scene.synced("deleted", VALUE, spec()).await;
    let untouched = scene.synced("untouched", VALUE, spec()).await;
    let good = scene.secret("edited").await.unwrap();
    scene.stop_operator().await;
    scene
        .patch_secret(
            "edited",
            json!({"stringData": {"password": "x"}, "data": {"extra": "eA=="}}),
        )
        .await;
    scene.delete::<Secret>("deleted").await;
    let mark = scene.mark();
    scene.emulator.reset_calls();

    scene.start_operator().await;
    for name in ["edited", "deleted"] {
        scene
            .until_secret(name, |seen| *seen == values(&good))
            .await;
    }
    scene.until_past().await;
    assert_eq!(
        settled(scene.secret("edited").await.unwrap()),
        settled(good)
    );
    let mut asked = scene.asked(mark);
    asked.retain(|line| line.contains(" secrets ") && !line.contains(" after-"));
    asked.sort();
    assert_eq!(
        asked,
        ["create secrets deleted 201", "patch secrets edited 200"]
    );
    assert_eq!(
        [&edited, &deleted, &untouched].map(|id| scene.looks_at(id)),
        [1, 1, 0]
    );
}

#[tokio::test]
async fn an_edit_under_our_own_name_is_repaired_too() {
    let scene = Scene::start().await;
    scene
        .synced("orders-db", r#"{"password":"one"}"#, json!({}))
        .await;
    let written = scene.secret("orders-db").await.unwrap();
    let since = |secret: &Secret| {
        let fields = secret.metadata.managed_fields.clone().unwrap();
        fields.into_iter().filter_map(|entry| entry.time).max()
    };
    // Managers' times have whole seconds, and within one of them two writers of one name cannot be told apart.
    until("a second has passed for the API server", async || {
        let name = format!("clock-{:08x}", fastrand::u32(..));
        scene.write_secret(&name, json!({"a": "b"})).await;
        let other = scene.secret(&name).await?;
        (since(&other) > since(&written)).then_some(())
    })
    .await;
    let ours = PatchParams {
        field_manager: Some("ncp-secret-operator".into()),
        ..PatchParams::default()
    };
    let edit = json!({"stringData": {"password": "theirs"}});
    let edited = scene
        .api::<Secret>()
        .patch("orders-db", &ours, &Patch::Merge(edit))
        .await
        .unwrap();
    assert_eq!(values(&edited)["password"], "theirs");
    scene
        .until_secret("orders-db", |values| values["password"] == "one")
        .await;
}
