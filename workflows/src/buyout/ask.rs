//! Asking a person: the task opens, reminds, escalates, and ends with a decision, a fact or a deadline.

use std::future::{Future, pending};
use std::time::Duration;

use chrono::{DateTime, Utc};
use contracts::bitrix24::{Bitrix24Activities, Notify};
use contracts::queues;
use domain::buyout::decision::Decision;
use domain::buyout::rules;
use domain::buyout::state::EventKind;
use domain::buyout::tasks::NewTask;
use domain::staff::{PersonRef, Role};
use domain::task::{Milestone, TaskId, TaskKind, TaskState};
use futures_util::FutureExt;
use futures_util::future::{Either, Fuse, FusedFuture, LocalBoxFuture};
use send_wrapper::SendWrapper;
use temporalio_workflow::{
    CancellableFuture, TimerOptions, WaitConditionOptions, WorkflowCancellationToken, select,
};

use crate::buyout::{Ctx, Exit, desk, mirror, step};

mod clock;

/// What is asked.
pub(crate) struct Ask(NewTask);

impl Ask {
    pub(crate) fn new(kind: TaskKind, details: impl Into<String>, due_secs: u64) -> Self {
        Self(NewTask {
            kind,
            details: details.into(),
            due_secs,
            wall_clock: false,
            assignee: None,
            waits_for: None,
        })
    }

    /// Nobody can do it without the partner of that queue: while it is held, the task's clock stands still.
    pub(crate) fn waiting_for(mut self, queue: &str) -> Self {
        self.0.waits_for = queues::partner(queue).map(str::to_owned);
        self
    }

    /// Somebody outside has the time, whose days are not those of the site.
    pub(crate) fn by_wall_clock(mut self) -> Self {
        self.0.wall_clock = true;
        self
    }

    pub(crate) fn of(mut self, person: PersonRef) -> Self {
        self.0.assignee = Some(person);
        self
    }
}

/// Asks and waits for the decision, however long; the task escalates meanwhile.
pub(crate) async fn ask(ctx: &Ctx, ask: Ask) -> Result<Decision, Exit> {
    match ask_until(ctx, ask, |_| pending::<()>()).await? {
        Either::Left(decision) => Ok(decision),
        Either::Right(()) => unreachable!("a pending future never ends"),
    }
}

/// Asks until a person decides or `outside` ends, whichever is first. When `outside` wins, the task is
/// closed as expired; the caller words the result if it was a fact instead. `outside` gets the token of its
/// timers and calls: when the person is quicker, they are cancelled instead of lying open for days.
pub(crate) async fn ask_until<T, F: Future<Output = T>>(
    ctx: &Ctx,
    ask: Ask,
    outside: impl FnOnce(WorkflowCancellationToken) -> F,
) -> Result<Either<Decision, T>, Exit> {
    desk::check_cancel(ctx)?;
    let token = WorkflowCancellationToken::new();
    let mut outside = Box::pin(outside(token.clone())).fuse();
    let ended = wait(ctx, ask, &mut outside).await;
    // While `outside` still lives: what is dropped can no longer be cancelled.
    token.cancel();
    ended
}

