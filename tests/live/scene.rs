//! A scene: a namespace of its own, an emulator, an operator, and one clock for both.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams,
};
use kube::core::GroupVersionKind;
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Resource, ResourceExt};
use ncp_emulator::behavior::{RegionalSignature, Verdict};
use ncp_emulator::{Emulator, Key, NewSecret, Role};
use ncp_secret_operator::api::NcpSecret;
use ncp_secret_operator::controller::Scope;
use ncp_secret_operator::operator::{Extras, Operator};
use ncp_secret_operator::settings::Settings;
use serde_json::{Value, json};
use steerable_clock::{Clock, Steering};
use testbed::{Cluster, ControlPlane, Mark, Request, Sources};
use tokio::sync::OnceCell;

use crate::installed::{Account, RIGHTS_EVERYWHERE, RIGHTS_IN_A_NAMESPACE, install};

/// Long enough for a busy machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The account of the operator of a scene.
const ACCOUNT: &str = "operator";

/// A control plane for one test, which changes what other tests share.
pub async fn own_control_plane() -> ControlPlane {
    let binaries = Sources::from_env().unwrap().find().unwrap();
    ControlPlane::start(&binaries).await.unwrap()
}

/// Everything that a test works with.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Scene {
    pub cluster: Cluster,
    pub client: Client,
    pub namespace: String,
    pub emulator: Emulator,
    pub key: Key,
    pub clock: Clock,
    pub steering: Steering,
    /// Whether the operator follows the stores of the cluster, which all tests share.
    pub cluster_stores: bool,
    /// Whether the operator follows all namespaces, as it does in production.
    everywhere: bool,
    /// Whether operators wait for a Lease. That of one that was killed, or cut off, would have to be waited for.
    pub leader_election: bool,
    /// How many passes may run at once.
    pub concurrency: u16,
    /// How long a pass may take, if not as long as in production.
    pub longest_pass: Option<Duration>,
    /// Whether operators are told the wrong way round which of Korea's hosts is which.
    pub swapped_hosts: bool,
    /// The namespace of the operator's account, key and Lease.
    home: String,
    kubeconfig: PathBuf,
    operator: Option<Operator>,
}

impl Scene {
    /// A scene with a running operator and a store named `ncp`.
    pub async fn start() -> Self {
        let mut scene = Self::without_operator().await;
        scene.create_store("ncp").await;
        scene.start_operator().await;
        // So that this write is over before a test counts others.
        scene.until_store("ncp", "Configured").await;
        scene
    }

    /// A scene whose operator does not run yet, and that has no store.
    pub async fn without_operator() -> Self {
        static INSTALLED: OnceCell<()> = OnceCell::const_new();
        let cluster = Cluster::from_env().unwrap();
        let client = cluster.client().await.unwrap();
        INSTALLED.get_or_init(|| install(&client)).await;
        Self::in_cluster(cluster, client).await
    }

    /// The same in a cluster of the test's own.
    pub async fn in_own(plane: &ControlPlane) -> Self {
        let cluster = plane.cluster().clone();
        let client = cluster.client().await.unwrap();
        install(&client).await;
        Self::in_cluster(cluster, client).await
    }

    /// The same, with an operator that follows all of it, as it does in production.
    pub async fn in_all_of(plane: &ControlPlane) -> Self {
        let mut scene = Self::in_own(plane).await;
        scene.cluster_stores = true;
        scene.everywhere = true;
        scene
    }

    async fn in_cluster(cluster: Cluster, client: Client) -> Self {
        let namespace = create_namespace(&client).await;
        let home = create_namespace(&client).await;
        let account = Account {
            home: &home,
            name: ACCOUNT,
        };
        let kinds = ["Role", "RoleBinding"];
        let rights = account.grant(&client, RIGHTS_IN_A_NAMESPACE, &kinds, Some(&namespace));
        rights.await;
        let kubeconfig = cluster.service_account_kubeconfig(&home, ACCOUNT).unwrap();
        let (clock, steering) = Clock::steered(machine_time());
        let emulator = Emulator::start(ncp_emulator::Settings {
            clock: clock.clone(),
            steering: Some(steering.clone()),
            // What the emulator would accept besides, the operator shall not need.
            behavior: ncp_emulator::Behavior {
                regional_signature: RegionalSignature::WholePath,
                signature_v1: Verdict::Refused,
                ..ncp_emulator::Behavior::default()
            },
            ..ncp_emulator::Settings::default()
        })
        .await
        .unwrap();
        let key = emulator.add_key(Role::Viewer);
        let scene = Self {
            cluster,
            client,
            emulator,
            key,
            clock,
            steering,
            cluster_stores: false,
            everywhere: false,
            leader_election: false,
            concurrency: 32,
            longest_pass: None,
            swapped_hosts: false,
            home,
            namespace,
            kubeconfig,
            operator: None,
        };
        scene.write_credentials("ncp-credentials", &scene.key).await;
        scene
    }

