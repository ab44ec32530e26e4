//! Step 5 and 9: outside checks in one parallel wave, and again before money when they are old.

use std::collections::BTreeSet;
use std::time::Duration;

use contracts::autoteka::{AutotekaActivities, FetchReport, OrderReport, Valuate};
use contracts::avtocod::{AvtocodActivities, FetchAvtocod, MakeReport};
use contracts::bitrix24::Notify;
use contracts::fssp::{FsspActivities, SearchPerson};
use contracts::queues;
use domain::buyout::decision::{Decision, RemovalResolution, SourcesResolution};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::checks::{
    CheckKind, CheckOutcome, CheckResult, ReportResult, Verdict, merge, stale, verdict,
};
use domain::staff::Role;
use domain::task::TaskKind;
use futures_util::FutureExt;
use futures_util::future::Either;
use temporalio_workflow::{
    ActivityExecutionError, TimerOptions, WaitConditionOptions, WorkflowCancellationToken,
    join_all, select,
};

use crate::buyout::ask::{self, Ask};
use crate::buyout::{Ctx, Exit, desk, step};

/// Who answers which kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Autoteka,
    Market,
    Avtocod,
    Fssp,
}

impl Source {
    const ALL: [Self; 4] = [Self::Autoteka, Self::Market, Self::Avtocod, Self::Fssp];

    fn title(self) -> &'static str {
        match self {
            Self::Autoteka | Self::Market => "Автотека",
            Self::Avtocod => "Авткод",
            Self::Fssp => "ФССП",
        }
    }

    fn kinds(self) -> &'static [CheckKind] {
        match self {
            Self::Autoteka => &[CheckKind::History],
            Self::Market => &[CheckKind::Market],
            Self::Avtocod => &[
                CheckKind::Wanted,
                CheckKind::Restrictions,
                CheckKind::Accidents,
                CheckKind::Registration,
                CheckKind::Pledge,
                CheckKind::Epts,
                CheckKind::Taxi,
            ],
            Self::Fssp => &[CheckKind::Bailiffs],
        }
    }
}

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

async fn ask_source(ctx: &Ctx, source: Source) -> Result<(), Exit> {
    let answer = match source {
        Source::Autoteka => autoteka(ctx).await,
        Source::Market => market(ctx).await,
        Source::Avtocod => avtocod(ctx).await,
        Source::Fssp => fssp(ctx).await,
    };
    let now = desk::now(ctx);
    let report = answer.unwrap_or_else(|error| {
        let why = step::failure(&error).text;
        ReportResult {
            results: source
                .kinds()
                .iter()
                .map(|kind| {
                    CheckResult::unknown(
                        *kind,
                        source.title(),
                        format!("Источник не ответил: {why}"),
                        now,
                    )
                })
                .collect(),
            market: None,
        }
    });
    let lines: Vec<String> = report
        .results
        .iter()
        .map(|r| {
            let findings: Vec<&str> = r.findings.iter().map(|f| f.text.as_str()).collect();
            match r.outcome {
                CheckOutcome::Clear => format!("{}: чисто.", r.kind.title_ru()),
                CheckOutcome::Attention
                | CheckOutcome::Removable
                | CheckOutcome::Fatal
                | CheckOutcome::Unknown => {
                    format!("{}: {}", r.kind.title_ru(), findings.join("; "))
                }
            }
        })
        .collect();
    ctx.state_mut(|w| {
        merge(&mut w.buyout.checks, report.results);
        if report.market.is_some() {
            w.buyout.market = report.market;
        }
        let answered: BTreeSet<CheckKind> = source.kinds().iter().copied().collect();
        w.buyout
            .checks_running
            .retain(|kind| !answered.contains(kind));
    });
    for line in lines {
        desk::note(ctx, EventKind::Check, None, line);
    }
    desk::save(ctx).await
}

/// How long a source is waited for, and the pause between two questions.
fn patience(ctx: &Ctx) -> (Duration, Duration) {
    let wait = ctx.state(|w| w.buyout.policy.as_ref().map_or(600, |p| p.deadlines.source_secs));
    (step::secs(wait), step::pause(ctx))
}

fn mileage(ctx: &Ctx) -> u32 {
    ctx.state(|w| {
        w.buyout
            .last_inspection()
            .map_or(0, |done| done.inspection.mileage_km)
    })
}

