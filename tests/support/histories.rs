//! Recorded histories: what the process of a release did, event by event. The next release must do the
//! same with them, else its deploy breaks runs that are under way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use domain::buyout::decision::{Fact, FactKind};
use domain::buyout::stage::Stage;
use platform::codec::Codec;
use platform::keys::KeysConfig;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stack::play::Play;
use temporalio_client::{UntypedWorkflow, WorkflowHistory};
use temporalio_common::data_converters::DataConverter;
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_common::protos::temporal::api::history::v1::{History, HistoryEvent};

use crate::World;
use crate::world::keys;

/// Ends and detours of the buyout of which every release leaves a history.
pub const BUYOUT: [&str; 35] = [
    "happy_by_sbp",
    "happy_by_bank_order",
    "declined",
    "bargained",
    "offer_expired",
    "wanted",
    "ban_lifted",
    "ban_not_lifted",
    "mismatch_refused",
    "no_show",
    "escalated",
    "papers_returned",
    "payout_refused",
    "own_work_approved",
    "replies_lost",
    "cancelled_before_signing",
    "cancelled_after_signing",
    "robot_called_twice",
    "ticked_on_the_portal",
    "ticked_by_hand",
    "mailed",
    "closed_by_kite",
    "banned_meanwhile",
    "pledged_before_money",
    "offer_sent_again",
    "visit_moved",
    "papers_answered",
    "worker_replaced",
    "gateway_replaced",
    "undone_by_hand",
    "papers_mailed",
    "price_returned",
    "payout_unknown",
    "request_rejected",
    "answered_early",
];

/// The search attribute by which the engine finds runs of a stage.
const STAGE: &str = "KiteStage";

/// One history as it lies in a file. Payloads stay encrypted, with the keys of the tests.
#[derive(Clone, Serialize, Deserialize)]
pub struct Recorded {
    /// The namespace that the payloads are bound to.
    pub namespace: String,
    pub events: Vec<HistoryEvent>,
}

impl Recorded {
    /// Every history of the buyout, by file name.
    pub fn all() -> anyhow::Result<BTreeMap<String, Self>> {
        let mut histories = BTreeMap::new();
        for entry in std::fs::read_dir(folder())? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let name = path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let text = std::fs::read_to_string(&path)?;
                let recorded =
                    serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
                histories.insert(name, recorded);
            }
        }
        Ok(histories)
    }

    /// The stage that the run showed last: an end, unless the run was under way.
    pub fn last_stage(&self) -> anyhow::Result<Option<Stage>> {
        let shown = self.events.iter().rev().find_map(|event| {
            let Some(Attributes::UpsertWorkflowSearchAttributesEventAttributes(upserted)) =
                &event.attributes
            else {
                return None;
            };
            let fields = &upserted.search_attributes.as_ref()?.indexed_fields;
            fields.get(STAGE)
        });
        let Some(shown) = shown else {
            return Ok(None);
        };
        let stage: String = serde_json::from_slice(&shown.data)?;
        Ok(Some(stage.parse()?))
    }

    pub fn history(&self) -> WorkflowHistory {
        History {
            events: self.events.clone(),
        }
        .into()
    }

    /// The converter that opens the payloads.
    pub fn data_converter(&self) -> anyhow::Result<DataConverter> {
        Ok(codec(&self.namespace)?.data_converter())
    }

    /// One event a line, so that a difference shows which event differs.
    fn text(&self) -> anyhow::Result<String> {
        let mut text = format!(
            "{{\"namespace\":{},\"events\":[",
            serde_json::to_string(&self.namespace)?
        );
        for (number, event) in self.events.iter().enumerate() {
            let mut event = serde_json::to_value(event)?;
            forget_machine(&mut event);
            text.push_str(if number == 0 { "\n" } else { ",\n" });
            text.push_str(&serde_json::to_string(&event)?);
        }
        text.push_str("\n]}\n");
        Ok(text)
    }
}