async fn wait<T>(
    ctx: &Ctx,
    ask: Ask,
    mut outside: &mut (impl FusedFuture<Output = T> + Unpin),
) -> Result<Either<Decision, T>, Exit> {
    let id = open(ctx, ask);
    desk::save(ctx).await?;
    let mut making = mirror::make(ctx.clone(), id.clone()).boxed_local().fuse();
    // While the portal's task is looked at, the person may decide here.
    let mut looking: Fuse<LocalBoxFuture<'static, Option<u64>>> = Fuse::terminated();
    // The timer of the next milestone runs on while other things happen.
    let mut clock: Option<(DateTime<Utc>, _)> = None;
    loop {
        if looking.is_terminated()
            && let Some(number) = ctx.state_mut(|w| w.take_tick(&id))
        {
            looking = mirror::look(ctx.clone(), id.clone(), number)
                .boxed_local()
                .fuse();
        }
        let next = next_milestone(ctx, &id);
        if let Some((at, timer)) = &clock
            && Some(*at) != next
        {
            // The deadline was moved.
            CancellableFuture::cancel(timer);
            clock = None;
        }
        if clock.is_none() {
            clock = next.map(|at| (at, ctx.timer(until(ctx, at))));
        }
        let mut decided = Box::pin(decided_or_cancelled(ctx, &id)).fuse();
        let idle = looking.is_terminated();
        let mut told = Box::pin(told(ctx, &id, idle)).fuse();
        let mut tick: LocalBoxFuture<'_, ()> = match &mut clock {
            Some((_, timer)) => timer.map(|_| ()).boxed_local(),
            None => pending().boxed_local(),
        };
        let mut tick_fused = (&mut tick).fuse();
        let happened = select! {
            result = decided => { result?; Happened::Decided }
            output = outside => Happened::Outside(output),
            number = making => Happened::Mirrored(number),
            _ = tick_fused => Happened::Milestone,
            _ = looking => Happened::Looked,
            _ = told => Happened::Told,
        };
        drop(tick);
        let ended = matches!(happened, Happened::Decided | Happened::Outside(_));
        if let (Some((_, timer)), true) = (&clock, ended) {
            timer.cancel();
        }
        if ended {
            // The portal is slow: its task is closed as soon as its number is known, and after whatever is
            // being done to it.
            for late in [&mut making, &mut looking] {
                if !late.is_terminated() {
                    let late = std::mem::replace(late, Fuse::terminated()).boxed_local();
                    ctx.state_mut(|w| w.desk.late_mirrors.push(SendWrapper::new(late)));
                }
            }
        }
        match happened {
            Happened::Decided => {
                if let Some(decision) = ctx.state_mut(|w| w.desk.decided.remove(&id)) {
                    return Ok(Either::Left(decision));
                }
                close(ctx, &id, TaskState::Cancelled, "сделка отменена");
                return Err(desk::check_cancel(ctx).err().unwrap_or_else(|| {
                    Exit::Ended(domain::buyout::outcome::BuyoutOutcome::Cancelled {
                        reason: "отменено".to_owned(),
                        by: None,
                    })
                }));
            }
            Happened::Outside(output) => {
                // A decision that came in the same moment wins over the clock.
                if let Some(decision) = ctx.state_mut(|w| w.desk.decided.remove(&id)) {
                    return Ok(Either::Left(decision));
                }
                close(ctx, &id, TaskState::Expired, "закрыта процессом");
                return Ok(Either::Right(output));
            }
            Happened::Mirrored(number) => {
                let closed = ctx.state_mut(|w| match w.buyout.tasks.get_mut(&id) {
                    Some(task) => {
                        task.bitrix24_task = number;
                        !task.state.is_open()
                    }
                    None => false,
                });
                if closed {
                    ctx.state_mut(|w| w.desk.mirrors_to_close.extend(number));
                }
            }
            Happened::Milestone => {
                clock = None;
                if !clock::stands_still(ctx, &id).await? {
                    reach_milestone(ctx, &id).await?;
                }
            }
            // What it did stands in the events, and they are told.
            Happened::Looked => {}
            Happened::Told => {
                ctx.state_mut(|w| w.desk.due_moved = false);
                if ctx.state(|w| w.desk.told) {
                    desk::save(ctx).await?;
                }
            }
        }
    }
}

fn until(ctx: &Ctx, at: DateTime<Utc>) -> TimerOptions {
    let wait = (at - desk::now(ctx))
        .to_std()
        .unwrap_or(Duration::ZERO)
        .max(Duration::from_millis(1));
    TimerOptions::builder(wait)
        .summary("срок задачи".to_owned())
        .cancellation_token(WorkflowCancellationToken::new())
        .build()
}

/// Ends when a fact came that screens should show before the next step does, when a deadline was moved, or
/// when the portal says that the task's mirror changed and nobody is looking at it.
async fn told(ctx: &Ctx, id: &TaskId, idle: bool) {
    let steady = WaitConditionOptions::builder()
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    // The wait has no error of its own under a token that nobody cancels.
    let _ = ctx
        .wait_condition_with_options(
            |w| w.desk.told || w.desk.due_moved || (idle && w.is_ticked(id)),
            steady,
        )
        .await;
}

