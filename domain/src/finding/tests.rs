use super::*;

fn expected() -> Expected {
    Expected {
        run: BuyoutId::new("portal", 7),
        portal: "portal".to_owned(),
        deal_id: 7,
        ended: true,
        waits: false,
        stage: Some("C9:WON".to_owned()),
        closing: vec!["C9:WON".to_owned(), "C9:LOSE".to_owned()],
        receipt: Some(ExpectedReceipt {
            ref_key: Uuid::from_u128(1),
            number: "00000042".to_owned(),
            total: Some(Money::from_rubles(440_000)),
        }),
        payouts: vec![ExpectedPayout {
            attempt: 1,
            rail: PaymentRail::Sbp,
            id: "po-1".to_owned(),
            amount: Money::from_rubles(440_000),
            state: PaymentState::Confirmed,
        }],
    }
}

fn deals(stage: &str) -> BTreeMap<String, Vec<(u64, String)>> {
    [("portal".to_owned(), vec![(7, stage.to_owned())])].into()
}

fn seen() -> Seen {
    Seen {
        deals: deals("C9:WON"),
        receipts: Some(vec![SeenReceipt {
            ref_key: Uuid::from_u128(1),
            posted: true,
            deleted: false,
            total: Some(Money::from_rubles(440_000)),
        }]),
        sbp: Some(vec![SeenPayout {
            id: "po-1".to_owned(),
            standing: PayoutStanding::Paid,
            amount: Some(Money::from_rubles(440_000)),
        }]),
        orders: None,
    }
}

fn kinds(expected: &Expected, seen: &Seen) -> Vec<FindingKind> {
    let found = differences(expected, seen);
    for finding in &found {
        assert!(
            !finding.ours.is_empty()
                && !finding.theirs.is_empty()
                && finding.ours != finding.theirs,
            "{finding:?}"
        );
        assert!(finding.proposal.ends_with('.'), "{finding:?}");
    }
    found.into_iter().map(|finding| finding.kind).collect()
}

#[test]
fn systems_that_agree_leave_nothing_to_find() {
    assert_eq!(kinds(&expected(), &seen()), []);
    assert_eq!(
        answered(&expected(), &seen()),
        [
            FindingSource::Deal,
            FindingSource::Receipt,
            FindingSource::Payout
        ]
    );
}

#[test]
fn each_difference_is_found_by_itself() {
    let change = |change: fn(&mut Seen)| {
        let mut changed = seen();
        change(&mut changed);
        kinds(&expected(), &changed)
    };
    let receipt = |change: fn(&mut SeenReceipt)| {
        let mut changed = seen();
        changed.receipts.iter_mut().flatten().for_each(change);
        kinds(&expected(), &changed)
    };
    let payout = |change: fn(&mut SeenPayout)| {
        let mut changed = seen();
        changed.sbp.iter_mut().flatten().for_each(change);
        kinds(&expected(), &changed)
    };
    use FindingKind as Kind;
    assert_eq!(
        change(|seen| seen.deals = deals("C9:OFFER")),
        [Kind::DealStage]
    );
    assert_eq!(
        change(|seen| seen.deals = [("portal".to_owned(), Vec::new())].into()),
        [Kind::DealMissing]
    );
    assert_eq!(
        change(|seen| seen.receipts = Some(Vec::new())),
        [Kind::ReceiptMissing]
    );
    assert_eq!(
        receipt(|seen| seen.posted = false),
        [Kind::ReceiptNotPosted]
    );
    assert_eq!(
        receipt(|seen| seen.deleted = true),
        [Kind::ReceiptNotPosted]
    );
    assert_eq!(
        receipt(|seen| seen.total = Some(Money::from_rubles(1))),
        [Kind::ReceiptAmount]
    );
    assert_eq!(
        change(|seen| seen.sbp = Some(Vec::new())),
        [Kind::PayoutMissing]
    );
    for standing in [PayoutStanding::Refused, PayoutStanding::OnItsWay] {
        let mut changed = seen();
        changed
            .sbp
            .iter_mut()
            .flatten()
            .for_each(|payout| payout.standing = standing);
        assert_eq!(kinds(&expected(), &changed), [Kind::PayoutState]);
    }
    assert_eq!(
        payout(|seen| seen.amount = Some(Money::from_rubles(1))),
        [Kind::PayoutAmount]
    );
    assert_eq!(payout(|seen| seen.amount = None), []);
}

#[test]
fn who_did_not_answer_is_neither_accused_nor_acquitted() {
    assert_eq!(kinds(&expected(), &Seen::default()), []);
    assert_eq!(answered(&expected(), &Seen::default()), []);
    let only_deals = Seen {
        deals: [("portal".to_owned(), Vec::new())].into(),
        ..Seen::default()
    };
    assert_eq!(
        answered(&expected(), &only_deals),
        [FindingSource::Deal],
        "a payout whose payer is silent is not compared"
    );
}

#[test]
fn a_run_that_goes_on_differs_only_where_its_deal_is_over() {
    let mut running = expected();
    running.ended = false;
    running.waits = true;
    running.stage = None;
    running.receipt = None;
    running.payouts[0].state = PaymentState::Sent;
    assert_eq!(kinds(&running, &seen()), [FindingKind::DealClosed]);
    running.waits = false;
    assert_eq!(kinds(&running, &seen()), [], "it is about to end itself");
    let at_work = Seen {
        deals: deals("C9:PAYMENT"),
        ..seen()
    };
    assert_eq!(
        kinds(&running, &at_work),
        [],
        "it will ask for the payout by itself"
    );
    // One that ended without knowing must be told that the money went.
    running.ended = true;
    running.stage = Some("C9:LOSE".to_owned());
    let lost = Seen {
        deals: deals("C9:LOSE"),
        ..seen()
    };
    assert_eq!(kinds(&running, &lost), [FindingKind::PayoutState]);
}

#[test]
fn a_payment_order_is_compared_with_the_bank() {
    let mut by_bank = expected();
    by_bank.payouts[0].rail = PaymentRail::BankOrder;
    let mut answers = seen();
    answers.sbp = None;
    answers.orders = Some(vec![SeenPayout {
        id: "po-1".to_owned(),
        standing: PayoutStanding::OnItsWay,
        amount: None,
    }]);
    let found = differences(&by_bank, &answers);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (
            found[0].kind,
            found[0].system.as_str(),
            found[0].subject.as_str()
        ),
        (FindingKind::PayoutState, "Банк", "buyout:portal:7/1")
    );
}
