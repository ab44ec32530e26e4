//! Step 5 and 9: outside checks in one parallel wave, and again before money when they are old.

mod sources;

use contracts::bitrix24::Notify;
use domain::buyout::decision::{Decision, RemovalResolution, SourcesResolution};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::checks::{CheckKind, CheckOutcome, Verdict, stale, verdict};
use domain::staff::Role;
use domain::task::TaskKind;
use futures_util::FutureExt;
use futures_util::future::Either;
use temporalio_workflow::{TimerOptions, WorkflowCancellationToken, join_all};

use crate::buyout::ask::{self, Ask};
use crate::buyout::check::sources::{Source, ask_source};
use crate::buyout::{Ctx, Exit, desk, step};

/// The first wave, before the appraisal.
pub(crate) async fn check(ctx: &Ctx) -> Result<(), Exit> {
    desk::enter(ctx, Stage::Checking)?;
    let wanted: Vec<Source> = due_sources(ctx);
    wave(ctx, &wanted).await?;
    settle(ctx, Stage::Checking).await
}

/// Before the contract: whatever is older than the policy allows, silent or missing is asked again.
pub(crate) async fn recheck(ctx: &Ctx) -> Result<(), Exit> {
    let due = due_sources(ctx);
    if due.is_empty() {
        return Ok(());
    }
    desk::enter(ctx, Stage::Recheck)?;
    desk::note(
        ctx,
        EventKind::Check,
        None,
        "Проверки устарели или неполны: спрашиваем источники ещё раз.",
    );
    wave(ctx, &due).await?;
    settle(ctx, Stage::Recheck).await
}

/// Sources of which at least one kind is missing, unknown or old. The market is not asked again before
/// money: the price is agreed.
fn due_sources(ctx: &Ctx) -> Vec<Source> {
    let now = desk::now(ctx);
    ctx.state(|w| {
        let freshness = w
            .buyout
            .policy
            .as_ref()
            .map_or(86_400, |p| p.limits.check_freshness_secs);
        let due = stale(
            &w.buyout.checks,
            now,
            chrono::Duration::seconds(freshness as i64),
        );
        Source::ALL
            .into_iter()
            .filter(|source| source.kinds().iter().any(|kind| due.contains(kind)))
            .filter(|source| !(w.buyout.agreed_price.is_some() && *source == Source::Market))
            .collect()
    })
}

/// Decides what the results mean; ends with results under which the process may go on.
async fn settle(ctx: &Ctx, stage: Stage) -> Result<(), Exit> {
    loop {
        match ctx.state(|w| verdict(&w.buyout.checks)) {
            Verdict::Clear => return Ok(()),
            Verdict::Fatal(reasons) => return Err(refuse(ctx, reasons).await),
            Verdict::Removable(reasons) => await_removal(ctx, reasons).await?,
            Verdict::Unknown(kinds) => {
                // After the price is agreed only the sources that guard money matter.
                let silent: Vec<CheckKind> = kinds
                    .into_iter()
                    .filter(|kind| stage != Stage::Recheck || *kind != CheckKind::Market)
                    .collect();
                if silent.is_empty() || !decide_sources(ctx, &silent).await? {
                    return Ok(());
                }
            }
        }
        desk::enter(ctx, stage)?;
        let due = due_sources(ctx);
        wave(ctx, &due).await?;
    }
}

/// A wanted or pledged car ends the deal; security learns why, the inspector does not.
async fn refuse(ctx: &Ctx, reasons: Vec<String>) -> Exit {
    let notice = ctx.state(|w| Notify {
        portal: w.buyout.portal.clone(),
        roles: vec![Role::Security],
        city: w.buyout.city().to_owned(),
        person: None,
        tag: format!("kite:{}:refused", w.buyout.id),
        text: format!("Сделка {}: {}.", w.buyout.deal_id, reasons.join("; ")),
    });
    ask::notify(ctx, notice).await;
    Exit::Ended(BuyoutOutcome::RefusedLegal { reasons })
}

/// The client has a ban removed; the registry is asked again when they say so.
async fn await_removal(ctx: &Ctx, reasons: Vec<String>) -> Result<(), Exit> {
    desk::enter(ctx, Stage::WaitRemoval)?;
    let patience = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(0, |p| p.deadlines.removal_secs)
    });
    let details = format!(
        "{}\n\nСообщите клиенту, что снять, и отметьте, когда он это сделал.",
        reasons
            .iter()
            .map(|r| format!("- {r}"))
            .collect::<Vec<_>>()
            .join("\n")
    );
    let timer = |token: WorkflowCancellationToken| {
        ctx.timer(
            TimerOptions::builder(step::secs(patience))
                .summary("ждём снятия запрета".to_owned())
                .cancellation_token(token)
                .build(),
        )
    };
    match ask::ask_until(
        ctx,
        Ask::new(TaskKind::AwaitRemoval, details, patience).by_wall_clock(),
        timer,
    )
    .await?
    {
        Either::Left(Decision::Removal {
            resolution: RemovalResolution::Refuse { reason },
        }) => Err(Exit::Ended(BuyoutOutcome::RefusedLegal {
            reasons: vec![reason],
        })),
        Either::Left(_) => {
            ctx.state_mut(|w| {
                w.buyout
                    .checks
                    .retain(|r| r.outcome != CheckOutcome::Removable)
            });
            Ok(())
        }
        Either::Right(_) => Err(Exit::Ended(BuyoutOutcome::RefusedLegal {
            reasons: reasons
                .into_iter()
                .map(|r| format!("{r} (не снято в срок)"))
                .collect(),
        })),
    }
}

/// Silent sources: a person waits, goes on or stops. `true`: ask again.
async fn decide_sources(ctx: &Ctx, silent: &[CheckKind]) -> Result<bool, Exit> {
    let names: Vec<&str> = silent.iter().map(|kind| kind.title_ru()).collect();
    let details = format!(
        "Не ответили: {}.\n\nМожно спросить ещё раз, продолжить без них или прекратить. Без ответа о розыске, запретах, залоге и ЭПТС деньги не выплачиваются.",
        names.join(", ")
    );
    let due = ctx.state(|w| w.buyout.policy.as_ref().map_or(0, |p| p.deadlines.ops_secs));
    match ask::ask(ctx, Ask::new(TaskKind::DecideSources, details, due)).await? {
        Decision::Sources {
            resolution: SourcesResolution::Proceed { .. },
        } => Ok(false),
        Decision::Sources {
            resolution: SourcesResolution::Stop { reason },
        } => Err(Exit::Ended(BuyoutOutcome::RefusedLegal {
            reasons: vec![reason],
        })),
        _ => Ok(true),
    }
}

/// Asks the sources at once; each answer is saved and seen as it arrives.
async fn wave(ctx: &Ctx, sources: &[Source]) -> Result<(), Exit> {
    ctx.state_mut(|w| {
        w.desk.waves += 1;
        w.buyout.checks_running = sources.iter().flat_map(|s| s.kinds()).copied().collect();
    });
    desk::save(ctx).await?;
    let asked = sources
        .iter()
        .map(|source| ask_source(ctx, *source).boxed_local());
    for result in join_all(asked).await {
        result?;
    }
    desk::check_cancel(ctx)
}
