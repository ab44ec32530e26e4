//! Settings of the worker; `config.default.toml` documents each of them.

use std::collections::BTreeMap;
use std::time::Duration;

use activities::{autoteka, avtocod, bank, bitrix24, fssp, messages, onec, treasury, yookassa};
use chrono::NaiveTime;
use chrono_tz::Tz;
use contracts::queues;
use domain::hold::CircuitRule;
use platform::config::ConfigError;
use platform::keys::KeysConfig;
use platform::logging::LogConfig;
use platform::metrics::MetricsConfig;
use platform::objects::ObjectsConfig;
use platform::temporal::TemporalConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use store::connect::StoreConfig;
use url::Url;

#[cfg(test)]
pub(crate) mod tests;

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Shorter secrets can be guessed.
const SECRET_CHARS: usize = 16;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub temporal: TemporalConfig,
    pub codec: KeysConfig,
    pub links: KeysConfig,
    pub store: StoreConfig,
    pub objects: ObjectsConfig,
    pub gateway: GatewayConfig,
    pub messages: MessagesConfig,
    pub records: RecordsConfig,
    pub queues: QueuesConfig,
    pub limits: LimitsConfig,
    pub hold: HoldConfig,
    pub sweep: SweepConfig,
    pub stop: StopConfig,
    #[serde(default)]
    pub partners: Partners,
    pub metrics: MetricsConfig,
    pub log: LogConfig,
}

/// Where the gateway is, for those whom the worker sends there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    pub public_url: Url,
    pub callbacks_secret: SecretString,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagesConfig {
    pub company: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsConfig {
    pub inspector_capacity: u32,
    pub time_zone: Tz,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueuesConfig {
    pub serve: Vec<String>,
}

/// The end of POSIX `nice`.
const LEAST_URGENT: u8 = 19;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// See [`platform::priority::give_way`].
    pub nice: u8,
    pub workflow_tasks: usize,
    pub cached_workflows: usize,
    pub sticky_secs: u64,
    pub local_activities: usize,
    /// Activities at once on a queue without a figure of its own.
    pub activities: usize,
    #[serde(default)]
    pub queues: BTreeMap<String, QueueLimits>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueLimits {
    #[serde(default)]
    pub activities: Option<usize>,
    /// Activities begun a second by this worker; absent: no limit.
    #[serde(default)]
    pub per_second: Option<f64>,
}

/// When a partner's calls wait by themselves, and how they go on.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldConfig {
    /// 0: only people hold partners.
    pub failures: usize,
    pub runs: usize,
    pub within_secs: u32,
    pub probe_secs: u32,
    pub probe_longest_secs: u32,
    pub wait_secs: u32,
    pub hand_back_secs: u32,
    pub wave_per_second: f64,
}

/// What is looked for from time to time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepConfig {
    /// 0: only when somebody asks for it.
    pub portals_every_secs: u32,
    pub grace_secs: u32,
    /// By the clock of `records.time_zone`; `None`: only when somebody asks for it.
    #[serde(deserialize_with = "time_of_day")]
    pub reconcile_at: Option<NaiveTime>,
    pub reconcile_days: u32,
    pub patience_secs: u32,
}

/// "03:30"; empty is none.
fn time_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveTime>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    NaiveTime::parse_from_str(&text, "%H:%M")
        .map(Some)
        .map_err(|_| D::Error::custom("a time of day is HH:MM"))
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopConfig {
    pub grace_secs: u64,
}

/// A section per partner; which are needed depends on the queues that are served.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Partners {
    pub bitrix24: Option<bitrix24::Config>,
    pub onec_alfa: Option<onec::Config>,
    pub onec_treasury: Option<treasury::Config>,
    pub autoteka: Option<autoteka::Config>,
    pub avtocod: Option<avtocod::Config>,
    pub fssp: Option<fssp::Config>,
    pub yookassa: Option<yookassa::Config>,
    pub bank: Option<bank::Config>,
    pub wazzup: Option<messages::WazzupConfig>,
    pub sms: Option<messages::SmsConfig>,
    pub mail: Option<messages::MailConfig>,
}

