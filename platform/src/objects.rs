//! The object store: a folder in development, S3 in production.

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
            std::fs::create_dir_all(path).map_err(|error| {
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

/// Writes and reads a marker: whether the store really takes and gives bytes.
pub async fn probe(store: &dyn ObjectStore) -> Result<(), object_store::Error> {
    let path = object_store::path::Path::from("health/probe");
    store.put(&path, PutPayload::from_static(b"kite")).await?;
    store.get(&path).await?.bytes().await?;
    Ok(())
}