    /// Starts the operator and waits until it has listed everything.
    pub async fn start_operator(&mut self) {
        if self.cluster_stores || self.everywhere {
            self.grant_the_cluster().await;
        }
        let operator = Operator::start(self.settings(), self.extras())
            .await
            .unwrap();
        until("the operator is ready", async || {
            operator.is_ready().then_some(())
        })
        .await;
        self.operator = Some(operator);
    }

    /// Gives the operator's account the rights of one that follows all namespaces, in the place of those that it has.
    pub async fn grant_the_cluster(&self) {
        let bindings: Api<RoleBinding> = self.api();
        for binding in bindings.list(&ListParams::default()).await.unwrap() {
            let params = DeleteParams::default();
            bindings.delete(&binding.name_any(), &params).await.unwrap();
        }
        let account = self.account(ACCOUNT);
        let own = account.grant(&self.client, RIGHTS_EVERYWHERE, &["Role"], None);
        own.await;
        account.grant_everywhere(&self.client).await;
    }

    /// Gives back what a test took from the operator's rights in its namespace.
    pub async fn grant_again(&self) {
        self.grant(ACCOUNT, "Role").await;
    }

    async fn grant(&self, account: &str, kind: &str) {
        let (rights, works_for) = (RIGHTS_IN_A_NAMESPACE, Some(&*self.namespace));
        let account = self.account(account);
        account
            .grant(&self.client, rights, &[kind], works_for)
            .await;
    }

    fn account<'names>(&'names self, name: &'names str) -> Account<'names> {
        Account {
            home: &self.home,
            name,
        }
    }

    /// Stops the operator as a signal would.
    pub async fn stop_operator(&mut self) {
        if let Some(operator) = self.operator.take() {
            operator.stop().await;
        }
    }

    pub fn settings(&self) -> Settings {
        <Settings as clap::Parser>::parse_from(self.arguments())
    }

    /// What the operator's own program is called with.
    pub fn arguments(&self) -> [String; 11] {
        let mut endpoints = self.emulator.endpoints().clone();
        if self.swapped_hosts {
            std::mem::swap(&mut endpoints.kr_regional, &mut endpoints.kr_global);
        }
        [
            "ncp-secret-operator",
            "--listen=127.0.0.1:0",
            "--allow-loopback-http",
            &format!("--kubeconfig={}", self.kubeconfig.display()),
            &format!("--namespace={}", self.home),
            &format!("--leader-election={}", self.leader_election),
            &format!("--concurrency={}", self.concurrency),
            &format!("--endpoint-kr-regional={}", endpoints.kr_regional),
            &format!("--endpoint-kr-global={}", endpoints.kr_global),
            &format!("--endpoint-jpn-regional={}", endpoints.jpn_regional),
            &format!("--endpoint-metadata={}", endpoints.metadata),
        ]
        .map(str::to_owned)
    }

    /// Puts a faulty network between the API server and operators that are started from now on.
    pub fn reach_through(&mut self, proxy: SocketAddr) {
        let cluster = self.cluster.through(proxy).unwrap();
        self.kubeconfig = cluster
            .service_account_kubeconfig(&self.home, ACCOUNT)
            .unwrap();
    }

    /// Lets operators that are started from now on run under a service account of that name, with the same rights.
    pub async fn use_account(&mut self, account: &str) {
        self.grant(account, "RoleBinding").await;
        let kubeconfig = self.cluster.service_account_kubeconfig(&self.home, account);
        self.kubeconfig = kubeconfig.unwrap();
    }

    /// Lets operators that are started from now on reach the API server as that file says.
    pub fn use_kubeconfig(&mut self, path: &std::path::Path) {
        path.clone_into(&mut self.kubeconfig);
    }

    pub fn extras(&self) -> Extras {
        let namespaces = if self.everywhere {
            Vec::new()
        } else {
            vec![self.namespace.clone()]
        };
        Extras {
            clock: Some(self.clock.clone()),
            scope: Some(Scope {
                namespaces,
                cluster_stores: self.cluster_stores,
            }),
            longest_pass: self.longest_pass,
        }
    }

