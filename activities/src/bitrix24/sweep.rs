//! What nobody tells us of a portal: events that it kept, robots whose call never came, robots that still wait
//! for an answer, deals that stand where a buyout begins.
//!
//! What is found goes into the inbox, as if the portal had told it: the gateway takes it from there, once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use contracts::sweep::{
    EVENT_SOURCE, FindIdleDeals, INBOX_SOURCE, IdleDeals, ReadStages, SweepPortal, Swept,
    WaitingRobot,
};
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::finding::{self, Finding};
use serde_json::{Value, json};

use super::client::{CallError, Reply};
use super::{Bitrix24Activities, dto};
use crate::error::PartnerError;

/// A deal's number among the types of the CRM.
const DEAL: u32 = 2;
/// What the portal gives at once.
const PAGE: usize = 50;
/// Pages of one listing; a portal with more is swept to its end the next time.
const PAGES: usize = 40;

impl Bitrix24Activities {
    pub(super) async fn sweep(&self, query: &SweepPortal) -> Result<Swept, PartnerError> {
        let SweepPortal { portal, grace_secs } = query;
        let events = self.collect_events(portal).await?;
        let before = Utc::now() - grace(*grace_secs);
        let mut swept = Swept {
            events,
            ..Swept::default()
        };
        let mut lost = BTreeMap::new();
        for robot in self.waiting(portal, before).await? {
            match self.record(&robot).await? {
                None => {
                    lost.insert(robot.deal_id, robot);
                }
                Some(run) if is_answerable(&run, &robot) => {
                    // Once a day: an answer that the portal did not take is not lost for ever.
                    let day = Utc::now().date_naive();
                    let event = format!("unanswered:{}:{day}", robot.workflow_id);
                    swept.unanswered += u32::from(self.report(&event, &robot).await?);
                }
                Some(_) => {}
            }
        }
        // Other robots wait on deals too: ours stands at the stage where a buyout begins.
        let beginning = self.beginning().await?;
        let deals: Vec<u64> = lost.keys().copied().collect();
        for (deal, stage) in self.stages(portal, &deals).await? {
            if let Some(robot) = lost.get(&deal).filter(|_| beginning.contains(&stage)) {
                let event = format!("lost:{}", robot.workflow_id);
                swept.lost += u32::from(self.report(&event, robot).await?);
            }
        }
        Ok(swept)
    }

    pub(super) async fn stages_of(
        &self,
        query: &ReadStages,
    ) -> Result<Vec<(u64, String)>, PartnerError> {
        let ReadStages { portal, deals } = query;
        self.stages(portal, deals).await
    }

    /// Deals that have stood longer than the grace where a buyout begins, without a run; and robots that wait
    /// for an answer that nobody can give.
    pub(super) async fn idle(&self, query: &FindIdleDeals) -> Result<IdleDeals, PartnerError> {
        let FindIdleDeals { portal, grace_secs } = query;
        let before = Utc::now() - grace(*grace_secs);
        let beginning: Vec<String> = self.beginning().await?.into_iter().collect();
        let filter = json!({ "@stageId": beginning });
        let mut findings = Vec::new();
        for item in self.deals(portal, filter).await? {
            let (Some(id), Some(stage)) = (
                item.get("id").and_then(dto::as_number),
                item.get("stageId").and_then(dto::as_text),
            ) else {
                return Err(PartnerError::protocol("bitrix24 crm.item.list: no deal"));
            };
            let moved = item.get("movedTime").and_then(moment);
            if moved.is_none_or(|moved| moved > before) {
                continue;
            }
            let run = BuyoutId::new(portal, id);
            let known = self.store.buyout(&run).await;
            if known.map_err(PartnerError::from_store)?.is_none() {
                findings.push(finding::without_run(portal, id, &stage));
            }
        }
        for robot in self.waiting(portal, before).await? {
            if let Some(run) = self.record(&robot).await? {
                findings.extend(unanswerable(&run, &robot));
            }
        }
        Ok(IdleDeals {
            portal: portal.clone(),
            findings,
        })
    }

