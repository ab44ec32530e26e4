//! What goes into a pack, in its order. The same state gives the same texts.

use std::collections::{BTreeMap, BTreeSet};

use archive::evidence::Category;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::audit::{Line, sha256};
use domain::buyout::state::{Buyout, ProcessEvent};
use domain::file::{FileKind, FileRef};
use domain::staff::Actor;
use domain::task::HumanTask;
use serde::Serialize;
use serde_json::{Value, json};
use store::StoreError;
use store::file::FileRow;
use store::inbox::InboxRow;
use store::message::MessageRow;
use store::payment_intent::PaymentIntent;
use store::vehicle_report::VehicleReport;
use tonic::Status;

use super::{folder, summary};
use crate::server::App;
use crate::status;

/// Messages of the portal hold its secrets; of these the pack has hashes only.
const WITH_SECRETS: &str = "bitrix24";

pub(super) struct Contents {
    /// Made for the pack.
    pub(super) texts: Vec<Text>,
    /// As they were kept.
    pub(super) files: Vec<File>,
}

pub(super) struct Text {
    pub(super) path: String,
    pub(super) category: Category,
    pub(super) title: String,
    pub(super) content_type: &'static str,
    pub(super) bytes: Vec<u8>,
}

pub(super) struct File {
    pub(super) path: String,
    pub(super) category: Category,
    pub(super) title: String,
    pub(super) row: FileRow,
}

impl Contents {
    pub(super) async fn gather(
        app: &App,
        buyout: &Buyout,
        actor: &Actor,
        at: DateTime<Utc>,
    ) -> Result<Self, Status> {
        let events = read(app.store.events(&buyout.id, 0).await)?;
        let files = files(read(app.store.files_of(&buyout.id).await)?, buyout);
        let mut texts = vec![
            Text {
                path: "summary.txt".to_owned(),
                category: Category::Summary,
                title: "Сводка для чтения".to_owned(),
                content_type: "text/plain; charset=utf-8",
                bytes: summary::write(buyout, &events, &files, actor, at).into_bytes(),
            },
            text("state.json", Category::State, "Всё состояние дела", buyout)?,
            text(
                "decisions.json",
                Category::Decision,
                "Решения людей: кто, когда, по какой версии",
                &decisions(buyout),
            )?,
            text(
                "offers.json",
                Category::Offer,
                "Предложения и ответы клиента",
                &offers(buyout),
            )?,
        ];
        for (number, check) in (1..).zip(&buyout.checks) {
            let kind = check.kind.to_string().to_lowercase();
            texts.push(text(
                &format!("checks/{number:03}-{kind}.json"),
                Category::Check,
                &format!("Проверка: {}", check.kind.title_ru()),
                check,
            )?);
        }
        texts.push(text(
            "partner_calls.json",
            Category::PartnerCall,
            "Обмен с партнёрами",
            &partner_calls(app, buyout).await?,
        )?);
        texts.push(text(
            "events.json",
            Category::Event,
            "Журнал дела",
            &events,
        )?);
        texts.push(Text {
            path: "audit.jsonl".to_owned(),
            category: Category::Audit,
            title: "Журнал аудита по делу".to_owned(),
            content_type: "application/jsonl",
            bytes: trail(app, buyout).await?,
        });
        Ok(Self { texts, files })
    }
}

fn read<T>(read: Result<T, StoreError>) -> Result<T, Status> {
    read.map_err(status::store)
}

fn text(
    path: &str,
    category: Category,
    title: &str,
    value: &impl Serialize,
) -> Result<Text, Status> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|_| Status::internal("Выгрузка не сделана. Сообщите в сопровождение."))?;
    bytes.push(b'\n');
    Ok(Text {
        path: path.to_owned(),
        category,
        title: title.to_owned(),
        content_type: "application/json",
        bytes,
    })
}

