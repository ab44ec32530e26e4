//! The portal's copy of a task: made when ours opens, closed when ours ends, looked at when the portal says
//! that it changed. Both sides always show one state: who ticks off the portal's task closes ours when a bare
//! "done" is all that it wants and they may say it; else the portal's task is opened again and they are told
//! where the decision is made.

use contracts::bitrix24::{Bitrix24Activities, MirrorTask, PortalTask, TellUser};
use contracts::queues;
use domain::buyout::decision::{Decide, Decision};
use domain::buyout::rules;
use domain::buyout::state::EventKind;
use domain::staff::{Actor, PersonRef};
use domain::task::TaskId;
use temporalio_workflow::{join, join_all};

use crate::buyout::{BuyoutWorkflow, Ctx, desk, step};

/// Mirrors the task to the portal and closes mirrors of tasks that ended; best effort.
pub(crate) async fn make(ctx: Ctx, id: TaskId) -> Option<u64> {
    close_all(&ctx).await;
    let task = ctx.state(|w| {
        let task = w.buyout.tasks.get(&id)?;
        // Before the deal is read there is nothing on the portal to hang a task on.
        w.buyout.deal.as_ref()?;
        Some(MirrorTask {
            portal: w.buyout.portal.clone(),
            deal_id: w.buyout.deal_id,
            task: task.id.clone(),
            title: task.title.clone(),
            details: task.details.clone(),
            role: task.role,
            city: w.buyout.city().to_owned(),
            person: task.assignee.as_ref().map(|p| p.person.clone()),
            excluded: task.excluded.clone(),
            due_at: task.due_at,
        })
    })?;
    let options = step::partner(
        &ctx,
        queues::BITRIX24,
        step::courtesy(&ctx),
        "задача в Битрикс24",
    );
    match step::call(&ctx, || Bitrix24Activities::mirror_task, task, options).await {
        Ok(number) => number,
        Err(error) => {
            let text = step::failure(&error).text;
            desk::note(
                &ctx,
                EventKind::Trouble,
                None,
                format!("Задача в Битрикс24 не создана: {text}"),
            );
            None
        }
    }
}

/// Closes the portal's tasks whose originals ended.
pub(crate) async fn close_all(ctx: &Ctx) {
    for late in ctx.state_mut(|w| std::mem::take(&mut w.desk.late_mirrors)) {
        let number = late.take().await;
        ctx.state_mut(|w| {
            if number.is_some_and(|number| !w.desk.mirrors_to_close.contains(&number)) {
                w.desk.mirrors_to_close.extend(number);
            }
        });
    }
    let (portal, tasks) = ctx.state_mut(|w| {
        (
            w.buyout.portal.clone(),
            std::mem::take(&mut w.desk.mirrors_to_close),
        )
    });
    let calls = tasks.into_iter().map(|task| {
        let options = step::partner(
            ctx,
            queues::BITRIX24,
            step::courtesy(ctx),
            "закрыть задачу в Битрикс24",
        );
        step::call(
            ctx,
            || Bitrix24Activities::close_task,
            (portal.clone(), task).into(),
            options,
        )
    });
    for result in join_all(calls).await {
        if let Err(error) = result {
            let text = step::failure(&error).text;
            desk::note(
                ctx,
                EventKind::Trouble,
                None,
                format!("Задача в Битрикс24 не закрыта: {text}"),
            );
        }
    }
}

/// Reads the portal's task and brings both to one state. Answers the number when ours ended meanwhile: then
/// the portal's is to be closed once more, as it may have been opened again.
pub(crate) async fn look(ctx: Ctx, id: TaskId, number: u64) -> Option<u64> {
    let portal = ctx.state(|w| w.buyout.portal.clone());
    let options = step::partner(
        &ctx,
        queues::BITRIX24,
        step::patience(&ctx),
        "прочитать задачу в Битрикс24",
    );
    let read = step::call(
        &ctx,
        || Bitrix24Activities::read_task,
        (portal.clone(), number).into(),
        options,
    )
    .await;
    match read {
        Ok(PortalTask {
            completed: true,
            closed_by,
            actor,
        }) => {
            let now = desk::now(&ctx);
            match ctx.state_mut(|w| w.accept_tick(&id, actor.as_ref(), now)) {
                Ticked::Ended => {}
                Ticked::Decided => {
                    // The decision stands whether or not its record is written now; the next save has it.
                    if desk::save(&ctx).await.is_err() {
                        ctx.state_mut(|w| w.desk.told = true);
                    }
                }
                Ticked::Undecided(why) => {
                    reopen(&ctx, &id, number, closed_by, actor.as_ref(), &why).await
                }
            }
        }
        // Another change, or the echo of our own.
        Ok(PortalTask {
            completed: false,
            closed_by: _,
            actor: _,
        }) => {}
        Err(error) => {
            let text = step::failure(&error).text;
            tell(
                &ctx,
                EventKind::Trouble,
                None,
                format!("Задача в Битрикс24 изменилась, но прочитать её не удалось: {text}"),
            );
        }
    }
    let ended = ctx.state(|w| {
        w.buyout
            .tasks
            .get(&id)
            .is_some_and(|task| !task.state.is_open())
    });
    ended.then_some(number)
}

