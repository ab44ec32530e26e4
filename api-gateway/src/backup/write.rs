//! Writing a back-up.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use archive::backup::{
    ABOUT, AUDIT, About, DONE, Database, FILES, KEYS, OBJECTS, Object, POSTGRES, SQLITE, TEMPORAL,
    VERSION, object,
};
use archive::sealed::{Cost, Writer};
use archive::tape;
use chrono::Utc;
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::Serialize;
use store::Store;

use super::{Backup, Failure, at, audit_text, connect, keys, open, postgres, private};
use crate::audit;
use crate::config::Config;

/// Objects of the moment: the marker of health, parts of uploads under way.
const PASSING: [&str; 2] = ["health/", "parts/"];

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub objects: usize,
    /// Of the sealed file.
    pub bytes: u64,
}

/// Writes everything into one sealed file, which appears under its name only when it is whole.
pub async fn backup(config: &Config, backup: &Backup) -> Result<Written, Failure> {
    let Backup {
        out,
        passphrase,
        files,
        temporal,
    } = backup;
    if out.exists() {
        return Err(Failure::Refused(format!(
            "{} is there already; nothing was written",
            out.display()
        )));
    }
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // Copies lie beside the back-up for a while, readable by their owner only.
    let staging = tempfile::Builder::new()
        .prefix(".kite-backup-")
        .tempdir_in(folder)
        .map_err(at(folder))?;
    let partial = staging.path().join("sealed");
    let sealed = Writer::new(private(&partial)?, passphrase, Cost::default())?;
    let mut tape = Tape { sealed };

    let store = connect(config).await?;
    // What was put on record up to now is under a signature in the back-up.
    audit::sign(&store, &audit::signers(&config.signing)?).await;
    let about = About {
        version: VERSION,
        made_at: Utc::now(),
        software: env!("CARGO_PKG_VERSION").to_owned(),
        database: if store.is_sqlite() {
            Database::Sqlite
        } else {
            Database::Postgres
        },
        files: files.iter().map(|file| name(file)).collect(),
        temporal: temporal.is_some(),
    };
    tape.json(ABOUT, &about)?;
    tape.bytes(KEYS, keys(config).as_bytes())?;
    for (number, file) in files.iter().enumerate() {
        let content = std::fs::read(file).map_err(at(file))?;
        tape.bytes(&format!("{FILES}{number:02}"), &content)?;
    }
    // The database before the objects: what it names was stored before it was registered. And before
    // Temporal: a process that is ahead of its projection catches up, the other way round it would not.
    database(config, &store, staging.path(), &mut tape).await?;
    tape.bytes(AUDIT, &audit_text(&store).await?)?;
    store.close().await?;
    let objects = platform::objects::open(&config.objects)?;
    let count = objects_into(objects.as_ref(), &mut tape).await?;
    if let Some(temporal) = temporal {
        let copy = staging.path().join("temporal.db");
        store::copy::sqlite(temporal, &copy).await?;
        tape.file(TEMPORAL, &copy)?;
    }
    tape.bytes(DONE, b"")?;
    let file = tape.finish()?;
    file.sync_all().map_err(at(&partial))?;
    let bytes = file.metadata().map_err(at(&partial))?.len();
    std::fs::rename(&partial, out).map_err(at(out))?;
    Ok(Written {
        objects: count,
        bytes,
    })
}

fn name(file: &Path) -> String {
    file.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

async fn database(
    config: &Config,
    store: &Store,
    staging: &Path,
    tape: &mut Tape,
) -> Result<(), Failure> {
    let copy: PathBuf = staging.join("database");
    if store.is_sqlite() {
        store.copy_to(&copy).await?;
        tape.file(SQLITE, &copy)?;
    } else {
        postgres::dump(&config.store.url, &copy).await?;
        tape.file(POSTGRES, &copy)?;
    }
    // It may be as large as the back-up itself.
    std::fs::remove_file(&copy).map_err(at(&copy))
}

async fn objects_into(objects: &dyn ObjectStore, tape: &mut Tape) -> Result<usize, Failure> {
    let mut all: Vec<_> = objects
        .list(None)
        .try_filter(|meta| {
            let key = meta.location.as_ref();
            let passing = PASSING.iter().any(|prefix| key.starts_with(prefix));
            std::future::ready(!passing)
        })
        .try_collect()
        .await?;
    all.sort_by(|one, other| one.location.cmp(&other.location));
    let list: Vec<Object> = all
        .iter()
        .map(|meta| Object {
            key: meta.location.to_string(),
            size: meta.size,
        })
        .collect();
    tape.json(OBJECTS, &list)?;
    for (number, meta) in all.iter().enumerate() {
        let found = objects.get(&meta.location).await?;
        let size = found.meta.size;
        if size != meta.size {
            return Err(Failure::Refused(format!(
                "object {} changed while it was read; nothing was written",
                meta.location
            )));
        }
        tape.header(&object(number), size)?;
        let mut stream = found.into_stream();
        while let Some(chunk) = stream.try_next().await? {
            tape.raw(&chunk)?;
        }
        tape.padding(size)?;
    }
    Ok(all.len())
}

/// The archive within the sealed file.
struct Tape {
    sealed: Writer<std::fs::File>,
}

impl Tape {
    fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.sealed
            .write_all(bytes)
            .map_err(|error| Failure::File(PathBuf::from("the back-up"), error))
    }

    fn header(&mut self, name: &str, size: u64) -> Result<(), Failure> {
        self.raw(&tape::header(name, size)?)
    }

    fn padding(&mut self, size: u64) -> Result<(), Failure> {
        self.raw(&[0; tape::BLOCK][..tape::padding(size)])
    }

    fn bytes(&mut self, name: &str, content: &[u8]) -> Result<(), Failure> {
        self.raw(&tape::entry(name, content)?)
    }

    fn json(&mut self, name: &str, value: &impl Serialize) -> Result<(), Failure> {
        let bytes = serde_json::to_vec_pretty(value)
            .map_err(|error| archive::backup::BackupError::Json(name.to_owned(), error))?;
        self.bytes(name, &bytes)
    }

    fn file(&mut self, name: &str, file: &Path) -> Result<(), Failure> {
        let mut content = open(file)?;
        let size = std::fs::metadata(file).map_err(at(file))?.len();
        self.header(name, size)?;
        let mut left = size;
        let mut buffer = vec![0; 64 * 1024];
        while left > 0 {
            let read = content.read(&mut buffer).map_err(at(file))?;
            if read == 0 {
                break;
            }
            self.raw(&buffer[..read])?;
            left = left.saturating_sub(read as u64);
        }
        if left > 0 {
            return Err(Failure::Refused(format!(
                "{} became shorter while it was read; nothing was written",
                file.display()
            )));
        }
        self.padding(size)
    }

    fn finish(mut self) -> Result<std::fs::File, Failure> {
        self.raw(&tape::END)?;
        Ok(self.sealed.finish()?)
    }
}
