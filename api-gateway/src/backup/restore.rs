//! Bringing a back-up into an empty installation.

use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use archive::backup::{
    ABOUT, AUDIT, About, BackupError, DONE, Database, FILES, KEYS, MOST, OBJECTS, Object, POSTGRES,
    SQLITE, TEMPORAL, VERSION, object,
};
use archive::{sealed, tape};
use chrono::{DateTime, Utc};
use domain::audit::sha256;
use futures::TryStreamExt;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use platform::keys::KeysConfig;
use serde::Deserialize;
use store::Store;

use super::{Failure, Restore, at, check_audit, connect, keep, open, postgres, private};
use crate::audit;
use crate::config::Config;

/// Rows of one look at the register of files.
const BATCH: u64 = 500;
/// What an object store holds before anything was kept.
const MARKER: &str = "health/";

type Reader = tape::Reader<sealed::Reader<BufReader<std::fs::File>>>;

/// What was brought back, and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    pub made_at: DateTime<Utc>,
    pub software: String,
    pub objects: usize,
    /// Rows of the audit, every one of which fits its chain.
    pub audit_rows: u64,
    /// Files of the register whose bytes are what was registered.
    pub files: u64,
    pub keys: PathBuf,
    /// Files of configuration.
    pub configuration: Vec<PathBuf>,
    pub temporal: Option<PathBuf>,
}

/// Restores everything and checks it: the audit's chains under the restored keys, each registered file
/// against its hash. Nothing is touched unless the whole back-up opens, and nothing that is there is
/// written over.
pub async fn restore(config: &Config, restore: &Restore) -> Result<Restored, Failure> {
    let Restore {
        file,
        passphrase: _,
        into,
    } = restore;
    let about = read_through(restore)?;
    let objects = platform::objects::open(&config.objects)?;
    empty(config, &about, objects.as_ref(), into).await?;
    std::fs::create_dir_all(into).map_err(at(into))?;

    let mut tape = reader(restore)?;
    let _ = content(&mut tape, ABOUT)?;
    let keys = into.join("keys.toml");
    keep(&keys, &content(&mut tape, KEYS)?)?;
    let mut configuration = Vec::new();
    for (number, name) in about.files.iter().enumerate() {
        let target = into.join(format!("{number:02}-{}", plain(name)));
        keep(
            &target,
            &content(&mut tape, &format!("{FILES}{number:02}"))?,
        )?;
        configuration.push(target);
    }
    database(config, &about, into, &mut tape).await?;
    // The database has the same rows; the text serves those who check a back-up without restoring it.
    let _ = content(&mut tape, AUDIT)?;
    let list: Vec<Object> = json(OBJECTS, &content(&mut tape, OBJECTS)?)?;
    for (number, one) in list.iter().enumerate() {
        let bytes = content(&mut tape, &object(number))?;
        let key = ObjectPath::from(one.key.as_str());
        objects.put(&key, PutPayload::from(bytes)).await?;
    }
    let temporal = match about.temporal {
        true => {
            let target = into.join("temporal.db");
            into_file(&mut tape, TEMPORAL, &target)?;
            Some(target)
        }
        false => None,
    };

    let store = connect(config).await?;
    store.ping().await?;
    let trusted = audit::signers(&signing(&keys)?)?.public();
    let audit_rows = check_audit(&store, &trusted).await?;
    let files = check_files(&store, objects.as_ref()).await?;
    store.close().await?;
    tracing::info!(file = %file.display(), "the back-up was restored and checked");
    Ok(Restored {
        made_at: about.made_at,
        software: about.software,
        objects: list.len(),
        audit_rows,
        files,
        keys,
        configuration,
        temporal,
    })
}

fn reader(restore: &Restore) -> Result<Reader, Failure> {
    let sealed = sealed::Reader::new(open(&restore.file)?, &restore.passphrase)?;
    Ok(tape::Reader::new(sealed))
}

/// Reads the whole back-up once, so that a damaged one changes nothing.
fn read_through(restore: &Restore) -> Result<About, Failure> {
    let mut tape = reader(restore)?;
    let about: About = json(ABOUT, &content(&mut tape, ABOUT)?)?;
    if about.version != VERSION {
        return Err(BackupError::Version(about.version).into());
    }
    let mut last = String::new();
    while let Some(entry) = tape.entry()? {
        tape.content(&entry, |_| Ok::<(), Failure>(()))?;
        last = entry.name;
    }
    if last != DONE {
        return Err(BackupError::Unfinished.into());
    }
    Ok(about)
}

