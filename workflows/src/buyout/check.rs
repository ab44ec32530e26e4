//! Step 5 and 9: outside checks in one parallel wave, again before contract and money when they are old, and
//! whenever people want them again.

mod sources;

use contracts::bitrix24::Notify;
use domain::buyout::decision::{Decision, RemovalResolution, SourcesResolution};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::checks::{CheckKind, CheckOutcome, CheckResult, Verdict, stale, verdict};
use domain::staff::Role;
use domain::task::TaskKind;
use futures_util::FutureExt;
use futures_util::future::Either;
use temporalio_workflow::{
    TimerOptions, WaitConditionOptions, WorkflowCancellationToken, join_all,
};

pub(crate) use self::sources::Source;
use crate::buyout::ask::{self, Ask};
use crate::buyout::check::sources::ask_source;
use crate::buyout::{Ctx, Exit, desk, step};

/// Where results are looked at: what is found later has its consequence at the next of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Before the appraisal.
    Appraisal,
    /// Before the contract; the market is not asked again, the price is agreed.
    Contract,
    /// Before money leaves; only what forbids to pay stands in the way.
    Money,
}

impl Gate {
    fn stage(self) -> Stage {
        match self {
            Self::Appraisal => Stage::Checking,
            Self::Contract | Self::Money => Stage::Recheck,
        }
    }

    /// Whether a silent source of that kind is for a person to decide here.
    fn needs(self, kind: CheckKind) -> bool {
        match self {
            Self::Appraisal => true,
            Self::Contract => kind != CheckKind::Market,
            // The others were decided before the contract.
            Self::Money => kind.blocks_payment_when_unknown(),
        }
    }
}

/// The first wave, before the appraisal.
pub(crate) async fn check(ctx: &Ctx) -> Result<(), Exit> {
    desk::enter(ctx, Stage::Checking)?;
    let wanted: Vec<Source> = due_sources(ctx, Gate::Appraisal);
    wave(ctx, &wanted).await?;
    settle(ctx, Gate::Appraisal).await
}

/// Before the contract: whatever is older than the policy allows, silent or missing is asked again, and what
/// people found meanwhile by asking again has its consequence.
pub(crate) async fn recheck(ctx: &Ctx) -> Result<(), Exit> {
    pass(ctx, Gate::Contract).await
}

/// Before money leaves. The contract may have been signed days ago, and people may have asked again.
pub(crate) async fn before_money(ctx: &Ctx) -> Result<(), Exit> {
    pass(ctx, Gate::Money).await
}

async fn pass(ctx: &Ctx, gate: Gate) -> Result<(), Exit> {
    repeats_done(ctx).await;
    let due = due_sources(ctx, gate);
    if due.is_empty() && ctx.state(|w| is_clear(&w.buyout.checks, gate)) {
        return Ok(());
    }
    desk::enter(ctx, gate.stage())?;
    if !due.is_empty() {
        desk::note(
            ctx,
            EventKind::Check,
            None,
            "Проверки устарели или неполны: спрашиваем источники ещё раз.",
        );
        wave(ctx, &due).await?;
    }
    settle(ctx, gate).await
}

/// Whether nothing that is known forbids to go on.
fn is_clear(results: &[CheckResult], gate: Gate) -> bool {
    match verdict(results) {
        Verdict::Clear => true,
        Verdict::Fatal(_) | Verdict::Removable(_) => false,
        Verdict::Unknown(kinds) => !kinds.into_iter().any(|kind| gate.needs(kind)),
    }
}

/// Ends when nobody waits any more for sources that people wanted asked again: a gate looks at the newest.
async fn repeats_done(ctx: &Ctx) {
    let steady = WaitConditionOptions::builder()
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    // The wait has no error of its own under a token that nobody cancels.
    let _ = ctx
        .wait_condition_with_options(|w| w.desk.repeats.is_empty(), steady)
        .await;
}

/// Asks one source again whenever somebody wants it. Ends only with the run.
pub(crate) async fn repeat(ctx: &Ctx, source: Source) -> Exit {
    loop {
        let steady = WaitConditionOptions::builder()
            .cancellation_token(WorkflowCancellationToken::new())
            .build();
        // The wait has no error of its own under a token that nobody cancels.
        let _ = ctx
            .wait_condition_with_options(|w| w.desk.repeats.contains(&source), steady)
            .await;
        let asked = ask_source(ctx, source).await;
        ctx.state_mut(|w| w.desk.repeats.remove(&source));
        if let Err(exit) = asked {
            return exit;
        }
    }
}

/// Sources of which at least one kind is missing, unknown or old. The market is not asked again before
/// money: the price is agreed. Once the contract is made, a silent source that forbids nothing was decided.
fn due_sources(ctx: &Ctx, gate: Gate) -> Vec<Source> {
    let now = desk::now(ctx);
    ctx.state(|w| {
        let freshness = w
            .buyout
            .policy
            .as_ref()
            .map_or(86_400, |p| p.limits.check_freshness_secs);
        let mut due = stale(
            &w.buyout.checks,
            now,
            chrono::Duration::seconds(freshness as i64),
        );
        if gate == Gate::Money {
            let answered = |kind: &CheckKind| {
                let mut results = w.buyout.checks.iter();
                results.any(|r| r.kind == *kind && r.outcome != CheckOutcome::Unknown)
            };
            due.retain(|kind| gate.needs(*kind) || answered(kind));
        }
        Source::ALL
            .into_iter()
            .filter(|source| source.kinds().iter().any(|kind| due.contains(kind)))
            .filter(|source| !(w.buyout.agreed_price.is_some() && *source == Source::Market))
            .collect()
    })
}

/// Decides what the results mean; ends with results under which the process may go on.
async fn settle(ctx: &Ctx, gate: Gate) -> Result<(), Exit> {
    loop {
        repeats_done(ctx).await;
        match ctx.state(|w| verdict(&w.buyout.checks)) {
            Verdict::Clear => return Ok(()),
            Verdict::Fatal(reasons) => return Err(refuse(ctx, reasons).await),
            Verdict::Removable(reasons) => await_removal(ctx, reasons).await?,
            Verdict::Unknown(kinds) => {
                let silent: Vec<CheckKind> =
                    kinds.into_iter().filter(|kind| gate.needs(*kind)).collect();
                if silent.is_empty() || !decide_sources(ctx, &silent).await? {
                    return Ok(());
                }
            }
        }
        desk::enter(ctx, gate.stage())?;
        let due = due_sources(ctx, gate);
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
    let why = ctx.state(|w| reasons_of(&w.buyout.checks, silent));
    let details = format!(
        "Не ответили: {}.{why}\n\nМожно спросить ещё раз, продолжить без них или прекратить. Без ответа о розыске, запретах, залоге и ЭПТС деньги не выплачиваются.",
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

/// What is known of why sources are silent, each reason once.
fn reasons_of(results: &[CheckResult], silent: &[CheckKind]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for result in results.iter().filter(|r| silent.contains(&r.kind)) {
        for finding in &result.findings {
            let line = format!("\n- {}: {}", result.source, finding.text);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    if lines.is_empty() {
        String::new()
    } else {
        format!("\n{}", lines.concat())
    }
}

/// Asks the sources at once; each answer is saved and seen as it arrives.
async fn wave(ctx: &Ctx, sources: &[Source]) -> Result<(), Exit> {
    ctx.state_mut(|w| {
        w.desk.waves += 1;
        // Beside those that somebody had asked again.
        let kinds = sources.iter().flat_map(|s| s.kinds()).copied();
        w.buyout.checks_running.extend(kinds);
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
