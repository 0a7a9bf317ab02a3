//! Random sequences of all 32 operations and of time, over HTTP, against a small model.

use jiff::{SignedDuration, Timestamp};
use ncp_emulator::behavior::Verdict;
use ncp_emulator::{Operation, Trigger};
use proptest::collection::vec;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, World};
use crate::model::{Model, NOT_NOW, SUCCESS, UNKNOWN, Wish};

const SLOTS: usize = 3;
/// So many of them hold a secret at the start.
const FILLED: usize = 2;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[derive(Clone, Debug)]
enum Act {
    /// An operation on the secret of a slot, or on none.
    Call(usize, Wish),
    /// The steps of a rotation one after the other, which by chance hardly ever come together.
    Rotation(usize, Wish),
    Hours(i64),
}

fn acts() -> impl Strategy<Value = Act> {
    let operations = proptest::sample::select(Operation::ALL.to_vec());
    // Deletion ends a story, and the steps of a rotation make one.
    let often = proptest::sample::select(vec![
        Operation::CreateSecret,
        Operation::EnableSecret,
        Operation::ExecuteRotationJob,
        Operation::StartRotationJob,
        Operation::AddPendingStage,
        Operation::UpdatePendingStage,
        Operation::CompleteRotationJob,
        Operation::FailRotationJob,
        Operation::RetryRotationJob,
        Operation::RollbackRotationJob,
    ]);
    let wish = (
        prop_oneof![operations, often],
        1..1_000,
        1..4_u32,
        any::<bool>(),
    );
    let wish = wish.prop_map(|(operation, number, period, trigger)| Wish {
        operation,
        value: json!({"user": "app", "password": format!("p{number}")}).to_string(),
        period,
        trigger,
    });
    prop_oneof![
        18 => (0..SLOTS, wish.clone()).prop_map(|(slot, wish)| Act::Call(slot, wish)),
        4 => (0..SLOTS, wish).prop_map(|(slot, wish)| Act::Rotation(slot, wish)),
        2 => (1..60_i64).prop_map(Act::Hours),
    ]
}

/// An emulator and what should be in it.
struct Story {
    world: World,
    slots: [Option<(String, Model)>; SLOTS],
    now: Timestamp,
}

impl Story {
    async fn begin() -> Self {
        let world = World::start().await;
        world.emulator.put_trigger(Trigger::named("rotate"));
        world.emulator.behave(|behavior| {
            behavior.unstarted_job = Verdict::Refused;
            behavior.period_without_schedule = Verdict::Refused;
            behavior.schedule_after_failure = Verdict::Refused;
        });
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        world.steering.set(now);
        Self {
            world,
            slots: Default::default(),
            now,
        }
    }

    fn name(slot: usize) -> String {
        format!("slot-{slot}")
    }

    fn id(&self, slot: usize) -> &str {
        self.slots[slot].as_ref().map_or("never", |(id, _)| id)
    }

    fn pass(&mut self, hours: i64) {
        for _ in 0..hours {
            self.now += HOUR;
            for (_, model) in self.slots.iter_mut().flatten() {
                model.pass_hour(self.now);
            }
        }
        self.world.steering.set(self.now);
    }

    async fn rotate(&mut self, slot: usize, wish: &Wish) {
        for operation in [
            Operation::ExecuteRotationJob,
            Operation::StartRotationJob,
            Operation::UpdatePendingStage,
            Operation::CompleteRotationJob,
        ] {
            let wish = Wish {
                operation,
                ..wish.clone()
            };
            self.call(slot, &wish).await;
        }
    }

    async fn call(&mut self, slot: usize, wish: &Wish) {
        let body = Self::body(slot, wish);
        let token = self.world.emulator.job_token(self.id(slot));
        let path = wish
            .operation
            .path()
            .replace("{secretId}", self.id(slot))
            .replace("{jobToken}", token.as_deref().unwrap_or("no-job"))
            .replace("{stage}", "active");
        let method = Method::from_bytes(wish.operation.method().as_bytes()).unwrap();
        let answer = self.world.client.call(method, &path, body.as_ref()).await;
        let expected = match wish.operation {
            Operation::CreateSecret => self.create(slot, wish, &answer),
            Operation::GetProtectionKeyList
            | Operation::GetSecretList
            | Operation::GetTriggerList => SUCCESS,
            _ => match &mut self.slots[slot] {
                Some((_, model)) => model.perform(wish, self.now),
                None => UNKNOWN,
            },
        };
        assert_eq!(answer.status, expected, "{wish:?}: {answer:?}");
        if wish.operation == Operation::AddPendingStage && expected == SUCCESS {
            self.adopt_pending(slot, &answer);
        }
    }

    fn create(&mut self, slot: usize, wish: &Wish, answer: &Answer) -> u16 {
        if self.slots[slot].as_ref().is_some_and(|(_, it)| it.lives()) {
            return NOT_NOW;
        }
        let id = answer.data()["secretId"].as_str().unwrap().to_owned();
        self.slots[slot] = Some((id, Model::created(wish, self.now)));
        SUCCESS
    }

