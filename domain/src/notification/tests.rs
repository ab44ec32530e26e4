use chrono::{DateTime, Utc};

use super::*;
use crate::buyout::outcome::BuyoutOutcome;
use crate::buyout::stage::Stage;
use crate::buyout::start::BuyoutStart;
use crate::buyout::state::{EventKind, RecordedAnswer};
use crate::chat::ChatMessage;
use crate::money::Money;
use crate::offer::{AnswerSource, ClientAnswer, Offer};
use crate::payment::{Payment, PaymentRail, PaymentState};
use crate::staff::Actor;
use crate::task::{Duty, HumanTask, TaskAction, TaskKind, TaskState};

fn at(minutes: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-23T07:00:00Z".parse().unwrap();
    start + chrono::Duration::minutes(minutes)
}

fn person(id: &str) -> PersonRef {
    PersonRef {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
    }
}

fn run() -> Buyout {
    let start = BuyoutStart {
        portal: "portal".to_owned(),
        deal_id: 7,
        robot: None,
        started_by: None,
    };
    Buyout::new(&start, at(0))
}

fn task(number: u32, kind: TaskKind) -> HumanTask {
    HumanTask {
        id: TaskId::new("buyout:portal:7", number),
        number,
        kind,
        title: kind.title_ru().to_owned(),
        details: String::new(),
        version: 1,
        state: TaskState::Open,
        role: kind.role(),
        city: Some("Мурманск".to_owned()),
        assignee: None,
        owner: None,
        excluded: vec![PersonId::new("u-own")],
        created_at: at(0),
        due_at: at(30),
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
    }
}

fn with(task: HumanTask) -> Buyout {
    let mut run = run();
    run.tasks.insert(task.id.clone(), task);
    run
}

fn event(seq: u64, kind: EventKind, actor: Option<PersonRef>, text: &str) -> ProcessEvent {
    ProcessEvent {
        seq,
        at: at(1),
        kind,
        actor,
        text: text.to_owned(),
    }
}

fn actor(id: &str) -> Actor {
    Actor {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
        roles: Vec::new(),
        cities: Vec::new(),
        substitutes_for: Vec::new(),
    }
}

fn one(notices: Vec<Notice>) -> Notice {
    assert_eq!(notices.len(), 1, "{notices:?}");
    notices.into_iter().next().unwrap()
}

fn to(ids: &[&str]) -> Vec<Addressee> {
    ids.iter()
        .map(|id| Addressee::Person(PersonId::new(*id)))
        .collect()
}

fn role(role: Role, city: &str, except: &[&str]) -> Addressee {
    Addressee::Role {
        role,
        city: city.to_owned(),
        except: except.iter().map(|id| PersonId::new(*id)).collect(),
    }
}

#[test]
fn a_new_task_concerns_whoever_may_take_it() {
    let after = with(task(1, TaskKind::Appraise));
    let notice = one(notices(Some(&run()), &after, &[]));
    assert_eq!(
        (notice.kind, notice.title.as_str(), notice.cause.as_str()),
        (
            NotificationKind::Task,
            "Новая задача: Оценить автомобиль",
            "task:1:opened"
        )
    );
    assert_eq!(notice.to, [role(Role::Appraiser, "Мурманск", &["u-own"])]);
    assert_eq!(notice.task, Some(TaskId::new("buyout:portal:7", 1)));
    // Nothing new: nothing to tell.
    assert_eq!(notices(Some(&after), &after, &[]), []);
    // A run that was started anew tells anew.
    let mut anew = after.clone();
    anew.started_at = at(60);
    assert_eq!(notices(Some(&after), &anew, &[]).len(), 1);

    let mut given = task(2, TaskKind::Inspect);
    given.assignee = Some(person("u-ins"));
    assert_eq!(
        one(notices(None, &with(given.clone()), &[])).to,
        to(&["u-ins"])
    );
    given.state = TaskState::Done;
    assert_eq!(
        notices(None, &with(given), &[]),
        [],
        "closed before anybody saw it"
    );
}

#[test]
fn a_task_that_is_handed_over_concerns_the_new_holder() {
    let before = with(task(1, TaskKind::Appraise));
    let mut after = before.clone();
    let id = TaskId::new("buyout:portal:7", 1);
    let handed = after.tasks.get_mut(&id).unwrap();
    handed.act(
        &actor("u-a"),
        TaskAction::Delegate {
            to: person("u-b"),
            standing: None,
        },
        at(1),
    );
    let events = [
        event(
            4,
            EventKind::TaskChanged,
            Some(person("u-x")),
            "Осмотреть автомобиль: взял(а).",
        ),
        event(
            5,
            EventKind::TaskChanged,
            Some(person("u-a")),
            "Оценить автомобиль: передал(а).",
        ),
    ];
    let notice = one(notices(Some(&before), &after, &events));
    assert_eq!(notice.cause, "task:1:handed:2");
    assert_eq!(
        (notice.to, notice.actor),
        (to(&["u-b"]), Some(person("u-a")))
    );

    // To claim is no handing over.
    let mut claimed = before.clone();
    let task = claimed.tasks.get_mut(&id).unwrap();
    task.act(&actor("u-a"), TaskAction::Claim, at(1));
    assert_eq!(notices(Some(&before), &claimed, &[]), []);
}

