//! Durations and limits of a process, captured at its start: a running process keeps its own.

mod check;
mod deadlines;

use serde::{Deserialize, Serialize};

use crate::calendar::WorkingCalendar;
use crate::inspection::InspectionTemplate;
use crate::money::Money;

pub use self::check::{check, working_day};
pub use self::deadlines::NamedDeadline;

/// Everything a buyout needs to know beforehand. All durations are seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuyoutPolicy {
    /// Version of the policy record.
    pub version: u32,
    pub calendar: WorkingCalendar,
    pub template: InspectionTemplate,
    pub limits: Limits,
    pub deadlines: Deadlines,
    pub legal_entity: LegalEntity,
    pub site: Site,
    /// Stages of the CRM's pipeline that the process sets.
    pub stages: CrmStages,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Above this stop price a second person approves.
    pub price_without_approval: Money,
    /// Deviation of the forecast from the market above which a second person approves, basis points.
    pub market_deviation_bp: u32,
    /// The most that goes by SBP in one payout (partner's limit: 500 000 ₽).
    pub sbp_max: Money,
    /// Checks older than this are repeated before money moves.
    pub check_freshness_secs: u64,
    /// How many rounds of bargaining.
    pub bargain_rounds: u32,
    /// How many times papers may come back before the head decides.
    pub paper_rounds: u32,
    /// Farther than this from the address of the visit a photo is pointed out, km; 0: that is not looked at.
    #[serde(default = "photo_km")]
    pub photo_km: u32,
}

fn photo_km() -> u32 {
    5
}

/// How long people and partners have. Task durations are working time, the others are wall time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    pub dispatch_secs: u64,
    pub inspect_secs: u64,
    /// After the visit's time the inspector may report a no-show.
    pub no_show_secs: u64,
    pub appraise_secs: u64,
    pub approve_price_secs: u64,
    pub offer_call_secs: u64,
    /// Validity of an offer (wall time).
    pub offer_valid_secs: u64,
    /// Last reminder this long before an offer expires.
    pub offer_last_reminder_secs: u64,
    /// After the client began signing, an expired offer is still honoured for this long.
    pub signing_grace_secs: u64,
    pub papers_secs: u64,
    pub verify_secs: u64,
    pub sign_secs: u64,
    pub approve_payment_secs: u64,
    pub confirm_payment_secs: u64,
    pub ops_secs: u64,
    /// How long a client may take to have a ban removed (wall time).
    pub removal_secs: u64,
    /// A task escalates this long after its deadline, step by step along the chain.
    pub escalation_step_secs: u64,
    /// How long a check source is waited for before a person decides (wall time).
    pub source_secs: u64,
    /// How long a partner that keeps failing is tried before ops is told (wall time).
    pub partner_secs: u64,
    /// Pause between two questions to a partner that is asked for a status.
    pub poll_secs: u64,
    /// How long something whose failure harms nobody is tried: a notice, a mirrored task, a letter (wall
    /// time).
    #[serde(default = "courtesy_secs")]
    pub courtesy_secs: u64,
    /// How long one question for a person's word in the treasury or the bank goes on before it is asked
    /// anew (wall time). People decide when they decide; the engine wants a bound.
    #[serde(default = "question_secs")]
    pub question_secs: u64,
    /// An attempt at a call whose worker has been silent for so long is given up and made anew: the worker
    /// has died (wall time).
    #[serde(default = "heartbeat_secs")]
    pub heartbeat_secs: u64,
}

fn courtesy_secs() -> u64 {
    300
}

fn question_secs() -> u64 {
    30 * 86_400
}

fn heartbeat_secs() -> u64 {
    20
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalEntity {
    pub id: String,
    pub name: String,
    pub inn: String,
    pub kpp: String,
    pub ogrn: String,
    pub address: String,
    /// Who signs, with the basis ("доверенность № 12 от 01.02.2026").
    pub signatory: String,
    pub signatory_basis: String,
    /// Расчётный счёт and БИК of the payer.
    pub account: String,
    pub bic: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    pub id: String,
    pub city: String,
    pub name: String,
    pub address: String,
}

/// Stage ids of the deal pipeline, from configuration of the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmStages {
    pub inspection: String,
    pub appraisal: String,
    pub offer: String,
    pub signing: String,
    pub payment: String,
    pub won: String,
    pub lost: String,
}
