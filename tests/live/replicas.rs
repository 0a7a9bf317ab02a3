//! R12: of several replicas one works and the others stand by, and who does not lead any more writes nothing.
//!
//! The Lease lives in real time, so these are the tests that wait.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use ncp_emulator::{Effect, Operation, Stage};
use ncp_secret_operator::operator::Operator;
use serde_json::json;
use testbed::{Fault, Mark, Output, Process, Signal, free_ports};

use crate::scene::{Scene, until};
use crate::seen::fetch;

const VALUE: &str = r#"{"password":"one"}"#;
const LEADER: &str = "ncp_secret_operator_leader";

/// The program in a process of its own, under a service account of its own.
struct Replica {
    process: Process,
    account: &'static str,
    served: String,
    log: PathBuf,
}

impl Replica {
    async fn start(scene: &mut Scene, account: &'static str) -> Self {
        scene.leader_election = true;
        scene.use_account(account).await;
        let address = format!("127.0.0.1:{}", free_ports().next().unwrap());
        let mut arguments = scene.arguments()[1..].to_vec();
        arguments.retain(|argument| !argument.starts_with("--listen"));
        arguments.push(format!("--listen={address}"));
        arguments.push(format!("--watch-namespaces={}", scene.namespace));
        let clock = &scene.emulator.endpoints().admin;
        arguments.push(format!("--clock-url={clock}/clock"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_ncp-secret-operator"));
        command.args(arguments).env_remove("KUBECONFIG");
        let name = format!("{}-{account}.log", scene.namespace);
        let log = scene.cluster.folder().join(name);
        let process = Process::spawn(&command, Output::Log(log.clone())).unwrap();
        let replica = Self {
            process,
            account,
            served: format!("http://{address}"),
            log,
        };
        until("the replica is ready", async || {
            let readyz = format!("{}/readyz", replica.served);
            let answer = reqwest::get(readyz).await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        replica
    }

    /// Two of them, the leader first.
    async fn pair(scene: &mut Scene) -> (Self, Self) {
        let first = Self::start(scene, "replica-1").await;
        first.until_it_leads().await;
        let second = Self::start(scene, "replica-2").await;
        (first, second)
    }

    async fn leads(&self) -> bool {
        leads(&self.served).await
    }

    async fn until_it_leads(&self) {
        until(&format!("{} leads", self.account), async || {
            self.leads().await.then_some(())
        })
        .await;
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// What it has asked to be written since the mark, whether or not that was done.
    fn writes(&self, scene: &Scene, since: Mark) -> Vec<String> {
        writes(scene, self.account, since)
    }
}

/// Whether the operator that serves its metrics there leads.
pub async fn leads(served: &str) -> bool {
    let metrics = fetch(&format!("{served}/metrics")).await.1;
    metrics.contains(&format!("\n{LEADER} 1\n"))
}

/// What the operator under that account has asked to be written since the mark, whether or not that was done.
pub fn writes(scene: &Scene, account: &str, since: Mark) -> Vec<String> {
    let requests = scene.requests_of(account, since);
    let writes = requests.iter().filter(|request| request.verb != "get");
    writes
        .map(|request| {
            format!(
                "{} {} {} {}",
                request.verb, request.resource, request.name, request.code
            )
        })
        .collect()
}

#[tokio::test]
async fn r12_a_killed_leader_is_followed_within_15_seconds_by_one_that_was_idle_before() {
    let mut scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    let mark = scene.mark();
    let (mut leader, standby) = Replica::pair(&mut scene).await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    scene.steering.freeze();
    let idle = scene.requests_of(standby.account, mark);
    assert_eq!(
        idle,
        [],
        "a standby asks for nothing but lists and the Lease"
    );
    assert_eq!(fetch(&format!("{}/livez", standby.served)).await.0, 200);
    let secret = scene.secret("orders-db").await;
    let looks = scene.looks_at(&id);

    leader.process.signal(Signal::KILL).unwrap();
    let killed = Instant::now();
    let new = scene.secret_in_ncp("new", VALUE);
    scene.create_by_id("new", &new, json!({})).await;
    scene.until_reason("new", "Synced").await;
    let took = killed.elapsed();
    // Everything else that happens on a busy machine is allowed for.
    assert!(took < Duration::from_secs(18), "{took:?}");
    assert!(standby.leads().await);
    let asked = scene.requests_of(standby.account, mark);
    let log = standby.log();
    assert_eq!(
        scene.looks_at(&id),
        looks,
        "it was not due: {asked:?} {log}"
    );
    assert_eq!(scene.secret("orders-db").await, secret);
    let spec = scene.lease().await.spec.unwrap();
    assert_eq!(spec.lease_transitions, Some(1));
}

#[tokio::test]
async fn r12_an_orderly_stop_lets_the_standby_lead_at_once_and_each_write_happens_once() {
    let mut scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    scene.concurrency = 4;
    let mark = scene.mark();
    let (mut leader, standby) = Replica::pair(&mut scene).await;
    let slow = ncp_emulator::Fault::new(Effect::Delay(Duration::from_millis(50)));
    scene.emulator.add_fault(slow);
    let names: Vec<_> = (0..50)
        .map(|number| format!("object-{number:02}"))
        .collect();
    for name in &names {
        let id = scene.secret_in_ncp(name, VALUE);
        scene.create_by_id(name, &id, json!({})).await;
    }
    until("some are synced", async || {
        (writes(&scene, leader.account, mark).len() > 20).then_some(())
    })
    .await;
    leader.process.signal(Signal::TERM).unwrap();
    let ended = leader.process.wait().await.unwrap();
    let gone = Instant::now();
    assert!(ended.success(), "{}", leader.log());
    standby.until_it_leads().await;
    assert!(
        gone.elapsed() < Duration::from_secs(5),
        "nobody waited for the Lease"
    );
    for name in &names {
        scene.until_reason(name, "Synced").await;
    }
    let mut all = writes(&scene, leader.account, mark);
    all.extend(standby.writes(&scene, mark));
    for name in &names {
        let told = format!("patch ncpsecrets {name} 200");
        let count = all.iter().filter(|write| **write == told).count();
        assert_eq!(count, 1, "{name}");
    }
    for name in names
        .iter()
        .map(String::as_str)
        .chain(["ncp-secret-operator-key"])
    {
        let created = format!("create secrets {name} 201");
        let count = all.iter().filter(|write| **write == created).count();
        assert_eq!(count, 1, "{name}");
    }
    assert_eq!(
        all.len(),
        2 * names.len() + 2,
        "and the status of the store: {all:?}"
    );
}

#[tokio::test]
async fn r12_a_leader_that_was_stopped_and_goes_on_writes_nothing() {
    let mut scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    let (mut leader, standby) = Replica::pair(&mut scene).await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    let new = scene.secret_in_ncp("new", VALUE);
    // It is stopped in the middle of a pass that would create a Secret and one that would change one.
    let slow = ncp_emulator::Fault::new(Effect::Delay(Duration::from_secs(3)));
    let slow = slow.operation(Operation::GetSecretStageValue);
    scene.emulator.add_fault(slow.clone().secret(&id).times(1));
    scene.emulator.add_fault(slow.secret(&new).times(1));
    let two = Some(r#"{"password":"two"}"#);
    scene.emulator.set_value(&id, Stage::Active, two).unwrap();
    let asked = scene.emulator.calls().len();
    scene.create_by_id("new", &new, json!({})).await;
    scene.annotate("orders-db", "now").await;
    until("both details are read", async || {
        (scene.emulator.calls().len() >= asked + 2).then_some(())
    })
    .await;
    leader.process.signal(Signal::STOP).unwrap();
    let mark = scene.mark();

    standby.until_it_leads().await;
    scene.until_reason("new", "Synced").await;
    scene
        .until_secret("orders-db", |values| values["password"] == "two")
        .await;
    let three = Some(r#"{"password":"three"}"#);
    scene.emulator.set_value(&id, Stage::Active, three).unwrap();
    scene.force("orders-db", "again").await;
    let secret = scene.secret("orders-db").await;

    leader.process.signal(Signal::CONT).unwrap();
    until("it knows that it leads no more", async || {
        (!leader.leads().await).then_some(())
    })
    .await;
    assert_eq!(fetch(&format!("{}/readyz", leader.served)).await.0, 200);
    scene.force("orders-db", "once more").await;
    assert_eq!(leader.writes(&scene, mark), [""; 0], "{}", leader.log());
    assert_eq!(scene.secret("orders-db").await, secret);
    assert!(standby.leads().await);
}

#[tokio::test]
async fn r12_a_leader_that_is_cut_off_stops_in_time_and_what_it_sent_comes_too_late() {
    let mut scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    scene.leader_election = true;
    let proxy = scene.proxy();
    scene.reach_through(proxy.address());
    let cut_off = Operator::start(scene.settings(), scene.extras())
        .await
        .unwrap();
    let served = format!("http://{}", cut_off.address);
    let spec = json!({"refresh": {"interval": "30s"}});
    let id = scene.synced("orders-db", VALUE, spec).await;
    scene.use_account("replica-2").await;
    scene.start_operator().await;

    let two = Some(r#"{"password":"two"}"#);
    scene.emulator.set_value(&id, Stage::Active, two).unwrap();
    let looks = scene.looks_at(&id);
    let mark = scene.mark();
    proxy.set(Fault::Stall).await.unwrap();
    let since = Instant::now();
    // The way to NCP is free; what follows from the look is held up.
    scene.advance(SignedDuration::from_secs(31));
    until("the value was read", async || {
        (scene.looks_at(&id) > looks).then_some(())
    })
    .await;
    until("it leads no more", async || {
        (!leads(&served).await).then_some(())
    })
    .await;
    let took = since.elapsed();
    assert!(took < Duration::from_secs(12), "{took:?}");
    assert!(
        !leads(&scene.probes()).await,
        "the Lease has not expired yet"
    );

    let three = Some(r#"{"password":"three"}"#);
    scene.emulator.set_value(&id, Stage::Active, three).unwrap();
    scene.force("orders-db", "again").await;
    let secret = scene.secret("orders-db").await;
    proxy.set(Fault::Pass).await.unwrap();
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db").await, secret);
    let done = writes(&scene, "operator", mark);
    let done: Vec<_> = done
        .iter()
        .filter(|write| write.ends_with(" 200"))
        .collect();
    assert_eq!(done, [""; 0], "a former leader");
    assert!(!leads(&served).await);
    cut_off.stop().await;
}
