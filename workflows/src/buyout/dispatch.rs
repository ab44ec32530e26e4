//! Step 2: who inspects the car.

use contracts::records::{ChooseInspector, RecordActivities};
use domain::buyout::decision::Decision;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::dispatch::Assignment;
use domain::task::{Duty, TaskKind};

use crate::buyout::ask::{self, Ask};
use crate::buyout::{Ctx, Exit, desk, step};

/// The rule chooses by city and load; when it finds nobody, a dispatcher assigns by hand.
pub(crate) async fn assign(ctx: &Ctx) -> Result<(), Exit> {
    desk::enter(ctx, Stage::Dispatching)?;
    let query = ctx.state(|w| ChooseInspector {
        buyout: Some(w.buyout.id.clone()),
        city: w.buyout.city().to_owned(),
        excluded: w.buyout.duties.excluded_from(Duty::Inspector),
    });
    let chosen = ctx
        .execute_local_activity(RecordActivities::choose_inspector, query, step::record())
        .await?;
    let assignment = match chosen {
        Some(inspector) => Assignment {
            inspector,
            by: None,
        },
        None => by_hand(ctx).await?,
    };
    let line = format!("Осмотрщик: {}.", assignment.inspector.name);
    desk::note(ctx, EventKind::Stage, None, line);
    ctx.state_mut(|w| w.buyout.assignment = Some(assignment));
    Ok(())
}

async fn by_hand(ctx: &Ctx) -> Result<Assignment, Exit> {
    let (details, due) = ctx.state(|w| {
        let deal = w.buyout.deal.as_ref();
        let place = deal.map(|d| format!("{}, {}", d.visit.city, d.visit.address)).unwrap_or_default();
        let car = deal.map(|d| d.car.title()).unwrap_or_default();
        (
            format!("Свободного осмотрщика в городе нет. Назначьте вручную.\n\nАвтомобиль: {car}\n\nМесто: {place}"),
            w.buyout.policy.as_ref().map_or(0, |p| p.deadlines.dispatch_secs),
        )
    });
    loop {
        let decision = ask::ask(
            ctx,
            Ask::new(TaskKind::AssignInspector, details.clone(), due),
        )
        .await?;
        if let Decision::AssignInspector { inspector } = decision {
            let by = ctx.state(|w| {
                w.buyout
                    .tasks
                    .values()
                    .rev()
                    .find(|task| task.kind == TaskKind::AssignInspector)
                    .and_then(|task| task.closed_by.clone())
            });
            return Ok(Assignment { inspector, by });
        }
    }
}