#[test]
fn a_missed_deadline_concerns_the_holder_and_those_called_in() {
    let mut late = task(1, TaskKind::Appraise);
    late.owner = Some(person("u-app"));
    let before = with(late.clone());
    late.escalate();
    let after = with(late.clone());
    let notice = one(notices(Some(&before), &after, &[]));
    assert_eq!(
        (notice.kind, notice.cause.as_str()),
        (NotificationKind::Escalation, "task:1:escalated:1")
    );
    assert_eq!(
        notice.to,
        [
            Addressee::Person(PersonId::new("u-app")),
            role(Role::SeniorAppraiser, "Мурманск", &["u-own"])
        ]
    );
    late.escalate();
    let notice = one(notices(Some(&after), &with(late), &[]));
    assert_eq!(
        notice.to[1],
        role(Role::BuyoutHead, "Мурманск", &["u-own"]),
        "only the new one"
    );
}

#[test]
fn words_concern_those_who_take_part_and_those_who_are_named() {
    let mut before = run();
    before.duties.take(Duty::Appraiser, person("u-app"));
    let say = |run: &mut Buyout, author: &str, text: &str| {
        let number = run.chat.len() as u32 + 1;
        run.chat.push(ChatMessage {
            number,
            author: person(author),
            text: text.to_owned(),
            at: at(1),
        });
    };
    let mut after = before.clone();
    say(
        &mut after,
        "u-man",
        "Клиент Иванов спешит. @Head, @u-sec. Почта a@b.ru",
    );
    let told = notices(Some(&before), &after, &[]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        told[0].to,
        [
            Addressee::Mentioned("head".to_owned()),
            Addressee::Mentioned("u-sec".to_owned())
        ]
    );
    assert_eq!(told[1].to, to(&["u-app"]), "not the author");
    assert_eq!(
        (&told[0].cause, &told[0].actor),
        (&told[1].cause, &told[1].actor)
    );
    for notice in &told {
        assert!(
            !notice.text.contains("Иванов") && !notice.title.contains("Иванов"),
            "{notice:?}"
        );
    }

    // The first word of all goes to both sides of the desk.
    let mut first = run();
    say(&mut first, "u-app", "Жду фото");
    assert_eq!(
        one(notices(Some(&run()), &first, &[])).to,
        [
            role(Role::Appraiser, "", &[]),
            role(Role::BuyoutManager, "", &[])
        ]
    );

    let mut asked = task(1, TaskKind::Appraise);
    asked.owner = Some(person("u-app"));
    let before = with(asked.clone());
    let text = "Нет фото порогов".to_owned();
    asked.act(&actor("u-head"), TaskAction::Comment { text }, at(1));
    let notice = one(notices(Some(&before), &with(asked), &[]));
    assert_eq!(
        (notice.kind, notice.to),
        (NotificationKind::Chat, to(&["u-app"]))
    );
    assert!(!notice.text.contains("порогов"));
}

#[test]
fn the_clients_deeds_concern_the_desk_and_the_appraiser_without_a_price() {
    let mut before = run();
    before.offer = Some(Offer {
        round: 1,
        price: Money::from_rubles(777_000),
        made_at: at(0),
        valid_until: at(600),
        opened_at: None,
        sent: Vec::new(),
    });
    before.duties.take(Duty::Appraiser, person("u-app"));
    let mut opened = before.clone();
    opened.offer.as_mut().unwrap().opened_at = Some(at(1));
    let notice = one(notices(Some(&before), &opened, &[]));
    assert_eq!(
        (notice.title.as_str(), notice.cause.as_str()),
        ("Клиент открыл предложение", "offer:1:opened")
    );
    assert_eq!(
        notice.to,
        [
            Addressee::Person(PersonId::new("u-app")),
            role(Role::BuyoutManager, "", &[])
        ]
    );

    let mut answered = opened.clone();
    let mut call = task(3, TaskKind::OfferToClient);
    call.close(TaskState::Done, Some(person("u-man")), "согласен", at(2));
    answered.tasks.insert(call.id.clone(), call);
    answered.answers.push(RecordedAnswer {
        round: 1,
        answer: ClientAnswer::Counter {
            amount: Money::from_rubles(777_001),
        },
        source: AnswerSource::Call,
        by: Some(person("u-man")),
        at: at(2),
    });
    let notice = one(notices(Some(&opened), &answered, &[]));
    assert_eq!(
        (notice.title.as_str(), notice.actor.clone()),
        ("Клиент назвал свою цену", Some(person("u-man")))
    );
    assert_eq!(notice.to, to(&["u-app", "u-man"]));
    assert!(!notice.text.contains("777"));
}

