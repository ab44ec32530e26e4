use super::*;
use crate::buyout::outcome::BuyoutOutcome;
use crate::buyout::stage::Stage;
use crate::buyout::start::BuyoutStart;
use crate::staff::PersonId;
use crate::task::{TaskKind, TaskState};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_000_000 + second, 0).expect("an instant")
}

fn run() -> Buyout {
    let start = BuyoutStart {
        portal: "portal".to_owned(),
        deal_id: 7,
        robot: None,
        started_by: None,
    };
    Buyout {
        stage: Stage::Checking,
        ..Buyout::new(&start, at(0))
    }
}

fn asks(run: &mut Buyout, kind: TaskKind, due: i64, waits_for: Option<&str>) {
    let number = run.next_task;
    run.next_task += 1;
    let id = TaskId::new(run.id.as_str(), number);
    let task = HumanTask {
        id: id.clone(),
        number,
        kind,
        title: kind.title_ru().to_owned(),
        details: String::new(),
        version: 1,
        state: TaskState::Open,
        role: kind.role(),
        city: None,
        assignee: None,
        owner: None,
        excluded: Vec::new(),
        created_at: at(0),
        due_at: at(due),
        escalation: kind.escalation(),
        escalated: 0,
        reminders: 0,
        comments: Vec::new(),
        closed_by: None,
        closed_at: None,
        result: None,
        bitrix24_task: None,
        waits_for: waits_for.map(str::to_owned),
        due_unheld: None,
    };
    run.tasks.insert(id, task);
}

fn calling(code: &str, attempt: u32, last_failure: &str) -> Call {
    Call {
        partner: Some((code.to_owned(), code.to_uppercase())),
        attempt,
        last_failure: last_failure.to_owned(),
        next_attempt_at: (attempt > 1).then(|| at(60)),
    }
}

fn running(calls: Vec<Call>) -> Engine {
    Engine::Running {
        calls,
        step_attempts: 1,
    }
}

fn hold(code: &str, cause: HoldCause) -> Held {
    Held {
        partner: code.to_owned(),
        title: code.to_uppercase(),
        cause,
        reason: "плановые работы.".to_owned(),
        since: at(5),
        by: Some(PersonRef {
            person: PersonId::new("u-ops"),
            name: "Ольга".to_owned(),
        }),
    }
}

fn kinds(waits: &[Wait]) -> Vec<(WaitKind, Option<&str>)> {
    waits
        .iter()
        .map(|wait| (wait.kind, wait.partner.as_deref()))
        .collect()
}

#[test]
fn a_failing_partner_is_named_with_its_reason_before_one_that_is_merely_called() {
    let engine = running(vec![
        calling("avtocod", 4, "партнёр ещё готовит ответ"),
        calling("fssp", 3, "партнёр временно недоступен (HTTP 500)"),
    ]);
    let waits = waits(Some(&run()), &engine, &[]);
    assert_eq!(
        kinds(&waits),
        [
            (WaitKind::Partner, Some("fssp")),
            (WaitKind::Partner, Some("avtocod"))
        ]
    );
    assert_eq!(
        waits[0].title,
        "FSSP: попытка 3 не удалась. Партнёр временно недоступен (HTTP 500)."
    );
    assert_eq!(waits[0].roles, [Role::Ops]);
    assert_eq!(waits[1].title, "AVTOCOD: партнёр ещё готовит ответ.");
    assert!(waits[1].roles.is_empty(), "nobody has to do anything");
}

#[test]
fn a_task_holds_a_run_up_while_what_goes_on_beside_it_does_not() {
    let mut run = run();
    asks(&mut run, TaskKind::Appraise, 100, None);
    let engine = running(vec![calling("bitrix24", 2, "партнёр остановлен: x")]);
    let holds = [hold("bitrix24", HoldCause::Circuit)];
    let waits = waits(Some(&run), &engine, &holds);
    assert_eq!(
        kinds(&waits),
        [(WaitKind::Task, None), (WaitKind::Hold, Some("bitrix24"))]
    );
    assert_eq!(
        waits[0].title,
        "Ждём решения по задаче «Оценить автомобиль»: оценщик."
    );
    assert_eq!(waits[0].deadline, Some(at(100)));
}

