//! Callbacks of partners. None of them is believed: they only make the process ask the partner again.

use chrono::{TimeDelta, Utc};
use domain::buyout::decision::{Fact, FactKind};
use domain::buyout::start::BuyoutId;
use serde::Deserialize;
use store::inbox::InboxRow;
use store::message::MessageState;

use crate::inbox::{Taken, is_early, tell};
use crate::process::ProcessError;
use crate::server::App;

/// Longer than an answer to a payout may take, and the repeats of the question under the same key.
const ANSWERED: TimeDelta = TimeDelta::minutes(15);

fn unreadable() -> Result<Taken, ProcessError> {
    Ok(Taken::Unmatched(
        "the body is not what the partner's contract says".to_owned(),
    ))
}

fn away(error: store::error::StoreError) -> ProcessError {
    ProcessError::Unavailable(error.to_string())
}

/// `{"type":"notification","event":"payout.succeeded","object":{"id":"po-…"}}`: the payout's id.
pub(crate) fn payout(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        object: Object,
    }
    #[derive(Deserialize)]
    struct Object {
        id: String,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    Some(body.object.id)
}

pub(super) async fn yookassa(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let Some(id) = payout(&row.body) else {
        return unreadable();
    };
    match app.store.intent_by_partner_id(&id).await.map_err(away)? {
        Some(intent) => {
            let fact = FactKind::PayoutChanged { payout: id };
            tell(
                app,
                &intent.run,
                Fact {
                    event_id: row.event_id.clone(),
                    fact,
                },
            )
            .await
        }
        None => {
            let young = Utc::now() - row.received_at < ANSWERED;
            if young && is_of_a_run(app, &row.body).await? {
                // Told before its own answer came: the run that we named to the partner has no id of it yet.
                return Ok(Taken::NotYet("the answer to that payout has not come yet"));
            }
            Ok(Taken::Unmatched("no payout of ours has that id".to_owned()))
        }
    }
}

/// Whether the payout carries the name of a run that there is. It is believed no more than the rest.
async fn is_of_a_run(app: &App, body: &[u8]) -> Result<bool, ProcessError> {
    #[derive(Deserialize)]
    struct Body {
        object: Object,
    }
    #[derive(Deserialize)]
    struct Object {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        run: String,
    }
    let Ok(Body { object }) = serde_json::from_slice::<Body>(body) else {
        return Ok(false);
    };
    let run = BuyoutId(object.metadata.run);
    Ok(app.store.buyout(&run).await.map_err(away)?.is_some())
}

/// The bank names our own external id.
pub(crate) fn order(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        external_id: String,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    Some(body.external_id)
}

pub(super) async fn bank(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let Some(external_id) = order(&row.body) else {
        return unreadable();
    };
    match app
        .store
        .intent_by_partner_id(&external_id)
        .await
        .map_err(away)?
    {
        Some(intent) => {
            let fact = FactKind::BankOrderChanged { external_id };
            tell(
                app,
                &intent.run,
                Fact {
                    event_id: row.event_id.clone(),
                    fact,
                },
            )
            .await
        }
        None => Ok(Taken::Unmatched(
            "no payment order of ours has that id".to_owned(),
        )),
    }
}

/// The report that is ready.
pub(crate) fn report(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(alias = "report_uid")]
        uid: String,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    Some(body.uid)
}

pub(super) async fn avtocod(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let Some(uid) = report(&row.body) else {
        return unreadable();
    };
    match app
        .store
        .report_by_uid("avtocod", &uid)
        .await
        .map_err(away)?
    {
        Some(order) => {
            let fact = FactKind::ReportReady { uid };
            tell(
                app,
                &order.run,
                Fact {
                    event_id: row.event_id.clone(),
                    fact,
                },
            )
            .await
        }
        None if is_early(app, row) => Ok(Taken::NotYet("no report of ours has that uid yet")),
        None => Ok(Taken::Unmatched(
            "no report of ours has that uid".to_owned(),
        )),
    }
}

/// What Wazzup tells of messages.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    #[serde(default)]
    statuses: Vec<Status>,
    #[serde(default)]
    messages: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    message_id: String,
    status: String,
}

pub(crate) fn statuses(body: &[u8]) -> Option<Told> {
    serde_json::from_slice(body).ok()
}

/// One body may hold several statuses. What became of a message stands in its row; a message that is not
/// delivered is a fact for its run, each a fact of its own. The messenger may tell of a message before the id
/// that it gave to it is written down here.
pub(super) async fn wazzup(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let Some(Told { statuses, messages }) = self::statuses(&row.body) else {
        return unreadable();
    };
    let mut taken = None;
    let mut unknown = false;
    for Status { message_id, status } in statuses {
        let Some(message) = app
            .store
            .message_by_partner_id(&message_id)
            .await
            .map_err(away)?
        else {
            unknown = true;
            continue;
        };
        let (state, matters) = match status.as_str() {
            "delivered" | "read" => (Some(MessageState::Delivered), false),
            "error" => (Some(MessageState::Failed), true),
            _ => (None, false),
        };
        if let Some(state) = state {
            app.store
                .set_message_state(&message.key, state)
                .await
                .map_err(away)?;
        }
        if !matters {
            taken = Some(message.run.0);
            continue;
        }
        let event_id = format!("{}:{message_id}:{status}", row.event_id);
        let fact = FactKind::MessageStatus {
            message: message_id,
            status,
        };
        if let Taken::By(run) = tell(app, &message.run, Fact { event_id, fact }).await? {
            taken = Some(run);
        }
    }
    if unknown && is_early(app, row) {
        return Ok(Taken::NotYet("no message of ours has that id yet"));
    }
    match taken {
        Some(run) => Ok(Taken::By(run)),
        None if !messages.is_empty() => Ok(Taken::Unmatched(
            "a client wrote to us in the messenger".to_owned(),
        )),
        None => Ok(Taken::Unmatched(
            "no message of ours has that id".to_owned(),
        )),
    }
}
