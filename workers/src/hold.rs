//! The gate before each call of a partner: while the partner is held the call waits, and afterwards those that
//! waited go on in a limited wave.
//!
//! Who is held stands in the database and is read every second by every worker. A circuit is watched by each
//! worker for the calls it makes itself; the hold that it begins is everybody's. While a circuit is open one
//! call of all workers may try the partner every so often; any answer closes it.

mod wave;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use activities::error::{PartnerError, Said};
use chrono::{DateTime, Utc};
use contracts::queues;
use domain::hold::{Circuit, CircuitRule, HoldCause};
use domain::partner::FailureClass;
use rand::RngExt;
use store::connect::Store;
use store::hold::HoldRow;
use temporalio_sdk::activities::ActivityInfo;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::wave::Wave;
use crate::config::HoldConfig;

/// How often the database is asked who is held.
const LOOK: Duration = Duration::from_secs(1);

/// What this worker knows of holds.
#[derive(Clone)]
pub(crate) struct Holds {
    inner: Arc<Inner>,
}

struct Inner {
    config: HoldConfig,
    store: Store,
    partners: Mutex<BTreeMap<&'static str, Partner>>,
    /// A circuit opened or closed here, and the database does not know it yet.
    turned: Notify,
}

#[derive(Default)]
struct Partner {
    held: Option<Held>,
    circuit: Circuit,
    wave: Wave,
    /// The circuit opened here, with the reason.
    opened: Option<String>,
    /// It answered while its circuit was open.
    answered: bool,
}

#[derive(Clone)]
struct Held {
    since: DateTime<Utc>,
    /// Russian.
    reason: String,
    /// When a call may try it; `None` while a person holds it.
    probe_at: Option<DateTime<Utc>>,
}

/// Of one queue.
#[derive(Clone)]
pub(crate) struct Gate {
    holds: Holds,
    /// `None` for the queue of no partner, which nothing holds.
    partner: Option<&'static str>,
}

/// What a call of a held partner does.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Go,
    /// It may try whether the partner is back, if no other worker's does.
    Probe {
        since: DateTime<Utc>,
    },
    Wait(PartnerError),
}

/// A call before the gate.
struct Call<'a> {
    run: &'a str,
    activity: &'a str,
    /// Until its attempt times out.
    left: Option<Duration>,
}

impl Holds {
    pub(crate) fn new(config: HoldConfig, store: Store) -> Self {
        Self {
            inner: Arc::new(Inner {
                config,
                store,
                partners: Mutex::default(),
                turned: Notify::new(),
            }),
        }
    }

    pub(crate) fn of(&self, queue: &'static str) -> Gate {
        Gate {
            holds: self.clone(),
            partner: queues::partner(queue),
        }
    }

