//! The rules, one per kind of occurrence.

use std::collections::BTreeSet;

use super::{Addressee, Notice, NotificationKind, TEXT_MAX_CHARS, mentions};
use crate::buyout::state::{Buyout, EventKind, ProcessEvent};
use crate::offer::ClientAnswer;
use crate::payment::PaymentState;
use crate::staff::{PersonId, PersonRef, Role};
use crate::task::{Duty, HumanTask, TaskKind};

/// "Chery Tiggo 7 Pro, 2021 · сделка 7"
fn subject(run: &Buyout) -> String {
    match &run.deal {
        Some(deal) => format!("{} · сделка {}", deal.car.title(), run.deal_id),
        None => format!("сделка {}", run.deal_id),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= TEXT_MAX_CHARS {
        return text.to_owned();
    }
    let kept: String = text.chars().take(TEXT_MAX_CHARS - 1).collect();
    format!("{kept}…")
}

fn people(ids: impl IntoIterator<Item = PersonId>) -> Vec<Addressee> {
    ids.into_iter().map(Addressee::Person).collect()
}

fn role(run: &Buyout, role: Role) -> Addressee {
    Addressee::Role {
        role,
        city: run.city().to_owned(),
        except: Vec::new(),
    }
}

/// Who holds the task now.
fn holders(task: &HumanTask) -> impl Iterator<Item = PersonId> {
    task.owner
        .iter()
        .chain(&task.assignee)
        .map(|person| person.person.clone())
}

/// Everybody who has had a part in the run: work, duty or word.
fn participants(run: &Buyout) -> BTreeSet<PersonId> {
    let at_tasks = run
        .tasks
        .values()
        .flat_map(|task| holders(task).chain(task.closed_by.iter().map(|by| by.person.clone())));
    let duties = run
        .duties
        .holders()
        .map(|(_, person)| person.person.clone());
    let inspector = run
        .assignment
        .iter()
        .map(|given| given.inspector.person.clone());
    let talkers = run.chat.iter().map(|message| message.author.person.clone());
    at_tasks
        .chain(duties)
        .chain(inspector)
        .chain(talkers)
        .collect()
}

pub(super) fn task(
    before: Option<&HumanTask>,
    after: &HumanTask,
    run: &Buyout,
    events: &[ProcessEvent],
    notices: &mut Vec<Notice>,
) {
    let notice = |cause: String, kind, title: String, text: String, actor, to| Notice {
        cause: format!("task:{}:{cause}", after.number),
        kind,
        title,
        text,
        task: Some(after.id.clone()),
        actor,
        to,
    };
    if after.state.is_open() {
        let due = run.policy.as_ref().map_or_else(
            || subject(run),
            |policy| {
                format!(
                    "{} · срок {}",
                    subject(run),
                    policy.calendar.format_ru(after.due_at)
                )
            },
        );
        match before {
            None => notices.push(notice(
                "opened".to_owned(),
                NotificationKind::Task,
                format!("Новая задача: {}", after.title),
                due,
                None,
                opened_for(after),
            )),
            Some(before) if before.assignee != after.assignee && after.assignee.is_some() => {
                let to = people(after.assignee.iter().map(|given| given.person.clone()));
                notices.push(notice(
                    format!("handed:{}", after.version),
                    NotificationKind::Task,
                    format!("Вам передали задачу: {}", after.title),
                    due,
                    who_changed(after, events),
                    to,
                ));
            }
            Some(_) => {}
        }
        let known = before.map_or(0, |before| before.escalated);
        if after.escalated > known {
            let called: Vec<Role> = after
                .escalation
                .iter()
                .copied()
                .take(after.escalated)
                .skip(known)
                .collect();
            let names: Vec<&str> = called.iter().map(|role| role.title_ru()).collect();
            let mut to = people(holders(after));
            to.extend(called.iter().map(|role| Addressee::Role {
                role: *role,
                city: after.city.clone().unwrap_or_default(),
                except: after.excluded.clone(),
            }));
            notices.push(notice(
                format!("escalated:{}", after.escalated),
                NotificationKind::Escalation,
                format!("Срок прошёл: {}", after.title),
                format!("Подключён {} · {}", names.join(", "), subject(run)),
                None,
                to,
            ));
        }
    }
    let known = before.map_or(0, |before| before.comments.len());
    for (number, comment) in after.comments.iter().enumerate().skip(known) {
        let cause = format!("comment:{}", number + 1);
        let said = format!("{} · {}", comment.author.name, subject(run));
        let named = mentions(&comment.text);
        if !named.is_empty() {
            notices.push(notice(
                cause.clone(),
                NotificationKind::Chat,
                format!("Вас упомянули в задаче: {}", after.title),
                said.clone(),
                Some(comment.author.clone()),
                named.into_iter().map(Addressee::Mentioned).collect(),
            ));
        }
        let talkers = after.comments[..number]
            .iter()
            .map(|earlier| earlier.author.person.clone());
        let to = people(holders(after).chain(talkers).collect::<BTreeSet<_>>());
        notices.push(notice(
            cause,
            NotificationKind::Chat,
            format!("Комментарий к задаче: {}", after.title),
            said,
            Some(comment.author.clone()),
            to,
        ));
    }
}

/// Somebody whom it is given to, or else everybody who may take it.
fn opened_for(task: &HumanTask) -> Vec<Addressee> {
    match task.owner.as_ref().or(task.assignee.as_ref()) {
        Some(person) => people([person.person.clone()]),
        None => task
            .roles()
            .map(|role| Addressee::Role {
                role,
                city: task.city.clone().unwrap_or_default(),
                except: task.excluded.clone(),
            })
            .collect(),
    }
}

/// Who last did something with the task, by the line that was written of it.
fn who_changed(task: &HumanTask, events: &[ProcessEvent]) -> Option<PersonRef> {
    events
        .iter()
        .rev()
        .filter(|event| event.kind == EventKind::TaskChanged)
        .find(|event| event.text.starts_with(&task.title))
        .and_then(|event| event.actor.clone())
}

pub(super) fn chat(before: Option<&Buyout>, after: &Buyout, notices: &mut Vec<Notice>) {
    let known = before.map_or(0, |before| before.chat.len());
    for message in after.chat.iter().skip(known) {
        let cause = format!("chat:{}", message.number);
        let text = format!("{} · {}", message.author.name, subject(after));
        let notice = |title: String, to| Notice {
            cause: cause.clone(),
            kind: NotificationKind::Chat,
            title,
            text: text.clone(),
            task: None,
            actor: Some(message.author.clone()),
            to,
        };
        // Mentions come first: whoever is told of one is not told a second time of the message.
        let named = mentions(&message.text);
        if !named.is_empty() {
            let to = named.into_iter().map(Addressee::Mentioned).collect();
            notices.push(notice(
                format!("Вас упомянули в сделке {}", after.deal_id),
                to,
            ));
        }
        let mut others = participants(after);
        others.remove(&message.author.person);
        let to = if others.is_empty() {
            // Nobody has taken part yet: both sides of the desk.
            vec![
                role(after, Role::Appraiser),
                role(after, Role::BuyoutManager),
            ]
        } else {
            people(others)
        };
        notices.push(notice(format!("Сообщение по сделке {}", after.deal_id), to));
    }
}

pub(super) fn client(before: Option<&Buyout>, after: &Buyout, notices: &mut Vec<Notice>) {
    let concerned = || {
        let offering = after
            .tasks
            .values()
            .filter(|task| matches!(task.kind, TaskKind::OfferToClient | TaskKind::Bargain));
        let mut to: BTreeSet<PersonId> = offering
            .flat_map(|task| holders(task).chain(task.closed_by.iter().map(|by| by.person.clone())))
            .collect();
        let desk_knows = !to.is_empty();
        to.extend(holding(after, &[Duty::Appraiser, Duty::PriceApprover]));
        let mut to = people(to);
        if !desk_knows {
            to.push(role(after, Role::BuyoutManager));
        }
        to
    };
    let notice = |cause: String, title: &str, actor| Notice {
        cause,
        kind: NotificationKind::Client,
        title: title.to_owned(),
        text: subject(after),
        task: None,
        actor,
        to: concerned(),
    };
    if let Some(offer) = &after.offer
        && offer.opened_at.is_some()
        && before
            .and_then(|before| before.offer.as_ref())
            .is_none_or(|known| known.round != offer.round || known.opened_at.is_none())
    {
        let cause = format!("offer:{}:opened", offer.round);
        notices.push(notice(cause, "Клиент открыл предложение", None));
    }
    let known = before.map_or(0, |before| before.answers.len());
    for (number, answer) in after.answers.iter().enumerate().skip(known) {
        let title = match &answer.answer {
            ClientAnswer::Accept => "Клиент согласился с ценой",
            ClientAnswer::Counter { .. } => "Клиент назвал свою цену",
            ClientAnswer::Decline { .. } => "Клиент отказался",
            ClientAnswer::Think => "Клиент думает",
        };
        let cause = format!("answer:{}", number + 1);
        notices.push(notice(cause, title, answer.by.clone()));
    }
}

fn holding<'a>(run: &'a Buyout, duties: &'a [Duty]) -> impl Iterator<Item = PersonId> + 'a {
    run.duties
        .holders()
        .filter(|(duty, _)| duties.contains(duty))
        .map(|(_, person)| person.person.clone())
}

pub(super) fn payments(before: Option<&Buyout>, after: &Buyout, notices: &mut Vec<Notice>) {
    for payment in &after.payments {
        let known = before
            .and_then(|before| {
                before
                    .payments
                    .iter()
                    .find(|p| p.attempt == payment.attempt)
            })
            .and_then(|known| settled(known.state));
        let Some(now) = settled(payment.state).filter(|now| known != Some(*now)) else {
            continue;
        };
        let handling = after.tasks.values().filter(|task| {
            matches!(
                task.kind,
                TaskKind::CollectPapers
                    | TaskKind::VerifyPapers
                    | TaskKind::SignContract
                    | TaskKind::FixRequisites
                    | TaskKind::ConfirmPayment
                    | TaskKind::SignBankOrder
            )
        });
        let mut to: BTreeSet<PersonId> = handling
            .flat_map(|task| holders(task).chain(task.closed_by.iter().map(|by| by.person.clone())))
            .collect();
        to.extend(holding(after, &[Duty::Verifier, Duty::PaymentApprover]));
        let mut to = people(to);
        let (word, title) = if now {
            ("paid", "Выплата прошла")
        } else {
            // Somebody must act, whoever has had a part so far.
            to.push(role(after, Role::BuyoutHead));
            ("refused", "Выплата отклонена")
        };
        notices.push(Notice {
            cause: format!("payment:{}:{word}", payment.attempt),
            kind: NotificationKind::Payment,
            title: title.to_owned(),
            text: subject(after),
            task: None,
            actor: None,
            to,
        });
    }
}

/// Whether the money went, once that is known.
fn settled(state: PaymentState) -> Option<bool> {
    match state {
        PaymentState::Paid | PaymentState::Confirmed => Some(true),
        PaymentState::Refused => Some(false),
        PaymentState::Requested
        | PaymentState::Approved
        | PaymentState::Sent
        | PaymentState::AwaitingSignature
        | PaymentState::Unknown => None,
    }
}

pub(super) fn end(before: Option<&Buyout>, after: &Buyout, notices: &mut Vec<Notice>) {
    let ended = |run: &Buyout| run.stage.is_final() && run.outcome.is_some();
    if !ended(after) || before.is_some_and(ended) {
        return;
    }
    let actor = match &after.outcome {
        Some(crate::buyout::outcome::BuyoutOutcome::Cancelled { by, .. }) => by.clone(),
        Some(_) | None => None,
    };
    let notice = |cause: &str, title: String, to: BTreeSet<PersonId>| Notice {
        cause: cause.to_owned(),
        kind: NotificationKind::Ended,
        title,
        text: subject(after),
        task: None,
        actor: actor.clone(),
        to: people(to),
    };
    let title = format!("Сделка завершена: {}", after.stage.title_ru());
    let (told, put_off) = after.stage.told_beside_the_client();
    let mut others = participants(after);
    if told != after.stage {
        let beside = inspectors(after);
        others.retain(|person| !beside.contains(person));
        notices.push(notice("put_off", put_off.to_owned(), beside));
    }
    notices.push(notice("ended", title, others));
}

/// Whoever is or was sent to the car.
fn inspectors(run: &Buyout) -> BTreeSet<PersonId> {
    let at_tasks = run
        .tasks
        .values()
        .filter(|task| task.kind == TaskKind::Inspect)
        .flat_map(|task| holders(task).chain(task.closed_by.iter().map(|by| by.person.clone())));
    let assigned = run
        .assignment
        .iter()
        .map(|given| given.inspector.person.clone());
    at_tasks.chain(assigned).collect()
}

pub(super) fn trouble(run: &Buyout, events: &[ProcessEvent], notices: &mut Vec<Notice>) {
    for event in events {
        let title = match event.kind {
            EventKind::Trouble => "Сбой",
            EventKind::Unmatched => "Событие некуда отнести",
            EventKind::Started
            | EventKind::Stage
            | EventKind::TaskOpened
            | EventKind::TaskChanged
            | EventKind::TaskClosed
            | EventKind::Reminder
            | EventKind::Escalation
            | EventKind::Check
            | EventKind::Message
            | EventKind::Client
            | EventKind::Document
            | EventKind::Payment
            | EventKind::Accounting
            | EventKind::Undo
            | EventKind::Chat
            | EventKind::Visit
            | EventKind::Hold
            | EventKind::Ended => continue,
        };
        notices.push(Notice {
            cause: format!("event:{}", event.seq),
            kind: NotificationKind::Trouble,
            title: format!("{title}: сделка {}", run.deal_id),
            text: cut(&event.text),
            task: None,
            actor: event.actor.clone(),
            to: vec![role(run, Role::Ops), role(run, Role::Admin)],
        });
    }
}
