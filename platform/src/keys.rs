//! Key rings: several keys by id, one of them current, so that keys rotate without a gap.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::config::ConfigError;

/// `current` names the key that encrypts and signs; the others still decrypt and verify.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    pub current: String,
    /// Base64 of 32 bytes each.
    pub keys: BTreeMap<String, SecretString>,
}

impl KeysConfig {
    /// The decoded keys. `name` is the configuration key, for the error.
    pub fn decode(&self, name: &str) -> Result<BTreeMap<String, [u8; 32]>, ConfigError> {
        let mut decoded = BTreeMap::new();
        for (id, key) in &self.keys {
            let path = format!("{name}.keys.{id}");
            let bytes = STANDARD
                .decode(key.expose_secret())
                .map_err(|_| ConfigError::value(&path, "is not base64"))?;
            let bytes: [u8; 32] = bytes
                .try_into()
                .map_err(|_| ConfigError::value(&path, "must be 32 bytes in base64"))?;
            decoded.insert(id.clone(), bytes);
        }
        if !decoded.contains_key(&self.current) {
            return Err(ConfigError::value(
                &format!("{name}.current"),
                format!("there is no key \"{}\" in {name}.keys", self.current),
            ));
        }
        Ok(decoded)
    }
}
