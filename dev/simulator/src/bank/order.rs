//! A payment order and its way through the bank.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::State;
use crate::core::{Callback, Partner, Sim};

/// A payment order under the client's `externalId`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) external_id: Uuid,
    pub(super) number: String,
    /// Kopecks.
    pub(super) amount: u64,
    pub(super) status: Status,
    pub(super) comment: Option<String>,
    /// The body as it was sent.
    pub(super) fields: Map<String, Value>,
    pub(super) changed_at: DateTime<Utc>,
}

/// `bankStatus`, those of its values that this bank gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    /// A draft; waits for a person.
    #[serde(rename = "CREATED")]
    Created,
    #[serde(rename = "PARTSIGNED")]
    PartSigned,
    #[serde(rename = "SIGNED")]
    Signed,
    #[serde(rename = "ACCEPTED")]
    Accepted,
    #[serde(rename = "IMPLEMENTED")]
    Implemented,
    #[serde(rename = "REFUSEDBYBANK")]
    RefusedByBank,
    #[serde(rename = "REFUSEDBYABS")]
    RefusedByAbs,
    #[serde(rename = "REQUISITEERROR")]
    RequisiteError,
    #[serde(rename = "INVALIDEDS")]
    InvalidSignature,
    #[serde(rename = "FRAUDDENY")]
    FraudDeny,
    #[serde(rename = "RECALL")]
    Recalled,
    #[serde(rename = "DELETED")]
    Deleted,
}

impl Status {
    pub(super) fn is_final(self) -> bool {
        !self.is_draft() && !matches!(self, Status::Signed | Status::Accepted)
    }

    pub(super) fn is_draft(self) -> bool {
        matches!(self, Status::Created | Status::PartSigned)
    }

    /// What the ledger calls the order's arrival in this status.
    fn event(self) -> &'static str {
        match self {
            Status::Created => "create_order",
            Status::PartSigned => "part_sign_order",
            Status::Signed => "sign_order",
            Status::Accepted => "accept_order",
            Status::Implemented => "execute_order",
            Status::RefusedByBank
            | Status::RefusedByAbs
            | Status::RequisiteError
            | Status::InvalidSignature
            | Status::FraudDeny => "refuse_order",
            Status::Recalled | Status::Deleted => "recall_order",
        }
    }
}

impl Order {
    pub(super) fn json(&self) -> Value {
        let mut fields = self.fields.clone();
        fields.insert("number".to_owned(), json!(self.number));
        fields.insert("bankStatus".to_owned(), json!(self.status));
        fields.insert("bankComment".to_owned(), json!(self.comment));
        Value::Object(fields)
    }

    pub(super) fn state(&self) -> Value {
        json!({ "bankStatus": self.status, "bankComment": self.comment })
    }
}

/// Moves an order on when it is in a status that `from` allows; writes the effect down and tells a final
/// status. `None` when there is no such order or it is elsewhere.
pub(super) fn advance(
    sim: &Sim,
    id: Uuid,
    from: impl Fn(Status) -> bool,
    to: Status,
    comment: Option<String>,
) -> Option<Order> {
    let (order, webhooks) = {
        let mut state = sim.state::<State>();
        let webhooks = state.webhooks.clone();
        let order = state
            .orders
            .get_mut(&id)
            .filter(|order| from(order.status))?;
        order.status = to;
        order.comment = comment;
        order.changed_at = sim.now();
        (order.clone(), webhooks)
    };
    let detail = json!({ "status": to, "kopecks": order.amount });
    sim.ledger().record_with(
        Partner::Bank,
        to.event(),
        &id.to_string(),
        order.number.as_bytes(),
        detail,
    );
    if to.is_final() {
        let body = json!({ "externalId": id, "bankStatus": to, "bankComment": order.comment });
        for url in webhooks {
            sim.callbacks()
                .send(Partner::Bank, "payment_state", Callback::json(url, &body));
        }
    }
    Some(order)
}

/// A signed order goes through the bank by itself.
pub(super) fn execute(sim: &Sim, id: Uuid) {
    let sim = sim.clone();
    let step = Duration::from_millis(sim.state::<State>().execute_ms / 2);
    tokio::spawn(async move {
        tokio::time::sleep(step).await;
        advance(
            &sim,
            id,
            |status| status == Status::Signed,
            Status::Accepted,
            None,
        );
        tokio::time::sleep(step).await;
        advance(
            &sim,
            id,
            |status| status == Status::Accepted,
            Status::Implemented,
            None,
        );
    });
}

/// What was signed when the simulator stopped goes on.
pub(super) fn resume(sim: &Sim) {
    let open: Vec<Uuid> = {
        let state = sim.state::<State>();
        let open = state
            .orders
            .values()
            .filter(|order| matches!(order.status, Status::Signed | Status::Accepted));
        open.map(|order| order.external_id).collect()
    };
    for id in open {
        execute(sim, id);
    }
}
