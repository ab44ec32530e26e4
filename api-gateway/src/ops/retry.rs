//! Many calls and messages tried again at once: told one by one, at a rate, with a report at the end.

use std::collections::BTreeSet;
use std::time::Duration;

use contracts::queues;
use domain::buyout::explain;
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::Actor;
use proto::kite::ops::v1 as pb;
use proto::kite::ops::v1::retry_batch_response::Event;
use store::inbox::{InboxEntry, InboxFilter, InboxState};
use store::{AuditEntry, Page, StoreError};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::codegen::BoxStream;

use super::{Operations, hold};
use crate::process::ProcessError;
use crate::process::engine::{PendingActivity, ResetError};
use crate::status;

const PER_SECOND: u32 = 2;
const MOST_PER_SECOND: u32 = 20;
const LIMIT: u32 = 1_000;

/// What is tried again.
struct Wanted {
    partners: BTreeSet<String>,
    stages: Vec<Stage>,
    runs: Vec<BuyoutId>,
    calls: bool,
    inbox: bool,
    dry_run: bool,
    /// Between two of them.
    pause: Duration,
    limit: u32,
}

impl Wanted {
    fn read(request: pb::RetryBatchRequest) -> Result<Self, Status> {
        let pb::RetryBatchRequest {
            partners,
            stages,
            buyout_ids,
            what,
            dry_run,
            per_second,
            limit,
        } = request;
        let mut wrong = Vec::new();
        for code in &partners {
            if hold::queue_of(code).is_none() {
                let sentence = format!("Партнёра «{code}» нет.");
                wrong.push(FieldViolation::new("partners", sentence));
            }
        }
        let mut known = Vec::new();
        for stage in &stages {
            match stage.parse::<Stage>() {
                Ok(stage) => known.push(stage),
                Err(_) => {
                    let sentence = format!("Неизвестный этап «{stage}».");
                    wrong.push(FieldViolation::new("stages", sentence));
                }
            }
        }
        for what in what
            .iter()
            .filter(|what| !["CALLS", "INBOX"].contains(&what.as_str()))
        {
            let sentence = format!("Неизвестно, что такое «{what}».");
            wrong.push(FieldViolation::new("what", sentence));
        }
        if per_second > MOST_PER_SECOND {
            let sentence = format!("Не больше {MOST_PER_SECOND} в секунду.");
            wrong.push(FieldViolation::new("per_second", sentence));
        }
        if limit > LIMIT {
            wrong.push(FieldViolation::new("limit", format!("Не больше {LIMIT}.")));
        }
        if !wrong.is_empty() {
            return Err(status::refused(&Refusal::invalid(wrong)));
        }
        let asks = |kind: &str| what.is_empty() || what.iter().any(|what| what == kind);
        // A message has no partner and no stage: whoever asks for these means calls.
        let narrow = !(partners.is_empty() && known.is_empty());
        let rate = if per_second == 0 {
            PER_SECOND
        } else {
            per_second
        };
        Ok(Self {
            calls: asks("CALLS"),
            inbox: asks("INBOX") && !narrow,
            partners: partners.into_iter().collect(),
            stages: known,
            runs: buyout_ids.into_iter().map(BuyoutId).collect(),
            dry_run,
            pause: Duration::from_secs(1) / rate,
            limit: if limit == 0 { LIMIT } else { limit },
        })
    }
}

/// The client went away.
struct Gone;

/// A batch under way.
struct Batch {
    operations: Operations,
    actor: Actor,
    wanted: Wanted,
    report: pb::RetryReport,
    sender: mpsc::Sender<Result<pb::RetryBatchResponse, Status>>,
    /// When the next one may be done.
    next: Instant,
}

impl Operations {
    pub(super) fn retried(
        &self,
        actor: Actor,
        request: pb::RetryBatchRequest,
    ) -> Result<BoxStream<pb::RetryBatchResponse>, Status> {
        let wanted = Wanted::read(request)?;
        let (sender, receiver) = mpsc::channel(32);
        let report = pb::RetryReport {
            dry_run: wanted.dry_run,
            ..pb::RetryReport::default()
        };
        let batch = Batch {
            operations: self.clone(),
            actor,
            wanted,
            report,
            sender,
            next: Instant::now(),
        };
        tokio::spawn(batch.run());
        Ok(Box::pin(ReceiverStream::new(receiver)))
    }
}

