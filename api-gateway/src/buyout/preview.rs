//! What an appraisal would mean, before anybody decides it.

use domain::appraisal::{self as a, second_approval_reasons};
use domain::buyout::state::Buyout;
use domain::inspection::repair_total;
use domain::money::Money;
use domain::refusal::FieldViolation;
use proto::kite::buyout::v1 as pb;
use proto::kite::common::v1 as common;
use proto::kite::task::v1 as task_pb;

use crate::convert;
use crate::convert::common::money;

/// The same rules and the same paths of fields that deciding the task has; what is absent is told as a
/// violation, and the rest is computed all the same.
pub(super) fn preview(
    buyout: &Buyout,
    message: &task_pb::Appraisal,
) -> pb::PreviewAppraisalResponse {
    let draft = draft(message);
    let repair = repair_total(&draft.repairs);
    let category = message
        .forecast_price
        .map(|_| a::category(repair, draft.forecast_price));
    let approval_reasons = match (&buyout.policy, message.forecast_price, message.stop_price) {
        (Some(policy), Some(_), Some(_)) => {
            second_approval_reasons(&draft, buyout.market.as_ref(), &policy.limits)
        }
        _ => Vec::new(),
    };
    let margins = match message.buyout_price {
        Some(_) => draft
            .forecasts
            .iter()
            .map(|forecast| margin(forecast, draft.buyout_price, repair))
            .collect(),
        None => Vec::new(),
    };
    let (category, category_rule) = category
        .map(|(category, rule)| (category.to_string(), rule))
        .unwrap_or_default();
    pb::PreviewAppraisalResponse {
        repair_total: Some(money(repair)),
        category,
        category_rule,
        margins,
        approval_reasons,
        violations: violations(message, &draft)
            .into_iter()
            .map(|FieldViolation { field, sentence }| pb::Violation {
                field,
                description: sentence,
            })
            .collect(),
    }
}

fn margin(forecast: &a::ChannelForecast, buyout: Money, repair: Money) -> pb::ChannelMargin {
    let margin = forecast.margin(buyout, repair);
    // A share beyond all bounds stays at the bound; without a price there is none.
    let bound = if margin.kopecks() < 0 {
        i64::MIN
    } else {
        i64::MAX
    };
    let share = match margin.percent_of(buyout) {
        Some(share) => share,
        None if buyout.is_positive() => bound,
        None => 0,
    };
    pb::ChannelMargin {
        channel: forecast.channel.to_string(),
        margin: Some(money(margin)),
        margin_bp: i32::try_from(share).unwrap_or(if share < 0 { i32::MIN } else { i32::MAX }),
    }
}

/// What is known of it so far. Lines that do not parse are left out, absent sums are nought: whether such a
/// value may be used is decided by the caller, who knows that it is absent.
fn draft(message: &task_pb::Appraisal) -> a::Appraisal {
    let sum = |value: &Option<common::Money>| {
        value
            .as_ref()
            .map_or(Money::ZERO, |sum| Money::from_kopecks(sum.kopecks))
    };
    a::Appraisal {
        // No rule of the preview looks at it.
        channel: message.channel.parse().unwrap_or(a::SalesChannel::Retail),
        forecast_price: sum(&message.forecast_price),
        buyout_price: sum(&message.buyout_price),
        stop_price: sum(&message.stop_price),
        repairs: message
            .repairs
            .iter()
            .filter_map(|line| {
                Some(a::RepairLine {
                    element: line.element.parse().ok()?,
                    kind: line.kind.parse().ok()?,
                    fix: line.fix,
                    cost: sum(&line.cost),
                })
            })
            .collect(),
        forecasts: message
            .forecasts
            .iter()
            .filter(|forecast| forecast.price.is_some())
            .filter_map(|forecast| {
                Some(a::ChannelForecast {
                    channel: forecast.channel.parse().ok()?,
                    price: sum(&forecast.price),
                    days: forecast.days,
                    costs: sum(&forecast.costs),
                })
            })
            .collect(),
        comment: message.comment.clone(),
    }
}

fn violations(message: &task_pb::Appraisal, draft: &a::Appraisal) -> Vec<FieldViolation> {
    let mut wrong = match convert::task::read_appraisal(message.clone()) {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.fields,
    };
    // The rules judge what is there; of what is absent it has been said that it is.
    let absent = |field: &str| match field {
        "appraisal.buyout_price" => message.buyout_price.is_none(),
        "appraisal.forecast_price" => message.forecast_price.is_none(),
        "appraisal.stop_price" => message.stop_price.is_none() || message.buyout_price.is_none(),
        _ => false,
    };
    if let Err(broken) = a::check(draft) {
        wrong.extend(
            broken
                .into_iter()
                .filter(|violation| !absent(&violation.field)),
        );
    }
    wrong
}
