//! The client against the emulator, in each of its readings of what is not documented.

use std::time::Duration;

use jiff::SignedDuration;
use ncp_emulator::behavior::{
    CodeForm, Destroyed, EmptyStage, ErrorFamily, ListScope, OtherHost, RefusedAs, RotatingStatus,
    Verdict,
};
use ncp_emulator::state::ProtectionChoice;
use ncp_emulator::{
    Behavior, Boundary, Effect, Emulator, Fault, Key, NewSecret, Operation, Role, Settings, Trigger,
};
use steerable_clock::Clock;

use super::listener::plenty;
use super::listener::{Bench, PATIENT, bench, start};
use super::world::{shown, unavailable};
use crate::api::terms::{KeyIsolation, Region, Stage};
use crate::core::remote::{
    Failure, Host, Lifecycle, LookError, Phase, Reading, Remote, SourceRef, Wanted,
};
use crate::source::{Account, Credentials};

/// An emulator, and an account of a store with the isolation `Auto`.
struct Service {
    emulator: Emulator,
    bench: Bench,
    account: Account,
}

impl Service {
    async fn new() -> Self {
        let (clock, steering) = Clock::steered(start());
        steering.freeze();
        steering.set(start());
        let settings = Settings {
            clock,
            ..Settings::default()
        };
        let emulator = Emulator::start(settings).await.unwrap();
        let urls = emulator.endpoints();
        let bench = bench(&urls.kr_regional, &urls.kr_global, PATIENT, None);
        let account = account(&bench, &emulator.add_key(Role::Manager));
        Self {
            emulator,
            bench,
            account,
        }
    }

