#![doc = include_str!("yookassa/README.md")]

mod client;
mod dto;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod interpret;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use contracts::yookassa::{BankList, CreatePayout, ListBanks, markers};
use domain::finding::SeenPayout;
use domain::money::Money;
use domain::payment::{PaymentRail, PayoutResult};
use store::connect::Store;
use store::payment_intent::{IntentState, NewIntent};
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

pub use self::client::{Config, YookassaClient};
use crate::error::PartnerError;
use crate::intent::{self, Standing};

/// The partner's limits of one payout by SBP.
const LEAST: Money = Money::from_rubles(1);
const MOST: Money = Money::from_rubles(500_000);
/// The partner remembers a key for 24 hours; after that the same key would pay again. The hour is for
/// clocks and for calls under way.
const KEY_MEMORY: TimeDelta = TimeDelta::hours(23);
const KEY_CHARS: usize = 64;
const DESCRIPTION_CHARS: usize = 128;

pub struct YookassaActivities {
    pub client: YookassaClient,
    pub store: Store,
}

#[activities]
impl YookassaActivities {
    #[activity(definition = markers::CreatePayout)]
    pub async fn create_payout(
        self: Arc<Self>,
        _ctx: ActivityContext,
        payout: CreatePayout,
    ) -> Result<String, ActivityError> {
        Ok(self.create(&payout).await?)
    }

    #[activity(definition = markers::ReadPayouts)]
    pub async fn read_payouts(
        self: Arc<Self>,
        _ctx: ActivityContext,
        ids: Vec<String>,
    ) -> Result<Vec<SeenPayout>, ActivityError> {
        let mut seen = Vec::new();
        for id in &ids {
            if let Some(payout) = self.client.look(id).await? {
                seen.push(interpret::seen(payout));
            }
        }
        Ok(seen)
    }

    #[activity(definition = markers::AwaitPayout)]
    pub async fn await_payout(
        self: Arc<Self>,
        _ctx: ActivityContext,
        payout: String,
    ) -> Result<PayoutResult, ActivityError> {
        Ok(self.ask(&payout).await?)
    }

    #[activity(definition = markers::ListBanks)]
    pub async fn list_banks(
        self: Arc<Self>,
        _ctx: ActivityContext,
        asked: ListBanks,
    ) -> Result<BankList, ActivityError> {
        let ListBanks {} = asked;
        Ok(self.read_banks().await?)
    }
}

impl YookassaActivities {
    async fn create(&self, payout: &CreatePayout) -> Result<String, PartnerError> {
        check(payout)?;
        let standing = intent::intend(
            &self.store,
            &NewIntent {
                key: payout.key.clone(),
                run: payout.buyout.clone(),
                rail: PaymentRail::Sbp,
                amount: payout.amount,
            },
        )
        .await?;
        self.pay(payout, standing).await
    }

    async fn pay(&self, payout: &CreatePayout, standing: Standing) -> Result<String, PartnerError> {
        match standing {
            Standing::Fresh => intent::calling(&self.store, &payout.key).await?,
            Standing::CalledBefore { since } if Utc::now() - since > KEY_MEMORY => {
                return Err(PartnerError::protocol(
                    "yookassa create_payout: nobody knows how the payout ended and the partner has forgotten its key; look in the partner's cabinet",
                ));
            }
            Standing::CalledBefore { .. } => {}
            Standing::Accepted { partner_id } => return Ok(partner_id),
            Standing::Refused => {
                return Err(PartnerError::rejected(
                    "refused_before",
                    "ЮKassa уже отклонила эту выплату. Нужна новая попытка.",
                ));
            }
        }
        match self.client.create_payout(payout).await {
            Ok(id) => {
                intent::accepted(&self.store, &payout.key, &id).await?;
                Ok(id)
            }
            Err(refused @ PartnerError::Rejected { .. }) => {
                intent::note(&self.store, &payout.key, IntentState::Refused).await?;
                Err(refused)
            }
            Err(unknown) => Err(unknown),
        }
    }

    async fn read_banks(&self) -> Result<BankList, PartnerError> {
        let read_at = Utc::now();
        let banks = interpret::banks(self.client.banks().await?)?;
        Ok(BankList { banks, read_at })
    }

    async fn ask(&self, id: &str) -> Result<PayoutResult, PartnerError> {
        let payout = self.client.payout(id).await?;
        let result = interpret::result(payout)?;
        let state = match &result {
            PayoutResult::Paid { .. } => IntentState::Paid,
            PayoutResult::Refused { .. } => IntentState::Refused,
        };
        intent::ended(&self.store, id, state).await?;
        Ok(result)
    }
}

/// What the partner would refuse, or would take and cut, is refused before anything is written.
fn check(payout: &CreatePayout) -> Result<(), PartnerError> {
    if payout.amount > MOST {
        return Err(PartnerError::rejected(
            "limit",
            format!(
                "По СБП за одну выплату уходит не больше {MOST}, а нужно {}. Сумма не делится: заплатите платёжным поручением.",
                payout.amount
            ),
        ));
    }
    if payout.amount < LEAST {
        return Err(PartnerError::rejected(
            "limit",
            format!("Наименьшая выплата по СБП — {LEAST}."),
        ));
    }
    if payout.key.is_empty() || payout.key.chars().count() > KEY_CHARS {
        return Err(PartnerError::protocol(
            "yookassa create_payout: the key must have 1 to 64 characters",
        ));
    }
    if payout.description.chars().count() > DESCRIPTION_CHARS {
        return Err(PartnerError::protocol(
            "yookassa create_payout: the description is longer than 128 characters",
        ));
    }
    Ok(())
}
