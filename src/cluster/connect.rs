//! The connection to the API server.

use std::path::Path;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const WRITE_WITHIN: Duration = Duration::from_secs(15);

/// Why there is no connection to the API server.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing says where the API server is.
    #[error(
        "failed to find the API server: run in a pod, or set KUBECONFIG to a file that kubectl can use"
    )]
    NoConfiguration(#[source] kube::config::InferConfigError),
    /// The file that was named cannot be used.
    #[error("failed to use the kubeconfig file {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: kube::config::KubeconfigError,
    },
    /// What says where it is cannot be used.
    #[error("failed to set up the connection to the API server")]
    Unusable(#[source] kube::Error),
}

/// Finds the API server by that kubeconfig file, or as kubectl does, or from inside a pod, and prepares a connection.
///
/// Requests are not repeated behind our back: each failure goes to the schedule of the object that it is for.
///
/// # Errors
///
/// When there is no configuration, or none that can be used.
pub async fn connect(kubeconfig: Option<&Path>) -> Result<(Client, Config), ConnectError> {
    let mut config = match kubeconfig {
        Some(path) => from_file(path).await.map_err(|source| ConnectError::File {
            path: path.display().to_string(),
            source,
        })?,
        None => Config::infer()
            .await
            .map_err(ConnectError::NoConfiguration)?,
    };
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_WITHIN);
    config.write_timeout = Some(WRITE_WITHIN);
    let client = Client::try_from(config.clone()).map_err(ConnectError::Unusable)?;
    Ok((client, config))
}

async fn from_file(path: &Path) -> Result<Config, kube::config::KubeconfigError> {
    let file = Kubeconfig::read_from(path)?;
    Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await
}