/// Every task with its decision, and what was decided beside tasks.
fn decisions(buyout: &Buyout) -> Value {
    let tasks: Vec<Value> = buyout.tasks.values().map(decision).collect();
    json!({
        "policy_version": buyout.policy.as_ref().map(|policy| policy.version),
        "tasks": tasks,
        "duties": buyout.duties,
        "appraisal": buyout.appraisal,
        "price_approval": buyout.price_approval,
        "paper_verdicts": buyout.paper_verdicts,
        "payments": buyout.payments,
        "outcome": buyout.outcome.as_ref().map(|outcome| outcome.sentence()),
        "left_to_people": buyout.manual,
    })
}

fn decision(task: &HumanTask) -> Value {
    json!({
        "task": task.id.0,
        "kind": task.kind.to_string(),
        "title": task.title,
        "asked": task.details,
        "state": task.state.to_string(),
        "version": task.version,
        "opened_at": task.created_at,
        "due_at": task.due_at,
        "excluded": task.excluded,
        "owner": task.owner,
        "comments": task.comments,
        "decided_by": task.closed_by,
        "decided_at": task.closed_at,
        "decision": task.result,
    })
}

fn offers(buyout: &Buyout) -> Value {
    json!({
        "offer": buyout.offer,
        "sent_again_at": buyout.offer_resends,
        "answers": buyout.answers,
        "agreed_price": buyout.agreed_price,
        "signing_answers": buyout.signing_answers,
    })
}

/// What came from partners and what was asked of them, as far as it is written down here; their raw
/// answers are files of their own.
async fn partner_calls(app: &App, buyout: &Buyout) -> Result<Value, Status> {
    let store = &app.store;
    let received = read(store.received_for(buyout.id.as_str()).await)?;
    let reports = read(store.reports_of(&buyout.id).await)?;
    let payments = read(store.intents_of(&buyout.id).await)?;
    let messages = read(store.messages_of(&buyout.id).await)?;
    Ok(json!({
        "received": received.iter().map(message).collect::<Vec<_>>(),
        "reports_ordered": reports.iter().map(report).collect::<Vec<_>>(),
        "payments": payments.iter().map(payment).collect::<Vec<_>>(),
        "messages_to_client": messages.iter().map(sent).collect::<Vec<_>>(),
        "robots": buyout.robots.len(),
        "accounting": buyout.intake,
    }))
}

fn message(row: &InboxRow) -> Value {
    let InboxRow {
        id,
        source,
        event_id,
        body,
        state,
        attempts,
        run: _,
        repeats,
        other_sha256,
        received_at,
    } = row;
    let shown = !source.to_lowercase().starts_with(WITH_SECRETS);
    let (text, binary) = match std::str::from_utf8(body) {
        Ok(text) => (Some(text), None),
        Err(_) => (None, Some(STANDARD.encode(body))),
    };
    json!({
        "number": id,
        "source": source,
        "event": event_id,
        "received_at": received_at,
        "state": state.to_string(),
        "failed_attempts": attempts,
        "repeats": repeats,
        "body_sha256": sha256(body),
        "other_body_sha256": other_sha256,
        "body": text.filter(|_| shown),
        "body_base64": binary.filter(|_| shown),
        "body_left_out": if shown { None } else { Some("it holds secrets of the portal") },
    })
}

fn report(row: &VehicleReport) -> Value {
    let VehicleReport {
        provider,
        uid,
        identifier,
        run: _,
        ordered_at,
    } = row;
    json!({ "provider": provider, "uid": uid, "identifier": identifier, "ordered_at": ordered_at })
}

fn payment(row: &PaymentIntent) -> Value {
    let PaymentIntent {
        key,
        run: _,
        rail,
        amount,
        state,
        partner_id,
        created_at,
        changed_at,
    } = row;
    json!({
        "key": key,
        "rail": rail.to_string(),
        "kopecks": amount.kopecks(),
        "state": state.to_string(),
        "partner_id": partner_id,
        "intended_at": created_at,
        "changed_at": changed_at,
    })
}

fn sent(row: &MessageRow) -> Value {
    let MessageRow {
        key,
        run: _,
        channel,
        partner_id,
        state,
        changed_at,
    } = row;
    json!({
        "key": key,
        "channel": channel.to_string(),
        "partner_id": partner_id,
        "state": state.to_string(),
        "changed_at": changed_at,
    })
}

