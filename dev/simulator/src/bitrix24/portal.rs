//! What the portal remembers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{Display, EnumString, IntoStaticStr};

use super::limits::Meters;

/// All of the portal. Ids are the portal's own, counted from the first number of their kind.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub(super) last_ids: BTreeMap<String, u64>,
    pub(super) app: App,
    pub(super) behaviour: Behaviour,
    pub(super) access: BTreeMap<String, Access>,
    pub(super) refresh: BTreeMap<String, Refresh>,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) deals: BTreeMap<u64, Fields>,
    pub(super) contacts: BTreeMap<u64, Contact>,
    pub(super) comments: BTreeMap<u64, Comment>,
    pub(super) tasks: BTreeMap<u64, Task>,
    pub(super) notices: BTreeMap<u64, Notice>,
    pub(super) files: BTreeMap<u64, StoredFile>,
    pub(super) robots: BTreeMap<String, Robot>,
    pub(super) executions: Vec<Execution>,
    pub(super) handlers: Vec<EventHandler>,
    pub(super) offline: Vec<OfflineEvent>,
    pub(super) placements: Vec<Placement>,
    /// Not saved: a restart begins with empty buckets.
    #[serde(skip)]
    pub(super) meters: Mutex<Meters>,
}

/// Fields of a deal by their upper-case names, values as they are typed.
pub(super) type Fields = Map<String, Value>;

/// The installed application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct App {
    pub(super) installed: bool,
    pub(super) version: u64,
    pub(super) application_token: String,
    /// Where the install form and events of the installation go.
    pub(super) handler: String,
    /// The application was given plain HTTP addresses.
    pub(super) plain: bool,
    pub(super) scope: Vec<String>,
}

impl Default for App {
    fn default() -> Self {
        let scope = [
            "crm",
            "task",
            "tasks",
            "bizproc",
            "im",
            "user",
            "user_basic",
            "disk",
            "placement",
        ];
        Self {
            installed: false,
            version: 1,
            application_token: String::new(),
            handler: String::new(),
            plain: false,
            scope: scope.map(str::to_owned).to_vec(),
        }
    }
}

/// What differs between portals and can be set by the control route `behaviour`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Behaviour {
    /// Calls that the bucket holds.
    pub(super) burst: f64,
    /// Calls that leak out of it in a second.
    pub(super) per_second: f64,
    /// Working time of one method within ten minutes, seconds; 0: no limit.
    pub(super) operating_limit_secs: f64,
    /// Working time that one call is said to have taken, seconds.
    pub(super) operating_cost_secs: f64,
    /// Before the queue delivers a robot or an event.
    pub(super) queue_delay_ms: u64,
    pub(super) late_answers: LateAnswers,
    /// Lifetime of an access token.
    pub(super) access_secs: i64,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            burst: 50.0,
            per_second: 2.0,
            operating_limit_secs: 480.0,
            operating_cost_secs: 0.05,
            queue_delay_ms: 100,
            late_answers: LateAnswers::Refuse,
            access_secs: 3600,
        }
    }
}

