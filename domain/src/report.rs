//! What reports count: the way of a run, and what a share of runs means.

use strum::IntoEnumIterator;

use crate::buyout::outcome::BuyoutOutcome;
use crate::buyout::stage::Stage;

/// The way to a purchase, step by step. Detours (a ban's removal, a second approval, bargaining) are no
/// steps: a run that made none passed by.
pub const WAY: [Stage; 13] = [
    Stage::New,
    Stage::Dispatching,
    Stage::Inspection,
    Stage::Checking,
    Stage::Appraisal,
    Stage::Offer,
    Stage::Documents,
    Stage::Signing,
    Stage::PaymentApproval,
    Stage::Paying,
    Stage::PaymentConfirm,
    Stage::Intake,
    Stage::Done,
];

/// Longest period of a report, days.
pub const PERIOD_MAX_DAYS: i64 = 366;

/// The stages in which a car was bought.
pub const BOUGHT: [Stage; 2] = [Stage::Done, Stage::DoneNeedsManual];

/// Stages that nobody enters without having come past `step`. A run that ended otherwise says nothing of
/// how far it had come: that is told by the stages that it went through.
pub fn beyond(step: Stage) -> Vec<Stage> {
    Stage::iter()
        .filter(|stage| BOUGHT.contains(stage) || !stage.is_final() && *stage >= step)
        .collect()
}

/// The stages in which the client has the money.
pub fn paid() -> Vec<Stage> {
    beyond(Stage::PaymentConfirm)
}

/// Why a run ended without a purchase, one line a reason; empty for a purchase.
pub fn refusal_reasons(outcome: &BuyoutOutcome) -> Vec<String> {
    match outcome {
        BuyoutOutcome::Done { .. } => Vec::new(),
        BuyoutOutcome::DeclinedByClient { reason }
        | BuyoutOutcome::RefusedFraud { reason }
        | BuyoutOutcome::Cancelled { reason, by: _ } => vec![reason.clone()],
        BuyoutOutcome::OfferExpired => vec!["Клиент не ответил в срок".to_owned()],
        BuyoutOutcome::RefusedLegal { reasons } => reasons.clone(),
        BuyoutOutcome::NoShow => vec!["Клиент не приехал на осмотр".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_reached_by_whoever_stands_at_it_or_later_on_the_way() {
        let offer = beyond(Stage::Offer);
        for stage in [
            Stage::Offer,
            Stage::Bargaining,
            Stage::Paying,
            Stage::Done,
            Stage::DoneNeedsManual,
        ] {
            assert!(offer.contains(&stage), "{stage}");
        }
        for stage in [
            Stage::PriceApproval,
            Stage::New,
            Stage::Cancelled,
            Stage::DeclinedByClient,
        ] {
            assert!(!offer.contains(&stage), "{stage}");
        }
        assert_eq!(beyond(Stage::Done), BOUGHT);
        assert_eq!(
            paid(),
            [
                Stage::PaymentConfirm,
                Stage::Intake,
                Stage::Done,
                Stage::DoneNeedsManual
            ]
        );
        // Each step is reached by fewer stages than the one before, so no step of a funnel grows.
        for steps in WAY.windows(2) {
            assert!(beyond(steps[0]).len() > beyond(steps[1]).len(), "{steps:?}");
        }
    }
}
