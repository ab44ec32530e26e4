//! Who read whose data goes on record before the data goes out.
//!
//! A handler says with its answer what of it is personal ([`Read`]); the access layer, through which every
//! answer passes, writes that down and only then lets the answer go. Which methods have to say so is a
//! committed list (`personal_data.txt`); an answer of one of them that says nothing does not go out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use domain::buyout::start::BuyoutId;
use domain::staff::PersonId;
use serde_json::{Value, json};
use store::{AuditEntry, Owner, Store};
use tokio::sync::{Mutex as Turn, oneshot};
use tonic::Status;

/// One line a method: `<method> records` when its answer may hold personal data of clients or staff, else
/// `<method> - <why not>`.
const LIST: &str = include_str!("personal_data.txt");

/// What an answer shows of somebody; the audit gets no data, but what kind it was.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read(Vec<Seen>);

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    action: &'static str,
    entity: String,
    run: Option<BuyoutId>,
    detail: Value,
}

impl Read {
    /// The answer holds nobody's data this time.
    pub(crate) fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Something of one thing: `action` is permanent, rows of the past are looked for by it.
    pub(crate) fn of(action: &'static str, entity: impl Into<String>, detail: Value) -> Self {
        Self(vec![Seen {
            action,
            entity: entity.into(),
            run: None,
            detail,
        }])
    }

    /// Something of a run.
    pub(crate) fn of_run(action: &'static str, run: &BuyoutId, detail: Value) -> Self {
        Self(vec![Seen {
            action,
            entity: run.0.clone(),
            run: Some(run.clone()),
            detail,
        }])
    }

    /// The bytes of a file of a run.
    pub(crate) fn of_file(entity: String, run: &BuyoutId, detail: Value) -> Self {
        Self(vec![Seen {
            action: "file.read",
            entity,
            run: Some(run.clone()),
            detail,
        }])
    }

    /// A list that was looked through by names and phones of clients. What was typed stays out.
    pub(crate) fn search(list: &'static str, total: u64) -> Self {
        Self::of(
            "client.search",
            format!("search/{list}"),
            json!({ "found": total }),
        )
    }

    /// Attaches this to an answer.
    pub(crate) fn with<T>(self, message: T) -> tonic::Response<T> {
        let mut response = tonic::Response::new(message);
        response.extensions_mut().insert(self);
        response
    }

    fn entries(self, person: &PersonId) -> Vec<(AuditEntry, Owner)> {
        self.0
            .into_iter()
            .map(|seen| {
                let Seen {
                    action,
                    entity,
                    run,
                    detail,
                } = seen;
                let entry = AuditEntry {
                    at: Utc::now(),
                    person: person.0.clone(),
                    action: action.to_owned(),
                    entity,
                    detail,
                };
                (entry, run.map_or(Owner::Nobody, Owner::Run))
            })
            .collect()
    }
}

/// Whether answers of the method have to say what they show.
pub(crate) fn recorded() -> BTreeSet<&'static str> {
    LIST.lines()
        .filter_map(|line| line.strip_suffix(" records"))
        .collect()
}

/// Entries that wait for the next transaction, and whoever waits for them.
struct Waiting {
    entries: Vec<(AuditEntry, Owner)>,
    done: oneshot::Sender<bool>,
}

/// Writes reads down, many at a time: whoever comes while a transaction is under way shares the next one.
/// Nothing is kept for later, so a stop loses none.
#[derive(Clone)]
pub(crate) struct Reads {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    waiting: Mutex<Vec<Waiting>>,
    turn: Turn<()>,
}

impl Reads {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                waiting: Mutex::default(),
                turn: Turn::default(),
            }),
        }
    }

    /// Returns once the read is on record. An error means that it is not, and the answer must not go out.
    pub(crate) async fn record(&self, person: &PersonId, read: Read) -> Result<(), Status> {
        let entries = read.entries(person);
        if entries.is_empty() {
            return Ok(());
        }
        let (done, told) = oneshot::channel();
        self.inner.push(Waiting { entries, done });
        let inner = self.inner.clone();
        // A caller that goes away leaves the others' entries to be written all the same.
        tokio::spawn(async move {
            let _turn = inner.turn.lock().await;
            inner.write().await;
        });
        if told.await.unwrap_or(false) {
            Ok(())
        } else {
            Err(Status::unavailable(
                "Журнал доступа сейчас не записать, поэтому данные не показаны. Повторите через минуту.",
            ))
        }
    }
}

impl Inner {
    fn push(&self, waiting: Waiting) {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(waiting);
    }

    async fn write(&self) {
        let batch = {
            let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *all)
        };
        if batch.is_empty() {
            // Somebody before took them along.
            return;
        }
        let (mut entries, mut told) = (Vec::new(), Vec::with_capacity(batch.len()));
        for waiting in batch {
            entries.extend(waiting.entries);
            told.push(waiting.done);
        }
        let written = self.store.audit_all(entries).await;
        if let Err(error) = &written {
            tracing::error!(%error, "reads could not be put on record; their answers were held back");
        }
        for done in told {
            let _ = done.send(written.is_ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use store::StoreConfig;

    use super::*;
    use crate::access::policies::methods;

    #[test]
    fn every_method_says_whether_it_shows_personal_data() {
        let mut listed = BTreeMap::new();
        for line in LIST.lines() {
            let (method, what) = line.split_once(' ').expect("a method and what it does");
            assert!(
                what == "records" || what.strip_prefix("- ").is_some_and(|why| why.len() > 3),
                "{line}"
            );
            assert!(listed.insert(method, what).is_none(), "{method} twice");
        }
        let all: BTreeSet<String> = methods().into_iter().collect();
        let known: BTreeSet<String> = listed.keys().map(|method| (*method).to_owned()).collect();
        assert_eq!(
            all, known,
            "say of every method in access/personal_data.txt whether it shows personal data"
        );
        assert!(recorded().contains("kite.buyout.v1.BuyoutService/GetBuyout"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_reads_at_once_share_transactions_and_none_is_lost() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let store = Store::connect(&StoreConfig {
            url: format!("sqlite://{}?mode=rwc", dir.path().join("kite.db").display()),
            max_connections: 4,
        })
        .await
        .expect("a database");
        store.migrate().await.expect("a schema");
        let reads = Reads::new(store.clone());
        let people: Vec<PersonId> = (0..200).map(|n| PersonId::new(format!("u-{n}"))).collect();
        let run = BuyoutId::new("portal", 1);
        let all = people.iter().map(|person| {
            let read = Read::of_run("buyout.read", &run, json!({ "client": true }));
            reads.record(person, read)
        });
        for done in futures::future::join_all(all).await {
            done.expect("on record");
        }
        let rows = store.audit_of_run(&run).await.expect("rows");
        let seen: BTreeSet<String> = rows.into_iter().map(|row| row.person).collect();
        assert_eq!(seen.len(), 200);
        // Nothing to say costs nothing.
        reads
            .record(&people[0], Read::nothing())
            .await
            .expect("nothing");
        assert_eq!(store.audit_of_run(&run).await.expect("rows").len(), 200);

        store.close().await.expect("closed");
        let held = reads
            .record(&people[0], Read::of("staff.read", "members", json!({})))
            .await
            .expect_err("a read that cannot be written down");
        assert_eq!(held.code(), tonic::Code::Unavailable);
    }
}