/// The content of the next entry, which has to have that name.
fn content(tape: &mut Reader, name: &str) -> Result<Vec<u8>, Failure> {
    let entry = tape.entry()?.filter(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| BackupError::Misplaced(name.to_owned()))?;
    Ok(tape.bytes(&entry, MOST)?)
}

fn into_file(tape: &mut Reader, name: &str, target: &Path) -> Result<(), Failure> {
    let entry = tape.entry()?.filter(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| BackupError::Misplaced(name.to_owned()))?;
    let mut file = private(target)?;
    tape.content(&entry, |piece| file.write_all(piece).map_err(at(target)))?;
    file.sync_all().map_err(at(target))
}

fn json<'a, T: Deserialize<'a>>(name: &str, bytes: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| BackupError::Json(name.to_owned(), error).into())
}

/// A name from the back-up leads nowhere else.
fn plain(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// Refuses to write over anything.
async fn empty(
    config: &Config,
    about: &About,
    objects: &dyn ObjectStore,
    into: &Path,
) -> Result<(), Failure> {
    let refuse = |what: String| Err(Failure::Refused(format!("{what}; nothing was changed")));
    let url = &config.store.url;
    let sqlite = url.starts_with("sqlite:");
    if sqlite != (about.database == Database::Sqlite) {
        let of = if sqlite { "PostgreSQL" } else { "SQLite" };
        return refuse(format!(
            "the back-up is of a {of} database, and store.url names another kind"
        ));
    }
    if into.exists() {
        return refuse(format!("{} is there already", into.display()));
    }
    if sqlite {
        let file = sqlite_file(url)?;
        if file.exists() {
            return refuse(format!("the database {} is there already", file.display()));
        }
    } else {
        let store = connect(config).await?;
        let empty = store.is_empty().await?;
        store.close().await?;
        if !empty {
            return refuse("the database has tables already".to_owned());
        }
    }
    let kept = objects
        .list(None)
        .try_filter(|meta| std::future::ready(!meta.location.as_ref().starts_with(MARKER)));
    futures::pin_mut!(kept);
    if let Some(meta) = kept.try_next().await? {
        return refuse(format!(
            "the object store has objects already ({})",
            meta.location
        ));
    }
    Ok(())
}

fn sqlite_file(url: &str) -> Result<PathBuf, Failure> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() || path.starts_with(":memory:") {
        return Err(Failure::Refused(
            "store.url names no file; nothing was changed".to_owned(),
        ));
    }
    Ok(PathBuf::from(path))
}

async fn database(
    config: &Config,
    about: &About,
    into: &Path,
    tape: &mut Reader,
) -> Result<(), Failure> {
    match about.database {
        Database::Sqlite => {
            let file = sqlite_file(&config.store.url)?;
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder).map_err(at(folder))?;
            }
            into_file(tape, SQLITE, &file)
        }
        Database::Postgres => {
            let dump = into.join("kite.dump");
            into_file(tape, POSTGRES, &dump)?;
            postgres::load(&config.store.url, &dump).await?;
            std::fs::remove_file(&dump).map_err(at(&dump))
        }
    }
}

/// The keys with which the restored audit was signed.
fn signing(file: &Path) -> Result<KeysConfig, Failure> {
    #[derive(Deserialize)]
    struct Kept {
        signing: KeysConfig,
    }
    let kept: Kept = platform::config::load("", Some(file))?;
    Ok(kept.signing)
}

/// Compares every registered file with its bytes; answers how many there are.
async fn check_files(store: &Store, objects: &dyn ObjectStore) -> Result<u64, Failure> {
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let rows = store.files_after(&after, BATCH).await?;
        let Some(last) = rows.last() else { break };
        after = last.file.id.clone();
        for row in rows {
            let key = ObjectPath::from(row.object_key.as_str());
            let bytes = objects.get(&key).await?.bytes().await?;
            if sha256(&bytes) != row.file.sha256 {
                return Err(Failure::Refused(format!(
                    "everything was restored, but file {} is not what was registered",
                    row.file.id
                )));
            }
            count += 1;
        }
    }
    Ok(count)
}
