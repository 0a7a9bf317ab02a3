//! Everything that the steps have to do with: a cluster with a node, the emulator, Helm and kubectl.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use jiff::SignedDuration;
use kube::Client;
use ncp_emulator::{Action, Emulator, Key, NewSecret, Ports, Role, Tls, Trigger};
use serde_json::{Value, json};
use steerable_clock::Clock;
use testbed::{Binaries, ControlPlane, NODE_ADDRESS, Names, Node, NodeBinaries};

use crate::image::Built;
use crate::kubectl::Kubectl;

/// The namespace of the pods that consume a Secret.
pub(super) const SHOP: &str = "shop";
/// The namespace of the operator.
pub(super) const OPERATOR: &str = "ncp-secrets";
/// What the secret is called in NCP.
const SOURCE: &str = "shop-orders";
const TRIGGER: &str = "rotate-db";
/// NCP's own hosts, as pods look them up. The first is found at the port of HTTPS, so the operator is not told of it.
pub(super) const NCP: [&str; 2] = ["ocapi-kr.ncloud.com", "secretmanager.apigw.ntruss.com"];
const HTTPS: u16 = 443;

/// What was built before.
pub(super) struct Parts {
    pub(super) binaries: Binaries,
    pub(super) node: NodeBinaries,
    pub(super) helm: PathBuf,
    pub(super) image: Built,
}

pub(super) struct Scene {
    pub(super) kubectl: Kubectl,
    pub(super) client: Client,
    pub(super) kubeconfig: PathBuf,
    pub(super) helm: PathBuf,
    pub(super) image: Built,
    pub(super) emulator: Emulator,
    viewer: Key,
    node: Node,
    _names: Names,
    _plane: ControlPlane,
}

impl Scene {
    pub(super) async fn start(parts: Parts) -> Result<Self> {
        let started = Instant::now();
        eprintln!("starting a control plane and a node");
        let plane = ControlPlane::start_with_node(&parts.binaries).await?;
        let node = Node::start(&parts.node, &plane).await?;
        node.import(&parts.image.archive).await?;
        // As it would be pulled by its digest from a registry.
        node.tag(&parts.image.tagged, &parts.image.pinned).await?;
        eprintln!(
            "the node is ready after {:.1} s",
            started.elapsed().as_secs_f32()
        );
        // Pods are not on this loopback, so the emulator speaks TLS, as NCP does.
        let emulator = Emulator::start(ncp_emulator::Settings {
            clock: Clock::machine(),
            address: NODE_ADDRESS.into(),
            ports: Ports {
                kr_regional: Some(HTTPS),
                ..Ports::default()
            },
            tls: Some(Tls::Own {
                names: NCP.map(str::to_owned).into(),
            }),
            ..ncp_emulator::Settings::default()
        })
        .await?;
        emulator.put_trigger(Trigger {
            action: Action::Succeed {
                after: SignedDuration::from_secs(3),
            },
            ..Trigger::named(TRIGGER)
        });
        let kubeconfig = plane.cluster().kubeconfig().to_owned();
        let scene = Self {
            kubectl: Kubectl::new(&parts.binaries.kubectl(), &kubeconfig),
            client: plane.cluster().client().await?,
            kubeconfig,
            helm: parts.helm,
            image: parts.image,
            viewer: emulator.add_key(Role::Viewer),
            emulator,
            node,
            _names: Names::serve(&NCP).await?,
            _plane: plane,
        };
        scene.prepare_namespaces().await?;
        Ok(scene)
    }

    /// Namespaces that refuse pods outside the restricted Pod Security Standard, the key of the store, and the emulator's
    /// certificate authority.
    async fn prepare_namespaces(&self) -> Result<()> {
        for name in [SHOP, OPERATOR] {
            let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
            self.apply(json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name, "labels": labels}}))
                .await?;
        }
        self.apply(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "ncp-credentials", "namespace": SHOP},
        "stringData": {
            "NCLOUD_ACCESS_KEY": self.viewer.access_key,
            "NCLOUD_SECRET_KEY": self.viewer.secret_key,
        }}))
        .await?;
        let authority = self
            .emulator
            .certificate_authority()
            .context("the emulator has no certificate authority")?;
        self.apply(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "ncp-authority", "namespace": OPERATOR},
            "data": {"ca.crt": authority}}))
            .await
    }

    /// Applies a manifest, as its administrator.
    pub(super) async fn apply(&self, manifest: Value) -> Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), manifest.to_string())?;
        self.kubectl.apply(file.path()).await?;
        Ok(())
    }

    /// Creates the secret in NCP; answers its ID.
    pub(super) fn create_source(&self, password: &str) -> Result<String> {
        let secret = NewSecret::named(SOURCE)
            .value(value(password))
            .rotation_targets(["cdbPassword"])
            .automatic_rotation(90, TRIGGER);
        Ok(self.emulator.create_secret(secret)?)
    }

    /// What is written into `spec.source`.
    pub(super) fn source() -> Value {
        json!({"secretName": SOURCE})
    }

    /// Tells what the cluster looks like, for a person who wants to know why a step failed.
    pub(super) async fn describe(&self) {
        for command in [
            "get nodes,pods,deployments,ncpsecrets,ncpsecretstores -A -o wide".to_owned(),
            "get events -A --sort-by=.lastTimestamp".to_owned(),
            format!("describe pods -n {OPERATOR}"),
            format!(
                "logs -n {OPERATOR} --selector app.kubernetes.io/name=ncp-secret-operator --tail=50 --prefix"
            ),
            format!("describe ncpsecrets -n {SHOP}"),
        ] {
            eprintln!("$ kubectl {command}");
            match self.kubectl.run(&command).await {
                Ok(text) => eprintln!("{text}"),
                Err(error) => eprintln!("{error:#}"),
            }
        }
        eprintln!("{}", self.node.last_lines());
    }

    /// Runs Helm; answers what it prints.
    pub(super) async fn run_helm(&self, arguments: &[&str]) -> Result<String> {
        let output = tokio::process::Command::new(&self.helm)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HELM_NAMESPACE", OPERATOR)
            .args(arguments)
            .output()
            .await
            .context("cannot run helm")?;
        if !output.status.success() {
            bail!(
                "helm {} failed: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// The value of the secret in NCP.
fn value(password: &str) -> String {
    json!({"cdbUser": "orders", "cdbPassword": password}).to_string()
}
