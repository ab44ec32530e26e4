//! The register of what lies in the object store.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::file::{FileKind, FileRef};
use domain::inspection::PhotoReuse;
use domain::place::GeoPoint;
use domain::staff::PersonId;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TryInsertResult,
};
use serde_json::json;

use crate::audit::{AuditEntry, Owner, PROCESS};
use crate::column::{self, At};
use crate::connect::{Store, Write};
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "file")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: String,
        pub content_type: String,
        pub size: i64,
        pub sha256: String,
        pub source_sha256: Option<String>,
        pub taken_at: Option<String>,
        pub object_key: String,
        pub run: Option<String>,
        pub uploaded_by: Option<String>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A file with where it lies and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    pub file: FileRef,
    /// Key in the object store.
    pub object_key: String,
    pub run: Option<BuyoutId>,
    /// `None`: Kite made it.
    pub uploaded_by: Option<PersonId>,
    pub created_at: DateTime<Utc>,
}

impl Store {
    /// Registers a file; repeats change nothing.
    ///
    /// [`StoreError::Conflict`]: the id is there for other bytes or another run.
    pub async fn add_file(&self, file: &FileRow) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        add(&mut write, file).await?;
        write.commit().await
    }

    pub async fn file(&self, id: &str) -> Result<Option<FileRow>, StoreError> {
        row::Entity::find_by_id(id)
            .one(&self.db)
            .await?
            .map(file_row)
            .transpose()
    }

    /// What was kept of the run, in the order in which it came.
    pub async fn files_of(&self, run: &BuyoutId) -> Result<Vec<FileRow>, StoreError> {
        row::Entity::find()
            .filter(row::Column::Run.eq(run.as_str()))
            .order_by_asc(row::Column::CreatedAt)
            .order_by_asc(row::Column::Id)
            .all(&self.db)
            .await?
            .into_iter()
            .map(file_row)
            .collect()
    }

    /// Every file after that id, at most `limit`, by id.
    pub async fn files_after(&self, id: &str, limit: u64) -> Result<Vec<FileRow>, StoreError> {
        row::Entity::find()
            .filter(row::Column::Id.gt(id))
            .order_by_asc(row::Column::Id)
            .limit(limit)
            .all(&self.db)
            .await?
            .into_iter()
            .map(file_row)
            .collect()
    }

    /// Photos of the run whose bytes, as uploaded or as stored, are a photo of another run. `hashes`
    /// are pairs of our file id and SHA-256 in hex; one row per file and other run, in their order.
    pub async fn photos_used_elsewhere(
        &self,
        run: &BuyoutId,
        hashes: &[(String, String)],
    ) -> Result<Vec<PhotoReuse>, StoreError> {
        let wanted = || hashes.iter().map(|(_, hash)| hash.as_str());
        let found = row::Entity::find()
            .filter(row::Column::Kind.eq(FileKind::Photo.to_string()))
            .filter(
                row::Column::SourceSha256
                    .is_in(wanted())
                    .or(row::Column::Sha256.is_in(wanted())),
            )
            .filter(row::Column::Run.ne(run.as_str()))
            .order_by_asc(row::Column::Run)
            .all(&self.db)
            .await?;
        let mut reused = Vec::new();
        for (file, hash) in hashes {
            let mut others: Vec<&str> = found
                .iter()
                .filter(|row| row.sha256 == *hash || row.source_sha256.as_ref() == Some(hash))
                .filter_map(|row| row.run.as_deref())
                .collect();
            others.dedup();
            reused.extend(others.into_iter().map(|other| PhotoReuse {
                file: file.clone(),
                buyout: other.to_owned(),
            }));
        }
        Ok(reused)
    }
}

/// Registers a file within a transaction; see [`Store::add_file`].
pub(crate) async fn add(write: &mut Write, file: &FileRow) -> Result<(), StoreError> {
    let inserted = row::Entity::insert(row(file)?)
        .on_conflict_do_nothing()
        .exec_without_returning(&write.tx)
        .await?;
    if matches!(inserted, TryInsertResult::Inserted(1..)) {
        write.record(added(file), owner(file));
    }
    let there = row::Entity::find_by_id(file.file.id.as_str())
        .one(&write.tx)
        .await?
        .map(file_row)
        .transpose()?;
    let same = there.is_some_and(|there| {
        (&there.file, &there.object_key, &there.run) == (&file.file, &file.object_key, &file.run)
    });
    if same {
        Ok(())
    } else {
        Err(StoreError::Conflict(format!(
            "file {} exists with other content",
            file.file.id
        )))
    }
}

fn owner(file: &FileRow) -> Owner {
    file.run.clone().map_or(Owner::Nobody, Owner::Run)
}

/// What the audit says of a new file: by its hash, so that another one in its place is found.
fn added(file: &FileRow) -> AuditEntry {
    let person = file.uploaded_by.as_ref();
    AuditEntry {
        at: column::now(),
        person: person.map_or(PROCESS, |person| &person.0).to_owned(),
        action: "file.add".to_owned(),
        entity: format!("file/{}", file.file.id),
        detail: json!({
            "kind": file.file.kind.to_string(),
            "size": file.file.size,
            "sha256": file.file.sha256,
            "source_sha256": file.file.source_sha256,
        }),
    }
}

fn row(file: &FileRow) -> Result<row::ActiveModel, StoreError> {
    let FileRow {
        file,
        object_key,
        run,
        uploaded_by,
        created_at,
    } = file;
    let FileRef {
        id,
        kind,
        content_type,
        size,
        sha256,
        source_sha256,
        taken_at,
    } = file;
    Ok(row::ActiveModel {
        id: Set(id.clone()),
        kind: Set(kind.to_string()),
        content_type: Set(content_type.clone()),
        size: Set(column::number("size", *size)?),
        sha256: Set(sha256.clone()),
        source_sha256: Set(source_sha256.clone()),
        taken_at: Set(taken_at.map(GeoPoint::to_text)),
        object_key: Set(object_key.clone()),
        run: Set(run.as_ref().map(|run| run.0.clone())),
        uploaded_by: Set(uploaded_by.as_ref().map(|person| person.0.clone())),
        created_at: Set(column::instant(*created_at)),
    })
}

fn file_row(row: row::Model) -> Result<FileRow, StoreError> {
    let row::Model {
        id,
        kind,
        content_type,
        size,
        sha256,
        source_sha256,
        taken_at,
        object_key,
        run,
        uploaded_by,
        created_at,
    } = row;
    let at = At {
        table: "file",
        key: &id,
    };
    let (kind, size) = (at.parse("kind", &kind)?, at.number("size", size)?);
    Ok(FileRow {
        file: FileRef {
            id,
            kind,
            content_type,
            size,
            sha256,
            source_sha256,
            taken_at: taken_at.as_deref().and_then(GeoPoint::from_text),
        },
        object_key,
        run: run.map(BuyoutId),
        uploaded_by: uploaded_by.map(PersonId),
        created_at,
    })
}