    /// The address of the operator's probes and metrics.
    pub fn probes(&self) -> String {
        format!("http://{}", self.operator.as_ref().unwrap().address)
    }

    pub fn advance(&self, span: SignedDuration) {
        self.steering.advance(span);
    }

    /// Creates a secret in NCP; answers its ID.
    pub fn secret_in_ncp(&self, name: &str, value: &str) -> String {
        self.emulator
            .create_secret(NewSecret::named(name).value(value))
            .unwrap()
    }

    pub async fn write_credentials(&self, name: &str, key: &Key) {
        self.write_secret(
            name,
            json!({"NCLOUD_ACCESS_KEY": key.access_key, "NCLOUD_SECRET_KEY": key.secret_key}),
        )
        .await;
    }

    /// Writes a Secret as a person would.
    pub async fn write_secret(&self, name: &str, text: Value) {
        let secret: Secret = serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": text,
        }))
        .unwrap();
        let apply = PatchParams::apply("a-person").force();
        self.api::<Secret>()
            .patch(name, &apply, &Patch::Apply(&secret))
            .await
            .unwrap();
    }

    pub async fn create_store(&self, name: &str) {
        self.create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecretStore",
            "metadata": {"name": name},
            "spec": {"region": "KR", "auth": {"secretRef": {"name": "ncp-credentials"}}},
        }))
        .await;
    }

    /// Creates an `NcpSecret` over the store `ncp`; `spec` is merged into the plainest one that reads that name.
    pub async fn create_ncp_secret(&self, name: &str, secret_name: &str, spec: Value) -> NcpSecret {
        let mut whole = json!({
            "storeRef": {"name": "ncp"},
            "source": {"secretName": secret_name},
        });
        merge(&mut whole, spec);
        let object = self
            .create(json!({
                "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret",
                "metadata": {"name": name}, "spec": whole,
            }))
            .await;
        serde_json::from_value(serde_json::to_value(object).unwrap()).unwrap()
    }

    /// Creates any object of ours; namespaced ones in the namespace of the scene.
    pub async fn create(&self, manifest: Value) -> DynamicObject {
        self.try_create(manifest).await.unwrap()
    }

    pub async fn try_create(&self, manifest: Value) -> kube::Result<DynamicObject> {
        let kind = manifest["kind"].as_str().unwrap().to_owned();
        let gvk = GroupVersionKind::gvk("ncp-secrets.io", "v1alpha1", &kind);
        let resource = ApiResource::from_gvk(&gvk);
        let api: Api<DynamicObject> = if kind.starts_with("Cluster") {
            Api::all_with(self.client.clone(), &resource)
        } else {
            Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
        };
        let object = serde_json::from_value(manifest).unwrap();
        api.create(&PostParams::default(), &object).await
    }

    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The same in the namespace of the operator.
    pub fn own_api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.home)
    }

    /// Takes the installation key away.
    pub async fn delete_installation_key(&self) {
        let (secrets, params) = (self.own_api::<Secret>(), DeleteParams::default());
        let deleted = secrets.delete("ncp-secret-operator-key", &params).await;
        deleted.unwrap();
    }

    /// Merges a patch into an `NcpSecret`, as a person would.
    pub async fn patch_ncp_secret(&self, name: &str, patch: Value) {
        let params = PatchParams::default();
        self.api::<NcpSecret>()
            .patch(name, &params, &Patch::Merge(patch))
            .await
            .unwrap();
    }

    /// Merges a patch into a Secret, as a person would.
    pub async fn patch_secret(&self, name: &str, patch: Value) {
        let params = PatchParams {
            field_manager: Some("kubectl-edit".into()),
            ..PatchParams::default()
        };
        self.api::<Secret>()
            .patch(name, &params, &Patch::Merge(patch))
            .await
            .unwrap();
    }

    /// Waits until the Ready condition has that reason; answers the object.
    pub async fn until_reason(&self, name: &str, reason: &str) -> NcpSecret {
        self.until_object(name, &format!("has reason {reason}"), |object| {
            condition(object, "Ready").is_some_and(|(_, is, _)| is == reason)
        })
        .await
    }

    /// Waits until the object fulfils a condition.
    pub async fn until_object(
        &self,
        name: &str,
        what: &str,
        fulfils: impl Fn(&NcpSecret) -> bool + Send + Sync,
    ) -> NcpSecret {
        let wanted = await_condition(
            self.api::<NcpSecret>(),
            name,
            |object: Option<&NcpSecret>| object.is_some_and(&fulfils),
        );
        let Ok(seen) = tokio::time::timeout(PATIENCE, wanted).await else {
            let object = self.api::<NcpSecret>().get_opt(name).await.unwrap();
            let status = object.map(|object| serde_json::to_string_pretty(&object.status).unwrap());
            panic!(
                "{name} never {what}; its status: {}",
                status.unwrap_or_default()
            );
        };
        seen.unwrap().unwrap()
    }

    /// Waits until a Secret fulfils a condition; answers its values as text.
    pub async fn until_secret(
        &self,
        name: &str,
        fulfils: impl Fn(&Values) -> bool + Send + Sync,
    ) -> Values {
        let wanted = await_condition(self.api::<Secret>(), name, |secret: Option<&Secret>| {
            secret.is_some_and(|secret| fulfils(&values(secret)))
        });
        let Ok(seen) = tokio::time::timeout(PATIENCE, wanted).await else {
            let seen = self.api::<Secret>().get_opt(name).await.unwrap();
            panic!(
                "the Secret {name} never became right; it is {:?}",
                seen.map(|secret| values(&secret))
            );
        };
        values(&seen.unwrap().unwrap())
    }

    /// The Secret as it is.
    pub async fn secret(&self, name: &str) -> Option<Secret> {
        self.api::<Secret>().get_opt(name).await.unwrap()
    }

    /// Events about an object of that name: type, reason and note.
    pub async fn events(&self, about: &str) -> Vec<(String, String, String)> {
        let events = self
            .api::<Event>()
            .list(&ListParams::default())
            .await
            .unwrap();
        let mut found: Vec<_> = events
            .into_iter()
            .filter(|event| {
                event
                    .regarding
                    .as_ref()
                    .and_then(|object| object.name.as_deref())
                    == Some(about)
            })
            .map(|event| {
                let text = |text: Option<String>| text.unwrap_or_default();
                (
                    event.event_time,
                    text(event.type_),
                    text(event.reason),
                    text(event.note),
                )
            })
            .collect();
        found.sort_by_key(|(time, ..)| time.as_ref().map(|time| time.0));
        found
            .into_iter()
            .map(|(_, type_, reason, note)| (type_, reason, note))
            .collect()
    }

    pub fn mark(&self) -> Mark {
        self.cluster.audit().mark().unwrap()
    }

    /// What the operator asked of the API server since the mark, apart from watches, the lists before them, and the Lease.
    pub fn requests(&self, since: Mark) -> Vec<Request> {
        self.requests_of(ACCOUNT, since)
    }

    /// The same for an operator that runs under another service account of the scene.
    pub fn requests_of(&self, account: &str, since: Mark) -> Vec<Request> {
        let user = format!("system:serviceaccount:{}:{account}", self.home);
        let requests = self.cluster.audit().since(since).unwrap();
        requests
            .into_iter()
            .filter(|request| {
                request.user == user
                    && !["watch", "list"].contains(&request.verb.as_str())
                    && request.resource != "leases"
            })
            .collect()
    }
}

