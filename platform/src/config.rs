//! Layers of configuration: the binary's documented defaults, then a file, then `KITE_*`.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::de::DeserializeOwned;

/// One sentence that names the key at fault.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration file {0} does not exist")]
    NoFile(PathBuf),
    #[error("configuration: {key}: {problem}")]
    Value { key: String, problem: String },
}

impl ConfigError {
    pub fn value(key: &str, problem: impl Into<String>) -> Self {
        Self::Value {
            key: key.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Reads `defaults` (TOML embedded in the binary), then `file`, then the environment: `KITE_A__B_C=1`
/// sets `a.b_c`. An unknown key is refused, so that a misspelt one does not pass silently.
pub fn load<T: DeserializeOwned>(defaults: &str, file: Option<&Path>) -> Result<T, ConfigError> {
    let mut figment = Figment::from(Toml::string(defaults));
    if let Some(path) = file {
        if !path.exists() {
            return Err(ConfigError::NoFile(path.to_owned()));
        }
        figment = figment.merge(Toml::file(path));
    }
    // Variables of tools around the binaries that are no settings of theirs.
    let env = Env::prefixed("KITE_")
        .split("__")
        .ignore(&["config", "test", "demo", "home", "log"]);
    figment
        .merge(env.filter(|key| key.as_str().contains('.')))
        .extract()
        .map_err(|error| {
            let key = if error.path.is_empty() {
                "(top level)".to_owned()
            } else {
                error.path.join(".")
            };
            ConfigError::Value {
                key,
                problem: error.kind.to_string(),
            }
        })
}

/// `--config FILE` or `KITE_CONFIG`.
pub fn file_from_args() -> Option<PathBuf> {
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--config" {
            return args.next().map(PathBuf::from);
        }
        if let Some(path) = arg.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    std::env::var_os("KITE_CONFIG").map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        server: Server,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Server {
        port: u16,
        token: SecretString,
    }

    const DEFAULTS: &str = "[server]\nport = 80\ntoken = \"change-me-please\"\n";

    #[test]
    fn file_overrides_defaults_and_secrets_do_not_print() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("kite.toml");
        std::fs::write(&path, "[server]\nport = 8443\n").expect("a file");
        let sample: Sample = load(DEFAULTS, Some(&path)).expect("a configuration");
        assert_eq!(sample.server.port, 8443);
        assert!(!format!("{sample:?}").contains("change-me"));
        assert_eq!(
            secrecy::ExposeSecret::expose_secret(&sample.server.token),
            "change-me-please"
        );
    }

    #[test]
    fn a_wrong_value_is_one_sentence_naming_the_key() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("kite.toml");
        std::fs::write(&path, "[server]\nport = \"many\"\n").expect("a file");
        let error = load::<Sample>(DEFAULTS, Some(&path))
            .expect_err("a refusal")
            .to_string();
        assert!(error.contains("server.port"), "{error}");
        std::fs::write(&path, "[server]\nprot = 1\n").expect("a file");
        let error = load::<Sample>(DEFAULTS, Some(&path))
            .expect_err("a refusal")
            .to_string();
        assert!(error.contains("prot"), "{error}");
        let error =
            load::<Sample>(DEFAULTS, Some(Path::new("/nowhere/kite.toml"))).expect_err("a refusal");
        assert_eq!(
            error.to_string(),
            "configuration file /nowhere/kite.toml does not exist"
        );
    }
}
