//! Connecting to Temporal: by its own settings, with our codec, patiently at boot.

mod in_hand;
mod transport;

use std::time::Duration;

use serde::Deserialize;
use temporalio_client::envconfig::LoadClientConfigProfileOptions;
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions, NamespacedClient};
use temporalio_common::protos::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use url::Url;

use self::in_hand::InHand;
use crate::codec::Codec;
use crate::config::ConfigError;
use crate::keys::KeysConfig;

/// Address, namespace, TLS and API key come from `TEMPORAL_*` and `temporal.toml`, as for every
/// Temporal tool. An address given here is for programs that start their own server.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemporalConfig {
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub namespace: Option<String>,
    /// How long a boot waits for the server, seconds.
    #[serde(default = "default_wait")]
    pub wait_secs: u64,
    /// Where people find Temporal UI. Absent: nobody is sent there.
    #[serde(default)]
    pub ui_url: Option<Url>,
}

fn default_wait() -> u64 {
    60
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("Temporal at {address} does not answer: {source}")]
    Unreachable { address: String, source: Failed },
}

/// A client of the namespace with the codec; tried again until `wait_secs` are over.
pub async fn connect(
    config: &TemporalConfig,
    keys: &KeysConfig,
) -> Result<(Client, Codec), ConnectError> {
    connect_by(config, keys, async |options| {
        Ok(Connection::connect(options).await?)
    })
    .await
}

/// [`connect`] for a worker: it is given the workflow tasks of a run one after another.
///
/// For one queue of processes: a task that was kept goes to whichever poll for processes comes first. A second such
/// queue wants a client of its own; queues of activities alone may share this one.
pub async fn connect_worker(
    config: &TemporalConfig,
    keys: &KeysConfig,
) -> Result<(Client, Codec), ConnectError> {
    let in_hand = InHand::default();
    connect_by(config, keys, async |mut options| {
        let channel = transport::open(&options).await?;
        options.service_override = Some(in_hand.service(channel, options.grpc_compression));
        options.dns_load_balancing = None;
        Ok(Connection::connect(options).await?)
    })
    .await
}

/// Why a try to connect failed.
type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn connect_by(
    config: &TemporalConfig,
    keys: &KeysConfig,
    open: impl AsyncFn(ConnectionOptions) -> Result<Connection, Failed>,
) -> Result<(Client, Codec), ConnectError> {
    let (mut connection, mut options) =
        ClientOptions::load_from_config(LoadClientConfigProfileOptions::default())
            .map_err(|error| ConfigError::value("TEMPORAL_*", error.to_string()))?;
    if let Some(address) = &config.address {
        let url = if address.contains("://") {
            address.clone()
        } else {
            format!("http://{address}")
        };
        connection.target = url.parse().map_err(|error| {
            ConfigError::value("temporal.address", format!("{address}: {error}"))
        })?;
    }
    if let Some(namespace) = &config.namespace {
        options = ClientOptions::new(namespace.clone()).build();
    }
    // Compression only costs on one machine.
    if matches!(
        connection.target.host_str(),
        Some("127.0.0.1" | "localhost" | "[::1]")
    ) {
        connection.grpc_compression = temporalio_client::GrpcCompression::None;
    }
    let codec = Codec::new(&options.namespace, keys)?;
    options.data_converter = codec.data_converter();
    let address = connection.target.to_string();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(config.wait_secs);
    loop {
        let tried = open(connection.clone()).await.and_then(|connected| {
            Client::new(connected, options.clone()).map_err(|error| Box::new(error) as Failed)
        });
        match tried {
            Ok(client) => return Ok((client, codec)),
            Err(source) if tokio::time::Instant::now() >= deadline => {
                return Err(ConnectError::Unreachable { address, source });
            }
            Err(error) => {
                tracing::info!(%address, %error, "waiting for Temporal");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

/// Whether the server answers and knows our namespace.
pub async fn probe(client: &Client) -> Result<(), tonic::Status> {
    let request = DescribeNamespaceRequest {
        namespace: client.namespace(),
        ..Default::default()
    };
    let mut service = client.connection().workflow_service();
    service
        .describe_namespace(tonic::Request::new(request))
        .await
        .map(|_| ())
}