/// The values of a Secret as text.
pub type Values = std::collections::BTreeMap<String, String>;

pub fn values(secret: &Secret) -> Values {
    let data = secret.data.iter().flatten();
    data.map(|(key, value)| (key.clone(), String::from_utf8_lossy(&value.0).into_owned()))
        .collect()
}

/// Values from pairs.
pub fn pairs(pairs: &[(&str, &str)]) -> Values {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Status, reason and message of a condition.
pub fn condition<'object>(
    object: &'object NcpSecret,
    type_: &str,
) -> Option<(&'object str, &'object str, &'object str)> {
    let conditions = &object.status.as_ref()?.conditions;
    let found = conditions
        .iter()
        .find(|condition| condition.type_ == type_)?;
    Some((&found.status, &found.reason, &found.message))
}

/// Asks until there is an answer.
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let answer = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let Ok(answer) = tokio::time::timeout(PATIENCE, answer).await else {
        panic!("it never came true that {what}");
    };
    answer
}

pub fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
            into.retain(|_, value| !value.is_null());
        }
        (into, from) => *into = from,
    }
}

pub async fn create_namespace(client: &Client) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("test-{}-{number}", std::process::id());
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
    Api::all(client.clone())
        .create(&PostParams::default(), &namespace)
        .await
        .unwrap();
    name
}

#[expect(
    clippy::disallowed_methods,
    reason = "the API server lives in the machine's time"
)]
fn machine_time() -> Timestamp {
    Timestamp::now()
}