/// The audit's rows of the run, and the last checkpoint of each chain that has some.
async fn trail(app: &App, buyout: &Buyout) -> Result<Vec<u8>, Status> {
    let rows = read(app.store.audit_of_run(&buyout.id).await)?;
    let chains: BTreeSet<&str> = rows.iter().map(|row| row.chain.as_str()).collect();
    let mut lines = Vec::new();
    for chain in chains {
        let checkpoint = read(app.store.last_audit_checkpoint(chain).await)?;
        lines.extend(checkpoint.map(Line::Checkpoint));
    }
    lines.extend(rows.into_iter().map(Line::Row));
    let mut text = String::new();
    for line in lines {
        let line = line
            .write()
            .map_err(|_| Status::internal("Выгрузка не сделана. Сообщите в сопровождение."))?;
        text.push_str(&line);
    }
    Ok(text.into_bytes())
}

/// Kept files with their places and titles, kind by kind in the order in which they came.
fn files(rows: Vec<FileRow>, buyout: &Buyout) -> Vec<File> {
    let titles = titles(buyout);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    rows.into_iter()
        .map(|row| {
            let category = match row.file.kind {
                FileKind::Photo => Category::Photo,
                FileKind::Scan => Category::Scan,
                FileKind::Document => Category::Document,
                FileKind::PartnerAnswer => Category::PartnerAnswer,
            };
            let folder = folder(category);
            let count = counts.entry(folder).or_default();
            *count += 1;
            File {
                path: format!("{folder}/{count:03}.{}", extension(&row.file.content_type)),
                category,
                title: titles
                    .get(&row.file.id)
                    .cloned()
                    .unwrap_or_else(|| other(row.file.kind).to_owned()),
                row,
            }
        })
        .collect()
}

fn other(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Photo => "Фото, не вошедшее в осмотр",
        FileKind::Scan => "Скан, не вошедший в пакет документов",
        FileKind::Document => "Документ",
        FileKind::PartnerAnswer => "Ответ партнёра",
    }
}

fn extension(content_type: &str) -> &'static str {
    match content_type.split(';').next().unwrap_or_default().trim() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "application/pdf" => "pdf",
        "application/json" => "json",
        "application/xml" | "text/xml" => "xml",
        "text/html" => "html",
        "text/plain" => "txt",
        _ => "bin",
    }
}

/// What each file is, in words.
fn titles(buyout: &Buyout) -> BTreeMap<String, String> {
    let mut titles = BTreeMap::new();
    let mut name = |file: &FileRef, title: String| {
        titles.entry(file.id.clone()).or_insert(title);
    };
    for submitted in &buyout.inspections {
        let inspection = &submitted.inspection;
        for photo in &inspection.photos {
            name(
                &photo.file,
                format!("Фото осмотра: {}", photo.angle.title_ru()),
            );
        }
        for reading in &inspection.identifiers {
            if let Some(photo) = &reading.photo {
                name(photo, format!("Фото номера: {}", reading.place.title_ru()));
            }
        }
        for defect in &inspection.defects {
            for photo in &defect.photos {
                name(
                    photo,
                    format!("Фото дефекта: {}", defect.element.title_ru()),
                );
            }
        }
    }
    for paper in buyout.papers.iter().flat_map(|set| &set.papers) {
        for file in &paper.files {
            name(file, format!("Скан: {}", paper.kind.title_ru()));
        }
    }
    for document in &buyout.documents {
        let state = if document.void {
            ", недействителен"
        } else {
            ""
        };
        let what = format!("{} № {}{state}", document.kind.title_ru(), document.number);
        name(&document.file, what.clone());
        for file in &document.signed {
            name(file, format!("Подписанный скан: {what}"));
        }
    }
    for check in &buyout.checks {
        if let Some(raw) = &check.raw {
            let what = format!(
                "Ответ источника {}: {}",
                check.source,
                check.kind.title_ru()
            );
            name(raw, what);
        }
    }
    titles
}

/// For the summary: lines of the run that a person made.
pub(super) fn acted(events: &[ProcessEvent]) -> impl Iterator<Item = (&ProcessEvent, &str)> {
    events
        .iter()
        .filter_map(|event| Some((event, event.actor.as_ref()?.name.as_str())))
}