impl Batch {
    /// Ends when everything was tried, when the client goes away or the gateway stops: what was not done by
    /// then is not done.
    async fn run(mut self) {
        let done = self.all().await;
        let stopped = match done {
            Ok(()) => None,
            Err(Some(status)) => Some(status),
            Err(None) => return self.keep().await,
        };
        self.keep().await;
        let last = match stopped {
            None => Ok(pb::RetryBatchResponse {
                event: Some(Event::Report(self.report)),
            }),
            Some(status) => Err(status),
        };
        // A client that is gone needs no report.
        let _ = self.sender.send(last).await;
    }

    async fn all(&mut self) -> Result<(), Option<Status>> {
        if self.wanted.calls {
            self.calls().await?;
        }
        if self.wanted.inbox {
            self.inbox().await?;
        }
        Ok(())
    }

    async fn calls(&mut self) -> Result<(), Option<Status>> {
        let processes = self.operations.app.processes.clone();
        let runs = if self.wanted.runs.is_empty() {
            let running = processes.running(&self.wanted.stages).await;
            running.map_err(|error| Some(status::process(error)))?
        } else {
            self.wanted.runs.clone()
        };
        let held = self.operations.in_force().await.map_err(Some)?;
        for run in runs {
            if !self.sees(&run).await.map_err(Some)? {
                continue;
            }
            let described = match processes.describe_only(&run).await {
                Ok(described) => described,
                Err(ProcessError::NotRunning) => continue,
                Err(error) => return Err(Some(status::process(error))),
            };
            for activity in described.activities {
                let Some(partner) = self.waits(&activity) else {
                    continue;
                };
                if self.is_full() {
                    return Ok(());
                }
                let is_held = held.iter().any(|hold| hold.partner == partner);
                self.call(&run, activity, &partner, is_held)
                    .await
                    .map_err(|Gone| None)?;
            }
        }
        Ok(())
    }

    /// The partner of a call that failed and waits for its next attempt, when it is wanted.
    fn waits(&self, activity: &PendingActivity) -> Option<String> {
        let partner = queues::partner(&activity.queue)?;
        let Wanted { partners, .. } = &self.wanted;
        let wanted = partners.is_empty() || partners.contains(partner);
        let failed = explain::is_failure(&activity.last_failure);
        (wanted && failed && activity.next_attempt_at.is_some()).then(|| partner.to_owned())
    }

    async fn sees(&self, run: &BuyoutId) -> Result<bool, Status> {
        let app = &self.operations.app;
        Ok(match app.store.buyout(run).await.map_err(status::store)? {
            Some(buyout) => {
                let at_stage =
                    self.wanted.stages.is_empty() || self.wanted.stages.contains(&buyout.stage);
                at_stage && app.access.see_buyout(&self.actor, &buyout).is_ok()
            }
            // It has saved nothing: it is new, and of no city yet.
            None => {
                (self.wanted.stages.is_empty() || self.wanted.stages.contains(&Stage::New))
                    && self.actor.cities.is_empty()
            }
        })
    }

    async fn call(
        &mut self,
        run: &BuyoutId,
        activity: PendingActivity,
        partner: &str,
        is_held: bool,
    ) -> Result<(), Gone> {
        let (outcome, detail) = if is_held {
            (
                "SKIPPED",
                "Партнёр остановлен: вызов продолжится сам.".to_owned(),
            )
        } else if self.wanted.dry_run {
            ("WOULD_RETRY", String::new())
        } else {
            self.turn().await?;
            let processes = &self.operations.app.processes;
            match processes.reset(run, &activity.id).await {
                Ok(()) => ("RETRIED", String::new()),
                Err(ResetError::Gone) => ("SKIPPED", "Вызов уже завершился.".to_owned()),
                Err(ResetError::Unavailable(why)) => {
                    tracing::warn!(%run, activity = activity.name, error = %why, "a call was not reset");
                    ("FAILED", "Temporal не принял повтор.".to_owned())
                }
            }
        };
        self.tell(pb::RetriedItem {
            kind: "CALL".to_owned(),
            buyout_id: run.0.clone(),
            name: activity.name,
            partner: partner.to_owned(),
            attempt: activity.attempt,
            last_failure: activity.last_failure,
            outcome: outcome.to_owned(),
            detail,
            inbox_id: 0,
        })
        .await
    }

