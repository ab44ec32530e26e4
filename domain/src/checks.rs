//! Checks of the car and its owner at outside sources, and the verdict that follows.
//!
//! A source that did not answer is not a clean car: the outcome is three-valued at least, and
//! `Unknown` is never read as `Clear`.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString, IntoEnumIterator};

use crate::file::FileRef;
use crate::money::Money;

#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    EnumIter,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckKind {
    /// История (Автотека): owners, accidents, mileage.
    History,
    /// Розыск (ГИБДД).
    Wanted,
    /// Запрет на регистрационные действия (ГИБДД).
    Restrictions,
    /// ДТП (ГИБДД).
    Accidents,
    /// История регистраций (ГИБДД).
    Registration,
    /// Залог (реестр ФНП).
    Pledge,
    /// Электронный паспорт (СЭП).
    Epts,
    /// Такси.
    Taxi,
    /// Исполнительные производства собственника (ФССП).
    Bailiffs,
    /// Рыночная цена.
    Market,
}

impl CheckKind {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::History => "история (Автотека)",
            Self::Wanted => "розыск (ГИБДД)",
            Self::Restrictions => "запреты (ГИБДД)",
            Self::Accidents => "ДТП (ГИБДД)",
            Self::Registration => "регистрации (ГИБДД)",
            Self::Pledge => "залог (ФНП)",
            Self::Epts => "ЭПТС",
            Self::Taxi => "такси",
            Self::Bailiffs => "ФССП",
            Self::Market => "рыночная цена",
        }
    }

    /// Sources without whose answer no money is paid, whoever asks for it.
    pub fn blocks_payment_when_unknown(self) -> bool {
        match self {
            Self::Wanted | Self::Restrictions | Self::Pledge | Self::Epts => true,
            Self::History
            | Self::Accidents
            | Self::Registration
            | Self::Taxi
            | Self::Bailiffs
            | Self::Market => false,
        }
    }
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckOutcome {
    Clear,
    /// The appraiser must see it; the process goes on.
    Attention,
    /// An obstacle that the client can remove (a registration ban).
    Removable,
    /// The deal ends here.
    Fatal,
    /// The source did not answer or answered incompletely.
    Unknown,
}

/// One finding in words that a person reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code, e.g. `mileage.rolled_back`.
    pub code: String,
    pub text: String,
}

impl Finding {
    pub fn new(code: &str, text: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            text: text.into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub kind: CheckKind,
    pub outcome: CheckOutcome,
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Who answered: "Автотека", "Авткод", …
    pub source: String,
    pub taken_at: DateTime<Utc>,
    /// The source's raw answer in the object store.
    #[serde(default)]
    pub raw: Option<FileRef>,
}

impl CheckResult {
    /// The result of a source that could not be asked.
    pub fn unknown(
        kind: CheckKind,
        source: &str,
        why: impl Into<String>,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            kind,
            outcome: CheckOutcome::Unknown,
            findings: vec![Finding::new("source.unavailable", why)],
            source: source.to_owned(),
            taken_at: at,
            raw: None,
        }
    }

    pub fn is_fresh(&self, now: DateTime<Utc>, limit: Duration) -> bool {
        now - self.taken_at <= limit
    }
}

/// Prices of comparable cars on the market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    pub average: Money,
    pub min: Money,
    pub max: Money,
    /// How many advertisements were compared.
    pub items: u32,
    #[serde(default)]
    pub days_on_market: Option<u32>,
}

/// What one partner's report says: several check kinds from one paid request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportResult {
    pub results: Vec<CheckResult>,
    /// Market value where the source gives one.
    #[serde(default)]
    pub market: Option<Market>,
}

/// What the checks taken together mean for the deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Nothing stands in the way; findings of `Attention` go to the appraiser.
    Clear,
    /// The deal must end; each reason in words.
    Fatal(Vec<String>),
    /// The client may remove the obstacle.
    Removable(Vec<String>),
    /// Sources without an answer; a person decides whether to wait, go on or stop.
    Unknown(Vec<CheckKind>),
}

/// The verdict over all results. The worst outcome wins: a wanted car ends the deal even while other
/// sources are silent.
pub fn verdict(results: &[CheckResult]) -> Verdict {
    let reasons = |outcome: CheckOutcome| -> Vec<String> {
        results
            .iter()
            .filter(|r| r.outcome == outcome)
            .flat_map(|r| {
                let kind = r.kind;
                if r.findings.is_empty() {
                    vec![kind.title_ru().to_owned()]
                } else {
                    r.findings.iter().map(|f| f.text.clone()).collect()
                }
            })
            .collect()
    };
    let fatal = reasons(CheckOutcome::Fatal);
    if !fatal.is_empty() {
        return Verdict::Fatal(fatal);
    }
    let removable = reasons(CheckOutcome::Removable);
    if !removable.is_empty() {
        return Verdict::Removable(removable);
    }
    let silent: Vec<CheckKind> = CheckKind::iter()
        .filter(|kind| {
            !results
                .iter()
                .any(|r| r.kind == *kind && r.outcome != CheckOutcome::Unknown)
        })
        .collect();
    if silent.is_empty() {
        Verdict::Clear
    } else {
        Verdict::Unknown(silent)
    }
}

/// Keeps the newest result of each kind.
pub fn merge(known: &mut Vec<CheckResult>, fresh: Vec<CheckResult>) {
    for result in fresh {
        known.retain(|old| old.kind != result.kind);
        known.push(result);
    }
    known.sort_by_key(|r| r.kind);
}

/// Kinds that are missing, unknown or older than `limit`: these are asked again before money moves.
pub fn stale(results: &[CheckResult], now: DateTime<Utc>, limit: Duration) -> Vec<CheckKind> {
    CheckKind::iter()
        .filter(|kind| {
            !results.iter().any(|r| {
                r.kind == *kind && r.outcome != CheckOutcome::Unknown && r.is_fresh(now, limit)
            })
        })
        .collect()
}