#[test]
fn a_held_partner_holds_a_run_up_that_waits_for_it_whatever_else_is_open() {
    let mut run = run();
    asks(
        &mut run,
        TaskKind::ApprovePayment,
        100,
        Some("onec_treasury"),
    );
    let holds = [
        hold("fssp", HoldCause::Ops),
        hold("onec_treasury", HoldCause::Ops),
    ];
    let engine = running(vec![calling("onec_treasury", 9, "партнёр остановлен: x")]);
    let waits = waits(Some(&run), &engine, &holds);
    assert_eq!(
        kinds(&waits),
        [
            (WaitKind::Hold, Some("onec_treasury")),
            (WaitKind::Task, Some("onec_treasury"))
        ],
        "a hold of a partner that it does not need is none of its waits"
    );
    assert_eq!(
        waits[0].title,
        "ONEC_TREASURY остановлен сопровождением: плановые работы."
    );
    assert_eq!(
        waits[0].owner.as_ref().map(|by| by.name.as_str()),
        Some("Ольга")
    );
    let text = summary(Some(&run), &waits, at(200));
    assert!(text.contains("kite ops resume onec_treasury"), "{text}");
}

#[test]
fn a_call_whose_partner_goes_on_again_waits_its_turn_and_has_not_failed() {
    let engine = running(vec![calling("bitrix24", 2, "партнёр остановлен: x")]);
    let waits = waits(Some(&run()), &engine, &[]);
    assert_eq!(kinds(&waits), [(WaitKind::Partner, Some("bitrix24"))]);
    assert!(
        waits[0].title.contains("ждёт своей очереди"),
        "{}",
        waits[0].title
    );
    assert!(waits[0].roles.is_empty(), "nobody has to do anything");
    for (word, fails) in [
        ("", false),
        ("партнёр остановлен: плановые работы", false),
        ("партнёр ещё готовит ответ", false),
        ("партнёр временно недоступен (HTTP 500)", true),
    ] {
        assert_eq!(is_failure(word), fails, "{word}");
    }
}

#[test]
fn a_fault_of_the_program_comes_first() {
    let mut run = run();
    asks(&mut run, TaskKind::Appraise, 100, None);
    let engine = Engine::Running {
        calls: Vec::new(),
        step_attempts: 12,
    };
    let waits = waits(Some(&run), &engine, &[]);
    assert_eq!(
        kinds(&waits),
        [(WaitKind::Defect, None), (WaitKind::Task, None)]
    );
    assert_eq!(waits[0].roles, [Role::Ops, Role::Admin]);
}

#[test]
fn a_run_that_ended_waits_for_nothing_unless_it_was_broken_off() {
    let mut done = run();
    done.stage = Stage::OfferExpired;
    done.outcome = Some(BuyoutOutcome::OfferExpired);
    let completed = Engine::Closed("COMPLETED".to_owned());
    let nothing = waits(Some(&done), &completed, &[]);
    assert_eq!(nothing, []);
    assert_eq!(
        summary(Some(&done), &nothing, at(0)),
        format!(
            "Процесс завершён. {}",
            BuyoutOutcome::OfferExpired.sentence()
        )
    );
    let broken = waits(Some(&run()), &Engine::Closed("TERMINATED".to_owned()), &[]);
    assert_eq!(kinds(&broken), [(WaitKind::Defect, None)]);
    assert!(broken[0].title.contains("TERMINATED"), "{broken:?}");
    assert_eq!(
        kinds(&waits(Some(&run()), &Engine::Unknown, &[])),
        [(WaitKind::Defect, None)]
    );
}

#[test]
fn a_run_that_nobody_keeps_waiting_works() {
    let waits = waits(Some(&run()), &running(Vec::new()), &[]);
    assert_eq!(kinds(&waits), [(WaitKind::Process, None)]);
}