async fn autoteka(ctx: &Ctx) -> Result<ReportResult, ActivityExecutionError> {
    let (wait, pause) = patience(ctx);
    let mileage_km = mileage(ctx);
    let (buyout, order) = ctx.state(|w| {
        let identifier = w.buyout.deal.as_ref().map(|d| d.car.identifier.clone());
        let max_age_secs = w
            .buyout
            .policy
            .as_ref()
            .map_or(86_400, |p| p.limits.check_freshness_secs);
        (
            w.buyout.id.clone(),
            identifier.map(|identifier| OrderReport {
                buyout: w.buyout.id.clone(),
                identifier,
                max_age_secs,
            }),
        )
    });
    let Some(order) = order else {
        return Ok(ReportResult {
            results: Vec::new(),
            market: None,
        });
    };
    let options = step::partner(queues::AUTOTEKA, wait, "Автотека: заказать отчёт");
    let report_id = ctx
        .execute_activity(AutotekaActivities::order_report, order, options)
        .await?;
    let options = step::poll(queues::AUTOTEKA, pause, wait, "Автотека: получить отчёт");
    ctx.execute_activity(
        AutotekaActivities::fetch_report,
        FetchReport {
            buyout,
            report_id,
            mileage_km,
        },
        options,
    )
    .await
}

async fn market(ctx: &Ctx) -> Result<ReportResult, ActivityExecutionError> {
    let (wait, _) = patience(ctx);
    let mileage_km = mileage(ctx);
    let query = ctx.state(|w| {
        w.buyout.deal.as_ref().map(|deal| Valuate {
            buyout: w.buyout.id.clone(),
            identifier: deal.car.identifier.clone(),
            make: deal.car.make.clone(),
            model: deal.car.model.clone(),
            year: deal.car.year,
            mileage_km,
            city: deal.visit.city.clone(),
        })
    });
    let Some(query) = query else {
        return Ok(ReportResult {
            results: Vec::new(),
            market: None,
        });
    };
    let options = step::partner(queues::AUTOTEKA, wait, "рыночная цена");
    ctx.execute_activity(AutotekaActivities::valuate, query, options)
        .await
}

async fn avtocod(ctx: &Ctx) -> Result<ReportResult, ActivityExecutionError> {
    let (wait, pause) = patience(ctx);
    let (buyout, order) = ctx.state(|w| {
        let round = w.desk.waves;
        (
            w.buyout.id.clone(),
            w.buyout.deal.as_ref().map(|deal| MakeReport {
                buyout: w.buyout.id.clone(),
                identifier: deal.car.identifier.clone(),
                plate: deal.car.plate.clone(),
                key: format!("{}/avtocod/{round}", w.buyout.id),
            }),
        )
    });
    let Some(order) = order else {
        return Ok(ReportResult {
            results: Vec::new(),
            market: None,
        });
    };
    let options = step::partner(queues::AVTOCOD, wait, "Авткод: заказать отчёт");
    let uid = ctx
        .execute_activity(AvtocodActivities::make_report, order, options)
        .await?;
    // The partner calls back when the report is complete; asking earlier only costs calls.
    {
        let steady = || WorkflowCancellationToken::new();
        let mut called = Box::pin(
            ctx.wait_condition_with_options(
                |w| w.desk.reports_ready.contains(&uid),
                WaitConditionOptions::builder()
                    .cancellation_token(steady())
                    .build(),
            ),
        );
        let mut timer = ctx.timer(
            TimerOptions::builder(pause * 4)
                .summary("ждём отчёт Авткод".to_owned())
                .cancellation_token(steady())
                .build(),
        );
        select! {
            _ = called => temporalio_workflow::CancellableFuture::cancel(&timer),
            _ = timer => {},
        }
    }
    let fetch = FetchAvtocod {
        buyout,
        uid,
        accept_partial: false,
    };
    let options = step::poll(queues::AVTOCOD, pause, wait, "Авткод: получить отчёт");
    match ctx
        .execute_activity(AvtocodActivities::fetch_report, fetch.clone(), options)
        .await
    {
        Err(error) if error.as_timeout().is_some() => {
            let partial = FetchAvtocod {
                accept_partial: true,
                ..fetch
            };
            let options = step::partner(
                queues::AVTOCOD,
                step::courtesy(ctx),
                "Авткод: получить что есть",
            );
            ctx.execute_activity(AvtocodActivities::fetch_report, partial, options)
                .await
        }
        answer => answer,
    }
}

async fn fssp(ctx: &Ctx) -> Result<ReportResult, ActivityExecutionError> {
    let (wait, _) = patience(ctx);
    let query = ctx.state(|w| {
        w.buyout.deal.as_ref().map(|deal| SearchPerson {
            buyout: w.buyout.id.clone(),
            full_name: deal.client.full_name(),
            birthdate: deal.client.birthdate,
        })
    });
    let Some(query) = query else {
        return Ok(ReportResult {
            results: Vec::new(),
            market: None,
        });
    };
    let options = step::partner(queues::FSSP, wait, "ФССП");
    ctx.execute_activity(FsspActivities::search_person, query, options)
        .await
}
