//! Differences between systems, taken and settled by people; sweeps, when they ran and run now.

use contracts::sweep::{PORTALS_SCHEDULE, RECONCILE_SCHEDULE};
use domain::buyout::start::BuyoutId;
use domain::finding::FindingKind;
use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use domain::staff::Actor;
use proto::kite::common::v1::PageInfo;
use proto::kite::ops::v1 as pb;
use store::finding::{FindingEnd, FindingFilter, FindingRow};
use store::{Page, StoreError};
use tonic::Status;

use super::hold::words;
use super::{Operations, number};
use crate::convert;
use crate::status;

/// Code and Russian title of each sweep, with its schedule.
const SWEEPS: [(&str, &str, &str); 2] = [
    (
        "PORTALS",
        "Потерянные вызовы и события портала",
        PORTALS_SCHEDULE,
    ),
    (
        "RECONCILE",
        "Сверка с порталом, 1С и выплатами",
        RECONCILE_SCHEDULE,
    ),
];

impl Operations {
    pub(super) async fn findings(
        &self,
        request: pb::ListFindingsRequest,
    ) -> Result<pb::ListFindingsResponse, Status> {
        let pb::ListFindingsRequest {
            page,
            settled,
            kinds,
            buyout_id,
        } = request;
        let mut wrong = Vec::new();
        let mut known = Vec::new();
        for kind in &kinds {
            match kind.parse::<FindingKind>() {
                Ok(kind) => known.push(kind),
                Err(_) => wrong.push(FieldViolation::new(
                    "kinds",
                    format!("Неизвестный вид расхождения «{kind}»."),
                )),
            }
        }
        if !wrong.is_empty() {
            return Err(status::refused(&Refusal::invalid(wrong)));
        }
        let filter = FindingFilter {
            settled,
            kinds: known,
            run: (!buyout_id.is_empty()).then_some(BuyoutId(buyout_id)),
        };
        let page = page.unwrap_or_default();
        let found = self
            .app
            .store
            .list_findings(&filter, &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        Ok(pb::ListFindingsResponse {
            findings: self.named(found.rows).await?,
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
                more_than_total: found.more_than_total,
            }),
        })
    }

    pub(super) async fn claim(&self, actor: &Actor, id: u64) -> Result<pb::Finding, Status> {
        let claimed = self
            .app
            .store
            .claim_finding(number(id), &actor.person)
            .await;
        self.changed(claimed).await
    }

    pub(super) async fn settle(
        &self,
        actor: &Actor,
        id: u64,
        settlement: &str,
    ) -> Result<pb::Finding, Status> {
        let settlement = words("settlement", settlement, "Напишите, что сделано.")?;
        let settled = self
            .app
            .store
            .settle_finding(number(id), &actor.person, &settlement)
            .await;
        self.changed(settled).await
    }

    async fn changed(
        &self,
        changed: Result<FindingRow, StoreError>,
    ) -> Result<pb::Finding, Status> {
        let row = changed.map_err(|error| match error {
            StoreError::NotFound { .. } => status::not_found("Расхождение"),
            StoreError::Conflict(_) => status::refused(&Refusal::new(
                RefusalCode::WrongState,
                "Расхождение уже разбирает другой или оно уже закрыто. Обновите список.",
            )),
            other => status::store(other),
        })?;
        let mut named = self.named(vec![row]).await?;
        named.pop().ok_or_else(|| status::not_found("Расхождение"))
    }

    async fn named(&self, rows: Vec<FindingRow>) -> Result<Vec<pb::Finding>, Status> {
        let ids = rows
            .iter()
            .flat_map(|row| {
                let settled = match &row.settled {
                    Some(FindingEnd::ByPerson(word)) => Some(word.by.clone()),
                    Some(FindingEnd::Gone { at: _ }) | None => None,
                };
                [
                    row.claimed.as_ref().map(|claimed| claimed.by.clone()),
                    settled,
                ]
            })
            .flatten()
            .collect();
        let people = self.people(ids).await?;
        Ok(rows
            .into_iter()
            .map(|row| convert::ops::finding(row, &people))
            .collect())
    }

    pub(super) async fn sweeps(&self) -> Result<Vec<pb::Sweep>, Status> {
        let mut sweeps = Vec::new();
        for (code, title, schedule) in SWEEPS {
            let described = self.app.processes.schedule(schedule).await;
            let described = described.map_err(status::process)?;
            sweeps.push(convert::ops::sweep(code, title, described));
        }
        Ok(sweeps)
    }

    pub(super) async fn sweep(&self, actor: &Actor, code: &str) -> Result<(), Status> {
        let found = SWEEPS.into_iter().find(|(known, _, _)| *known == code);
        let (_, _, schedule) = found.ok_or_else(|| {
            status::refused(&Refusal::invalid(vec![FieldViolation::new(
                "code",
                format!("Неизвестный обход «{code}»."),
            )]))
        })?;
        let begun = self.app.processes.trigger(schedule).await;
        if !begun.map_err(status::process)? {
            return Err(status::refused(&Refusal::new(
                RefusalCode::WrongState,
                "Этот обход ещё не заведён в Temporal: его заводит исполнитель при запуске.",
            )));
        }
        tracing::info!(sweep = code, by = %actor.person, "a sweep begins because somebody asked");
        Ok(())
    }
}
