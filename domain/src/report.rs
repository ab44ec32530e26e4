//! What reports count: the way of a run, and what a share of runs means.

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

/// How many steps of the way a run that is at this stage has reached. A run that ended without a purchase
/// says nothing of how far it had come: that is told by the stages that it went through.
pub fn steps_reached(stage: Stage) -> usize {
    if BOUGHT.contains(&stage) {
        return WAY.len();
    }
    if stage.is_final() {
        return 0;
    }
    WAY.iter().filter(|step| **step <= stage).count()
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
    fn a_stage_stands_for_the_steps_up_to_it() {
        assert_eq!(steps_reached(Stage::New), 1);
        assert_eq!(steps_reached(Stage::Offer), 6);
        assert_eq!(steps_reached(Stage::Bargaining), 6, "a detour is no step");
        assert_eq!(
            steps_reached(Stage::PaymentUnknown),
            steps_reached(Stage::Paying)
        );
        assert_eq!(steps_reached(Stage::Intake), 12);
        for bought in BOUGHT {
            assert_eq!(steps_reached(bought), WAY.len());
        }
        for ended in [
            Stage::Cancelled,
            Stage::CancelledNeedsManual,
            Stage::DeclinedByClient,
        ] {
            assert_eq!(steps_reached(ended), 0);
        }
        let steps = WAY.map(steps_reached);
        assert_eq!(steps.to_vec(), (1..=WAY.len()).collect::<Vec<_>>());
    }
}
