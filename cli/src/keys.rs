//! Keys that somebody trusts, as `kite audit keys` prints them.

use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use domain::signing::PublicKeys;

#[derive(Args)]
pub(crate) struct Trusted {
    /// Key that you trust: ID=BASE64, or a file with such lines as `kite audit keys` prints them; may be repeated.
    /// Take it from the company itself, not from what is to be checked.
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
}

impl Trusted {
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn read(&self) -> anyhow::Result<PublicKeys> {
        let mut trusted = PublicKeys::default();
        for key in &self.keys {
            if Path::new(key).is_file() {
                let text = std::fs::read_to_string(key).with_context(|| format!("--key {key}"))?;
                let lines = text.lines().map(str::trim);
                for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
                    add(&mut trusted, line).with_context(|| format!("--key {key}"))?;
                }
            } else {
                add(&mut trusted, key).with_context(|| format!("--key {key}"))?;
            }
        }
        Ok(trusted)
    }
}

fn add(trusted: &mut PublicKeys, line: &str) -> anyhow::Result<()> {
    // Base64 may end with the sign, an id has none.
    let Some((id, public)) = line.split_once('=') else {
        bail!("it is neither a file nor ID=BASE64");
    };
    trusted.add(id.trim(), public)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_given_by_itself_or_in_a_file() {
        let dir = std::env::temp_dir().join(format!("kite-keys-{}", std::process::id()));
        let line = "prod-1=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        std::fs::write(&dir, format!("# keys of the company\n{line}\n\n")).expect("a file");
        let of = |key: String| Trusted { keys: vec![key] }.read();
        let by_itself = of(line.to_owned()).expect("a key");
        assert_eq!(of(dir.display().to_string()).expect("a key"), by_itself);
        std::fs::remove_file(&dir).expect("removed");
        for wrong in ["prod-1", "prod-1=abc", "/no/such/file"] {
            assert!(of(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
