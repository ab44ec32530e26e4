//! Step 1: read the deal, capture the policy, take the car.

use contracts::bitrix24::{Bitrix24Activities, ReadDeal, UpdateDeal};
use contracts::queues;
use contracts::records::{ClaimCar, RecordActivities};
use contracts::search_attributes as sa;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::state::EventKind;
use domain::buyout::undo::Undo;
use domain::money::Money;
use domain::task::TaskKind;

use crate::buyout::{Ctx, Exit, desk, step};

/// Reads the deal and captures the policy of its city: a running process keeps its own.
pub(crate) async fn read_deal(ctx: &Ctx) -> Result<(), Exit> {
    let by_hand = ctx.state(|w| w.desk.started_by.clone());
    let line = match &by_hand {
        Some(person) => format!("Выкуп начат вручную: {}.", person.name),
        None => "Выкуп начат роботом Битрикс24.".to_owned(),
    };
    desk::note(ctx, EventKind::Started, by_hand, line);
    desk::save(ctx).await?;
    let query = ctx.state(|w| ReadDeal {
        portal: w.buyout.portal.clone(),
        deal_id: w.buyout.deal_id,
    });
    let options = step::partner(
        ctx,
        queues::BITRIX24,
        step::patience(ctx),
        "прочитать сделку",
    );
    let deal = step::must(
        ctx,
        TaskKind::PartnerTrouble,
        "чтение сделки в Битрикс24",
        || Bitrix24Activities::read_deal,
        query,
        options,
    )
    .await?
    .ok_or_else(|| {
        Exit::Ended(BuyoutOutcome::Cancelled {
            reason: "сделку в Битрикс24 прочитать не удалось".to_owned(),
            by: None,
        })
    })?;
    let policy = ctx
        .execute_local_activity(
            RecordActivities::capture_policy,
            deal.visit.city.clone(),
            step::record(),
        )
        .await?;
    ctx.upsert_search_attributes([
        sa::CITY.value_set(deal.visit.city.clone()),
        sa::VIN.value_set(deal.car.identifier.as_str().to_owned()),
        sa::DEAL.value_set(deal.deal_id.to_string()),
    ]);
    let consent = deal.consent;
    ctx.state_mut(|w| {
        w.buyout.deal = Some(deal);
        w.buyout.policy = Some(policy);
    });
    if !consent {
        return Err(Exit::Ended(BuyoutOutcome::Cancelled {
            reason: "в сделке нет согласия клиента на обработку персональных данных (152-ФЗ)"
                .to_owned(),
            by: None,
        }));
    }
    Ok(())
}

/// One car, one active buyout: a second deal on the same car ends at once and names the first.
pub(crate) async fn take_car(ctx: &Ctx) -> Result<(), Exit> {
    let Some(claim) = ctx.state(|w| {
        w.buyout.deal.as_ref().map(|deal| ClaimCar {
            buyout: w.buyout.id.clone(),
            identifier: deal.car.identifier.as_str().to_owned(),
        })
    }) else {
        return Ok(());
    };
    ctx.state_mut(|w| w.desk.undo.register(Undo::ReleaseCar));
    let other = ctx
        .execute_local_activity(RecordActivities::claim_car, claim, step::record())
        .await?;
    match other {
        None => Ok(()),
        Some(other) => Err(Exit::Ended(BuyoutOutcome::Cancelled {
            reason: format!("этот автомобиль уже выкупается: {other}"),
            by: None,
        })),
    }
}

/// Moves the deal along its pipeline and writes what the manager should see; best effort, since the
/// pipeline follows the process and not the other way round.
pub(crate) async fn move_deal(
    ctx: &Ctx,
    stage: Option<String>,
    price: Option<Money>,
    result: Option<String>,
) {
    let update = ctx.state(|w| UpdateDeal {
        portal: w.buyout.portal.clone(),
        deal_id: w.buyout.deal_id,
        stage,
        price,
        result,
        files: Vec::new(),
    });
    let options = step::partner(
        ctx,
        queues::BITRIX24,
        step::courtesy(ctx),
        "обновить сделку",
    );
    if let Err(error) = ctx
        .execute_activity(Bitrix24Activities::update_deal, update, options)
        .await
    {
        step::note_failed(ctx, &error, "Сделка в Битрикс24 не обновлена");
    }
}
