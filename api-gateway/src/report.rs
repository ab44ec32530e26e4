//! ReportService.

use domain::refusal::Refusal;
use domain::report::PERIOD_MAX_DAYS;
use domain::staff::Actor;
use proto::kite::report::v1 as pb;
use proto::kite::report::v1::report_service_server::ReportService;
use store::report::ReportFilter;
use store::report::{Durations, Refusals, ServiceLevel};
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::convert::common::{Reader, instant, money};
use crate::server::App;
use crate::status;

#[derive(Clone)]
pub(crate) struct Reports {
    pub(crate) app: App,
}

impl Reports {
    /// The period that was asked for, within the person's cities.
    fn filter(&self, actor: &Actor, period: Option<pb::Period>) -> Result<ReportFilter, Status> {
        let pb::Period { from, to, city } = period.unwrap_or_default();
        let cities = self.app.access.cities(actor, &city)?;
        read(from, to, cities).map_err(|refusal| status::refused(&refusal))
    }
}

fn read(
    from: Option<prost_types::Timestamp>,
    to: Option<prost_types::Timestamp>,
    cities: Vec<String>,
) -> Result<ReportFilter, Refusal> {
    let mut reader = Reader::default();
    let (from, to) = (instant(from), instant(to));
    if from.is_none() {
        reader.fail("period.from", "Укажите начало периода.");
    }
    match (from, to) {
        (_, None) => reader.fail("period.to", "Укажите конец периода."),
        (Some(from), Some(to)) if to <= from => {
            reader.fail("period.to", "Конец периода — позже начала.");
        }
        (Some(from), Some(to)) if to - from > chrono::Duration::days(PERIOD_MAX_DAYS) => reader
            .fail(
                "period.to",
                format!("Период — не больше {PERIOD_MAX_DAYS} дней."),
            ),
        (_, Some(_)) => {}
    }
    let filter = from
        .zip(to)
        .map(|(from, to)| ReportFilter { from, to, cities });
    reader.finish(filter)
}

fn refusals(refusals: Refusals) -> pb::Refusals {
    let Refusals {
        stage,
        runs,
        reasons,
    } = refusals;
    pb::Refusals {
        stage: stage.to_string(),
        title: stage.title_ru().to_owned(),
        count: runs,
        reasons: reasons
            .into_iter()
            .map(|(text, count)| pb::Reason { text, count })
            .collect(),
    }
}

fn level(level: ServiceLevel) -> pb::ServiceLevel {
    let ServiceLevel {
        kind,
        in_time,
        late,
        overdue,
    } = level;
    pb::ServiceLevel {
        kind: kind.to_string(),
        title: kind.title_ru().to_owned(),
        in_time,
        late,
        overdue,
    }
}

#[tonic::async_trait]
impl ReportService for Reports {
    async fn get_funnel(
        &self,
        request: Request<pb::GetFunnelRequest>,
    ) -> Result<Response<pb::GetFunnelResponse>, Status> {
        let actor = actor_of(&request)?;
        let filter = self.filter(&actor, request.into_inner().period)?;
        let funnel = self
            .app
            .store
            .report_funnel(&filter)
            .await
            .map_err(status::store)?;
        let steps = funnel
            .reached
            .iter()
            .map(|(stage, reached)| pb::FunnelStep {
                stage: stage.to_string(),
                title: stage.title_ru().to_owned(),
                reached: *reached,
            });
        Ok(Response::new(pb::GetFunnelResponse {
            steps: if funnel.started == 0 {
                Vec::new()
            } else {
                steps.collect()
            },
            started: funnel.started,
            bought: funnel.bought,
            paid: Some(money(funnel.paid)),
        }))
    }

    async fn get_cycle_times(
        &self,
        request: Request<pb::GetCycleTimesRequest>,
    ) -> Result<Response<pb::GetCycleTimesResponse>, Status> {
        let actor = actor_of(&request)?;
        let filter = self.filter(&actor, request.into_inner().period)?;
        let store = &self.app.store;
        let stages = store.report_stages(&filter).await.map_err(status::store)?;
        let whole = store.report_whole(&filter).await.map_err(status::store)?;
        let stages = stages
            .into_iter()
            .map(|(stage, durations)| {
                let Durations {
                    runs,
                    median_secs,
                    p90_secs,
                } = durations;
                pb::StageTime {
                    stage: stage.to_string(),
                    title: stage.title_ru().to_owned(),
                    runs,
                    median_secs,
                    p90_secs,
                }
            })
            .collect();
        Ok(Response::new(pb::GetCycleTimesResponse {
            stages,
            whole_median_secs: whole.median_secs,
            whole_p90_secs: whole.p90_secs,
        }))
    }

    async fn get_refusals(
        &self,
        request: Request<pb::GetRefusalsRequest>,
    ) -> Result<Response<pb::GetRefusalsResponse>, Status> {
        let actor = actor_of(&request)?;
        let filter = self.filter(&actor, request.into_inner().period)?;
        let found = self
            .app
            .store
            .report_refusals(&filter)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::GetRefusalsResponse {
            refusals: found.into_iter().map(refusals).collect(),
        }))
    }

    async fn get_service_levels(
        &self,
        request: Request<pb::GetServiceLevelsRequest>,
    ) -> Result<Response<pb::GetServiceLevelsResponse>, Status> {
        let actor = actor_of(&request)?;
        let filter = self.filter(&actor, request.into_inner().period)?;
        let levels = self
            .app
            .store
            .report_service_levels(&filter)
            .await
            .map_err(status::store)?;
        Ok(Response::new(pb::GetServiceLevelsResponse {
            levels: levels.into_iter().map(level).collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos: 0 })
    }

    #[test]
    fn a_period_has_two_ends_at_most_a_leap_year_apart() {
        let year = PERIOD_MAX_DAYS * 86_400;
        assert!(read(at(0), at(year), Vec::new()).is_ok());
        let fields = |from, to| -> Vec<String> {
            let refusal = read(from, to, Vec::new()).unwrap_err();
            refusal
                .fields
                .into_iter()
                .map(|field| field.field)
                .collect()
        };
        assert_eq!(fields(None, None), ["period.from", "period.to"]);
        assert_eq!(fields(at(0), at(year + 1)), ["period.to"]);
        assert_eq!(fields(at(5), at(5)), ["period.to"]);
        assert_eq!(fields(at(i64::MAX), at(5)), ["period.from"]);
        let broken = prost_types::Timestamp {
            seconds: 0,
            nanos: -1,
        };
        assert_eq!(fields(Some(broken), at(5)), ["period.from"]);
    }
}
