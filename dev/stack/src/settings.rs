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
    /// Seed of the key that signs; kept by installations that are older than it, too.
    #[serde(default = "Keys::seed")]
    pub signing: String,
    pub tokens: String,
    pub callbacks: String,
    pub codec_token: String,
}

impl Keys {
    pub fn random() -> Self {
        let key = Self::seed;
        let word = || uuid::Uuid::new_v4().simple().to_string();
        Self {
            codec: key(),
            links: key(),
            signing: key(),
            tokens: key(),
            callbacks: word(),
            codec_token: word(),
        }
    }

    fn seed() -> String {
        STANDARD.encode(rand::random::<[u8; 32]>())
    }

    /// The keys of the folder; the same ones on every run.
    pub fn kept_in(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("keys.json");
        let keys = match path.exists() {
            // Written again, so that a key which an older release did not have stays the same from now on.
            true => serde_json::from_str(&std::fs::read_to_string(&path)?)?,
            false => Self::random(),
        };
        std::fs::create_dir_all(folder)?;
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
    /// Runs that move at once before new ones wait.
    pub starts_at_once: u32,
    /// A new run that is taken up within this time is quick, milliseconds.
    pub starts_soon_ms: u64,
    /// A new run that nobody takes up is no longer waited for after this time.
    pub starts_forget_secs: u64,
    /// A callback that fits nothing is looked at again for so long.
    pub early_secs: u32,
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
            // Debug builds on a machine that does other things are slow, and not overloaded.
            starts_at_once: 256,
            starts_soon_ms: 10_000,
            starts_forget_secs: 60,
            early_secs: 3,
            trusted_proxies: Vec::new(),
            deadline_secs: 30,
            issuers: Vec::new(),
            web: None,
            temporal_ui: String::new(),
        }
    }
}

/// Gateway and worker as processes of their own.
#[derive(Debug, Clone)]
pub struct Programs {
    pub gateway: Program,
    pub worker: Program,
}

/// A program that finds its file in `KITE_CONFIG` and ends when its standard input does.
#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
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
    /// Calls a minute that we allow ourselves of each other partner; `None`: as documented.
    pub partners_per_minute: Option<u32>,
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
    /// Sections that the worker's file has beside those of every stack, as TOML; empty: the documented defaults.
    pub worker: String,
    /// Longest pause between questions to a partner and the like, for fast tests.
    pub policy: domain::policy::BuyoutPolicy,
    /// `None`: gateway and worker run in this process.
    pub programs: Option<Programs>,
}
