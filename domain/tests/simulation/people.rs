//! What people decide when they look at a task: sensible things, and sometimes the other ones.

use domain::buyout::decision::{Decision, SignedScan};
use domain::buyout::state::Buyout;
use domain::document::DocumentKind;
use domain::money::Money;
use domain::offer::{BargainDecision, ClientAnswer};
use domain::task::TaskKind;

use crate::fixtures;
use crate::rng::Rng;

/// The decision that brings the deal forward; `None` for a task that is decided elsewhere. `paid`: what the
/// statement of the bank says.
pub(crate) fn forward(kind: TaskKind, run: &Buyout, paid: bool) -> Option<Decision> {
    let why = || "причина".to_owned();
    Some(match kind {
        TaskKind::Inspect => Decision::SubmitInspection {
            inspection: fixtures::inspection(),
        },
        TaskKind::Appraise => Decision::Appraise {
            appraisal: fixtures::appraisal(350_000, 390_000),
        },
        TaskKind::ApprovePrice => Decision::ApprovePrice {
            approved: true,
            comment: String::new(),
        },
        TaskKind::OfferToClient => Decision::ClientAnswer {
            round: run.offer.as_ref().map_or(0, |o| o.round),
            answer: ClientAnswer::Accept,
        },
        TaskKind::Bargain => Decision::Bargain {
            decision: BargainDecision::Hold,
        },
        TaskKind::CollectPapers => Decision::SubmitPapers {
            papers: Box::new(fixtures::papers()),
        },
        TaskKind::VerifyPapers => Decision::VerifyPapers {
            verdicts: fixtures::verdicts(true),
        },
        TaskKind::SignContract => Decision::Signed {
            scans: [DocumentKind::Contract, DocumentKind::Act]
                .map(|kind| SignedScan {
                    kind,
                    file: fixtures::file("signed"),
                })
                .to_vec(),
        },
        TaskKind::FixRequisites => Decision::Requisites {
            requisites: fixtures::requisites(),
        },
        TaskKind::ConfirmPayment => Decision::ConfirmPayment { comment: why() },
        TaskKind::ResolveOwnWork | TaskKind::AccountingTrouble | TaskKind::UndoTrouble => {
            Decision::Retry { comment: why() }
        }
        // Whoever says that it was paid has seen it in the statement.
        TaskKind::PartnerTrouble if paid => Decision::DoneByHand { comment: why() },
        TaskKind::PartnerTrouble => Decision::Retry { comment: why() },
        TaskKind::AssignInspector
        | TaskKind::ResolveMismatch
        | TaskKind::DecideSources
        | TaskKind::AwaitRemoval
        | TaskKind::ApprovePayment
        | TaskKind::SignBankOrder => return None,
    })
}

/// What people do on a bad day.
pub(crate) fn any(kind: TaskKind, run: &Buyout, paid: bool, rng: &mut Rng) -> Option<Decision> {
    let why = || "причина".to_owned();
    let turn = rng.below(10);
    Some(match (kind, turn) {
        (TaskKind::Inspect, 0) => Decision::NoShow { comment: why() },
        (TaskKind::Appraise, 0) => Decision::ReturnToInspection { reason: why() },
        (TaskKind::Appraise, 1..=4) => Decision::Appraise {
            appraisal: fixtures::appraisal(440_000, 470_000),
        },
        (TaskKind::Appraise, 5) => Decision::Appraise {
            appraisal: fixtures::appraisal(600_000, 700_000),
        },
        (TaskKind::ApprovePrice, 0..=2) => Decision::ApprovePrice {
            approved: false,
            comment: why(),
        },
        (TaskKind::OfferToClient, 0) => client(run, ClientAnswer::Think),
        (TaskKind::OfferToClient, 1) => client(run, ClientAnswer::Decline { reason: why() }),
        (TaskKind::OfferToClient, 2..=4) => client(run, counter(run)),
        (TaskKind::Bargain, 0..=2) => Decision::Bargain {
            decision: BargainDecision::AcceptCounter,
        },
        (TaskKind::Bargain, 3) => Decision::Bargain {
            decision: BargainDecision::Decline { reason: why() },
        },
        (TaskKind::VerifyPapers, 0..=2) => Decision::VerifyPapers {
            verdicts: fixtures::verdicts(false),
        },
        (TaskKind::SignContract, 0) => Decision::RefusedToSign { reason: why() },
        (TaskKind::FixRequisites | TaskKind::ResolveOwnWork, 0) => {
            Decision::GiveUp { reason: why() }
        }
        (TaskKind::UndoTrouble | TaskKind::AccountingTrouble, 0) => {
            Decision::DoneByHand { comment: why() }
        }
        // An answer to another task.
        (_, 9) => Decision::ConfirmPayment { comment: why() },
        _ => return forward(kind, run, paid),
    })
}

/// What the client says on the page.
pub(crate) fn page(run: &Buyout, rng: &mut Rng) -> ClientAnswer {
    match rng.below(6) {
        0 => ClientAnswer::Think,
        1 => counter(run),
        _ => ClientAnswer::Accept,
    }
}

fn client(run: &Buyout, answer: ClientAnswer) -> Decision {
    Decision::ClientAnswer {
        round: run.offer.as_ref().map_or(0, |o| o.round),
        answer,
    }
}

fn counter(run: &Buyout) -> ClientAnswer {
    let price = run.offer.as_ref().map_or(0, |o| o.price.kopecks());
    ClientAnswer::Counter {
        amount: Money::from_kopecks(price + 1_000_000),
    }
}
