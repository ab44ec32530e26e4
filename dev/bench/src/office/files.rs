//! Photos and scans of a bench's deals.

use anyhow::Context;
use chrono::Utc;
use domain::buyout::start::BuyoutId;
use domain::file::{FileKind, FileRef};
use domain::staff::PersonId;
use stack::papers;
use store::file::FileRow;

use super::Office;

/// As large as a photo that was drawn anew.
const PHOTO_BYTES: usize = 20_000;

impl Office {
    /// Ids of so many files, taken in by the gateway.
    pub(super) async fn upload(
        &self,
        run: &BuyoutId,
        login: &str,
        kind: FileKind,
        count: usize,
    ) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            let photo = papers::photo(rand::random());
            let file = self
                .person(login)?
                .upload(run.as_str(), &kind.to_string(), photo)
                .await?;
            ids.push(file.id);
        }
        Ok(ids)
    }

    pub(super) async fn registered(
        &self,
        run: &BuyoutId,
        login: &str,
        kind: FileKind,
    ) -> anyhow::Result<String> {
        let id = uuid::Uuid::new_v4().to_string();
        // Unlike any other: a photo that was used before is a finding.
        let mut bytes = id.clone().into_bytes();
        bytes.resize(PHOTO_BYTES, 0);
        let object_key = format!("bench/{id}");
        let path = self.inner.objects.join(&object_key);
        tokio::fs::create_dir_all(path.parent().context("a folder")?).await?;
        tokio::fs::write(&path, &bytes).await?;
        let file = FileRow {
            file: FileRef {
                id: id.clone(),
                kind,
                content_type: "image/jpeg".to_owned(),
                size: bytes.len() as u64,
                sha256: domain::audit::sha256(&bytes),
                source_sha256: None,
                taken_at: None,
            },
            object_key,
            run: Some(run.clone()),
            uploaded_by: Some(PersonId::new(format!("u-{login}"))),
            created_at: Utc::now(),
        };
        self.inner.store.add_file(&file).await?;
        Ok(id)
    }
}
