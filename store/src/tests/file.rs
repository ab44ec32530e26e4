//! Files, and photos that were used before.

use domain::file::{FileKind, FileRef};
use domain::inspection::PhotoReuse;
use domain::staff::PersonId;

use super::support::{at, on_both, run};
use crate::StoreError;
use crate::file::FileRow;

fn photo(id: &str, deal_id: u64, source: &str) -> FileRow {
    FileRow {
        file: FileRef {
            id: id.to_owned(),
            kind: FileKind::Photo,
            content_type: "image/jpeg".to_owned(),
            size: 10,
            sha256: format!("stored-{id}"),
            source_sha256: Some(source.to_owned()),
            taken_at: domain::place::GeoPoint::parse("68.9585", "33.0827"),
        },
        object_key: format!("runs/{id}"),
        run: Some(run(deal_id)),
        uploaded_by: Some(PersonId::new("u-1")),
        created_at: at(0),
    }
}

#[tokio::test]
async fn a_photo_of_another_run_is_found_by_its_bytes() {
    on_both(async |base| {
        let store = &base.store;
        let mut scan = photo("scan", 3, "source-a");
        scan.file.kind = FileKind::Scan;
        for file in [
            photo("a1", 1, "source-a"),
            photo("a2", 2, "source-a"),
            photo("a2-again", 2, "source-a"),
            photo("b1", 1, "source-b"),
            photo("c2", 2, "source-c"),
            scan,
        ] {
            store.add_file(&file).await.unwrap();
        }
        let hashes = [("a1", "source-a"), ("b1", "source-b"), ("d1", "stored-c2")]
            .map(|(file, hash)| (file.to_owned(), hash.to_owned()));
        let reused = |file: &str, deal_id| PhotoReuse {
            file: file.to_owned(),
            buyout: run(deal_id).0,
        };
        assert_eq!(
            store.photos_used_elsewhere(&run(1), &hashes).await.unwrap(),
            [reused("a1", 2), reused("d1", 2)]
        );
        assert_eq!(store.photos_used_elsewhere(&run(1), &[]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_file_is_registered_once() {
    on_both(async |base| {
        let store = &base.store;
        let file = photo("a", 1, "source-a");
        store.add_file(&file).await.unwrap();
        let repeat = FileRow {
            created_at: at(60),
            ..file.clone()
        };
        store.add_file(&repeat).await.unwrap();
        assert_eq!(store.file("a").await.unwrap(), Some(file));
        assert_eq!(store.file("b").await.unwrap(), None);
        for other in [photo("a", 2, "source-a"), photo("a", 1, "source-b")] {
            let refused = store.add_file(&other).await;
            assert!(
                matches!(refused, Err(StoreError::Conflict(_))),
                "{refused:?}"
            );
        }
    })
    .await;
}