/// What `bizproc.event.send` does for a robot that no longer waits: sources differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LateAnswers {
    /// 403 ACCESS_DENIED, as the documentation says.
    Refuse,
    /// `true` without an effect, as the vendor's code does.
    Ignore,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) user: u64,
    pub(super) expires_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refresh {
    pub(super) user: u64,
    pub(super) expires_at: DateTime<Utc>,
    /// Rotated away: never good again.
    pub(super) used: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) user: u64,
    pub(super) expires_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Contact {
    pub(super) last_name: String,
    pub(super) name: String,
    pub(super) second_name: Option<String>,
    pub(super) birthdate: Option<chrono::NaiveDate>,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
    pub(super) created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Comment {
    pub(super) deal: u64,
    pub(super) text: String,
    pub(super) author: u64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) files: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TaskStatus {
    Pending,
    InProgress,
    Completed,
}

impl TaskStatus {
    /// The portal's number.
    pub(super) fn code(self) -> u8 {
        match self {
            TaskStatus::Pending => 2,
            TaskStatus::InProgress => 3,
            TaskStatus::Completed => 5,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) responsible: u64,
    pub(super) created_by: u64,
    pub(super) deadline: Option<String>,
    /// "D_10"
    pub(super) crm: Vec<String>,
    pub(super) xml_id: Option<String>,
    pub(super) status: TaskStatus,
    pub(super) created_at: DateTime<Utc>,
    pub(super) changed_at: DateTime<Utc>,
    /// Zero after it was opened again.
    pub(super) closed_by: Option<u64>,
    #[serde(default)]
    pub(super) changed_by: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Notice {
    pub(super) user: u64,
    pub(super) message: String,
    pub(super) tag: Option<String>,
    pub(super) at: DateTime<Utc>,
}

/// A file; its content lies in the simulator's folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredFile {
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) sha256: String,
}

/// A robot that the application registered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Robot {
    pub(super) handler: String,
    pub(super) auth_user: u64,
    pub(super) waits: bool,
    pub(super) name: Value,
    pub(super) properties: Map<String, Value>,
    pub(super) return_properties: Map<String, Value>,
    /// Where the administrator put it in the funnel.
    pub(super) stages: Vec<String>,
    /// How long the automation waits for an answer, seconds; 0: for ever.
    pub(super) timeout_secs: u64,
}

/// How a robot's execution stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExecutionState {
    /// The automation of the deal stands still until an answer comes.
    Waiting,
    Answered,
    /// Went on without an answer, with `IsTimeout=1`.
    TimedOut,
    /// Did not wait, or was terminated.
    Over,
}

/// One activity of one workflow instance: what an event token belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Execution {
    pub(super) event_token: String,
    pub(super) workflow_id: String,
    pub(super) code: String,
    pub(super) deal: u64,
    pub(super) waits: bool,
    pub(super) timeout_secs: u64,
    pub(super) started_at: DateTime<Utc>,
    pub(super) state: ExecutionState,
    /// RETURN_VALUES as far as the robot declared them.
    pub(super) answer: Option<Map<String, Value>>,
    pub(super) log: Vec<String>,
    /// The POST as it went out, for an exact repeat.
    pub(super) form: Vec<(String, String)>,
    pub(super) handler: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EventHandler {
    pub(super) id: u64,
    pub(super) event: String,
    /// Empty for offline events.
    pub(super) handler: String,
    /// Whose token the handler gets; 0: of whoever caused the event.
    pub(super) auth_type: u64,
    pub(super) offline: bool,
    pub(super) auth_connector: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OfflineEvent {
    pub(super) id: u64,
    pub(super) at: DateTime<Utc>,
    pub(super) event: String,
    pub(super) data: Value,
    pub(super) message_id: String,
    /// Taken by this process and not yet cleared.
    pub(super) process_id: Option<String>,
    pub(super) error: bool,
    pub(super) auth_connector: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Placement {
    pub(super) placement: String,
    pub(super) handler: String,
    pub(super) title: String,
}

/// Kinds of numbered things; each counts by itself.
#[derive(Debug, Clone, Copy, Display)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Kind {
    Deal,
    Contact,
    Comment,
    Task,
    Notice,
    File,
    Handler,
    Offline,
}

impl Kind {
    fn before_first(self) -> u64 {
        match self {
            Kind::Deal => 700,
            Kind::Contact => 500,
            Kind::Comment => 998,
            Kind::Task => 8000,
            Kind::Notice => 120,
            Kind::File => 300,
            Kind::Handler => 200,
            Kind::Offline => 0,
        }
    }
}

impl State {
    pub(super) fn next_id(&mut self, kind: Kind) -> u64 {
        let last = self
            .last_ids
            .entry(kind.to_string())
            .or_insert(kind.before_first());
        *last += 1;
        *last
    }
}
