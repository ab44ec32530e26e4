//! Step 3 and 4: the inspection, what is missing, identifiers that differ, photos used before.

use contracts::records::{FindPhotoReuse, RecordActivities};
use domain::buyout::decision::{Decision, MismatchResolution};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::{Buyout, EventKind};
use domain::inspection::{SubmittedInspection, far_photos, identifier_mismatches};
use domain::task::TaskKind;

use crate::buyout::ask::{self, Ask};
use crate::buyout::{Ctx, Exit, desk, step};

/// Ends with an inspection whose identifiers fit the deal or whose difference a person explained.
pub(crate) async fn inspect(ctx: &Ctx) -> Result<(), Exit> {
    loop {
        desk::enter(ctx, Stage::Inspection)?;
        receive(ctx).await?;
        find_photo_reuse(ctx).await?;
        for line in ctx.state(|w| far(&w.buyout)) {
            desk::note(ctx, EventKind::Check, None, line);
        }
        if identifiers_fit(ctx).await? {
            return Ok(());
        }
    }
}

/// What the inspector reads on their task.
pub(crate) fn details(buyout: &Buyout) -> String {
    let Some(deal) = &buyout.deal else {
        return String::new();
    };
    let when = deal.visit.at.zip(buyout.policy.as_ref()).map_or_else(
        || "по договорённости".to_owned(),
        |(at, policy)| policy.calendar.format_ru(at),
    );
    format!(
        "Автомобиль: {}\n\nНомер: {}\n\nМесто: {}, {}\n\nВремя: {when}",
        deal.car.title(),
        deal.car
            .plate
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_else(|| "—".to_owned()),
        deal.visit.city,
        deal.visit.address
    )
}

async fn receive(ctx: &Ctx) -> Result<(), Exit> {
    // Of the visit before this one.
    ctx.state_mut(|w| w.buyout.visit.reported = None);
    let (ask, template) = ctx.state(|w| {
        let policy = w.buyout.policy.as_ref();
        let details = details(&w.buyout);
        let mut ask = Ask::new(
            TaskKind::Inspect,
            details,
            policy.map_or(0, |p| p.deadlines.inspect_secs),
        );
        if let Some(assignment) = &w.buyout.assignment {
            ask = ask.of(assignment.inspector.clone());
        }
        (
            ask,
            policy.map(|p| p.template.title.clone()).unwrap_or_default(),
        )
    });
    match ask::ask(ctx, ask).await? {
        Decision::SubmitInspection { inspection } => {
            let at = desk::now(ctx);
            ctx.state_mut(|w| {
                let inspector = w
                    .buyout
                    .tasks
                    .values()
                    .rev()
                    .find(|task| task.kind == TaskKind::Inspect && task.closed_by.is_some())
                    .and_then(|task| task.closed_by.clone());
                if let Some(inspector) = inspector {
                    w.buyout.inspections.push(SubmittedInspection {
                        inspection,
                        inspector,
                        at,
                    });
                }
            });
            desk::note(
                ctx,
                EventKind::Stage,
                None,
                format!("Осмотр полон по шаблону «{template}»."),
            );
            Ok(())
        }
        Decision::NoShow { .. } => Err(Exit::Ended(BuyoutOutcome::NoShow)),
        // Nothing else answers this kind of task, see `Decision::answers`.
        _ => Ok(()),
    }
}

/// A photo seen in another run is a sign of fraud; the appraiser sees it.
async fn find_photo_reuse(ctx: &Ctx) -> Result<(), Exit> {
    let query = ctx.state(|w| FindPhotoReuse {
        buyout: w.buyout.id.clone(),
        hashes: w
            .buyout
            .last_inspection()
            .map(|done| {
                done.inspection
                    .photos
                    .iter()
                    .filter_map(|photo| {
                        Some((photo.file.id.clone(), photo.file.source_sha256.clone()?))
                    })
                    .collect()
            })
            .unwrap_or_default(),
    });
    if query.hashes.is_empty() {
        return Ok(());
    }
    let reuse = ctx
        .execute_local_activity(RecordActivities::find_photo_reuse, query, step::record())
        .await?;
    for found in &reuse {
        desk::note(
            ctx,
            EventKind::Check,
            None,
            format!(
                "Фото {} уже было в другом осмотре: {}.",
                found.file, found.buyout
            ),
        );
    }
    ctx.state_mut(|w| w.buyout.photo_reuse = reuse);
    Ok(())
}

/// Photos of another place than the visit's are no photos of this visit; a sentence each.
pub(crate) fn far(buyout: &Buyout) -> Vec<String> {
    let (Some(deal), Some(policy), Some(done)) =
        (&buyout.deal, &buyout.policy, buyout.last_inspection())
    else {
        return Vec::new();
    };
    far_photos(&done.inspection, deal.visit.place, policy.limits.photo_km)
        .into_iter()
        .map(|photo| {
            format!(
                "Фото «{}» снято в {} км от адреса осмотра.",
                photo.angle.title_ru(),
                photo.km
            )
        })
        .collect()
}

/// Compares what was read with the deal; a difference is for security to resolve.
async fn identifiers_fit(ctx: &Ctx) -> Result<bool, Exit> {
    let mismatches = ctx.state(|w| match (&w.buyout.deal, w.buyout.last_inspection()) {
        (Some(deal), Some(done)) => {
            identifier_mismatches(&deal.car.identifier, &done.inspection.identifiers)
        }
        _ => Vec::new(),
    });
    ctx.state_mut(|w| w.buyout.mismatches = mismatches.clone());
    if mismatches.is_empty() {
        return Ok(true);
    }
    let pairs: Vec<String> = mismatches
        .iter()
        .map(|m| {
            format!(
                "- {}: прочитано «{}», в сделке «{}»",
                m.source, m.found, m.expected
            )
        })
        .collect();
    let details = format!("Номера не сходятся:\n\n{}", pairs.join("\n"));
    let due = ctx.state(|w| w.buyout.policy.as_ref().map_or(0, |p| p.deadlines.ops_secs));
    match ask::ask(ctx, Ask::new(TaskKind::ResolveMismatch, details, due)).await? {
        Decision::Mismatch {
            resolution: MismatchResolution::Accept { .. },
        } => Ok(true),
        Decision::Mismatch {
            resolution: MismatchResolution::Refuse { reason },
        } => Err(Exit::Ended(BuyoutOutcome::RefusedFraud { reason })),
        _ => Ok(false),
    }
}
