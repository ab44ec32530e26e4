//! Files that activities keep and take: partners' raw answers as evidence, documents that go out.

use std::sync::Arc;

use bytes::Bytes;
use chrono::Utc;
use domain::buyout::start::BuyoutId;
use domain::file::{FileKind, FileRef};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};
use store::connect::Store;
use store::file::FileRow;

use crate::error::PartnerError;

/// The object store with the register of what lies in it. Cheap to clone.
#[derive(Clone)]
pub struct Evidence {
    pub objects: Arc<dyn ObjectStore>,
    pub store: Store,
}

impl Evidence {
    /// Stores bytes for a run. The same bytes of the same kind are the same file, however often they
    /// are kept, so a repeated activity leaves nothing behind.
    pub async fn keep(
        &self,
        run: &BuyoutId,
        kind: FileKind,
        content_type: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<FileRef, PartnerError> {
        let bytes = bytes.into();
        let sha256 = hex(&Sha256::digest(&bytes));
        let object_key = format!("runs/{}/{sha256}", hex(run.as_str().as_bytes()));
        let file = FileRef {
            id: run.object_key(&format!("file/{kind}/{sha256}")).to_string(),
            kind,
            content_type: content_type.to_owned(),
            size: bytes.len() as u64,
            sha256,
            source_sha256: None,
            taken_at: None,
        };
        self.objects
            .put(&Path::from(object_key.as_str()), PutPayload::from(bytes))
            .await
            .map_err(PartnerError::from_objects)?;
        let row = FileRow {
            file: file.clone(),
            object_key,
            run: Some(run.clone()),
            uploaded_by: None,
            created_at: Utc::now(),
        };
        self.store
            .add_file(&row)
            .await
            .map_err(PartnerError::from_store)?;
        Ok(file)
    }

    /// The bytes of a file. They are compared with the hash: a document that was changed in the
    /// object store does not go to a client.
    pub async fn load(&self, file: &FileRef) -> Result<Bytes, PartnerError> {
        let row = self
            .store
            .file(&file.id)
            .await
            .map_err(PartnerError::from_store)?
            .ok_or_else(|| PartnerError::protocol(format!("no file {}", file.id)))?;
        let bytes = self
            .objects
            .get(&Path::from(row.object_key.as_str()))
            .await
            .map_err(PartnerError::from_objects)?
            .bytes()
            .await
            .map_err(PartnerError::from_objects)?;
        if hex(&Sha256::digest(&bytes)) != file.sha256 {
            return Err(PartnerError::protocol(format!(
                "file {} is not what was stored",
                file.id
            )));
        }
        Ok(bytes)
    }
}

/// Lower-case hexadecimal: object keys stay ASCII whatever a run is called.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::evidence;

    #[tokio::test]
    async fn the_same_bytes_are_one_file_and_come_back_unchanged() {
        let (evidence, _dir) = evidence().await;
        let run = BuyoutId::new("portal", 1);
        let keep = || evidence.keep(&run, FileKind::PartnerAnswer, "application/json", "{}");
        let first = keep().await.expect("kept");
        let again = keep().await.expect("kept again");
        assert_eq!(first, again);
        assert_eq!(first.size, 2);
        assert_eq!(evidence.load(&first).await.expect("bytes"), "{}");
    }

    #[tokio::test]
    async fn a_changed_object_is_not_given_out() {
        let (evidence, _dir) = evidence().await;
        let run = BuyoutId::new("portal", 1);
        let file = evidence
            .keep(&run, FileKind::Document, "application/pdf", "contract")
            .await
            .expect("kept");
        let row = evidence.store.file(&file.id).await.expect("a row");
        let key = Path::from(row.expect("a row").object_key);
        evidence
            .objects
            .put(&key, PutPayload::from_static(b"another contract"))
            .await
            .expect("written");
        assert_eq!(
            evidence.load(&file).await,
            Err(PartnerError::protocol(format!(
                "file {} is not what was stored",
                file.id
            )))
        );
    }
}
