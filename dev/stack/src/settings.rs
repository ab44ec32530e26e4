//! Where the stack keeps its things and how its programs are configured.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Keys of a development installation, made once and kept in `.kite`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keys {
    pub codec: String,
    pub links: String,
    pub tokens: String,
    pub callbacks: String,
    pub codec_token: String,
}

impl Keys {
    pub fn random() -> Self {
        let key = || STANDARD.encode(rand::random::<[u8; 32]>());
        let word = || uuid::Uuid::new_v4().simple().to_string();
        Self {
            codec: key(),
            links: key(),
            tokens: key(),
            callbacks: word(),
            codec_token: word(),
        }
    }

    /// The keys of the folder; the same ones on every run.
    pub fn kept_in(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("keys.json");
        if path.exists() {
            return Ok(serde_json::from_str(&std::fs::read_to_string(&path)?)?);
        }
        std::fs::create_dir_all(folder)?;
        let keys = Self::random();
        std::fs::write(&path, serde_json::to_string_pretty(&keys)?)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(keys)
    }
}

/// Ports of a stack; 0 takes any.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    pub gateway: u16,
    pub gateway_metrics: u16,
    pub worker_metrics: u16,
    /// The Temporal SDK's own metrics; `None`: not served.
    pub sdk_metrics: Option<u16>,
}

/// How the gateway of a stack differs from its documented defaults.
#[derive(Debug, Clone)]
pub struct GatewayOptions {
    /// Calls of one address or person, and how many of them at once.
    pub per_second: u32,
    pub burst: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    pub deadline_secs: u64,
    /// Issuers of access tokens beside the development accounts.
    pub issuers: Vec<Issuer>,
    /// Folder of the built staff UI; `None`: none is served.
    pub web: Option<PathBuf>,
    /// Base address of Temporal UI for links to runs; empty: none.
    pub temporal_ui: String,
}

/// An OIDC issuer whose RS256 tokens are accepted; the claim `login` names the person.
#[derive(Debug, Clone)]
pub struct Issuer {
    pub url: String,
    pub audience: String,
    /// As which client the UI signs people in; empty: no button.
    pub client_id: String,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            per_second: 500,
            burst: 2_000,
            trusted_proxies: Vec::new(),
            deadline_secs: 30,
            issuers: Vec::new(),
            web: None,
            temporal_ui: String::new(),
        }
    }
}

/// What a stack is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Everything that the stack writes.
    pub folder: PathBuf,
    pub keys: Keys,
    pub ports: Ports,
    /// Ports of the simulated partners.
    pub simulator_ports: simulator::Ports,
    /// Calls a minute that the portal takes: a cloud portal's bucket leaks 120.
    pub portal_per_minute: u32,
    /// Seed of everything random in the simulated partners.
    pub seed: u64,
    pub temporal_address: String,
    pub namespace: String,
    /// Database of ours.
    pub store_url: String,
    /// Origin of Temporal UI.
    pub ui_origin: String,
    pub log_filter: String,
    pub gateway: GatewayOptions,
    /// Longest pause between questions to a partner and the like, for fast tests.
    pub policy: domain::policy::BuyoutPolicy,
}
