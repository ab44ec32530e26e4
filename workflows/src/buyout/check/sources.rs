//! The sources of the checks: who answers what, and how each is asked.

use std::collections::BTreeSet;
use std::time::Duration;

use contracts::autoteka::{AutotekaActivities, FetchReport, OrderReport, Valuate};
use contracts::avtocod::{AvtocodActivities, FetchAvtocod, MakeReport};
use contracts::fssp::{FsspActivities, SearchPerson};
use contracts::queues;
use domain::buyout::state::EventKind;
use domain::checks::{CheckKind, CheckOutcome, CheckResult, ReportResult, merge};
use temporalio_workflow::{
    ActivityExecutionError, TimerOptions, WaitConditionOptions, WorkflowCancellationToken, select,
};

use crate::buyout::{Ctx, Exit, desk, step};

/// Who answers which kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Autoteka,
    Market,
    Avtocod,
    Fssp,
}

impl Source {
    pub(crate) const ALL: [Self; 4] = [Self::Autoteka, Self::Market, Self::Avtocod, Self::Fssp];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Autoteka | Self::Market => "Автотека",
            Self::Avtocod => "Авткод",
            Self::Fssp => "ФССП",
        }
    }

    pub(crate) fn kinds(self) -> &'static [CheckKind] {
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

/// Asks one source; its answer is saved and seen at once. A source that cannot be asked is unknown, never
/// clean.
pub(super) async fn ask_source(ctx: &Ctx, source: Source) -> Result<(), Exit> {
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
    let wait = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(600, |p| p.deadlines.source_secs)
    });
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
    let options = step::partner(ctx, queues::AUTOTEKA, wait, "Автотека: заказать отчёт");
    let report_id = step::call(ctx, || AutotekaActivities::order_report, order, options).await?;
    let options = step::poll(
        ctx,
        queues::AUTOTEKA,
        pause,
        wait,
        "Автотека: получить отчёт",
    );
    step::call(
        ctx,
        || AutotekaActivities::fetch_report,
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
    let options = step::partner(ctx, queues::AUTOTEKA, wait, "рыночная цена");
    step::call(ctx, || AutotekaActivities::valuate, query, options).await
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
    let options = step::partner(ctx, queues::AVTOCOD, wait, "Авткод: заказать отчёт");
    let uid = step::call(ctx, || AvtocodActivities::make_report, order, options).await?;
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
    let options = step::poll(ctx, queues::AVTOCOD, pause, wait, "Авткод: получить отчёт");
    match step::call(
        ctx,
        || AvtocodActivities::fetch_report,
        fetch.clone(),
        options,
    )
    .await
    {
        Err(error) if error.as_timeout().is_some() => {
            let partial = FetchAvtocod {
                accept_partial: true,
                ..fetch
            };
            let options = step::partner(
                ctx,
                queues::AVTOCOD,
                step::courtesy(ctx),
                "Авткод: получить что есть",
            );
            step::call(ctx, || AvtocodActivities::fetch_report, partial, options).await
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
    let options = step::partner(ctx, queues::FSSP, wait, "ФССП");
    step::call(ctx, || FsspActivities::search_person, query, options).await
}