/// Opens the payloads of a namespace of the tests.
fn codec(namespace: &str) -> anyhow::Result<Codec> {
    Ok(Codec::new(namespace, &codec_keys())?)
}

/// The keys of the tests.
pub fn codec_keys() -> KeysConfig {
    KeysConfig {
        current: "dev".to_owned(),
        keys: BTreeMap::from([("dev".to_owned(), keys().codec.into())]),
    }
}

/// Process numbers and host names of whoever recorded are nobody's business.
fn forget_machine(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // A worker's own queue is named after its machine.
            let sticky = fields
                .get("normal_name")
                .is_some_and(|normal| normal.as_str().is_some_and(|normal| !normal.is_empty()));
            if let (true, Some(name)) = (sticky, fields.get_mut("name")) {
                *name = Value::from("sticky");
            }
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "identity" && !text.is_empty() => {
                        *text = "tests".to_owned()
                    }
                    _ => forget_machine(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(forget_machine),
        _ => {}
    }
}

pub fn folder() -> PathBuf {
    stack::temporal::root().join("tests/histories/buyout")
}

/// The file of this release; those of earlier releases stay beside it.
pub fn file_name(name: &str) -> String {
    format!("{}-{name}", env!("CARGO_PKG_VERSION"))
}

impl World {
    /// What the run was told from outside so far, in order.
    pub async fn facts(&self, play: &Play<'_>) -> anyhow::Result<Vec<FactKind>> {
        let codec = codec(&self.stack.settings.namespace)?;
        let events = self
            .stack
            .temporal
            .get_workflow_handle::<UntypedWorkflow>(&play.id)
            .fetch_history(Default::default())
            .into_events()
            .await?;
        let mut facts = Vec::new();
        for event in events {
            let Some(Attributes::WorkflowExecutionSignaledEventAttributes(signal)) =
                event.attributes
            else {
                continue;
            };
            for payload in signal.input.unwrap_or_default().payloads {
                let opened = codec.decrypt(&payload)?;
                facts.push(serde_json::from_slice::<Fact>(&opened.data)?.fact);
            }
        }
        Ok(facts)
    }

    /// Keeps the run's history under `name` when `KITE_RECORD_HISTORIES=1` says so; see `make histories`.
    pub async fn record(&self, name: &str, play: &Play<'_>) -> anyhow::Result<()> {
        if !BUYOUT.contains(&name) {
            bail!("{name} is not in the list of histories; add it to tests/support/histories.rs");
        }
        if std::env::var("KITE_RECORD_HISTORIES").as_deref() != Ok("1") {
            return Ok(());
        }
        let handle = self
            .stack
            .temporal
            .get_workflow_handle::<UntypedWorkflow>(&play.id);
        let head = self.stack.sign_in("head").await?;
        let summary = head.buyout(&play.id).await?.summary.unwrap_or_default();
        if summary.ended_at.is_some() {
            // The record says so a moment before the run itself has ended.
            handle.get_result(Default::default()).await?;
        }
        let mut events = handle
            .fetch_history(Default::default())
            .into_events()
            .await?;
        // A run under way is kept up to what its process last did: what it makes of what came since is not
        // known yet.
        let since = [
            EventType::WorkflowTaskScheduled,
            EventType::WorkflowTaskStarted,
            EventType::WorkflowExecutionSignaled,
            EventType::ActivityTaskStarted,
            EventType::ActivityTaskCompleted,
            EventType::ActivityTaskFailed,
            EventType::ActivityTaskTimedOut,
            EventType::TimerFired,
        ];
        while events
            .last()
            .is_some_and(|event| since.contains(&event.event_type()))
        {
            events.pop();
        }
        let recorded = Recorded {
            namespace: self.stack.settings.namespace.clone(),
            events,
        };
        write_whole(
            &folder().join(format!("{}.json", file_name(name))),
            &recorded.text()?,
        )
    }
}

/// Nobody reads half a file, whoever reads meanwhile.
fn write_whole(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("a path without a folder")?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
