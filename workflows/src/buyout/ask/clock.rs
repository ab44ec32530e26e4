//! The clock of a task that nobody can do without a partner: it stands still while that partner is held.
//!
//! The clock is looked at when it strikes. The time of the holds so far, and up to the next look when the
//! partner is still held, is added to the deadline, so that nobody is late or reminded of what they could not
//! do. A run whose task is done in time never asks.

use chrono::{DateTime, Duration, Utc};
use contracts::hold::{HeldSince, HoldActivities};
use domain::buyout::state::EventKind;
use domain::hold::{HeldTime, held_between};
use domain::task::TaskId;

use crate::buyout::{BuyoutWorkflow, Ctx, Exit, desk, step};

/// While the partner is held, the next look comes after half of the time that it has been held, within these.
const LOOKS: (Duration, Duration) = (Duration::minutes(5), Duration::hours(1));

/// Whether holds moved the deadline, so that what was due is not due yet.
pub(super) async fn stands_still(ctx: &Ctx, id: &TaskId) -> Result<bool, Exit> {
    let Some(query) = ctx.state(|w| {
        let task = w.buyout.tasks.get(id)?;
        Some(HeldSince {
            partner: task.waits_for.clone()?,
            since: task.created_at,
        })
    }) else {
        return Ok(false);
    };
    let since = query.since;
    let holds: Vec<HeldTime> = ctx
        .execute_local_activity(HoldActivities::held_since, query, step::record())
        .await?;
    let now = desk::now(ctx);
    let stands = ctx.state_mut(|w| w.count_holds(id, &holds, since, now));
    if stands {
        desk::save(ctx).await?;
    }
    Ok(stands)
}

impl BuyoutWorkflow {
    fn count_holds(
        &mut self,
        id: &TaskId,
        holds: &[HeldTime],
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> bool {
        let Some(task) = self.buyout.tasks.get_mut(id) else {
            return false;
        };
        let calendar = self.buyout.policy.as_ref().map(|policy| &policy.calendar);
        let until = holds.iter().find(|hold| hold.to.is_none());
        let again = until.map(|hold| next_look(hold.from, now));
        let before = task.due_at;
        let held = held_between(holds, since, again.unwrap_or(now), calendar);
        task.stand_still(held, calendar);
        let (title, moved) = (task.title.clone(), task.due_at != before);
        let looked = match again {
            Some(at) => self.desk.held_looks.insert(id.clone(), at),
            None => self.desk.held_looks.remove(id),
        };
        let line = match (again, looked) {
            (Some(_), None) => "партнёр остановлен, срок стоит",
            (None, Some(_)) => "партнёр снова работает, срок идёт дальше",
            (None, None) if moved => "партнёр был остановлен, срок перенесён на это время",
            (Some(_), Some(_)) | (None, None) => return again.is_some() || moved,
        };
        self.note(EventKind::Hold, None, format!("{title}: {line}."), now);
        true
    }
}

fn next_look(held_from: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let (shortest, longest) = LOOKS;
    now + ((now - held_from) / 2).clamp(shortest, longest)
}
