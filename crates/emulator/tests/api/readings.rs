//! Each switch of the behaviour that other tests do not move: both readings can be told apart.

use jiff::SignedDuration;
use ncp_emulator::behavior::{
    AddedPending, CodeForm, Destroyed, EmptyStage, Missing, NullData, OmittedStage, RefusedAs,
    RollbackChain, RotatingStatus, RotationDate, Shown, Verdict, WrittenValue,
};
use ncp_emulator::{Action, Behavior, NewSecret, Stage, Trigger};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, World};

pub struct Switched {
    pub world: World,
    pub id: String,
}

impl Switched {
    pub async fn to(change: impl FnOnce(&mut Behavior)) -> Self {
        let (world, id) = World::with_secret().await;
        world.emulator.behave(change);
        Self { world, id }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/secrets/{}{rest}", self.id)
    }

    pub async fn get(&self, rest: &str) -> Answer {
        self.world.client.get(&self.path(rest)).await
    }

    pub async fn post(&self, rest: &str) -> Answer {
        self.world.client.post(&self.path(rest)).await
    }

    pub async fn put(&self, rest: &str, body: Value) -> Answer {
        let path = self.path(rest);
        self.world
            .client
            .call(Method::PUT, &path, Some(&body))
            .await
    }
}

#[tokio::test]
async fn success_status() {
    let switched = Switched::to(|behavior| behavior.success_status = 202).await;
    assert_eq!(switched.get("").await.status, 202);
}

#[tokio::test]
async fn null_data() {
    let table = [
        (NullData::Null, json!({"code": "SUCCESS", "data": null})),
        (NullData::Text, json!({"code": "SUCCESS", "data": "null"})),
        (NullData::Absent, json!({"code": "SUCCESS"})),
    ];
    for (reading, expected) in table {
        let switched = Switched::to(|behavior| behavior.null_data = reading).await;
        assert_eq!(switched.post("/rotation").await.json, expected);
    }
}

#[tokio::test]
async fn empty_stage() {
    let table = [
        (
            EmptyStage::Null,
            json!({"previous": null, "active": null, "pending": null}),
        ),
        (EmptyStage::Absent, json!({})),
        (
            EmptyStage::EmptyText,
            json!({"previous": "", "active": "", "pending": ""}),
        ),
        (EmptyStage::NotFound, json!({})),
    ];
    for (reading, expected) in table {
        let switched = Switched::to(|behavior| behavior.empty_stage = reading).await;
        switched
            .world
            .emulator
            .set_value(&switched.id, Stage::Active, None)
            .unwrap();
        let chain = switched.get("/values").await;
        assert_eq!(
            chain.data()["decryptedSecretChain"],
            expected,
            "{reading:?}"
        );
        let stage = switched.get("/active").await;
        if reading == EmptyStage::NotFound {
            assert_eq!(stage.error(), (404, "NOT_FOUND"));
        } else {
            let value = stage.data()["decryptedSecretValue"].get("value");
            assert_eq!(value, expected.get("active"), "{reading:?}");
        }
    }
}

#[tokio::test]
async fn no_trigger() {
    let switched = Switched::to(|behavior| behavior.no_trigger = Missing::Null).await;
    let other = switched
        .world
        .emulator
        .create_secret(NewSecret::named("other"))
        .unwrap();
    let detail = switched
        .world
        .client
        .get(&format!("/api/v1/secrets/{other}"))
        .await;
    assert_eq!(detail.data().get("trigger"), Some(&Value::Null));
}

#[tokio::test]
async fn numbers_and_texts() {
    let switched = Switched::to(|behavior| {
        behavior.gateway_error_code = CodeForm::Number;
        behavior.key_id = CodeForm::Text;
    })
    .await;
    let client = &switched.world.client;
    assert_eq!(client.get("/nowhere").await.json["error"]["errorCode"], 300);
    assert_eq!(
        client.get("/api/v1/keys").await.data()["keyList"][0]["keyId"],
        "0"
    );
}

#[tokio::test]
async fn boundary() {
    let switched = Switched::to(|behavior| behavior.boundary = Shown::Present).await;
    let detail = switched.get("").await;
    assert_eq!(
        detail.data()["protectionKey"]["kmsBoundaryType"],
        "ISOLATED"
    );
}

