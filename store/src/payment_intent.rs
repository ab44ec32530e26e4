//! Money that is about to move: written before the partner is called, so that an unknown outcome is
//! inquired for under the same key and never repeated blindly.
//!
//! A run has at most one intent that was not refused; the database itself holds this.

use chrono::{DateTime, Utc};
use domain::buyout::start::BuyoutId;
use domain::money::Money;
use domain::payment::PaymentRail;
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use strum::{Display, EnumString};

use crate::audit::{AuditEntry, Owner, PROCESS};
use crate::column::{self, At};
use crate::connect::{Store, Write};
use crate::error::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "payment_intent")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub run: String,
        pub rail: String,
        pub amount: i64,
        pub state: String,
        pub partner_id: Option<String>,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Where the money stands, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum IntentState {
    /// Written; the partner may or may not have been called.
    Intended,
    /// The partner was called and did not say what became of it: inquire.
    Unknown,
    /// The partner has it.
    Accepted,
    /// Final.
    Paid,
    /// Final: the money did not move.
    Refused,
}

impl IntentState {
    pub fn is_final(self) -> bool {
        match self {
            Self::Paid | Self::Refused => true,
            Self::Intended | Self::Unknown | Self::Accepted => false,
        }
    }
}

/// What is about to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// The partner's idempotency key.
    pub key: String,
    pub run: BuyoutId,
    pub rail: PaymentRail,
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentIntent {
    pub key: String,
    pub run: BuyoutId,
    pub rail: PaymentRail,
    pub amount: Money,
    pub state: IntentState,
    /// By which the partner's callbacks name it.
    pub partner_id: Option<String>,
    pub created_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
}