/// The portal's task waits again; who ticked it off learns why and where to go.
async fn reopen(
    ctx: &Ctx,
    id: &TaskId,
    number: u64,
    user: Option<u64>,
    actor: Option<&Actor>,
    why: &str,
) {
    let (portal, title) = ctx.state(|w| {
        let title = w.buyout.tasks.get(id).map(|task| task.title.clone());
        (w.buyout.portal.clone(), title.unwrap_or_default())
    });
    let who = match (actor, user) {
        (Some(actor), _) => actor.name.clone(),
        (None, Some(user)) => format!("сотрудник портала № {user}"),
        (None, None) => "неизвестный сотрудник портала".to_owned(),
    };
    let person = actor.map(PersonRef::from);
    let renewed = async {
        let options = step::partner(
            ctx,
            queues::BITRIX24,
            step::patience(ctx),
            "снова открыть задачу в Битрикс24",
        );
        step::call(
            ctx,
            || Bitrix24Activities::reopen_task,
            (portal.clone(), number).into(),
            options,
        )
        .await
    };
    let notice = async {
        let Some(user) = user else {
            return Ok(());
        };
        let options = step::partner(
            ctx,
            queues::BITRIX24,
            step::courtesy(ctx),
            "уведомление закрывшему задачу",
        );
        let notice = TellUser {
            portal: portal.clone(),
            user,
            tag: format!("kite:{id}/tick"),
            text: format!("Задача «{title}» снова открыта. {why}"),
            task: id.clone(),
        };
        ctx.execute_activity(Bitrix24Activities::tell_user, notice, options)
            .await
    };
    let (renewed, notice) = join!(renewed, notice);
    match renewed {
        Ok(()) => tell(
            ctx,
            EventKind::TaskChanged,
            person,
            format!("{title}: {who} закрыл(а) задачу в Битрикс24, она открыта снова. {why}"),
        ),
        Err(error) => {
            let text = step::failure(&error).text;
            tell(
                ctx,
                EventKind::Trouble,
                person,
                format!(
                    "{title}: {who} закрыл(а) задачу в Битрикс24, открыть её снова не удалось ({text}). Здесь она ждёт решения."
                ),
            );
        }
    }
    if let Err(error) = notice {
        let text = step::failure(&error).text;
        tell(
            ctx,
            EventKind::Trouble,
            None,
            format!("Уведомление в Битрикс24 не отправлено: {text}"),
        );
    }
}

/// A line that screens show before the next step does.
fn tell(ctx: &Ctx, kind: EventKind, actor: Option<PersonRef>, text: String) {
    desk::note(ctx, kind, actor, text);
    ctx.state_mut(|w| w.desk.told = true);
}

/// What a tick on the portal came to.
pub(crate) enum Ticked {
    /// Ours is done, by the person who ticked.
    Decided,
    /// Ours waits; a Russian sentence why.
    Undecided(String),
    /// Ours had ended before.
    Ended,
}

impl BuyoutWorkflow {
    /// Whether the portal said of this task's mirror that it changed.
    pub(crate) fn is_ticked(&self, id: &TaskId) -> bool {
        self.buyout
            .tasks
            .get(id)
            .and_then(|task| task.bitrix24_task)
            .is_some_and(|mirror| self.desk.ticks.contains(&mirror))
    }

    pub(crate) fn take_tick(&mut self, id: &TaskId) -> Option<u64> {
        let mirror = self.buyout.tasks.get(id)?.bitrix24_task?;
        self.desk.ticks.remove(&mirror).then_some(mirror)
    }

    /// Takes a tick as the decision of the person, by the rules for decisions made here.
    fn accept_tick(
        &mut self,
        id: &TaskId,
        actor: Option<&Actor>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Ticked {
        let Some(task) = self.buyout.tasks.get(id).filter(|t| t.state.is_open()) else {
            return Ticked::Ended;
        };
        let Some(decision) = Decision::of_tick(task.kind, self.buyout.stage) else {
            return Ticked::Undecided(if task.kind.decided_outside() {
                "Отметка в Битрикс24 ничего не решает: решение принимают в 1С или в банке, Kite увидит его сам."
                    .to_owned()
            } else {
                "Отметка в Битрикс24 не содержит решения: примите его в Kite.".to_owned()
            });
        };
        let Some(actor) = actor else {
            return Ticked::Undecided(
                "Этого сотрудника портала нет в справочнике Kite: обратитесь к администратору."
                    .to_owned(),
            );
        };
        let decide = Decide {
            task: id.clone(),
            version: task.version,
            actor: actor.clone(),
            decision,
        };
        match rules::check_decide(&self.buyout, &decide, Some(now)) {
            Ok(()) => {
                self.accept_decision(decide, now);
                Ticked::Decided
            }
            Err(refusal) => Ticked::Undecided(refusal.sentence),
        }
    }
}
