//! Partners as they are now, held and released by people.

use chrono::Utc;
use contracts::queues;
use domain::chat;
use domain::refusal::{FieldViolation, Refusal, RefusalCode};
use domain::staff::Actor;
use futures::future::join_all;
use proto::kite::common::v1::PageInfo;
use proto::kite::ops::v1 as pb;
use store::hold::HoldRow;
use store::{Page, StoreError};
use tonic::Status;

use super::Operations;
use crate::convert;
use crate::status;

/// The queue of a partner's code.
pub(super) fn queue_of(code: &str) -> Option<&'static str> {
    queues::ALL
        .into_iter()
        .find(|queue| queues::partner(queue) == Some(code))
}

/// The queue, or a refusal that names the field at fault.
pub(super) fn known(field: &str, code: &str) -> Result<&'static str, Status> {
    queue_of(code).ok_or_else(|| {
        status::refused(&Refusal::invalid(vec![FieldViolation::new(
            field,
            format!("Партнёра «{code}» нет."),
        )]))
    })
}

/// Words of a person that somebody else will read.
pub(super) fn words(field: &str, text: &str, missing: &str) -> Result<String, Status> {
    let wrong = |sentence: String| {
        status::refused(&Refusal::invalid(vec![FieldViolation::new(
            field, sentence,
        )]))
    };
    if text.trim().is_empty() {
        return Err(wrong(missing.to_owned()));
    }
    chat::check_text(text).map_err(|refusal| wrong(refusal.sentence))?;
    Ok(text.trim().to_owned())
}

impl Operations {
    /// Partners of these queues: how calls go, what waits, who holds them.
    pub(super) async fn partners(
        &self,
        queues: impl IntoIterator<Item = &'static str>,
    ) -> Result<Vec<pb::Partner>, Status> {
        let calls = self.app.store.partner_calls(Utc::now()).await;
        let calls = calls.map_err(status::store)?;
        let holds = self.holds(self.in_force().await?).await?;
        let partners = queues.into_iter().filter_map(|queue| {
            let code = queues::partner(queue)?;
            let calls = calls.get(code).cloned().unwrap_or_default();
            let holds: Vec<pb::Hold> = holds
                .iter()
                .filter(|hold| hold.partner == code)
                .cloned()
                .collect();
            Some(async move {
                let backlog = self.app.processes.backlog(queue).await;
                convert::ops::partner(code, queues::title_ru(queue), &calls, backlog, holds)
            })
        });
        Ok(join_all(partners).await)
    }

    pub(super) async fn in_force(&self) -> Result<Vec<HoldRow>, Status> {
        self.app.store.holds_in_force().await.map_err(status::store)
    }

    /// With the names of those who held and released.
    pub(super) async fn holds(&self, rows: Vec<HoldRow>) -> Result<Vec<pb::Hold>, Status> {
        let ids = rows
            .iter()
            .flat_map(|row| [row.held_by.clone(), row.released_by.clone()])
            .flatten()
            .collect();
        let people = self.people(ids).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let title = queue_of(&row.partner).map(queues::title_ru);
                convert::ops::hold(row, title.unwrap_or_default(), &people)
            })
            .collect())
    }

    pub(super) async fn hold(
        &self,
        actor: &Actor,
        partner: &str,
        reason: &str,
    ) -> Result<pb::Hold, Status> {
        let queue = known("partner", partner)?;
        let reason = words(
            "reason",
            reason,
            "Напишите, почему партнёр останавливается: это увидят все, кто его ждёт.",
        )?;
        let title = queues::title_ru(queue);
        let held = self
            .app
            .store
            .hold_partner(partner, title, &reason, &actor.person)
            .await
            .map_err(|error| match error {
                StoreError::Conflict(_) => status::refused(&Refusal::new(
                    RefusalCode::WrongState,
                    format!("{title}: партнёр уже остановлен."),
                )),
                other => status::store(other),
            })?;
        tracing::info!(partner, by = %actor.person, "a partner is held");
        let mut holds = self.holds(vec![held]).await?;
        holds.pop().ok_or_else(|| status::not_found("Остановка"))
    }

    pub(super) async fn resume(
        &self,
        actor: &Actor,
        partner: &str,
    ) -> Result<Option<pb::Partner>, Status> {
        let queue = known("partner", partner)?;
        self.app
            .store
            .resume_partner(partner, &actor.person)
            .await
            .map_err(|error| match error {
                StoreError::Conflict(_) => status::refused(&Refusal::new(
                    RefusalCode::WrongState,
                    format!(
                        "{}: партнёр не остановлен, возобновлять нечего.",
                        queues::title_ru(queue)
                    ),
                )),
                other => status::store(other),
            })?;
        tracing::info!(partner, by = %actor.person, "a partner is released");
        Ok(self.partners([queue]).await?.pop())
    }

    pub(super) async fn every_hold(
        &self,
        request: pb::ListHoldsRequest,
    ) -> Result<pb::ListHoldsResponse, Status> {
        let pb::ListHoldsRequest { page, partner } = request;
        let partner = Some(partner).filter(|partner| !partner.is_empty());
        if let Some(partner) = &partner {
            known("partner", partner)?;
        }
        let page = page.unwrap_or_default();
        let found = self
            .app
            .store
            .list_holds(partner.as_deref(), &Page::new(page.size, page.cursor))
            .await
            .map_err(status::store)?;
        Ok(pb::ListHoldsResponse {
            holds: self.holds(found.rows).await?,
            page: Some(PageInfo {
                next_cursor: found.next_cursor.unwrap_or_default(),
                total: found.total,
                more_than_total: found.more_than_total,
            }),
        })
    }
}
