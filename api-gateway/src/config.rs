//! Settings of the gateway; `config.default.toml` documents each of them.

use std::net::SocketAddr;
use std::path::PathBuf;

use platform::config::ConfigError;
use platform::keys::KeysConfig;
use platform::logging::LogConfig;
use platform::metrics::MetricsConfig;
use platform::objects::ObjectsConfig;
use platform::temporal::TemporalConfig;
use secrecy::SecretString;
use serde::Deserialize;
use store::StoreConfig;
use url::Url;

use crate::access::{Limits, TokensConfig};
use crate::starts::StartsConfig;

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: ServerConfig,
    pub temporal: TemporalConfig,
    pub codec: KeysConfig,
    pub codec_server: CodecServerConfig,
    pub links: KeysConfig,
    /// Seeds of the ed25519 keys that sign the audit's checkpoints and evidence packs.
    pub signing: KeysConfig,
    pub store: StoreConfig,
    pub objects: ObjectsConfig,
    pub access: TokensConfig,
    pub limits: Limits,
    pub starts: StartsConfig,
    pub files: FilesConfig,
    pub bitrix24: Bitrix24Config,
    pub web: WebConfig,
    pub callbacks: CallbacksConfig,
    pub metrics: MetricsConfig,
    pub log: LogConfig,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    pub address: SocketAddr,
    /// As clients and partners reach it.
    pub public_url: Url,
    pub tls: TlsConfig,
    /// A call without a deadline of its own ends after this, seconds.
    pub deadline_secs: u64,
    /// Whether gRPC reflection tells what the API is made of.
    pub reflection: bool,
    /// Largest body of a plain HTTP request other than an upload, bytes.
    pub body_bytes: usize,
    /// How long work in hand may take at a stop, seconds.
    pub grace_secs: u64,
}

/// `mode = "off"`, `"files"` or `"development"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "mode", rename_all = "lowercase", deny_unknown_fields)]
pub enum TlsConfig {
    /// Behind a proxy that ends TLS.
    Off,
    Files {
        certificate: PathBuf,
        key: PathBuf,
    },
    /// A certificate of our own authority, made on the first run.
    Development {
        folder: PathBuf,
    },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodecServerConfig {
    /// Origin of Temporal UI, which may ask for payloads.
    pub ui_origin: String,
    /// For development: a token that Temporal UI may pass instead of a person's. Absent: none.
    #[serde(default)]
    pub development_token: Option<SecretString>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    /// Largest upload, bytes.
    pub max_bytes: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bitrix24Config {
    /// `member_id` of portals that may install the app; empty: the first one that comes.
    #[serde(default)]
    pub portals: Vec<String>,
    /// Hosts that may be a portal: a name, or `*.` and the end of one. Nobody else is asked anything, whatever
    /// an installation says of itself.
    pub hosts: Vec<String>,
    /// Authority that signed the portal's certificate, PEM; for portals inside the company.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The app's code on the portal; empty: not compared.
    #[serde(default)]
    pub client_id: String,
    /// Origins that may frame `/embed`, beside those of installed portals.
    #[serde(default)]
    pub frame_ancestors: Vec<Url>,
}

/// The staff UI.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    /// What was built; an empty path: no UI is served.
    pub folder: PathBuf,
    /// Base address of Temporal UI for links to runs; empty: none.
    pub temporal_ui: String,
}

/// Secrets in the callback URLs of partners that do not sign.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbacksConfig {
    pub secret: SecretString,
    /// How long a message that fits nothing is looked at again before it is nobody's, seconds.
    pub early_secs: u32,
}

impl Config {
    /// Checks what types cannot say. Each error is one sentence naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.server.deadline_secs == 0 {
            return Err(ConfigError::value(
                "server.deadline_secs",
                "must be at least 1",
            ));
        }
        if self.server.public_url.cannot_be_a_base() {
            return Err(ConfigError::value(
                "server.public_url",
                "must be an http or https address",
            ));
        }
        for origin in &self.bitrix24.frame_ancestors {
            if !origin.origin().is_tuple() {
                return Err(ConfigError::value(
                    "bitrix24.frame_ancestors",
                    format!("{origin} is not an http or https address"),
                ));
            }
        }
        for host in &self.bitrix24.hosts {
            let name = host.strip_prefix("*.").unwrap_or(host);
            if name.is_empty() || name.contains(['*', '/', ':']) {
                return Err(ConfigError::value(
                    "bitrix24.hosts",
                    format!("{host} is neither a host nor *. and the end of one"),
                ));
            }
        }
        if secrecy::ExposeSecret::expose_secret(&self.callbacks.secret).len() < 16 {
            return Err(ConfigError::value(
                "callbacks.secret",
                "must be at least 16 characters",
            ));
        }
        self.starts.check()?;
        self.codec.decode("codec")?;
        self.links.decode("links")?;
        self.signing.decode("signing")?;
        Ok(())
    }
}
