//! How to reach a running control plane: as its administrator, as any other user, and by its audit log.

use std::env;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;

use crate::audit::Audit;
use crate::authority::Authority;
use crate::fingerprint::fingerprint;

/// The environment variable by which `cargo xtask test` tells test processes where its control plane is.
pub const CLUSTER_VARIABLE: &str = "TESTBED_CLUSTER";

pub(crate) const AUTHORITY_CERTIFICATE: &str = "authority.crt";
pub(crate) const AUTHORITY_KEY: &str = "authority.key";
pub(crate) const AUDIT_LOG: &str = "audit.log";
pub(crate) const OTHER_AUDIT_LOGS: &str = "audit-of-others";
const SERVER: &str = "server";
const KUBECONFIGS: &str = "kubeconfigs";

/// A running control plane, whichever process started it.
#[derive(Clone, Debug)]
pub struct Cluster {
    folder: PathBuf,
    server: String,
    kubeconfig: PathBuf,
}

impl Cluster {
    /// The control plane that `cargo xtask test` started for the whole run.
    ///
    /// # Errors
    ///
    /// When this process was started by something else, or the control plane's files cannot be read.
    pub fn from_env() -> Result<Self> {
        let folder = env::var_os(CLUSTER_VARIABLE).with_context(|| {
            format!("{CLUSTER_VARIABLE} is not set, so there is no control plane to test with: run `cargo xtask test`")
        })?;
        let folder = PathBuf::from(folder);
        let server = fs::read_to_string(folder.join(SERVER)).with_context(|| {
            format!(
                "no control plane lives in {} ({CLUSTER_VARIABLE}): run `cargo xtask test`",
                folder.display()
            )
        })?;
        Self::reached_at(folder, server)
    }

    /// Keeps the address of a control plane in its folder, for other processes.
    pub(crate) fn create(folder: &Path, address: SocketAddr) -> Result<Self> {
        let server = format!("https://{address}");
        let attempt = || format!("cannot write the way to {server} to {}", folder.display());
        fs::create_dir_all(folder.join(KUBECONFIGS)).with_context(attempt)?;
        fs::write(folder.join(SERVER), &server).with_context(attempt)?;
        Self::reached_at(folder.to_owned(), server)
    }

    /// The same cluster, reached through a proxy: its kubeconfigs name the proxy as the server.
    ///
    /// # Errors
    ///
    /// When the kubeconfig cannot be written.
    pub fn through(&self, proxy: SocketAddr) -> Result<Self> {
        Self::reached_at(self.folder.clone(), format!("https://{proxy}"))
    }

    fn reached_at(folder: PathBuf, server: String) -> Result<Self> {
        let mut cluster = Self {
            folder,
            server,
            kubeconfig: PathBuf::new(),
        };
        cluster.kubeconfig = cluster.issue("admin", &["system:masters"])?;
        Ok(cluster)
    }

    /// The folder with the control plane's logs and certificates: the value for [`CLUSTER_VARIABLE`].
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A kubeconfig of the administrator, who may do everything and is called `admin` in the audit log.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A kubeconfig of any user, who may do what RBAC says.
    ///
    /// # Errors
    ///
    /// When the certificate cannot be issued or the file cannot be written.
    pub fn user_kubeconfig(&self, user: &str, group: Option<&str>) -> Result<PathBuf> {
        self.issue(user, group.as_slice())
    }

    /// A kubeconfig of a service account, which need not exist.
    ///
    /// # Errors
    ///
    /// When the certificate cannot be issued or the file cannot be written.
    pub fn service_account_kubeconfig(&self, namespace: &str, name: &str) -> Result<PathBuf> {
        let user = format!("system:serviceaccount:{namespace}:{name}");
        let of_namespace = format!("system:serviceaccounts:{namespace}");
        self.issue(&user, &["system:serviceaccounts", &of_namespace])
    }

    /// A client that acts as the administrator.
    ///
    /// # Errors
    ///
    /// When the kubeconfig cannot be used.
    pub async fn client(&self) -> Result<Client> {
        client(&self.kubeconfig).await
    }

    /// The requests that the API server has answered.
    #[must_use]
    pub fn audit(&self) -> Audit {
        Audit::new(self.folder.join(AUDIT_LOG))
    }

    /// The requests that the API servers have answered which tests of the same run had of their own and stopped.
    ///
    /// # Errors
    ///
    /// When the folder with their logs cannot be read.
    pub fn audits_of_others(&self) -> Result<Vec<Audit>> {
        let folder = self.folder.join(OTHER_AUDIT_LOGS);
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let logs = fs::read_dir(&folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        logs.map(|log| Ok(Audit::new(log?.path()))).collect()
    }

    /// Writes a kubeconfig once: a second request for the same user is answered with the same file.
    fn issue(&self, user: &str, groups: &[&str]) -> Result<PathBuf> {
        let file = self
            .folder
            .join(KUBECONFIGS)
            .join(file_name(&self.server, user, groups));
        if file.exists() {
            return Ok(file);
        }
        let authority = Authority::open(
            &self.folder.join(AUTHORITY_CERTIFICATE),
            &self.folder.join(AUTHORITY_KEY),
        )?;
        let identity = authority.client(user, groups)?;
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "testbed", "cluster": {
                "server": self.server,
                "certificate-authority-data": BASE64_STANDARD.encode(authority.certificate()),
            }}],
            "users": [{"name": user, "user": {
                "client-certificate-data": BASE64_STANDARD.encode(identity.certificate),
                "client-key-data": BASE64_STANDARD.encode(identity.key),
            }}],
            "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": user}}],
            "current-context": "testbed",
        });
        write_private(&file, &serde_saphyr::to_string(&kubeconfig)?).with_context(|| {
            format!(
                "cannot write the kubeconfig of {user} to {}",
                file.display()
            )
        })?;
        Ok(file)
    }
}

/// A client that acts as the user of a kubeconfig.
///
/// # Errors
///
/// When the kubeconfig cannot be read or used.
pub async fn client(kubeconfig: &Path) -> Result<Client> {
    let attempt = || format!("cannot use the kubeconfig {}", kubeconfig.display());
    let read = Kubeconfig::read_from(kubeconfig).with_context(attempt)?;
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default())
        .await
        .with_context(attempt)?;
    Client::try_from(config).with_context(attempt)
}

/// A name that a person can read and that no two users share.
fn file_name(server: &str, user: &str, groups: &[&str]) -> String {
    let readable: String = user
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .take(80)
        .collect();
    let unique = fingerprint([server, user].into_iter().chain(groups.iter().copied()));
    format!("{readable}-{unique}.yaml")
}

/// Puts a whole file in place at once, readable by this user alone, which is how `tempfile` makes it.
fn write_private(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().context("a file is in a folder")?;
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.persist(file)?;
    Ok(())
}