impl Config {
    /// Checks what types cannot say. Each error is one sentence naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key: &str, problem: &str| Err(ConfigError::value(key, problem));
        self.codec.decode("codec")?;
        self.links.decode("links")?;
        if self.gateway.public_url.cannot_be_a_base() {
            return wrong("gateway.public_url", "must be an http or https address");
        }
        if self.gateway.callbacks_secret.expose_secret().len() < SECRET_CHARS {
            return wrong("gateway.callbacks_secret", "must be at least 16 characters");
        }
        if self.records.inspector_capacity == 0 {
            return wrong("records.inspector_capacity", "must be at least 1");
        }
        self.limits.check()?;
        self.hold.check()?;
        if self.sweep.reconcile_days == 0 {
            return wrong("sweep.reconcile_days", "must be at least 1");
        }
        if self.sweep.patience_secs == 0 {
            return wrong("sweep.patience_secs", "must be at least 1");
        }
        self.check_queues()?;
        if self.serves(queues::MESSAGES) && self.messages.company.trim().is_empty() {
            return wrong("messages.company", "must not be empty");
        }
        Ok(())
    }

    fn check_queues(&self) -> Result<(), ConfigError> {
        if self.queues.serve.is_empty() {
            return Err(ConfigError::value("queues.serve", "must name a queue"));
        }
        if let Some(unknown) = self.queues.serve.iter().find(|queue| !is_queue(queue)) {
            return Err(ConfigError::value(
                "queues.serve",
                format!("there is no queue \"{unknown}\""),
            ));
        }
        for queue in self.served() {
            if let Some(section) = self.partners.missing(queue) {
                return Err(ConfigError::value(
                    section,
                    format!(
                        "is required, as this worker serves {queue}; add the section or take the queue out of queues.serve"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The queues of this worker, each once.
    pub(crate) fn served(&self) -> impl Iterator<Item = &'static str> {
        queues::ALL.into_iter().filter(|queue| self.serves(queue))
    }

    fn serves(&self, queue: &str) -> bool {
        self.queues.serve.iter().any(|served| served == queue)
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(self.stop.grace_secs)
    }
}

impl LimitsConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let Self {
            nice,
            workflow_tasks,
            cached_workflows,
            sticky_secs,
            local_activities,
            activities,
            queues,
        } = self;
        if *nice > LEAST_URGENT {
            return Err(ConfigError::value("limits.nice", "must be from 0 to 19"));
        }
        if !(1..=60).contains(sticky_secs) {
            return Err(ConfigError::value(
                "limits.sticky_secs",
                "must be from 1 to 60",
            ));
        }
        for (key, value) in [
            ("limits.workflow_tasks", workflow_tasks),
            ("limits.cached_workflows", cached_workflows),
            ("limits.local_activities", local_activities),
            ("limits.activities", activities),
        ] {
            if *value == 0 {
                return Err(ConfigError::value(key, "must be at least 1"));
            }
        }
        for (queue, limits) in queues {
            let QueueLimits {
                activities,
                per_second,
            } = limits;
            let key = format!("limits.queues.\"{queue}\"");
            if !is_queue(queue) {
                return Err(ConfigError::value(&key, "there is no such queue"));
            }
            if *activities == Some(0) {
                return Err(ConfigError::value(
                    &format!("{key}.activities"),
                    "must be at least 1",
                ));
            }
            if per_second.is_some_and(|rate| !(rate.is_finite() && rate > 0.0)) {
                return Err(ConfigError::value(
                    &format!("{key}.per_second"),
                    "must be greater than 0",
                ));
            }
        }
        Ok(())
    }

    /// How long a run's task waits for the worker that has the run in memory.
    pub(crate) fn sticky(&self) -> Duration {
        Duration::from_secs(self.sticky_secs)
    }

    /// Activities at once, and begun a second, on a queue.
    pub(crate) fn of(&self, queue: &str) -> (usize, Option<f64>) {
        let QueueLimits {
            activities,
            per_second,
        } = self.queues.get(queue).copied().unwrap_or_default();
        (activities.unwrap_or(self.activities), per_second)
    }
}

impl HoldConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let Self {
            failures: _,
            runs,
            within_secs,
            probe_secs,
            probe_longest_secs,
            wait_secs,
            hand_back_secs: _,
            wave_per_second,
        } = self;
        for (key, zero) in [
            ("hold.runs", *runs == 0),
            ("hold.within_secs", *within_secs == 0),
            ("hold.probe_secs", *probe_secs == 0),
            ("hold.probe_longest_secs", *probe_longest_secs == 0),
            ("hold.wait_secs", *wait_secs == 0),
        ] {
            if zero {
                return Err(ConfigError::value(key, "must be at least 1"));
            }
        }
        if !(wave_per_second.is_finite() && *wave_per_second > 0.0) {
            return Err(ConfigError::value(
                "hold.wave_per_second",
                "must be greater than 0",
            ));
        }
        Ok(())
    }

    pub(crate) fn rule(&self) -> CircuitRule {
        CircuitRule {
            failures: self.failures,
            runs: self.runs,
            within: chrono::Duration::seconds(self.within_secs.into()),
        }
    }

    /// Until a partner that has been away so long is tried next: an eighth of it, so that a long outage fills
    /// no history.
    pub(crate) fn probe_after(&self, away: chrono::Duration) -> chrono::Duration {
        let seconds = |secs: u32| chrono::Duration::seconds(secs.into());
        (away / 8)
            .max(seconds(self.probe_secs))
            .min(seconds(self.probe_longest_secs.max(self.probe_secs)))
    }

    pub(crate) fn wait(&self) -> Duration {
        Duration::from_secs(self.wait_secs.into())
    }

    /// The longest that a waiting call stays away.
    pub(crate) fn longest_pause(&self) -> Duration {
        self.wait() * 2
    }

    pub(crate) fn hand_back(&self) -> Duration {
        Duration::from_secs(self.hand_back_secs.into())
    }

    /// Between two calls of the wave.
    pub(crate) fn step(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.wave_per_second)
    }
}