    async fn inbox(&mut self) -> Result<(), Option<Status>> {
        let filter = InboxFilter {
            states: vec![InboxState::New, InboxState::Unmatched],
            source: None,
        };
        let mut page = Page::new(0, String::new());
        loop {
            let listed = self.operations.app.store.list_inbox(&filter, &page).await;
            let listed = listed.map_err(|error| Some(status::store(error)))?;
            for message in listed.rows {
                // A message that nobody tried yet is about to be.
                if message.state == InboxState::New && message.attempts == 0 {
                    continue;
                }
                let run = message.run.clone().unwrap_or_default();
                if !self.wanted.runs.is_empty() && !self.wanted.runs.contains(&BuyoutId(run)) {
                    continue;
                }
                if self.is_full() {
                    return Ok(());
                }
                self.message(message).await.map_err(|Gone| None)?;
            }
            page.cursor = listed.next_cursor;
            if page.cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn message(&mut self, message: InboxEntry) -> Result<(), Gone> {
        let (outcome, detail) = if self.wanted.dry_run {
            ("WOULD_RETRY", String::new())
        } else {
            self.turn().await?;
            let app = &self.operations.app;
            match app
                .store
                .retry_inbox(message.id, &self.actor.person.0)
                .await
            {
                Ok(_) => {
                    app.arrived.notify_one();
                    ("RETRIED", String::new())
                }
                Err(StoreError::Conflict(_) | StoreError::NotFound { .. }) => {
                    ("SKIPPED", "Процесс уже принял это сообщение.".to_owned())
                }
                Err(error) => {
                    tracing::warn!(inbox = message.id, %error, "a message was not tried again");
                    ("FAILED", "База данных не отвечает.".to_owned())
                }
            }
        };
        self.tell(pb::RetriedItem {
            kind: "MESSAGE".to_owned(),
            buyout_id: message.run.unwrap_or_default(),
            name: message.source,
            partner: String::new(),
            attempt: message.attempts,
            last_failure: message.error.unwrap_or_default(),
            outcome: outcome.to_owned(),
            detail,
            inbox_id: message.id.try_into().unwrap_or_default(),
        })
        .await
    }

    /// Whether the limit is reached; more than it is told in the report.
    fn is_full(&mut self) -> bool {
        self.report.cut = self.report.looked_at >= self.wanted.limit;
        self.report.cut
    }

    /// Waits until the rate allows another one.
    async fn turn(&mut self) -> Result<(), Gone> {
        let stop = self.operations.app.stop.clone();
        tokio::select! {
            () = sleep_until(self.next) => {}
            () = self.sender.closed() => return Err(Gone),
            () = stop.cancelled() => return Err(Gone),
        }
        self.next = Instant::now() + self.wanted.pause;
        Ok(())
    }

    async fn tell(&mut self, item: pb::RetriedItem) -> Result<(), Gone> {
        self.report.looked_at += 1;
        match item.outcome.as_str() {
            "RETRIED" | "WOULD_RETRY" => self.report.retried += 1,
            "SKIPPED" => self.report.skipped += 1,
            _ => self.report.failed += 1,
        }
        let told = pb::RetryBatchResponse {
            event: Some(Event::Item(item)),
        };
        self.sender.send(Ok(told)).await.map_err(|_| Gone)
    }

    /// What was done is written down, whoever reads the report; a dry run did nothing.
    async fn keep(&self) {
        let pb::RetryReport {
            looked_at,
            retried,
            skipped,
            failed,
            dry_run,
            cut,
        } = self.report;
        if dry_run {
            return;
        }
        let entry = AuditEntry {
            at: chrono::Utc::now(),
            person: self.actor.person.0.clone(),
            action: "run.retry_batch".to_owned(),
            entity: "run".to_owned(),
            detail: serde_json::json!({
                "partners": self.wanted.partners,
                "stages": self.wanted.stages.iter().map(Stage::to_string).collect::<Vec<_>>(),
                "runs": self.wanted.runs.len(),
                "looked_at": looked_at,
                "retried": retried,
                "skipped": skipped,
                "failed": failed,
                "cut": cut,
            }),
        };
        if let Err(error) = self.operations.app.store.audit(&entry).await {
            tracing::error!(%error, looked_at, retried, "the audit row of a batch of retries could not be written");
        }
    }
}
