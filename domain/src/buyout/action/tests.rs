use super::*;
use crate::buyout::start::BuyoutStart;
use crate::checks::CheckResult;
use crate::money::Money;
use crate::offer::Offer;
use crate::staff::PersonId;
use crate::task::{TaskId, TaskState};

fn at(hours: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-23T07:00:00Z".parse().expect("an instant");
    start + Duration::hours(hours)
}

fn person(id: &str) -> PersonRef {
    PersonRef {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
    }
}

fn actor(id: &str, role: Role) -> Actor {
    Actor {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
        roles: vec![role],
        cities: Vec::new(),
        substitutes_for: Vec::new(),
    }
}

fn buyout(stage: Stage) -> Buyout {
    let start = BuyoutStart {
        portal: "portal".to_owned(),
        deal_id: 7,
        robot: None,
        started_by: None,
    };
    Buyout {
        stage,
        ..Buyout::new(&start, at(0))
    }
}

/// A run whose inspection was given to `inspector`.
fn inspecting(inspector: &str) -> Buyout {
    let mut buyout = buyout(Stage::Inspection);
    let id = TaskId::new(buyout.id.as_str(), 1);
    let kind = TaskKind::Inspect;
    let task = HumanTask {
        id: id.clone(),
        number: 1,
        kind,
        title: kind.title_ru().to_owned(),
        details: String::new(),
        version: 1,
        state: TaskState::Open,
        role: kind.role(),
        city: None,
        assignee: Some(person(inspector)),
        owner: None,
        excluded: Vec::new(),
        created_at: at(0),
        due_at: at(4),
        escalation: kind.escalation(),
        escalated: 0,
        reminders: 0,
        comments: Vec::new(),
        closed_by: None,
        closed_at: None,
        result: None,
        bitrix24_task: None,
        waits_for: None,
        due_unheld: None,
    };
    buyout.tasks.insert(id, task);
    buyout
}

fn offered() -> Buyout {
    let mut buyout = buyout(Stage::Offer);
    buyout.offer = Some(Offer {
        round: 1,
        price: Money::from_rubles(300_000),
        made_at: at(0),
        valid_until: at(72),
        opened_at: None,
        sent: Vec::new(),
    });
    buyout
}

fn act(actor: Actor, action: RunAction) -> ActOnRun {
    ActOnRun { actor, action }
}

/// The refusal's code and sentence.
fn refused(buyout: &Buyout, act: &ActOnRun, now: DateTime<Utc>) -> (RefusalCode, String) {
    let refusal = check(buyout, act, Some(now)).expect_err("a refusal");
    (refusal.code, refusal.sentence)
}

#[test]
fn sources_are_asked_again_from_the_checks_up_to_the_money() {
    let repeat = act(
        actor("a", Role::Appraiser),
        RunAction::RepeatChecks {
            kinds: BTreeSet::new(),
        },
    );
    let mut allowed = Vec::new();
    for stage in <Stage as strum::IntoEnumIterator>::iter() {
        match check(&buyout(stage), &repeat, None) {
            Ok(()) => allowed.push(stage),
            Err(refusal) => assert_eq!(refusal.code, RefusalCode::WrongState, "{stage}"),
        }
    }
    assert_eq!(
        allowed,
        [
            Stage::Checking,
            Stage::WaitRemoval,
            Stage::Appraisal,
            Stage::PriceApproval,
            Stage::Offer,
            Stage::Bargaining,
            Stage::Documents,
            Stage::Recheck,
            Stage::Signing,
            Stage::PaymentApproval,
        ]
    );
    for role in [Role::Inspector, Role::BuyoutManager, Role::Accountant] {
        let other = act(actor("b", role), repeat.action.clone());
        let (code, _) = refused(&buyout(Stage::Appraisal), &other, at(0));
        assert_eq!(code, RefusalCode::WrongPerson, "{role}");
    }
}

#[test]
fn a_kind_that_is_being_asked_is_not_asked_again() {
    let mut run = buyout(Stage::Checking);
    run.checks_running = [CheckKind::Wanted, CheckKind::Pledge].into();
    run.checks = vec![CheckResult::unknown(
        CheckKind::Bailiffs,
        "ФССП",
        "нет",
        at(0),
    )];
    let repeat = |kinds: &[CheckKind]| {
        act(
            actor("a", Role::BuyoutHead),
            RunAction::RepeatChecks {
                kinds: kinds.iter().copied().collect(),
            },
        )
    };
    assert_eq!(check(&run, &repeat(&[CheckKind::Bailiffs]), None), Ok(()));
    let (code, sentence) = refused(
        &run,
        &repeat(&[CheckKind::Bailiffs, CheckKind::Wanted]),
        at(0),
    );
    assert_eq!(code, RefusalCode::WrongState);
    assert!(
        sentence.contains("розыск") && !sentence.contains("залог"),
        "{sentence}"
    );
    let (_, sentence) = refused(&run, &repeat(&[]), at(0));
    assert!(
        sentence.contains("розыск") && sentence.contains("залог"),
        "{sentence}"
    );
}