impl Partners {
    /// The first section that serving a queue needs and that is not there.
    fn missing(&self, queue: &str) -> Option<&'static str> {
        let Self {
            bitrix24,
            onec_alfa,
            onec_treasury,
            autoteka,
            avtocod,
            fssp,
            yookassa,
            bank,
            wazzup,
            sms,
            mail,
        } = self;
        [
            (queues::BITRIX24, "partners.bitrix24", bitrix24.is_some()),
            (queues::ONEC_ALFA, "partners.onec_alfa", onec_alfa.is_some()),
            (
                queues::ONEC_TREASURY,
                "partners.onec_treasury",
                onec_treasury.is_some(),
            ),
            (queues::AUTOTEKA, "partners.autoteka", autoteka.is_some()),
            (queues::AVTOCOD, "partners.avtocod", avtocod.is_some()),
            (queues::FSSP, "partners.fssp", fssp.is_some()),
            (queues::YOOKASSA, "partners.yookassa", yookassa.is_some()),
            (queues::BANK, "partners.bank", bank.is_some()),
            (queues::MESSAGES, "partners.wazzup", wazzup.is_some()),
            (queues::MESSAGES, "partners.sms", sms.is_some()),
            (queues::MESSAGES, "partners.mail", mail.is_some()),
        ]
        .into_iter()
        .find(|(needed, _, there)| *needed == queue && !there)
        .map(|(_, section, _)| section)
    }
}

fn is_queue(name: &str) -> bool {
    queues::ALL.contains(&name)
}
