#![doc = include_str!("bank/README.md")]

mod client;
mod dto;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod interpret;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use contracts::bank::{CreateOrder, markers};
use domain::finding::SeenPayout;
use domain::payment::{PaymentRail, PayoutResult};
use store::connect::Store;
use store::payment_intent::{IntentState, NewIntent};
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use uuid::Uuid;

pub use self::client::{BankClient, Config};
use crate::error::PartnerError;
use crate::intent::{self, Standing};

/// Of a payment order by the bank's rules.
const PURPOSE_CHARS: usize = 210;

pub struct BankActivities {
    pub client: BankClient,
    pub store: Store,
}

#[activities]
impl BankActivities {
    #[activity(definition = markers::CreateOrder)]
    pub async fn create_order(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order: CreateOrder,
    ) -> Result<(), ActivityError> {
        Ok(self.create(&order).await?)
    }

    #[activity(definition = markers::ReadOrders)]
    pub async fn read_orders(
        self: Arc<Self>,
        _ctx: ActivityContext,
        external_ids: Vec<String>,
    ) -> Result<Vec<SeenPayout>, ActivityError> {
        let mut seen = Vec::new();
        for id in external_ids {
            // An id that is none of ours is known to no bank.
            let Ok(external_id) = id.parse::<Uuid>() else {
                continue;
            };
            if let Some(state) = self.client.state(external_id).await? {
                seen.push(interpret::seen(id, state));
            }
        }
        Ok(seen)
    }

    #[activity(definition = markers::AwaitOrder)]
    pub async fn await_order(
        self: Arc<Self>,
        _ctx: ActivityContext,
        external_id: Uuid,
    ) -> Result<PayoutResult, ActivityError> {
        Ok(self.ask(external_id).await?)
    }
}

impl BankActivities {
    async fn create(&self, order: &CreateOrder) -> Result<(), PartnerError> {
        if !order.amount.is_positive() {
            return Err(PartnerError::rejected(
                "amount",
                "Сумма платёжного поручения должна быть больше нуля.",
            ));
        }
        if order.purpose.chars().count() > PURPOSE_CHARS {
            return Err(PartnerError::protocol(
                "bank create_order: the purpose is longer than 210 characters",
            ));
        }
        let key = order.external_id.to_string();
        let standing = intent::intend(
            &self.store,
            &NewIntent {
                key: key.clone(),
                run: order.buyout.clone(),
                rail: PaymentRail::BankOrder,
                amount: order.amount,
            },
        )
        .await?;
        match standing {
            Standing::Fresh => intent::calling(&self.store, &key).await?,
            Standing::CalledBefore { .. } => {
                if self.client.state(order.external_id).await?.is_some() {
                    return intent::accepted(&self.store, &key, &key).await;
                }
            }
            Standing::Accepted { .. } => return Ok(()),
            Standing::Refused => {
                return Err(PartnerError::rejected(
                    "refused_before",
                    "Банк уже отклонил это поручение. Нужна новая попытка.",
                ));
            }
        }
        match self.client.create_order(order).await {
            Ok(()) => intent::accepted(&self.store, &key, &key).await,
            Err(refused @ PartnerError::Rejected { .. }) => {
                intent::note(&self.store, &key, IntentState::Refused).await?;
                Err(refused)
            }
            Err(PartnerError::Conflict { existing }) => {
                match self.client.state(order.external_id).await? {
                    Some(_) => intent::accepted(&self.store, &key, &key).await,
                    None => Err(PartnerError::protocol(format!(
                        "bank create_order: {existing} and there is no such order"
                    ))),
                }
            }
            Err(unknown) => Err(unknown),
        }
    }

    async fn ask(&self, external_id: Uuid) -> Result<PayoutResult, PartnerError> {
        let Some(state) = self.client.state(external_id).await? else {
            // We were told that it was taken: a replica that lags behind.
            return Err(PartnerError::unavailable(
                "bank order_state: the order is not seen",
            ));
        };
        let result = interpret::result(state)?;
        let state = match &result {
            PayoutResult::Paid { .. } => IntentState::Paid,
            PayoutResult::Refused { .. } => IntentState::Refused,
        };
        intent::ended(&self.store, &external_id.to_string(), state).await?;
        Ok(result)
    }
}