#[test]
fn an_offer_that_stands_goes_out_again_five_times_a_day() {
    let resend = act(actor("m", Role::BuyoutManager), RunAction::ResendOffer);
    let mut run = offered();
    assert_eq!(check(&run, &resend, None), Ok(()));
    for hour in 0..5 {
        assert_eq!(check(&run, &resend, Some(at(hour))), Ok(()), "{hour}");
        run.offer_resends.push(at(hour));
    }
    let (code, sentence) = refused(&run, &resend, at(5));
    assert_eq!(code, RefusalCode::WrongState);
    assert!(sentence.contains("5 раз"), "{sentence}");
    // A day after the first one there is room for one more.
    assert_eq!(check(&run, &resend, Some(at(24))), Ok(()));

    let (_, sentence) = refused(&run, &resend, at(73));
    assert!(sentence.contains("истёк"), "{sentence}");
    for stage in [Stage::Bargaining, Stage::Documents, Stage::Done] {
        run.stage = stage;
        assert_eq!(refused(&run, &resend, at(1)).0, RefusalCode::WrongState);
    }
    let none = buyout(Stage::Appraisal);
    assert_eq!(refused(&none, &resend, at(1)).0, RefusalCode::WrongState);
    let appraiser = act(actor("a", Role::Appraiser), RunAction::ResendOffer);
    assert_eq!(
        refused(&offered(), &appraiser, at(1)).0,
        RefusalCode::WrongPerson
    );
}

#[test]
fn the_inspector_says_first_that_they_left_and_then_that_they_are_there() {
    let report = |id: &str, status| {
        act(
            actor(id, Role::Inspector),
            RunAction::ReportVisit { status },
        )
    };
    let mut run = inspecting("i");
    for status in [VisitStatus::OnTheWay, VisitStatus::OnSite] {
        assert_eq!(check(&run, &report("i", status), None), Ok(()));
        let (code, sentence) = refused(&run, &report("other", status), at(0));
        assert_eq!(code, RefusalCode::WrongPerson);
        assert!(sentence.contains("Имя i"), "{sentence}");
    }
    let reported = |status| {
        Some(VisitReport {
            status,
            by: person("i"),
            at: at(0),
        })
    };
    run.visit.reported = reported(VisitStatus::OnTheWay);
    assert_eq!(check(&run, &report("i", VisitStatus::OnSite), None), Ok(()));
    let again = report("i", VisitStatus::OnTheWay);
    assert_eq!(refused(&run, &again, at(0)).0, RefusalCode::WrongState);
    run.visit.reported = reported(VisitStatus::OnSite);
    for status in [VisitStatus::OnTheWay, VisitStatus::OnSite] {
        let late = report("i", status);
        assert_eq!(refused(&run, &late, at(0)).0, RefusalCode::WrongState);
    }
    // Whoever stands in for an absent inspector, or took the task, is theirs too.
    let mut stand_in = report("s", VisitStatus::OnTheWay);
    stand_in.actor.substitutes_for = vec![PersonId::new("i")];
    assert_eq!(check(&inspecting("i"), &stand_in, None), Ok(()));
    let none = buyout(Stage::Checking);
    let (code, _) = refused(&none, &report("i", VisitStatus::OnSite), at(0));
    assert_eq!(code, RefusalCode::WrongState);
}

#[test]
fn a_visit_moves_into_the_next_thirty_days_with_a_reason() {
    let run = inspecting("i");
    let reschedule = |id: &str, role, to: DateTime<Utc>, reason: &str| {
        act(
            actor(id, role),
            RunAction::RescheduleVisit {
                at: to,
                reason: reason.to_owned(),
            },
        )
    };
    let why = "Клиент попросил.";
    for (id, role) in [
        ("i", Role::Inspector),
        ("d", Role::Dispatcher),
        ("m", Role::BuyoutManager),
        ("h", Role::BuyoutHead),
    ] {
        let act = reschedule(id, role, at(20), why);
        assert_eq!(check(&run, &act, Some(at(0))), Ok(()), "{role}");
    }
    let other = reschedule("other", Role::Inspector, at(20), why);
    assert_eq!(refused(&run, &other, at(0)).0, RefusalCode::WrongPerson);
    let field = |to, reason: &str| {
        let act = reschedule("d", Role::Dispatcher, to, reason);
        let refusal = check(&run, &act, Some(at(0))).expect_err("a refusal");
        refusal.fields[0].field.clone()
    };
    assert_eq!(field(at(20), "  "), "reason");
    assert_eq!(field(at(0), why), "visit_at");
    assert_eq!(field(at(-1), why), "visit_at");
    assert_eq!(field(at(24 * 30 + 1), why), "visit_at");
    let edge = reschedule("d", Role::Dispatcher, at(24 * 30), why);
    assert_eq!(check(&run, &edge, Some(at(0))), Ok(()));
    let handed_in = buyout(Stage::Checking);
    let late = reschedule("d", Role::Dispatcher, at(20), why);
    assert_eq!(refused(&handed_in, &late, at(0)).0, RefusalCode::WrongState);
}