    /// The random value of PENDING is the emulator's; that of the other keys is ACTIVE's.
    fn adopt_pending(&mut self, slot: usize, answer: &Answer) {
        let (_, model) = self.slots[slot].as_mut().unwrap();
        let text = answer.data()["pending"].as_str().unwrap();
        let pending: Value = serde_json::from_str(text).unwrap();
        if let Some(active) = &model.chain[2] {
            let active: Value = serde_json::from_str(active).unwrap();
            assert_eq!(pending["user"], active["user"]);
            assert_ne!(pending["password"], active["password"]);
        }
        model.chain[3] = Some(text.to_owned());
    }

    fn body(slot: usize, wish: &Wish) -> Option<Value> {
        let value = &wish.value;
        Some(match wish.operation {
            Operation::CreateSecret => {
                let mut body = json!({
                    "secretName": Self::name(slot), "secretType": "BASIC",
                    "secretValue": {"value": value, "rotationTargets": ["password"]},
                    "autoRotationYN": "N", "protectionKeyType": "DEFAULT",
                });
                if wish.trigger {
                    body["autoRotationYN"] = "Y".into();
                    body["autoRotationPeriod"] = wish.period.into();
                    body["triggerId"] = "rotate".into();
                }
                body
            }
            Operation::EnableAutoRotation if wish.trigger => {
                json!({"rotationPeriod": wish.period, "triggerId": "rotate"})
            }
            Operation::EnableAutoRotation | Operation::UpdateRotationPeriod => {
                json!({"rotationPeriod": wish.period})
            }
            Operation::UpdateRotationTrigger => json!({"triggerId": "rotate"}),
            Operation::UpdateSecretMemo => json!({"memo": "memo"}),
            Operation::UpdateSecretStageValue | Operation::UpdatePendingStage => {
                json!({"value": value})
            }
            Operation::UpdateSecretValue => json!({"previous": value, "pending": ""}),
            Operation::UpdateProtectionKey => {
                json!({"protectionKeyType": "DEFAULT", "kmsBoundaryType": "ISOLATED"})
            }
            Operation::GenerateRandomSecret => json!({"length": 12}),
            _ => return None,
        })
    }

    /// Compares everything that the API shows.
    async fn check(&self) {
        let client = &self.world.client;
        let list = client.get("/api/v1/secrets").await;
        let listed = list.data()["secretList"].as_array().unwrap();
        let living = self.slots.iter().flatten().filter(|(_, it)| it.lives());
        assert_eq!(listed.len(), living.count());
        for (id, model) in self.slots.iter().flatten() {
            let path = format!("/api/v1/secrets/{id}");
            let detail = client.get(&path).await;
            if !model.lives() {
                assert_eq!(detail.error(), (UNKNOWN, "NOT_FOUND"));
                continue;
            }
            let data = detail.data();
            let shown = json!([
                data["secretStatus"],
                data["rotationPhase"],
                data["autoRotationYN"],
                data["autoRotationPeriod"],
                data["nextRotationDate"],
                data["expectedDestroyDate"],
                data["trigger"]["id"],
            ]);
            let yes_or_no = if model.automatic.is_some() { "Y" } else { "N" };
            let expected = json!([
                model.lifecycle,
                model.phase,
                yes_or_no,
                model.automatic.map(|(period, _)| period),
                model.automatic.map(|(_, next)| next.as_millisecond()),
                model.destroyed_at.map(Timestamp::as_millisecond),
                model.linked.then_some("rotate"),
            ]);
            assert_eq!(shown, expected, "{id}");
            if model.lifecycle == "ENABLE" {
                let values = client.get(&format!("{path}/values")).await;
                let [_, previous, active, pending] = &model.chain;
                let expected = json!({"previous": previous, "active": active, "pending": pending});
                assert_eq!(values.data()["decryptedSecretChain"], expected);
            }
            let suspended = self.world.emulator.secret(id).unwrap().chain.suspended;
            let suspended = suspended.as_ref().map(|text| text.as_str().to_owned());
            assert_eq!(suspended, model.chain[0]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_sequence_of_operations_and_time_leaves_what_is_documented(acts in vec(acts(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut story = Story::begin().await;
            for slot in 0..FILLED {
                let wish = Wish {
                    operation: Operation::CreateSecret,
                    value: json!({"user": "app", "password": "first"}).to_string(),
                    period: 3,
                    trigger: true,
                };
                story.call(slot, &wish).await;
            }
            for act in &acts {
                match act {
                    Act::Call(slot, wish) => story.call(*slot, wish).await,
                    Act::Rotation(slot, wish) => story.rotate(*slot, wish).await,
                    Act::Hours(hours) => story.pass(*hours),
                }
                story.check().await;
            }
        });
    }
}
