//! The connection to the API server.

use std::path::Path;
use std::time::Duration;

use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tower::{BoxError, ServiceBuilder};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const WRITE_WITHIN: Duration = Duration::from_secs(15);

/// Idle connections that are kept, as many as passes commonly run at once. Without a bound there are several times as
/// many after a rush, each with its buffers: one is begun whenever none is idle, and kept also when it comes too late.
const IDLE_CONNECTIONS: usize = 32;

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
    let client = client(&config).map_err(ConnectError::Unusable)?;
    Ok((client, config))
}

/// What kube itself would make of the configuration, but for the number of idle connections.
fn client(config: &Config) -> Result<Client, kube::Error> {
    if config.proxy_url.is_some() {
        return Client::try_from(config.clone());
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(tcp)?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    connector.set_reset_reader_on_write(config.reset_reader_on_write);
    let http: legacy::Client<_, Body> = legacy::Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}

async fn from_file(path: &Path) -> Result<Config, kube::config::KubeconfigError> {
    let file = Kubeconfig::read_from(path)?;
    Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await
}