#[tokio::test]
async fn written_value() {
    let switched = Switched::to(|behavior| behavior.written_value = WrittenValue::Plain).await;
    let value = json!({"value": "{\"abc\":\"new\"}"});
    let stage = switched.put("/values/active", value).await;
    assert_eq!(
        stage.data()["decryptedSecretValue"]["value"],
        "{\"abc\":\"new\"}"
    );
    let chain = switched
        .put("/values", json!({"previous": "{\"abc\":\"old\"}"}))
        .await;
    assert_eq!(
        chain.data()["decryptedSecretChain"]["previous"],
        "{\"abc\":\"old\"}"
    );
}

#[tokio::test]
async fn refusals() {
    let readings = [
        (RefusedAs::InvalidRequest, (400, "INVALID_REQUEST")),
        (RefusedAs::Forbidden, (403, "FORBIDDEN")),
        (RefusedAs::NotFound, (404, "NOT_FOUND")),
        (RefusedAs::InvalidStatus, (409, "INVALID_STATUS")),
        (RefusedAs::Unprocessable, (422, "UNPROCESSABLE_ENTITY")),
    ];
    for (reading, error) in readings {
        let switched = Switched::to(|behavior| {
            behavior.wrong_state = reading;
            behavior.blocked_read = reading;
            behavior.invalid_value = reading;
            behavior.unknown_job = reading;
            behavior.no_linked_trigger = reading;
        })
        .await;
        assert_eq!(switched.post("/enable").await.error(), error);
        let value = json!({"value": "[]"});
        assert_eq!(switched.put("/values/active", value).await.error(), error);
        let job = format!("/action/v1/secrets/{}/jobs/no-job/start", switched.id);
        assert_eq!(switched.world.client.post(&job).await.error(), error);
        let unlink = switched.path("/triggers");
        switched
            .world
            .client
            .call(Method::DELETE, &unlink, None)
            .await
            .data();
        assert_eq!(switched.post("/rotation").await.error(), error);
        switched.post("/request-deletion").await.data();
        assert_eq!(switched.get("/active").await.error(), error);
    }
}

#[tokio::test]
async fn name_taken() {
    let switched = Switched::to(|behavior| behavior.name_taken = RefusedAs::Unprocessable).await;
    let body = json!({
        "secretName": "shop-orders", "secretType": "BASIC",
        "secretValue": {"value": "{\"abc\":\"cba\"}", "rotationTargets": ["abc"]},
    });
    let created = switched
        .world
        .client
        .call(Method::POST, "/api/v1/secrets", Some(&body))
        .await;
    assert_eq!(created.error(), (422, "UNPROCESSABLE_ENTITY"));
}

#[tokio::test]
async fn absent_defaults() {
    let whole = json!({
        "secretName": "another", "secretType": "BASIC", "autoRotationYN": "Y", "autoRotationPeriod": 90,
        "triggerId": "rotate", "protectionKeyType": "DEFAULT",
        "secretValue": {"value": "{\"abc\":\"cba\"}", "rotationTargets": ["abc"]},
    });
    for reading in [Verdict::Accepted, Verdict::Refused] {
        for field in ["autoRotationYN", "autoRotationPeriod", "protectionKeyType"] {
            let switched = Switched::to(|behavior| behavior.absent_defaults = reading).await;
            let mut body = whole.clone();
            body.as_object_mut().unwrap().remove(field);
            let client = &switched.world.client;
            let created = client
                .call(Method::POST, "/api/v1/secrets", Some(&body))
                .await;
            let accepted = created.status == 200;
            assert_eq!(accepted, reading == Verdict::Accepted, "{field}");
        }
    }
}

#[tokio::test]
async fn disabled_secrets() {
    let switched = Switched::to(|_| {}).await;
    switched.post("/disable").await.data();
    let value = || json!({"value": "{\"abc\":\"new\"}"});
    assert_eq!(
        switched.get("/values").await.error(),
        (409, "INVALID_STATUS")
    );
    let edited = switched.put("/values/active", value()).await;
    assert_eq!(edited.error(), (409, "INVALID_STATUS"));
    switched.world.emulator.behave(|behavior| {
        behavior.read_in_disable = Verdict::Accepted;
        behavior.edit_in_disable = Verdict::Accepted;
    });
    switched.put("/values/active", value()).await.data();
    let read = switched.get("/active").await;
    assert_eq!(
        read.data()["decryptedSecretValue"]["value"],
        "{\"abc\":\"new\"}"
    );
}