    fn create(&self, name: &str, boundary: Boundary) -> String {
        let protection = ProtectionChoice {
            boundary: Some(boundary),
            ..ProtectionChoice::default()
        };
        let new = NewSecret::named(name).protection(protection);
        let new = new.value(format!(r#"{{"name":"{name}"}}"#));
        self.emulator.create_secret(new).unwrap()
    }

    async fn look(&self, id: &str) -> Result<Remote, LookError> {
        self.look_at(id, Stage::Active).await
    }

    async fn look_at(&self, id: &str, stage: Stage) -> Result<Remote, LookError> {
        let source = SourceRef::Id(id.to_owned());
        self.account
            .look(&source, Wanted::Stage(stage), &plenty())
            .await
    }
}

fn account(bench: &Bench, key: &Key) -> Account {
    let credentials = Credentials::parse(key.access_key.as_bytes(), key.secret_key.as_bytes());
    let transport = bench.transport.clone();
    Account::new(
        transport,
        Region::Kr,
        KeyIsolation::Auto,
        credentials.unwrap(),
    )
    .unwrap()
}

#[tokio::test]
async fn secrets_of_both_hosts_are_found_by_id_and_by_name() {
    for change in [
        |_: &mut Behavior| {},
        |behavior: &mut Behavior| behavior.other_host = OtherHost::Forbidden,
        |behavior: &mut Behavior| behavior.other_host = OtherHost::Served,
        |behavior: &mut Behavior| behavior.list_scope = ListScope::Region,
    ] {
        let service = Service::new().await;
        service.emulator.behave(|behavior| {
            behavior.page_size = 2;
            change(behavior);
        });
        let mut secrets = Vec::new();
        for number in 0..5 {
            for (prefix, boundary) in [
                ("isolated", Boundary::Isolated),
                ("global", Boundary::Global),
            ] {
                let name = format!("{prefix}-{number}");
                secrets.push((service.create(&name, boundary), name));
            }
        }
        for (id, name) in &secrets {
            let by_id = service.look(id).await.unwrap();
            let source = SourceRef::Name(name.clone());
            let by_name = service
                .account
                .look(&source, Wanted::Stage(Stage::Active), &plenty())
                .await
                .unwrap();
            for facts in [&by_id.facts, &by_name.facts] {
                assert_eq!((&facts.secret_id, &facts.secret_name), (id, name));
            }
            assert_eq!(shown(&by_name.reading), format!("name={name};"));
        }
        let missing = SourceRef::Name("missing".to_owned());
        let outcome = service
            .account
            .look(&missing, Wanted::Stage(Stage::Active), &plenty())
            .await;
        assert_eq!(outcome.err(), Some(LookError::NameNotFound));
    }
}

#[tokio::test]
async fn the_host_of_a_secret_is_told() {
    let service = Service::new().await;
    for (boundary, host) in [
        (Boundary::Isolated, Host::Regional),
        (Boundary::Global, Host::Global),
    ] {
        let id = service.create(host.as_str(), boundary);
        assert_eq!(service.look(&id).await.unwrap().facts.host, host);
    }
}

#[tokio::test]
async fn a_lifecycle_is_followed_to_its_end() {
    let service = Service::new().await;
    let id = service.create("orders", Boundary::Isolated);
    let emulator = &service.emulator;
    assert_eq!(
        shown(&service.look(&id).await.unwrap().reading),
        "name=orders;"
    );
    emulator.disable(&id).unwrap();
    emulator.reset_calls();
    let remote = service.look(&id).await.unwrap();
    assert_eq!(remote.facts.lifecycle, Lifecycle::Disable);
    assert!(matches!(remote.reading, Reading::Withheld));
    assert_eq!(emulator.calls().len(), 1);
    emulator.enable(&id).unwrap();
    assert_eq!(
        shown(&service.look(&id).await.unwrap().reading),
        "name=orders;"
    );
    assert_eq!(emulator.calls().len(), 3);
    emulator.request_deletion(&id).unwrap();
    let facts = service.look(&id).await.unwrap().facts;
    assert_eq!(facts.lifecycle, Lifecycle::Revoke);
    let week = SignedDuration::from_hours(7 * 24);
    assert_eq!(facts.expected_destroy, Some(start() + week));
    emulator.delete(&id).unwrap();
    assert_eq!(service.look(&id).await.err(), Some(LookError::NotFound));
    emulator.behave(|behavior| behavior.destroyed = Destroyed::Shown);
    let remote = service.look(&id).await.unwrap();
    assert_eq!(remote.facts.lifecycle, Lifecycle::Destroyed);
    assert!(matches!(remote.reading, Reading::Withheld));
}

#[tokio::test]
async fn a_rotation_is_seen_from_its_begin_to_its_end() {
    for status in [RotatingStatus::Enable, RotatingStatus::Rotating] {
        let service = Service::new().await;
        let emulator = &service.emulator;
        emulator.behave(|behavior| behavior.rotating_status = status);
        emulator.put_trigger(Trigger::named("trigger"));
        let new = NewSecret::named("orders").value(r#"{"password":"old"}"#);
        let id = emulator
            .create_secret(new.automatic_rotation(30, "trigger"))
            .unwrap();
        let remote = service.look(&id).await.unwrap();
        assert_eq!(remote.facts.phase, Phase::None);
        assert_eq!(
            (remote.facts.automatic, remote.facts.period_days),
            (true, Some(30))
        );
        assert!(remote.facts.next_rotation.unwrap() > start());

        emulator.execute_rotation(&id).unwrap();
        emulator.start_rotation(&id).unwrap();
        emulator
            .update_pending(&id, r#"{"password":"new"}"#)
            .unwrap();
        let remote = service.look(&id).await.unwrap();
        assert_eq!(remote.facts.phase, Phase::Rotating);
        assert_eq!(shown(&remote.reading), "password=old;");
        let pending = service.look_at(&id, Stage::Pending).await.unwrap();
        assert_eq!(shown(&pending.reading), "password=new;");

        emulator.complete_rotation(&id).unwrap();
        let remote = service.look(&id).await.unwrap();
        assert_eq!(remote.facts.phase, Phase::None);
        assert_eq!(shown(&remote.reading), "password=new;");
        let previous = service.look_at(&id, Stage::Previous).await.unwrap();
        assert_eq!(shown(&previous.reading), "password=old;");
    }
}

#[tokio::test]
async fn an_empty_stage_is_empty_however_it_is_shown() {
    for form in [
        EmptyStage::Null,
        EmptyStage::Absent,
        EmptyStage::EmptyText,
        EmptyStage::NotFound,
    ] {
        let service = Service::new().await;
        service
            .emulator
            .behave(|behavior| behavior.empty_stage = form);
        let id = service.create("orders", Boundary::Isolated);
        let remote = service.look_at(&id, Stage::Pending).await.unwrap();
        assert!(matches!(remote.reading, Reading::Empty), "{form:?}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_no_bad_key() {
    for (family, code) in [
        (ErrorFamily::Gateway, CodeForm::Text),
        (ErrorFamily::Gateway, CodeForm::Number),
        (ErrorFamily::Service, CodeForm::Text),
    ] {
        let service = Service::new().await;
        let emulator = &service.emulator;
        emulator.behave(|behavior| {
            behavior.missing_permission = family;
            behavior.gateway_error_code = code;
            behavior.viewer_reads_values = Verdict::Refused;
        });
        let id = SourceRef::Id(service.create("orders", Boundary::Isolated));
        let blind = account(&service.bench, &emulator.add_key(Role::None));
        let denied = Some(LookError::PermissionDenied);
        assert_eq!(
            blind
                .look(&id, Wanted::Stage(Stage::Active), &plenty())
                .await
                .err(),
            denied
        );
        let name = SourceRef::Name("orders".to_owned());
        assert_eq!(
            blind
                .look(&name, Wanted::Stage(Stage::Active), &plenty())
                .await
                .err(),
            denied
        );

        let viewer = account(&service.bench, &emulator.add_key(Role::Viewer));
        let remote = viewer
            .look(&id, Wanted::Stage(Stage::Active), &plenty())
            .await
            .unwrap();
        assert!(matches!(
            remote.reading,
            Reading::Failed(LookError::PermissionDenied)
        ));
    }
}

#[tokio::test]
async fn a_bad_key_and_a_bad_clock_are_told_apart() {
    let service = Service::new().await;
    let id = SourceRef::Id(service.create("orders", Boundary::Isolated));
    let key = service.emulator.add_key(Role::Manager);
    let forged = Key {
        access_key: key.access_key.clone(),
        secret_key: "ncp_iam_another-secret-key".to_owned(),
    };
    let rejected = Some(LookError::CredentialsRejected);
    let outcome = account(&service.bench, &forged)
        .look(&id, Wanted::Stage(Stage::Active), &plenty())
        .await;
    assert_eq!(outcome.err(), rejected);
    let good = account(&service.bench, &key);
    assert!(
        good.look(&id, Wanted::Stage(Stage::Active), &plenty())
            .await
            .is_ok()
    );
    service.emulator.stop_key(&key.access_key);
    assert_eq!(
        good.look(&id, Wanted::Stage(Stage::Active), &plenty())
            .await
            .err(),
        rejected
    );
    service.emulator.start_key(&key.access_key);
    let silent = good
        .look(&id, Wanted::Stage(Stage::Active), &plenty())
        .await;
    assert_eq!(silent.err(), rejected, "nothing is sent any more");
    good.reopen();

    let span = SignedDuration::from_mins(6);
    for ahead in [span, -span] {
        service.bench.steering.set(start() + ahead);
        let outcome = good
            .look(&id, Wanted::Stage(Stage::Active), &plenty())
            .await;
        assert_eq!(outcome.err(), Some(LookError::ClockSkew { ahead }));
        good.reopen();
    }
    service
        .bench
        .steering
        .set(start() + SignedDuration::from_mins(4));
    assert!(
        good.look(&id, Wanted::Stage(Stage::Active), &plenty())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_read_that_the_lifecycle_refuses_is_withheld_whatever_the_status() {
    for refusal in [
        RefusedAs::InvalidRequest,
        RefusedAs::Forbidden,
        RefusedAs::NotFound,
        RefusedAs::InvalidStatus,
        RefusedAs::Unprocessable,
    ] {
        let service = Service::new().await;
        let id = service.create("orders", Boundary::Isolated);
        service
            .emulator
            .behave(|behavior| behavior.blocked_read = refusal);
        // The secret is disabled after the detail was told, and before the value is.
        let enabled = r#"{"code":"SUCCESS","data":{"secretId":"ID","secretStatus":"ENABLE"}}"#;
        let told = Effect::Status {
            status: 200,
            body: enabled.replace("ID", &id),
            headers: Vec::new(),
        };
        service.emulator.disable(&id).unwrap();
        let detail = Fault::new(told).operation(Operation::GetSecretDetail);
        service.emulator.add_fault(detail.times(1));
        let remote = service.look(&id).await.unwrap();
        assert!(matches!(remote.reading, Reading::Withheld), "{refusal:?}");
        assert_eq!(remote.facts.lifecycle, Lifecycle::Disable);
    }
}

#[tokio::test]
async fn each_fault_has_its_name() {
    let wait = Duration::from_secs(7);
    let throttled = |retry_after| LookError::Throttled { retry_after };
    for (effect, wanted) in [
        (Effect::Unavailable, unavailable(Failure::Status(503))),
        (Effect::GatewayTimeout, unavailable(Failure::Status(504))),
        (
            Effect::Throttled {
                retry_after: Some(wait),
            },
            throttled(Some(wait)),
        ),
        (Effect::Throttled { retry_after: None }, throttled(None)),
        (
            Effect::Redirect("https://elsewhere.example/".to_owned()),
            unavailable(Failure::Redirect),
        ),
        (Effect::Cut, unavailable(Failure::Interrupted)),
        (Effect::TruncatedJson, unavailable(Failure::Malformed)),
        (Effect::HugeBody(1 << 30), unavailable(Failure::TooLarge)),
        (Effect::EmptyBody, unavailable(Failure::Malformed)),
    ] {
        let service = Service::new().await;
        let id = service.create("orders", Boundary::Isolated);
        service.emulator.add_fault(Fault::new(effect.clone()));
        let outcome = service.look(&id).await;
        assert_eq!(outcome.err(), Some(wanted), "{effect:?}");
        service.emulator.clear_faults();
        assert!(service.look(&id).await.is_ok());
    }
}