enum Happened<T> {
    Decided,
    Outside(T),
    Mirrored(Option<u64>),
    Milestone,
    Looked,
    Told,
}

async fn decided_or_cancelled(ctx: &Ctx, id: &TaskId) -> Result<(), Exit> {
    let steady = WaitConditionOptions::builder()
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    let mut ready = Box::pin(ctx.wait_condition_with_options(
        |w| {
            w.desk.decided.contains_key(id)
                || (w.desk.cancel.is_some() && rules::may_cancel(&w.buyout))
        },
        steady,
    ));
    if !ctx.state(|w| rules::may_cancel(&w.buyout)) {
        return Ok(ready.await?);
    }
    let mut cancelled = Box::pin(ctx.cancelled());
    select! {
        result = ready => Ok(result?),
        _ = cancelled => Ok(()),
    }
}

/// Puts the task on the run's list.
fn open(ctx: &Ctx, Ask(new): Ask) -> TaskId {
    let now = desk::now(ctx);
    ctx.state_mut(|w| {
        let task = w.buyout.put_task(new, now);
        let id = task.id.clone();
        let who = task
            .assignee
            .as_ref()
            .map_or_else(|| task.role.title_ru().to_owned(), |p| p.name.clone());
        let line = format!("{}: ждём, {who}.", task.title);
        w.note(EventKind::TaskOpened, None, line, now);
        id
    })
}

pub(crate) fn close(ctx: &Ctx, id: &TaskId, state: TaskState, result: &str) {
    let now = desk::now(ctx);
    ctx.state_mut(|w| w.close_task(id, state, None, result, now));
}

/// When the task next wants attention: half of the time, the deadline, each step of the escalation.
fn next_milestone(ctx: &Ctx, id: &TaskId) -> Option<DateTime<Utc>> {
    ctx.state(|w| {
        let task = w.buyout.tasks.get(id)?;
        let policy = w.buyout.policy.as_ref();
        let step = policy.map_or(3_600, |p| p.deadlines.escalation_step_secs);
        let next = task.next_milestone(
            policy.map(|p| &p.calendar),
            chrono::Duration::seconds(step as i64),
        )?;
        Some(match w.desk.held_looks.get(id) {
            Some(look) => next.max(*look),
            None => next,
        })
    })
}

async fn reach_milestone(ctx: &Ctx, id: &TaskId) -> Result<(), Exit> {
    let now = desk::now(ctx);
    let notice = ctx.state_mut(|w| {
        let task = w.buyout.tasks.get_mut(id)?;
        let (kind, said) = match task.reach_milestone()? {
            Milestone::HalfTime => (EventKind::Reminder, "половина срока прошла".to_owned()),
            Milestone::Due => (EventKind::Reminder, "срок наступил".to_owned()),
            Milestone::CalledIn(role) => (
                EventKind::Escalation,
                format!("срок прошёл, подключён {}", role.title_ru()),
            ),
        };
        let text = format!("{}: {said}.", task.title);
        let roles: Vec<Role> = task.roles().collect();
        let person = task
            .owner
            .as_ref()
            .or(task.assignee.as_ref())
            .map(|p| p.person.clone());
        let notice = Notify {
            portal: w.buyout.portal.clone(),
            roles,
            city: w.buyout.city().to_owned(),
            person,
            tag: format!("kite:{id}"),
            text: text.clone(),
        };
        w.note(kind, None, text, now);
        Some(notice)
    });
    desk::save(ctx).await?;
    if let Some(notice) = notice {
        notify(ctx, notice).await;
    }
    Ok(())
}

/// Best effort: a notice that cannot be sent never holds the process.
pub(crate) async fn notify(ctx: &Ctx, notice: Notify) {
    let options = step::partner(
        ctx,
        queues::BITRIX24,
        step::courtesy(ctx),
        "уведомление сотрудникам",
    );
    if let Err(error) = ctx
        .execute_activity(Bitrix24Activities::notify, notice, options)
        .await
    {
        step::note_failed(ctx, &error, "Уведомление в Битрикс24 не отправлено");
    }
}
