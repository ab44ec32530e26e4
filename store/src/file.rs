//! The register of what lies in the object store.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::file::{FileKind, FileRef};
use domain::inspection::PhotoReuse;
use domain::staff::PersonId;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};

use crate::column::{self, At};
use crate::connect::Store;
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
        let write = self.write().await?;
        add(&write.tx, file).await?;
        write.commit().await
    }

    pub async fn file(&self, id: &str) -> Result<Option<FileRow>, StoreError> {
        row::Entity::find_by_id(id)
            .one(&self.db)
            .await?
            .map(file_row)
            .transpose()
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
pub(crate) async fn add(tx: &DatabaseTransaction, file: &FileRow) -> Result<(), StoreError> {
    row::Entity::insert(row(file)?)
        .on_conflict_do_nothing()
        .exec_without_returning(tx)
        .await?;
    let there = row::Entity::find_by_id(file.file.id.as_str())
        .one(tx)
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
    } = file;
    Ok(row::ActiveModel {
        id: Set(id.clone()),
        kind: Set(kind.to_string()),
        content_type: Set(content_type.clone()),
        size: Set(column::number("size", *size)?),
        sha256: Set(sha256.clone()),
        source_sha256: Set(source_sha256.clone()),
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
        },
        object_key,
        run: run.map(BuyoutId),
        uploaded_by: uploaded_by.map(PersonId),
        created_at,
    })
}
