//! What people do to the Lease, and what they forget to allow.

use jiff::SignedDuration;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use ncp_secret_operator::operator::Operator;
use serde_json::json;

use crate::replicas::{leads, writes};
use crate::scene::{Scene, until};
use crate::seen::fetch;

const VALUE: &str = r#"{"password":"one"}"#;

impl Scene {
    /// The Lease of the scene's operators.
    pub async fn lease(&self) -> Lease {
        self.own_api().get("ncp-secret-operator").await.unwrap()
    }

    async fn holder(&self) -> Option<String> {
        self.lease().await.spec?.holder_identity
    }
}

#[tokio::test]
async fn a_lease_that_somebody_deletes_is_made_again_by_its_holder_who_goes_on() {
    let mut scene = Scene::without_operator().await;
    scene.leader_election = true;
    scene.create_store("ncp").await;
    scene.start_operator().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    let holder = scene.holder().await;
    let leases: Api<Lease> = scene.own_api();
    leases
        .delete("ncp-secret-operator", &DeleteParams::default())
        .await
        .unwrap();
    until("there is a Lease again", async || {
        leases.get_opt("ncp-secret-operator").await.unwrap()
    })
    .await;
    assert_eq!(scene.holder().await, holder);
    scene.force("orders-db", "still there").await;
    assert_eq!(scene.lease().await.spec.unwrap().lease_transitions, Some(0));
    scene.stop_operator().await;
    assert_eq!(scene.holder().await, None, "it was given up");
}

#[tokio::test]
async fn r12_a_leader_stands_back_for_whomever_the_lease_names_until_that_one_is_silent() {
    let mut scene = Scene::without_operator().await;
    scene.leader_election = true;
    scene.create_store("ncp").await;
    scene.start_operator().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    scene.until_idle().await;
    let holder = scene.holder().await;
    let somebody = json!({"spec": {"holderIdentity": "somebody"}});
    let leases: Api<Lease> = scene.own_api();
    leases
        .patch(
            "ncp-secret-operator",
            &PatchParams::default(),
            &Patch::Merge(somebody),
        )
        .await
        .unwrap();
    until("it leads no more", async || {
        (!leads(&scene.probes()).await).then_some(())
    })
    .await;
    let mark = scene.mark();
    // A slot passes, in which somebody else looks.
    scene.steering.freeze();
    scene.advance(SignedDuration::from_hours(2));
    scene.emulator.reset_calls();
    scene.secret_in_ncp("new", VALUE);
    scene.create_ncp_secret("new", "new", json!({})).await;
    until("it leads again", async || {
        leads(&scene.probes()).await.then_some(())
    })
    .await;
    let before = writes(&scene, "operator", mark);
    assert!(before.len() <= 2, "nothing was written before: {before:?}");
    scene.until_reason("new", "Synced").await;
    assert_eq!(scene.holder().await, holder);
    assert_eq!(scene.lease().await.spec.unwrap().lease_transitions, Some(1));
    let of_the_other = writes(&scene, "operator", mark);
    let of_the_other = of_the_other
        .iter()
        .find(|write| write.contains("orders-db"));
    assert_eq!(of_the_other, None, "what is in order costs nothing");
    scene.until_idle().await;
    assert_eq!(
        scene.looks_at(&id),
        0,
        "slots that were missed are not made up"
    );
    scene.stop_operator().await;
}

#[tokio::test]
async fn an_operator_without_rights_to_the_lease_says_so_and_is_not_ready() {
    let mut scene = Scene::without_operator().await;
    scene.leader_election = true;
    // What this account asks for in vain is not compared with what the chart grants.
    scene.use_account("ncp-secret-operator").await;
    let mut settings = scene.settings();
    settings.namespace = Some("default".into());
    let operator = Operator::start(settings, scene.extras()).await.unwrap();
    let readyz = format!("http://{}/readyz", operator.address);
    until("it says so", async || {
        let (status, text) = fetch(&readyz).await;
        let says = "the Lease ncp-secret-operator in namespace default cannot be read";
        (status == 503 && text.contains(says)).then_some(())
    })
    .await;
    operator.stop().await;
}