#[test]
fn a_payment_is_told_of_once_when_it_is_settled() {
    let payment = |attempt, state| Payment {
        attempt,
        rail: PaymentRail::Sbp,
        amount: Money::from_rubles(300_000),
        state,
        treasury_request: None,
        approved_by: None,
        partner_id: None,
        refusal: None,
        paid_at: None,
    };
    let mut before = run();
    before.duties.take(Duty::Verifier, person("u-ver"));
    before.payments = vec![payment(1, PaymentState::Sent)];
    let mut refused = before.clone();
    refused.payments[0].state = PaymentState::Refused;
    let notice = one(notices(Some(&before), &refused, &[]));
    assert_eq!(
        (notice.title.as_str(), notice.cause.as_str()),
        ("Выплата отклонена", "payment:1:refused")
    );
    assert_eq!(
        notice.to,
        [
            Addressee::Person(PersonId::new("u-ver")),
            role(Role::BuyoutHead, "", &[])
        ]
    );
    let mut paid = refused.clone();
    paid.payments.push(payment(2, PaymentState::Paid));
    let notice = one(notices(Some(&refused), &paid, &[]));
    assert_eq!(
        (notice.title.as_str(), notice.to.clone()),
        ("Выплата прошла", to(&["u-ver"]))
    );
    assert!(!notice.text.contains("300"));
    let mut confirmed = paid.clone();
    confirmed.payments[1].state = PaymentState::Confirmed;
    assert_eq!(notices(Some(&paid), &confirmed, &[]), []);
}

#[test]
fn trouble_concerns_operations_and_the_end_whoever_took_part() {
    let before = with(task(1, TaskKind::Appraise));
    let mut after = before.clone();
    let id = TaskId::new("buyout:portal:7", 1);
    let closed = after.tasks.get_mut(&id).unwrap();
    closed.close(TaskState::Done, Some(person("u-app")), "оценено", at(2));
    after.stage = Stage::Cancelled;
    after.outcome = Some(BuyoutOutcome::Cancelled {
        reason: "Иванов передумал".to_owned(),
        by: Some(person("u-head")),
    });
    let long = "ф".repeat(600);
    let events = [
        event(8, EventKind::Trouble, None, &long),
        event(9, EventKind::Ended, None, "Отменено."),
    ];
    let told = notices(Some(&before), &after, &events);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        (told[0].kind, told[0].to.clone()),
        (NotificationKind::Ended, to(&["u-app"]))
    );
    assert_eq!(
        (told[0].title.as_str(), told[0].actor.clone()),
        ("Сделка завершена: Отменена", Some(person("u-head")))
    );
    assert!(!told[0].text.contains("Иванов"));
    assert_eq!(
        (told[1].kind, told[1].cause.as_str()),
        (NotificationKind::Trouble, "event:8")
    );
    assert_eq!(told[1].text.chars().count(), TEXT_MAX_CHARS);
    assert_eq!(
        told[1].to,
        [role(Role::Ops, "", &[]), role(Role::Admin, "", &[])]
    );
    assert_eq!(notices(Some(&after), &after, &[]), []);
}

#[test]
fn whoever_inspects_learns_of_a_refusal_only_that_the_inspection_is_put_off() {
    let mut before = with(task(1, TaskKind::Inspect));
    let id = TaskId::new("buyout:portal:7", 1);
    let closed = before.tasks.get_mut(&id).unwrap();
    closed.close(TaskState::Done, Some(person("u-ins")), "осмотрено", at(2));
    before.duties.take(Duty::Inspector, person("u-ins"));
    before.duties.take(Duty::Verifier, person("u-ver"));
    let mut after = before.clone();
    after.stage = Stage::RefusedLegal;
    after.outcome = Some(BuyoutOutcome::RefusedLegal {
        reasons: vec!["автомобиль в розыске".to_owned()],
    });
    let told = notices(Some(&before), &after, &[]);
    let told: Vec<_> = told
        .iter()
        .map(|notice| (notice.title.as_str(), notice.to.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("Осмотр перенесён", to(&["u-ins"])),
            (
                "Сделка завершена: Отказ: юридические препятствия",
                to(&["u-ver"])
            ),
        ]
    );
}

#[test]
fn names_after_an_at_are_mentions_and_addresses_are_not() {
    assert_eq!(
        mentions("@Ivanov и @u-head, (@семён.п) a@b.ru @ @@x"),
        ["ivanov", "u-head", "семён.п", "x"]
    );
    assert_eq!(mentions("@a @A @a."), ["a"]);
    let many: String = (0..50).map(|n| format!("@u{n} ")).collect();
    assert_eq!(mentions(&many).len(), MENTIONS_MAX);
}