    /// Takes the events that the portal kept; answers how many were new to us. A portal whose plan keeps none
    /// has none.
    async fn collect_events(&self, portal: &str) -> Result<u32, PartnerError> {
        let mut taken = 0;
        // First what a sweep that was cut off had begun to take.
        for process in self.reserved(portal).await? {
            let query = json!({ "clear": 0, "process_id": process, "limit": PAGE });
            taken += self.take_events(portal, query).await?.unwrap_or_default();
        }
        for _ in 0..PAGES {
            let query = json!({ "clear": 0, "limit": PAGE });
            match self.take_events(portal, query).await? {
                Some(more) => taken += more,
                None => break,
            }
        }
        Ok(taken)
    }

    /// One packet: reserved, written down, cleared. `None`: there was none.
    async fn take_events(&self, portal: &str, query: Value) -> Result<Option<u32>, PartnerError> {
        let packet = self
            .client
            .call::<dto::OfflinePacket>(portal, "event.offline.get", query)
            .await;
        let packet = match packet {
            Ok(Reply { result, .. }) => result,
            Err(CallError::Refused(refused)) => {
                tracing::debug!(portal, ?refused, "the portal keeps no events for us");
                return Ok(None);
            }
            Err(CallError::Failed(error)) => return Err(error),
        };
        if packet.events.is_empty() {
            return Ok(None);
        }
        let mut taken = 0;
        for event in &packet.events {
            let body = event.form(portal);
            let id = format!("offline:{}", event.message_id);
            taken += u32::from(self.receive(EVENT_SOURCE, &id, body.as_bytes()).await?);
        }
        if let Some(process) = dto::as_text(&packet.process_id) {
            let query = json!({ "process_id": process });
            self.client
                .call::<Value>(portal, "event.offline.clear", query)
                .await?;
        }
        Ok(Some(taken))
    }

    /// Packets that were begun and not cleared.
    async fn reserved(&self, portal: &str) -> Result<BTreeSet<String>, PartnerError> {
        let query = json!({ "filter": { "!PROCESS_ID": "" } });
        let listed = self
            .client
            .call::<Vec<dto::OfflineRow>>(portal, "event.offline.list", query)
            .await;
        match listed {
            Ok(Reply { result, .. }) => Ok(result
                .iter()
                .filter_map(|row| dto::as_text(&row.process_id))
                .collect()),
            Err(CallError::Refused(_)) => Ok(BTreeSet::new()),
            Err(CallError::Failed(error)) => Err(error),
        }
    }

    /// Workflows on deals that began before the moment and wait. Not allowed to ask counts as none.
    async fn waiting(
        &self,
        portal: &str,
        before: DateTime<Utc>,
    ) -> Result<Vec<WaitingRobot>, PartnerError> {
        let mut found = Vec::new();
        let mut start = 0;
        for _ in 0..PAGES {
            let query = json!({
                "select": ["ID", "DOCUMENT_ID", "STARTED"],
                "filter": { "ENTITY": "CCrmDocumentDeal" },
                "order": { "STARTED": "ASC" },
                "start": start,
            });
            let listed = self
                .client
                .call::<Vec<dto::Instance>>(portal, "bizproc.workflow.instances", query)
                .await;
            let Reply { result, next } = match listed {
                Ok(reply) => reply,
                Err(CallError::Refused(refused)) => {
                    tracing::warn!(
                        portal,
                        ?refused,
                        "the portal does not tell its running workflows: lost calls are not found"
                    );
                    return Ok(found);
                }
                Err(CallError::Failed(error)) => return Err(error),
            };
            found.extend(result.iter().filter_map(|instance| {
                let began = moment(&instance.started)?;
                let deal = dto::as_text(&instance.document_id)?;
                Some(WaitingRobot {
                    portal: portal.to_owned(),
                    deal_id: deal.strip_prefix("DEAL_")?.parse().ok()?,
                    workflow_id: dto::as_text(&instance.id)?,
                })
                .filter(|_| began <= before)
            }));
            match next {
                Some(next) => start = next,
                None => break,
            }
        }
        Ok(found)
    }

    async fn record(&self, robot: &WaitingRobot) -> Result<Option<Buyout>, PartnerError> {
        let run = BuyoutId::new(&robot.portal, robot.deal_id);
        let record = self.store.buyout(&run).await;
        record.map_err(PartnerError::from_store)
    }