#[tokio::test]
async fn rotating_secrets() {
    let switched = Switched::to(|behavior| {
        behavior.edit_while_rotating = Verdict::Refused;
        behavior.rotating_status = RotatingStatus::Rotating;
    })
    .await;
    switched.post("/rotation").await.data();
    assert_eq!(switched.get("").await.data()["secretStatus"], "ROTATING");
    let list = switched.world.client.get("/api/v1/secrets").await;
    assert_eq!(list.data()["secretList"][0]["secretStatus"], "ROTATING");
    switched.get("/active").await.data();
    let value = json!({"value": "{\"abc\":\"new\"}"});
    let edited = switched.put("/values/active", value).await;
    assert_eq!(edited.error(), (409, "INVALID_STATUS"));
}

#[tokio::test]
async fn nested_values() {
    let switched = Switched::to(|behavior| behavior.nested_values = Verdict::Refused).await;
    let value = json!({"value": "{\"abc\":{}}"});
    let edited = switched.put("/values/active", value).await;
    assert_eq!(edited.error(), (400, "INVALID_REQUEST"));
}

#[tokio::test]
async fn omitted_and_emptied_stages() {
    for (reading, kept) in [(OmittedStage::Kept, true), (OmittedStage::Deleted, false)] {
        let switched = Switched::to(|behavior| behavior.omitted_stage = reading).await;
        let text = "{\"abc\":\"x\"}";
        switched
            .put("/values", json!({"previous": text, "active": text}))
            .await
            .data();
        switched
            .put("/values", json!({"previous": "", "pending": text}))
            .await
            .data();
        let chain = switched.world.emulator.secret(&switched.id).unwrap().chain;
        assert!(chain.previous.is_none() && chain.pending.is_some());
        assert_eq!(chain.active.is_some(), kept, "{reading:?}");
    }
}

#[tokio::test]
async fn destroyed() {
    let switched = Switched::to(|behavior| behavior.destroyed = Destroyed::Shown).await;
    switched.post("/request-deletion").await.data();
    switched
        .world
        .steering
        .advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(switched.get("").await.data()["secretStatus"], "DESTROYED");
    assert_eq!(switched.get("/active").await.error(), (404, "NOT_FOUND"));
    let list = switched.world.client.get("/api/v1/secrets").await;
    assert_eq!(list.data()["totalCount"], 0);
}

#[tokio::test]
async fn page_zero_and_log_pages() {
    let switched = Switched::to(|behavior| {
        behavior.page_zero = Verdict::Refused;
        behavior.largest_log_page = 5;
    })
    .await;
    let list = switched.world.client.get("/api/v1/secrets?pageNo=0").await;
    assert_eq!(list.error(), (400, "INVALID_REQUEST"));
    switched.get("/logs?pageSize=5").await.data();
    assert_eq!(
        switched.get("/logs?pageSize=6").await.error(),
        (400, "INVALID_REQUEST")
    );
}

#[tokio::test]
async fn added_pending_and_rollback() {
    let switched = Switched::to(|behavior| {
        behavior.added_pending = AddedPending::OnlyTargets;
        behavior.rollback = RollbackChain::Swap;
    })
    .await;
    let emulator = &switched.world.emulator;
    let after = SignedDuration::ZERO;
    emulator.put_trigger(Trigger::named("rotate").action(Action::Succeed { after }));
    let new = NewSecret::named("two-keys")
        .value(r#"{"user":"app","password":"old"}"#)
        .rotation_targets(["password"])
        .trigger("rotate");
    let id = emulator.create_secret(new).unwrap();
    emulator.execute_rotation(&id).unwrap();
    let rotated = emulator.secret(&id).unwrap().chain;
    assert!(!rotated.active.as_ref().unwrap().as_str().contains("user"));
    emulator.roll_back_rotation(&id).unwrap();
    let back = emulator.secret(&id).unwrap().chain;
    assert_eq!(
        (back.active, back.previous),
        (rotated.previous, rotated.active)
    );
}

#[tokio::test]
async fn periods_and_dates() {
    let switched = Switched::to(|behavior| {
        behavior.period_without_schedule = Verdict::Accepted;
        behavior.rotation_date = RotationDate::Exact;
        behavior.day = SignedDuration::from_secs(60);
    })
    .await;
    let updated = switched
        .put("/rotation-period", json!({"rotationPeriod": 2}))
        .await;
    assert_eq!(
        updated.data()["nextRotationDate"],
        1_753_065_580_243_i64 + 120_000
    );
    switched.post("/request-deletion").await.data();
    let detail = switched.get("").await;
    assert_eq!(
        detail.data()["expectedDestroyDate"],
        1_753_065_580_243_i64 + 420_000
    );
}
