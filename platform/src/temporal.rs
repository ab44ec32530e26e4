//! Connecting to Temporal: by its own settings, with our codec, patiently at boot.

use std::time::Duration;

use serde::Deserialize;
use temporalio_client::envconfig::LoadClientConfigProfileOptions;
use temporalio_client::{Client, ClientOptions, Connection, NamespacedClient};
use temporalio_common::protos::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use url::Url;

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
    Unreachable {
        address: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A client of the namespace with the codec; tried again until `wait_secs` are over.
pub async fn connect(
    config: &TemporalConfig,
    keys: &KeysConfig,
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
        let tried = match Connection::connect(connection.clone()).await {
            Ok(connected) => Client::new(connected, options.clone()).map_err(|e| Box::new(e) as _),
            Err(error) => Err(Box::new(error) as Box<dyn std::error::Error + Send + Sync>),
        };
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