    /// Stages of the portal at which the robot stands, over all policies.
    async fn beginning(&self) -> Result<BTreeSet<String>, PartnerError> {
        let policies = self.store.policies().await;
        let policies = policies.map_err(PartnerError::from_store)?;
        Ok(policies
            .into_iter()
            .map(|version| version.policy.stages.inspection)
            .collect())
    }

    /// Deals that there are, with their stages.
    async fn stages(
        &self,
        portal: &str,
        deals: &[u64],
    ) -> Result<Vec<(u64, String)>, PartnerError> {
        let mut stages = Vec::new();
        for deals in deals.chunks(PAGE) {
            for item in self.deals(portal, json!({ "@id": deals })).await? {
                let id = item.get("id").and_then(dto::as_number);
                let stage = item.get("stageId").and_then(dto::as_text);
                match (id, stage) {
                    (Some(id), Some(stage)) => stages.push((id, stage)),
                    _ => {
                        return Err(PartnerError::protocol(
                            "bitrix24 crm.item.list: a deal without id or stage",
                        ));
                    }
                }
            }
        }
        Ok(stages)
    }

    async fn deals(
        &self,
        portal: &str,
        filter: Value,
    ) -> Result<Vec<BTreeMap<String, Value>>, PartnerError> {
        let mut found = Vec::new();
        let mut start = 0;
        for _ in 0..PAGES {
            let query = json!({
                "entityTypeId": DEAL,
                "select": ["id", "stageId", "movedTime"],
                "filter": filter,
                "order": { "id": "ASC" },
                "start": start,
            });
            let Reply { result, next } = self
                .client
                .call::<dto::Items>(portal, "crm.item.list", query)
                .await?;
            found.extend(result.items);
            match next {
                Some(next) => start = next,
                None => break,
            }
        }
        Ok(found)
    }

    /// Tells the gateway of a robot; `false`: it was told before.
    async fn report(&self, event: &str, robot: &WaitingRobot) -> Result<bool, PartnerError> {
        let body = serde_json::to_vec(robot)
            .map_err(|error| PartnerError::protocol(format!("bitrix24 sweep: {error}")))?;
        self.receive(INBOX_SOURCE, event, &body).await
    }

    async fn receive(&self, source: &str, event: &str, body: &[u8]) -> Result<bool, PartnerError> {
        let received = self.store.receive(source, event, body, "{}").await;
        let received = received.map_err(PartnerError::from_store)?;
        Ok(received == store::inbox::Received::New)
    }
}

impl dto::OfflineEvent {
    /// The body that the portal would have posted; without tokens, which nobody needs.
    fn form(&self, portal: &str) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("event", &self.event_name);
        let id = self.event_data.pointer("/FIELDS/ID");
        let id = id.or_else(|| self.event_data.pointer("/FIELDS_AFTER/ID"));
        if let Some(id) = id.and_then(dto::as_text) {
            form.append_pair("data[FIELDS_AFTER][ID]", &id);
        }
        form.append_pair("auth[member_id]", portal);
        form.finish()
    }
}

fn grace(secs: u64) -> Duration {
    Duration::seconds(secs.try_into().unwrap_or(i64::MAX / 1_000))
}

fn moment(value: &Value) -> Option<DateTime<Utc>> {
    let text = dto::as_text(value)?;
    let at = DateTime::parse_from_rfc3339(&text).ok()?;
    Some(at.with_timezone(&Utc))
}

/// Whether the run has ended and knows the token by which the robot is answered.
fn is_answerable(run: &Buyout, robot: &WaitingRobot) -> bool {
    run.outcome.is_some()
        && run
            .robots
            .iter()
            .any(|known| known.waits && known.workflow_id == robot.workflow_id)
}

/// The robot's call never came and its run has ended: nobody has the token to answer with.
fn unanswerable(run: &Buyout, robot: &WaitingRobot) -> Option<Finding> {
    let known = run
        .robots
        .iter()
        .any(|known| known.workflow_id == robot.workflow_id);
    (run.outcome.is_some() && !known).then(|| finding::robot_waits(run, &robot.workflow_id))
}