    /// Keeps what is known here and in the database the same until `stop` is cancelled.
    pub(crate) async fn keep(self, stop: CancellationToken) {
        loop {
            self.write().await;
            self.read().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.inner.turned.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Circuits that opened or closed here; what cannot be written is tried again at the next look.
    async fn write(&self) {
        let turned: Vec<(&'static str, Option<String>, bool)> = self
            .partners()
            .iter()
            .filter(|(_, partner)| partner.opened.is_some() || partner.answered)
            .map(|(code, partner)| (*code, partner.opened.clone(), partner.answered))
            .collect();
        for (code, opened, answered) in turned {
            let written = self.write_one(code, opened.as_deref(), answered).await;
            match written {
                Ok(()) => {
                    if let Some(partner) = self.partners().get_mut(code) {
                        partner.opened = None;
                        partner.answered = false;
                    }
                }
                Err(error) => {
                    tracing::warn!(partner = code, %error, "a circuit's state could not be written down; tried again");
                }
            }
        }
    }

    async fn write_one(
        &self,
        code: &'static str,
        opened: Option<&str>,
        answered: bool,
    ) -> Result<(), store::StoreError> {
        let Inner { config, store, .. } = &*self.inner;
        if let Some(reason) = opened {
            let title = queues::title_ru(&format!("partner.{code}"));
            let probe_at = Utc::now() + config.probe_after(chrono::Duration::zero());
            if store.open_circuit(code, title, reason, probe_at).await? {
                tracing::warn!(partner = code, "the partner is away: its calls wait");
            }
        }
        if answered && store.close_circuit(code).await? {
            tracing::info!(partner = code, "the partner answers again: its calls go on");
        }
        Ok(())
    }

    async fn read(&self) {
        let rows = match self.inner.store.holds_in_force().await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(%error, "the holds of partners could not be read; the last known ones stand");
                return;
            }
        };
        let mut held = BTreeMap::new();
        for row in &rows {
            if let Some(code) = queues::ALL
                .into_iter()
                .filter_map(queues::partner)
                .find(|code| *code == row.partner)
            {
                add(&mut held, code, row);
            }
        }
        let mut partners = self.partners();
        for code in held.keys() {
            partners.entry(code).or_default();
        }
        for (code, partner) in partners.iter_mut() {
            // What this worker knows and has not written yet is newer than what was read.
            if partner.opened.is_none() && !partner.answered {
                partner.now_held(held.remove(code), Instant::now());
            }
            metrics::gauge!("kite_partner_held", "partner" => *code)
                .set(u8::from(partner.held.is_some()));
        }
    }

    fn partners(&self) -> MutexGuard<'_, BTreeMap<&'static str, Partner>> {
        self.inner
            .partners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Several holds of one partner are one: since the first of them, and tried by no call while a person is
/// among those who hold it.
fn add(held: &mut BTreeMap<&'static str, Held>, code: &'static str, row: &HoldRow) {
    let probe_at = match row.cause {
        HoldCause::Ops => None,
        HoldCause::Circuit => row.probe_at,
    };
    match held.get_mut(code) {
        None => {
            held.insert(
                code,
                Held {
                    since: row.since,
                    reason: row.reason.clone(),
                    probe_at,
                },
            );
        }
        Some(known) => {
            if row.cause == HoldCause::Ops {
                known.reason = row.reason.clone();
            }
            known.since = known.since.min(row.since);
            known.probe_at = known.probe_at.and(probe_at);
        }
    }
}

impl Gate {
    /// Lets a call through, or answers with the failure by which it waits. `true`: the call tries whether a
    /// held partner is back.
    pub(crate) async fn pass(&self, info: &ActivityInfo) -> Result<bool, PartnerError> {
        let Some(code) = self.partner else {
            return Ok(false);
        };
        let call = Call::of(info);
        let config = self.holds.inner.config;
        let now = Utc::now();
        let turn = {
            let mut partners = self.holds.partners();
            let partner = partners.entry(code).or_default();
            partner.turn(&config, &call, now, Instant::now())
        };
        match turn {
            Turn::Go => Ok(false),
            Turn::Wait(error) => Err(error),
            Turn::Probe { since } => {
                let next = now + config.probe_after(now - since);
                let taken = self.holds.inner.store.take_probe(code, now, next).await;
                let mut partners = self.holds.partners();
                let partner = partners.entry(code).or_default();
                // Taken by us or by another worker: until then nobody else tries.
                if let Some(held) = &mut partner.held {
                    held.probe_at = Some(next);
                }
                match taken {
                    Ok(true) => Ok(true),
                    Ok(false) => Err(partner.wait(&config, &call, now)),
                    Err(error) => Err(PartnerError::from_store(error)),
                }
            }
        }
    }

    /// What the call said of the partner. A call that found a held partner away waits like the others, with the
    /// failure that is answered here: its patience is not for outages.
    pub(crate) fn note(&self, said: &Said, info: &ActivityInfo) -> Option<PartnerError> {
        let code = self.partner?;
        let run = info.workflow_id.as_deref().unwrap_or_default();
        let config = &self.holds.inner.config;
        let mut partners = self.holds.partners();
        let partner = partners.entry(code).or_default();
        // The channels of messages stand in for one another, and processes fall back by themselves.
        let watched = code != MESSAGES && config.failures > 0;
        let now = Utc::now();
        if watched && partner.said(&config.rule(), said, run, now) {
            self.holds.inner.turned.notify_one();
        }
        let away = matches!(
            said,
            Said::Failed {
                class: FailureClass::Unavailable,
                text: _
            }
        );
        (away && partner.held.is_some()).then(|| partner.wait(config, &Call::of(info), now))
    }
}

impl<'a> Call<'a> {
    fn of(info: &'a ActivityInfo) -> Self {
        Self {
            run: info.workflow_id.as_deref().unwrap_or_default(),
            activity: &info.activity_id,
            left: info
                .deadline
                .and_then(|deadline| deadline.duration_since(SystemTime::now()).ok()),
        }
    }
}

const MESSAGES: &str = "messages";

impl Partner {
    fn now_held(&mut self, held: Option<Held>, now: Instant) {
        if self.held.is_some() && held.is_none() {
            self.wave.begin(now);
        }
        self.held = held;
    }

    fn turn(
        &mut self,
        config: &HoldConfig,
        call: &Call<'_>,
        now: DateTime<Utc>,
        instant: Instant,
    ) -> Turn {
        match &self.held {
            Some(Held {
                since,
                probe_at: Some(at),
                reason: _,
            }) if *at <= now => Turn::Probe { since: *since },
            Some(_) => Turn::Wait(self.wait(config, call, now)),
            None => match self.wave.slot(config, call.run, call.activity, instant) {
                None => Turn::Go,
                Some(pause) => Turn::Wait(PartnerError::Held {
                    retry_after: Some(pause),
                    reason: "партнёр снова работает, вызовы продолжаются по очереди".to_owned(),
                }),
            },
        }
    }

    /// A young hold lets the call ask again by itself. In an older one, or when the call has no time left, it
    /// is handed back: the process waits without spending the call's patience.
    fn wait(&self, config: &HoldConfig, call: &Call<'_>, now: DateTime<Utc>) -> PartnerError {
        let Some(held) = &self.held else {
            return PartnerError::Held {
                retry_after: Some(config.wait()),
                reason: "проверяем, работает ли партнёр".to_owned(),
            };
        };
        // Not all at once when the hold ends.
        let pause = config.wait().mul_f64(rand::rng().random_range(0.5..1.5));
        let young = (now - held.since).to_std().unwrap_or_default() < config.hand_back();
        let time = call.left.is_none_or(|left| left > pause * 2);
        PartnerError::Held {
            retry_after: (young && time).then_some(pause),
            reason: held.reason.clone(),
        }
    }

    /// Whether the circuit turned.
    fn said(&mut self, rule: &CircuitRule, said: &Said, run: &str, at: DateTime<Utc>) -> bool {
        match said {
            Said::Answered => {
                self.circuit.answered();
                let open = self
                    .held
                    .as_ref()
                    .is_some_and(|held| held.probe_at.is_some());
                if open {
                    self.opened = None;
                    self.answered = true;
                    self.now_held(None, Instant::now());
                }
                open
            }
            Said::Failed {
                class: FailureClass::Unavailable,
                text,
            } => {
                if !self.circuit.away(rule, run, at) || self.held.is_some() {
                    return false;
                }
                let reason = format!("сбой партнёра: {text}");
                self.held = Some(Held {
                    since: at,
                    reason: reason.clone(),
                    probe_at: Some(DateTime::<Utc>::MAX_UTC),
                });
                self.opened = Some(reason);
                true
            }
            // It is there, whatever it says; and it is no sign that it does its part again.
            Said::Failed {
                class: FailureClass::Protocol | FailureClass::Locked,
                text: _,
            }
            | Said::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests;
