//! Callbacks of partners. None of them is believed: they only make the process ask the partner again.

use chrono::{TimeDelta, Utc};
use domain::buyout::decision::{Fact, FactKind};
use domain::buyout::start::BuyoutId;
use serde::Deserialize;
use store::inbox::InboxRow;
use store::message::MessageState;
use store::payment_intent::{IntentState, PaymentIntent};

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

/// What a partner tells of money.
pub(crate) struct OfMoney {
    /// By which the partner names the payment.
    id: String,
    /// It says that the money moved.
    paid: bool,
}

/// Tells the run of the payment. Partners tell things twice: of a run that has ended only what contradicts its
/// books is left to ops.
async fn tell_of_money(
    app: &App,
    row: &InboxRow,
    intent: PaymentIntent,
    paid: bool,
    fact: FactKind,
) -> Result<Taken, ProcessError> {
    let fact = Fact {
        event_id: row.event_id.clone(),
        fact,
    };
    let known = intent.state.is_final() && (intent.state == IntentState::Paid) == paid;
    match tell(app, &intent.run, fact).await? {
        Taken::Unmatched(_) if known => Ok(Taken::Nothing),
        taken => Ok(taken),
    }
}

/// `{"type":"notification","event":"payout.succeeded","object":{"id":"po-…"}}`
pub(crate) fn payout(body: &[u8]) -> Option<OfMoney> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        event: String,
        object: Object,
    }
    #[derive(Deserialize)]
    struct Object {
        id: String,
    }
    let Body { event, object } = serde_json::from_slice(body).ok()?;
    Some(OfMoney {
        id: object.id,
        paid: event == "payout.succeeded",
    })
}

pub(super) async fn yookassa(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let Some(OfMoney { id, paid }) = payout(&row.body) else {
        return unreadable();
    };
    match app.store.intent_by_partner_id(&id).await.map_err(away)? {
        Some(intent) => {
            let fact = FactKind::PayoutChanged { payout: id };
            tell_of_money(app, row, intent, paid, fact).await
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

/// The bank names our own external id: `{"externalId":"…","bankStatus":"IMPLEMENTED"}`
pub(crate) fn order(body: &[u8]) -> Option<OfMoney> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        external_id: String,
        #[serde(default)]
        bank_status: String,
    }
    let Body {
        external_id,
        bank_status,
    } = serde_json::from_slice(body).ok()?;
    Some(OfMoney {
        id: external_id,
        paid: bank_status == "IMPLEMENTED",
    })
}

pub(super) async fn bank(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let Some(OfMoney {
        id: external_id,
        paid,
    }) = order(&row.body)
    else {
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
            tell_of_money(app, row, intent, paid, fact).await
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
            let fact = Fact {
                event_id: row.event_id.clone(),
                fact: FactKind::ReportReady { uid },
            };
            match tell(app, &order.run, fact).await? {
                // The run ended without waiting for it; the report stays where it is.
                Taken::Unmatched(_) => Ok(Taken::Nothing),
                taken => Ok(taken),
            }
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
    let mut unheard = None;
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
        match tell(app, &message.run, Fact { event_id, fact }).await? {
            Taken::By(run) => taken = Some(run),
            // Nobody was told: somebody has to hear of it.
            Taken::Unmatched(reason) => unheard = Some(reason),
            _ => {}
        }
    }
    if unknown && is_early(app, row) {
        return Ok(Taken::NotYet("no message of ours has that id yet"));
    }
    if let Some(reason) = unheard {
        return Ok(Taken::Unmatched(reason));
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
