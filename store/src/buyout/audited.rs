//! What the audit tells of a save. It names what was written by its hash and holds none of it: the texts
//! of a run are full of names.

use chrono::{DateTime, Utc};
use domain::audit::{canonical, sha256};
use domain::buyout::state::{Buyout, EventKind, ProcessEvent};
use domain::task::HumanTask;
use serde_json::{Value, json};

use crate::audit::{AuditEntry, Owner, PROCESS, Pending};
use crate::column;
use crate::error::StoreError;

pub(super) struct Saved<'a> {
    pub(super) before: Option<&'a Buyout>,
    pub(super) buyout: &'a Buyout,
    /// The row is this version now.
    pub(super) replaced: bool,
    /// Events that were not there before.
    pub(super) added: &'a [ProcessEvent],
    /// Tasks that were not there in this version before.
    pub(super) tasks: &'a [&'a HumanTask],
    /// Of the canonical JSON of the row's document.
    pub(super) state_sha256: String,
}

impl Saved<'_> {
    /// A row for the save with everything that it brought, one for each line of the run that has a person,
    /// one for each task that a person closed. Nothing for a save that was there already.
    pub(super) fn entries(&self, at: DateTime<Utc>) -> Result<Vec<Pending>, StoreError> {
        if !self.replaced && self.added.is_empty() {
            return Ok(Vec::new());
        }
        let mut entries = vec![self.pending(self.save(at)?)];
        let acted = self
            .added
            .iter()
            .filter_map(|event| Some((event, event.actor.as_ref()?)));
        for (event, actor) in acted {
            entries.push(self.pending(AuditEntry {
                at: event.at,
                person: actor.person.0.clone(),
                action: format!("buyout.{}", verb(event.kind)),
                entity: self.buyout.id.0.clone(),
                detail: told(event)?,
            }));
        }
        let closed = self
            .tasks
            .iter()
            .filter_map(|task| Some((task, task.closed_by.as_ref()?)));
        for (task, by) in closed {
            entries.push(self.pending(AuditEntry {
                at: task.closed_at.unwrap_or(at),
                person: by.person.0.clone(),
                action: "task.decide".to_owned(),
                entity: task.id.0.clone(),
                detail: json!({
                    "kind": task.kind.to_string(),
                    "state": task.state.to_string(),
                    "version": task.version,
                    "result_sha256": digest("result", &task.result)?,
                }),
            }));
        }
        Ok(entries)
    }

    fn save(&self, at: DateTime<Utc>) -> Result<AuditEntry, StoreError> {
        let buyout = self.buyout;
        let events = self
            .added
            .iter()
            .map(told)
            .collect::<Result<Vec<Value>, _>>()?;
        let tasks: Vec<Value> = self
            .tasks
            .iter()
            .map(|task| {
                json!({
                    "task": task.id.0,
                    "kind": task.kind.to_string(),
                    "state": task.state.to_string(),
                    "version": task.version,
                })
            })
            .collect();
        Ok(AuditEntry {
            at,
            person: PROCESS.to_owned(),
            action: "buyout.save".to_owned(),
            entity: buyout.id.0.clone(),
            detail: json!({
                "version": buyout.version,
                "stage": buyout.stage.to_string(),
                "stage_before": self.before.map(|before| before.stage.to_string()),
                "replaced": self.replaced,
                "state_sha256": self.state_sha256,
                "events": events,
                "tasks": tasks,
            }),
        })
    }

    fn pending(&self, entry: AuditEntry) -> Pending {
        let pending = Pending::new(entry, Owner::Run(self.buyout.id.clone()));
        // What this very save says counts, whichever version the row has.
        Pending {
            legal_entity: super::legal_entity_of(self.buyout),
            ..pending
        }
    }
}

fn told(event: &ProcessEvent) -> Result<Value, StoreError> {
    let ProcessEvent {
        seq,
        at,
        kind,
        actor,
        text,
    } = event;
    Ok(json!({
        "seq": seq,
        "at": column::instant(*at).timestamp_micros(),
        "kind": kind.to_string(),
        "person": actor.as_ref().map(|actor| actor.person.0.as_str()),
        "text_sha256": sha256(column::text(text).as_bytes()),
    }))
}

/// Of the canonical JSON of the value as it lies in its column.
fn digest<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    let json = column::json(what, value)?;
    Ok(sha256(canonical(&json).as_bytes()))
}

/// Permanent: rows of the past are looked for by it.
fn verb(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Started => "start",
        EventKind::Stage => "stage",
        EventKind::TaskOpened => "task_open",
        EventKind::TaskChanged => "task_change",
        EventKind::TaskClosed => "task_close",
        EventKind::Reminder => "remind",
        EventKind::Escalation => "escalate",
        EventKind::Check => "check",
        EventKind::Message => "message",
        EventKind::Client => "client",
        EventKind::Document => "document",
        EventKind::Payment => "payment",
        EventKind::Accounting => "accounting",
        EventKind::Trouble => "trouble",
        EventKind::Hold => "hold",
        EventKind::Undo => "undo",
        EventKind::Unmatched => "unmatched",
        EventKind::Chat => "chat",
        EventKind::Visit => "visit",
        EventKind::Ended => "end",
    }
}
