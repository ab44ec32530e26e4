//! The appraiser's decision and the rules around it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::checks::Market;
use crate::inspection::{BodyElement, DefectKind};
use crate::money::Money;
use crate::policy::Limits;
use crate::refusal::FieldViolation;
use crate::staff::PersonRef;

/// Where the car will be sold (S68, S70).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum SalesChannel {
    /// Own used-car site.
    Retail,
    /// Auction for dealers.
    Auction,
    /// Wholesale to another dealer.
    Wholesale,
}

impl SalesChannel {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Retail => "розница",
            Self::Auction => "аукцион",
            Self::Wholesale => "опт",
        }
    }
}

/// Forecast for one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelForecast {
    pub channel: SalesChannel,
    pub price: Money,
    pub days: u32,
    pub costs: Money,
}

impl ChannelForecast {
    /// What remains when the car was bought at `buyout` and repaired for `repair`.
    pub fn margin(&self, buyout: Money, repair: Money) -> Money {
        self.price
            .saturating_sub(self.costs)
            .saturating_sub(buyout)
            .saturating_sub(repair)
    }
}

/// One defect and whether it will be repaired (S65).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairLine {
    pub element: BodyElement,
    pub kind: DefectKind,
    pub fix: bool,
    pub cost: Money,
}

/// Condition category; A is the best.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString,
)]
pub enum Category {
    A,
    B,
    C,
    D,
}

/// Category from the share of repair in the forecast price, and the rule that named it (S66).
/// Up to 2 % A, up to 5 % B, up to 12 % C, above D.
pub fn category(repair: Money, forecast: Money) -> (Category, String) {
    let share_bp = if forecast.kopecks() > 0 {
        let share = i128::from(repair.kopecks()) * 10_000 / i128::from(forecast.kopecks());
        i64::try_from(share).unwrap_or(i64::MAX)
    } else {
        10_000
    };
    let (category, bound) = match share_bp {
        ..=200 => (Category::A, "до 2 %"),
        201..=500 => (Category::B, "до 5 %"),
        501..=1_200 => (Category::C, "до 12 %"),
        _ => (Category::D, "свыше 12 %"),
    };
    let rule = format!(
        "Ремонт {repair} — это {},{:02} % прогнозной цены ({bound}): категория {category}.",
        share_bp / 100,
        share_bp % 100
    );
    (category, rule)
}

/// What the appraiser decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appraisal {
    pub channel: SalesChannel,
    /// Expected sales price.
    pub forecast_price: Money,
    /// What is offered to the client first.
    pub buyout_price: Money,
    /// The most that may be paid after bargaining.
    pub stop_price: Money,
    #[serde(default)]
    pub repairs: Vec<RepairLine>,
    #[serde(default)]
    pub forecasts: Vec<ChannelForecast>,
    #[serde(default)]
    pub comment: String,
}

/// An appraisal with who made it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAppraisal {
    pub appraisal: Appraisal,
    pub appraiser: PersonRef,
    pub at: DateTime<Utc>,
    pub category: Category,
    pub category_rule: String,
}

/// Checks an appraisal before it is accepted.
pub fn check(appraisal: &Appraisal) -> Result<(), Vec<FieldViolation>> {
    let mut wrong = Vec::new();
    if appraisal.buyout_price.kopecks() <= 0 {
        wrong.push(FieldViolation::new(
            "appraisal.buyout_price",
            "Укажите цену выкупа больше нуля.",
        ));
    }
    if appraisal.forecast_price.kopecks() <= 0 {
        wrong.push(FieldViolation::new(
            "appraisal.forecast_price",
            "Укажите прогнозную цену больше нуля.",
        ));
    }
    if appraisal.stop_price < appraisal.buyout_price {
        wrong.push(FieldViolation::new(
            "appraisal.stop_price",
            format!(
                "Предельная цена {} меньше цены выкупа {}.",
                appraisal.stop_price, appraisal.buyout_price
            ),
        ));
    }
    if appraisal.repairs.iter().any(|line| line.cost.kopecks() < 0) {
        wrong.push(FieldViolation::new(
            "appraisal.repairs",
            "Стоимость ремонта не может быть отрицательной.",
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Why a second person must approve the price; empty when nobody must.
pub fn second_approval_reasons(
    appraisal: &Appraisal,
    market: Option<&Market>,
    limits: &Limits,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if appraisal.stop_price > limits.price_without_approval {
        reasons.push(format!(
            "предельная цена {} выше лимита {}",
            appraisal.stop_price, limits.price_without_approval
        ));
    }
    match market {
        None => reasons.push("рыночная цена не получена".to_owned()),
        Some(market) if market.average.kopecks() > 0 => {
            let deviation = (i128::from(appraisal.forecast_price.kopecks())
                - i128::from(market.average.kopecks()))
            .abs()
                * 10_000
                / i128::from(market.average.kopecks());
            if deviation > i128::from(limits.market_deviation_bp) {
                reasons.push(format!(
                    "прогнозная цена {} отличается от рыночной {} на {},{:02} %",
                    appraisal.forecast_price,
                    market.average,
                    deviation / 100,
                    deviation % 100
                ));
            }
        }
        Some(_) => {}
    }
    reasons
}
