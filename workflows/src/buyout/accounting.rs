//! Step 14: the bought car in 1C. Money has moved, so nothing here is undone by itself: what 1C
//! refuses goes to accounting, and the step is tried again or marked as done by hand.

use contracts::onec::{OnecActivities, SaveCar, SaveCounterparty, SaveReceipt};
use contracts::queues;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::document::DocumentKind;
use domain::money::Money;
use domain::task::TaskKind;
use temporalio_workflow::{ActivityOptions, join};

use crate::buyout::{Ctx, Exit, desk, step};

pub(crate) async fn take_in(ctx: &Ctx, price: Money) -> Result<(), Exit> {
    desk::enter(ctx, Stage::Intake)?;
    desk::save(ctx).await?;
    let Some((counterparty, car)) = ctx.state(|w| {
        let (deal, papers) = (w.buyout.deal.as_ref()?, w.buyout.papers.as_ref()?);
        let mileage_km = w
            .buyout
            .last_inspection()
            .map_or(0, |done| done.inspection.mileage_km);
        Some((
            SaveCounterparty {
                ref_key: w.buyout.id.object_key("counterparty"),
                client: deal.client.clone(),
                fields: papers.fields.clone(),
            },
            SaveCar {
                ref_key: w.buyout.id.object_key("car"),
                car: deal.car.clone(),
                fields: papers.fields.clone(),
                mileage_km,
            },
        ))
    }) else {
        return Ok(());
    };
    let (counterparty_key, car_key) = (counterparty.ref_key, car.ref_key);
    let seller = step::must(
        ctx,
        TaskKind::AccountingTrouble,
        "карточка продавца в 1С",
        || OnecActivities::save_counterparty,
        counterparty,
        options(ctx, "1С: карточка продавца"),
    );
    let card = step::must(
        ctx,
        TaskKind::AccountingTrouble,
        "карточка автомобиля в 1С",
        || OnecActivities::save_car,
        car,
        options(ctx, "1С: карточка автомобиля"),
    );
    let (seller, card) = join!(seller, card);
    seller?;
    let car_key = card?.unwrap_or(car_key);
    ctx.state_mut(|w| {
        w.buyout.intake.counterparty = Some(counterparty_key);
        w.buyout.intake.car = Some(car_key);
    });
    receipt(ctx, counterparty_key, car_key, price).await
}

async fn receipt(
    ctx: &Ctx,
    counterparty: uuid::Uuid,
    car: uuid::Uuid,
    price: Money,
) -> Result<(), Exit> {
    let at = desk::now(ctx);
    let receipt = ctx.state(|w| SaveReceipt {
        ref_key: w.buyout.id.object_key("receipt"),
        car,
        counterparty,
        legal_entity: w
            .buyout
            .policy
            .as_ref()
            .map(|p| p.legal_entity.id.clone())
            .unwrap_or_default(),
        site: w
            .buyout
            .policy
            .as_ref()
            .map(|p| p.site.id.clone())
            .unwrap_or_default(),
        price,
        contract_number: w
            .buyout
            .document(DocumentKind::Contract)
            .map(|d| d.number.clone())
            .unwrap_or_default(),
        at,
        comment: format!("Kite, сделка {}", w.buyout.deal_id),
    });
    let ref_key = receipt.ref_key;
    let number = step::must(
        ctx,
        TaskKind::AccountingTrouble,
        "поступление автомобиля в 1С",
        || OnecActivities::save_receipt,
        receipt,
        options(ctx, "1С: поступление автомобиля"),
    )
    .await?;
    ctx.state_mut(|w| {
        w.buyout.intake.receipt = Some(ref_key);
        w.buyout.intake.receipt_number = number.clone();
    });
    let posted = step::must(
        ctx,
        TaskKind::AccountingTrouble,
        "проведение поступления в 1С",
        || OnecActivities::post_receipt,
        ref_key,
        options(ctx, "1С: провести поступление"),
    )
    .await?;
    match posted {
        Some(()) => {
            ctx.state_mut(|w| w.buyout.intake.posted = true);
            let line = format!("Поступление {} проведено в 1С.", number.unwrap_or_default());
            desk::note(ctx, EventKind::Accounting, None, line);
        }
        None => ctx.state_mut(|w| {
            w.buyout
                .manual
                .push("Поступление в 1С проведено вручную.".to_owned())
        }),
    }
    Ok(())
}

fn options(ctx: &Ctx, summary: &str) -> ActivityOptions {
    step::partner(ctx, queues::ONEC_ALFA, step::patience(ctx), summary)
}