impl Store {
    /// Writes the intent, or answers the one that is there under this key: its state tells whether
    /// the partner must be asked before anything is sent.
    ///
    /// [`StoreError::Conflict`]: the key is there for another payment, or the run has another intent
    /// that was not refused.
    pub async fn put_intent(&self, intent: &NewIntent) -> Result<PaymentIntent, StoreError> {
        let NewIntent {
            key,
            run,
            rail,
            amount,
        } = intent;
        let now = column::now();
        let mut write = self.write().await?;
        let inserted = row::Entity::insert(row::ActiveModel {
            key: Set(key.clone()),
            run: Set(run.0.clone()),
            rail: Set(rail.to_string()),
            amount: Set(amount.kopecks()),
            state: Set(IntentState::Intended.to_string()),
            partner_id: Set(None),
            created_at: Set(now),
            changed_at: Set(now),
        })
        // Whatever stands in the way: the key, or another payment of the run.
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&write.tx)
        .await?;
        let there = row::Entity::find_by_id(key.as_str()).one(&write.tx).await?;
        if inserted > 0 {
            let detail = json!({ "rail": rail.to_string(), "kopecks": amount.kopecks() });
            record(&mut write, "payment.intend", key, run, detail);
        }
        write.commit().await?;
        let Some(there) = there.map(payment_intent).transpose()? else {
            return Err(StoreError::Conflict(format!(
                "{run} has another payment that was not refused; {key} was not written"
            )));
        };
        if (&there.run, there.rail, there.amount) != (run, *rail, *amount) {
            return Err(StoreError::Conflict(format!(
                "payment {key} exists with other content"
            )));
        }
        Ok(there)
    }

    /// The partner took it and calls it by this id. Repeats change nothing.
    ///
    /// [`StoreError::Conflict`]: it has another id, or another payment has this one.
    pub async fn accept_intent(&self, key: &str, partner_id: &str) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let before = row::Entity::find_by_id(key).one(&write.tx).await?;
        let updated = row::Entity::update_many()
            .set(row::ActiveModel {
                partner_id: Set(Some(partner_id.to_owned())),
                changed_at: Set(column::now()),
                ..Default::default()
            })
            .filter(row::Column::Key.eq(key))
            .filter(
                row::Column::PartnerId
                    .is_null()
                    .or(row::Column::PartnerId.eq(partner_id)),
            )
            .exec(&write.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(match before {
                Some(_) => StoreError::Conflict(format!("payment {key} has another partner id")),
                None => unknown(key),
            });
        }
        row::Entity::update_many()
            .set(row::ActiveModel {
                state: Set(IntentState::Accepted.to_string()),
                ..Default::default()
            })
            .filter(row::Column::Key.eq(key))
            .filter(row::Column::State.is_in(not_final()))
            .exec(&write.tx)
            .await?;
        if let Some(before) = before
            && before.partner_id.is_none()
        {
            let detail = json!({ "partner_id": partner_id });
            record(
                &mut write,
                "payment.accept",
                key,
                &BuyoutId(before.run),
                detail,
            );
        }
        write.commit().await
    }

    /// Notes what became known. A final state stays: setting it again changes nothing.
    ///
    /// [`StoreError::Conflict`]: the payment ended otherwise.
    pub async fn set_intent_state(&self, key: &str, state: IntentState) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let before = row::Entity::find_by_id(key).one(&write.tx).await?;
        let updated = row::Entity::update_many()
            .set(row::ActiveModel {
                state: Set(state.to_string()),
                changed_at: Set(column::now()),
                ..Default::default()
            })
            .filter(row::Column::Key.eq(key))
            .filter(row::Column::State.is_in(not_final()))
            .exec(&write.tx)
            .await?;
        if updated.rows_affected == 1 {
            if let Some(before) = before
                && before.state != state.to_string()
            {
                let detail = json!({ "before": before.state, "state": state.to_string() });
                record(
                    &mut write,
                    "payment.state",
                    key,
                    &BuyoutId(before.run),
                    detail,
                );
            }
            return write.commit().await;
        }
        match before {
            Some(row) if row.state == state.to_string() => Ok(()),
            Some(row) => Err(StoreError::Conflict(format!(
                "payment {key} is {} already, not {state}",
                row.state
            ))),
            None => Err(unknown(key)),
        }
    }

    pub async fn intent(&self, key: &str) -> Result<Option<PaymentIntent>, StoreError> {
        row::Entity::find_by_id(key)
            .one(&self.db)
            .await?
            .map(payment_intent)
            .transpose()
    }

    pub async fn intent_by_partner_id(
        &self,
        partner_id: &str,
    ) -> Result<Option<PaymentIntent>, StoreError> {
        row::Entity::find()
            .filter(row::Column::PartnerId.eq(partner_id))
            .one(&self.db)
            .await?
            .map(payment_intent)
            .transpose()
    }

    /// The run's payments in the order in which they were intended.
    pub async fn intents_of(&self, run: &BuyoutId) -> Result<Vec<PaymentIntent>, StoreError> {
        row::Entity::find()
            .filter(row::Column::Run.eq(run.as_str()))
            .order_by_asc(row::Column::CreatedAt)
            .order_by_asc(row::Column::Key)
            .all(&self.db)
            .await?
            .into_iter()
            .map(payment_intent)
            .collect()
    }
}

fn record(write: &mut Write, action: &str, key: &str, run: &BuyoutId, detail: Value) {
    let entry = AuditEntry {
        at: column::now(),
        person: PROCESS.to_owned(),
        action: action.to_owned(),
        entity: format!("payment/{key}"),
        detail,
    };
    write.record(entry, Owner::Run(run.clone()));
}

fn not_final() -> [String; 3] {
    [
        IntentState::Intended,
        IntentState::Unknown,
        IntentState::Accepted,
    ]
    .map(|state| state.to_string())
}

fn unknown(key: &str) -> StoreError {
    StoreError::NotFound {
        noun: "payment",
        key: key.to_owned(),
    }
}

fn payment_intent(row: row::Model) -> Result<PaymentIntent, StoreError> {
    let row::Model {
        key,
        run,
        rail,
        amount,
        state,
        partner_id,
        created_at,
        changed_at,
    } = row;
    let at = At {
        table: "payment_intent",
        key: &key,
    };
    Ok(PaymentIntent {
        run: BuyoutId(run),
        rail: at.parse("rail", &rail)?,
        amount: Money::from_kopecks(amount),
        state: at.parse("state", &state)?,
        partner_id,
        created_at,
        changed_at,
        key,
    })
}
