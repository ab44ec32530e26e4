//! Undoing what was begun, last in first out. Undo is registered before its step, so it tolerates that
//! the step never happened; an undo that fails becomes a task of ops.

use contracts::queues;
use contracts::records::RecordActivities;
use contracts::treasury::TreasuryActivities;
use domain::buyout::decision::Decision;
use domain::buyout::state::EventKind;
use domain::buyout::undo::Undo;
use domain::task::TaskKind;
use uuid::Uuid;

use crate::buyout::ask::{self, Ask};
use crate::buyout::{Ctx, Exit, desk, step};

/// Undoes everything that is registered.
pub(crate) async fn undo_all(ctx: &Ctx) -> Result<(), Exit> {
    while let Some(step) = ctx.state_mut(|w| w.desk.undo.pop()) {
        undo(ctx, step).await?;
    }
    Ok(())
}

/// The deal is done: its registered undo is no longer wanted, save giving the car free.
pub(crate) async fn keep_all(ctx: &Ctx) -> Result<(), Exit> {
    ctx.state_mut(|w| w.desk.undo.keep_done());
    undo_all(ctx).await
}

pub(crate) async fn undo(ctx: &Ctx, undo: Undo) -> Result<(), Exit> {
    match &undo {
        Undo::ReleaseCar => {
            let id = ctx.state(|w| w.buyout.id.clone());
            ctx.execute_local_activity(RecordActivities::release_car, id, step::record())
                .await?;
        }
        Undo::VoidDocuments => {
            let voided = ctx.state_mut(|w| {
                let mut voided = 0;
                for document in w.buyout.documents.iter_mut().filter(|d| !d.void) {
                    document.void = true;
                    voided += 1;
                }
                voided
            });
            if voided > 0 {
                desk::note(ctx, EventKind::Undo, None, "Договор и акт аннулированы.");
            }
        }
        Undo::WithdrawRequest(ref_key) => withdraw(ctx, &undo, *ref_key).await?,
    }
    Ok(())
}

async fn withdraw(ctx: &Ctx, undo: &Undo, ref_key: Uuid) -> Result<(), Exit> {
    loop {
        let options = step::partner(
            ctx,
            queues::ONEC_TREASURY,
            step::patience(ctx),
            "1С: отозвать заявку",
        );
        let withdrawal = || TreasuryActivities::withdraw_request;
        let failure = match step::call(ctx, withdrawal, ref_key, options).await {
            Ok(()) => {
                desk::note(
                    ctx,
                    EventKind::Undo,
                    None,
                    "Заявка на оплату в 1С отозвана.",
                );
                return Ok(());
            }
            Err(error) => step::failure(&error),
        };
        let details = format!(
            "Не удалось: {}.\n\nПричина: {}",
            undo.title_ru(),
            failure.text
        );
        let due = ctx.state(|w| {
            w.buyout
                .policy
                .as_ref()
                .map_or(3_600, |p| p.deadlines.ops_secs)
        });
        let ask = Ask::new(TaskKind::UndoTrouble, details, due).waiting_for(queues::ONEC_TREASURY);
        match ask::ask(ctx, ask).await? {
            Decision::DoneByHand { comment } => {
                let line = format!("Вручную: {} — {comment}", undo.title_ru());
                ctx.state_mut(|w| w.buyout.manual.push(line));
                return Ok(());
            }
            _ => continue,
        }
    }
}
