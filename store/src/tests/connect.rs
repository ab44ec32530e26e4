//! Opening and migrating.

use futures::future::join_all;
use sea_orm::ConnectionTrait;

use super::support::{buyout, on_both, open, save, sqlite_url};
use crate::testing::postgres;
use crate::{Store, StoreConfig, StoreError};

async fn refused(url: String) -> String {
    let config = StoreConfig {
        url,
        max_connections: 2,
    };
    Store::connect(&config)
        .await
        .expect_err("nothing to connect to")
        .to_string()
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named_with_the_reason() {
    let scheme = refused("mysql://u:secret@host/kite".to_owned()).await;
    assert_eq!(
        scheme,
        "invalid database URL: it must begin with sqlite: or postgres:"
    );

    let folder = refused("sqlite:///nowhere/at/all/kite.db?mode=rwc".to_owned()).await;
    assert!(
        folder.contains("sqlite:///nowhere/at/all/kite.db"),
        "{folder}"
    );
    assert!(folder.contains("unable to open database file"), "{folder}");

    let absent = postgres().url("absent").replace("kite@", "kite:secret@");
    let absent = refused(absent).await;
    assert!(
        absent.contains("database \"absent\" does not exist"),
        "{absent}"
    );
    assert!(
        absent.starts_with("the database is unavailable: PostgreSQL 127.0.0.1:"),
        "{absent}"
    );
    assert!(!absent.contains("secret"), "{absent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_migrate_once() {
    let dir = tempfile::tempdir().unwrap();
    for url in [sqlite_url(&dir), postgres().database().await] {
        let starts = (0..6).map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = open(&url).await;
                store.migrate().await.map(|()| store)
            })
        });
        for started in join_all(starts).await {
            started.unwrap().unwrap().ping().await.unwrap();
        }
        let store = open(&url).await;
        save(&store, &buyout(1), &[]).await;
        store.migrate().await.unwrap();
        assert_eq!(
            store.last_change().await.unwrap(),
            1,
            "a migrated database keeps what it holds"
        );
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused_and_kept() {
    on_both(async |base| {
        base.store
            .db
            .execute_unprepared(
                "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)",
            )
            .await
            .unwrap();
        let error = base.another().await.migrate().await.unwrap_err();
        assert!(matches!(error, StoreError::Migration(_)), "{error}");
        assert!(error.to_string().contains("m9999_future"), "{error}");
        base.store.ping().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_empty_database_does_not_pass_for_ours() {
    let dir = tempfile::tempdir().unwrap();
    for url in [sqlite_url(&dir), postgres().database().await] {
        let error = open(&url).await.ping().await.unwrap_err();
        assert!(matches!(error, StoreError::Query(_)), "{error}");
    }
}

#[tokio::test]
async fn a_deleted_database_is_told_from_one_that_answers() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&sqlite_url(&dir)).await;
    store.migrate().await.unwrap();
    store.ping().await.unwrap();
    std::fs::remove_file(dir.path().join("kite.db")).unwrap();
    let error = store.ping().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}
