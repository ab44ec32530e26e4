//! The object store: a folder in development, S3 in production.

use std::path::Path;
use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::config::ConfigError;

/// `kind = "folder"` or `kind = "s3"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ObjectsConfig {
    Folder {
        path: std::path::PathBuf,
    },
    S3 {
        endpoint: String,
        region: String,
        bucket: String,
        access_key: SecretString,
        secret_key: SecretString,
    },
}

pub fn open(config: &ObjectsConfig) -> Result<Arc<dyn ObjectStore>, ConfigError> {
    match config {
        ObjectsConfig::Folder { path } => {
            mark(path).map_err(|error| {
                ConfigError::value("objects.path", format!("{}: {error}", path.display()))
            })?;
            let store = LocalFileSystem::new_with_prefix(path)
                .map_err(|error| ConfigError::value("objects.path", error.to_string()))?;
            Ok(Arc::new(store))
        }
        ObjectsConfig::S3 {
            endpoint,
            region,
            bucket,
            access_key,
            secret_key,
        } => {
            let store = AmazonS3Builder::new()
                .with_endpoint(endpoint)
                .with_allow_http(endpoint.starts_with("http://"))
                .with_region(region)
                .with_bucket_name(bucket)
                .with_access_key_id(access_key.expose_secret())
                .with_secret_access_key(secret_key.expose_secret())
                .build()
                .map_err(|error| ConfigError::value("objects", error.to_string()))?;
            Ok(Arc::new(store))
        }
    }
}

/// Where [`probe`] writes, below the store's root.
const MARKER: &str = "health/probe";

/// Leaves the marker in a folder, by which it is known to be the same one later.
fn mark(folder: &Path) -> std::io::Result<()> {
    let marker = folder.join(MARKER);
    if let Some(parent) = marker.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(marker, b"kite")
}

/// Why a store does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error(transparent)]
    Store(#[from] object_store::Error),
    #[error("the folder is gone, or another one stands in its place")]
    Gone,
}

/// Writes and reads a marker: whether the store really takes and gives bytes. `place` is where it was
/// opened: a write would make a folder that was removed anew, empty, and call it well.
pub async fn probe(store: &dyn ObjectStore, place: &ObjectsConfig) -> Result<(), ProbeError> {
    if let ObjectsConfig::Folder { path } = place
        && !tokio::fs::try_exists(path.join(MARKER))
            .await
            .unwrap_or(false)
    {
        return Err(ProbeError::Gone);
    }
    let marker = object_store::path::Path::from(MARKER);
    store.put(&marker, PutPayload::from_static(b"kite")).await?;
    store.get(&marker).await?.bytes().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_was_removed_is_not_well() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("objects");
        let place = ObjectsConfig::Folder { path: path.clone() };
        let store = open(&place).unwrap_or_else(|error| panic!("{error}"));
        probe(store.as_ref(), &place)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        std::fs::remove_dir_all(&path).expect("removed");
        let gone = probe(store.as_ref(), &place).await;
        assert!(matches!(gone, Err(ProbeError::Gone)), "{gone:?}");
        // Somebody else's write makes the folder anew; what was in it is not back.
        std::fs::create_dir_all(&path).expect("made anew");
        let another = probe(store.as_ref(), &place).await;
        assert!(matches!(another, Err(ProbeError::Gone)), "{another:?}");
    }
}
