//! What a partner tells by itself: webhooks, robots, events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::oneshot;

use super::faults::{Fault, Faults, Place};
use super::partner::Partner;

/// Longest time that a reordered callback waits for the next one.
const REORDER_WAIT: Duration = Duration::from_secs(5);
/// Longest time that the receiver may take.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// A POST to the other side. Made once unless `attempts` says otherwise: most partners do not repeat.
#[derive(Debug, Clone)]
pub struct Callback {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Before the first attempt.
    pub delay: Duration,
    /// How often it is sent until it is answered with 2xx.
    pub attempts: u32,
    /// Between attempts.
    pub pause: Duration,
}

impl Callback {
    pub fn new(url: impl Into<String>, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            url: url.into(),
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            delay: Duration::ZERO,
            attempts: 1,
            pause: Duration::ZERO,
        }
    }

    pub fn json(url: impl Into<String>, body: &serde_json::Value) -> Self {
        Self::new(url, "application/json", body.to_string())
    }

    /// `application/x-www-form-urlencoded`, the pairs in the given order.
    pub fn form(url: impl Into<String>, pairs: &[(String, String)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        Self::new(url, "application/x-www-form-urlencoded", body)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Repeats until answered with 2xx, as a partner with redelivery does.
    pub fn attempts(mut self, attempts: u32, pause: Duration) -> Self {
        self.attempts = attempts.max(1);
        self.pause = pause;
        self
    }
}

/// An attempt to deliver, as the control port lists it. The address goes without query and secrets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivery {
    pub partner: Partner,
    pub operation: String,
    /// Path of the receiver.
    pub path: String,
    pub attempt: u32,
    /// `None` when nobody answered.
    pub status: Option<u16>,
    pub at: DateTime<Utc>,
}

/// Sends callbacks in the background and honours the callback faults.
#[derive(Clone)]
pub struct Callbacks(Arc<Post>);

struct Post {
    http: reqwest::Client,
    faults: Arc<Faults>,
    deliveries: Mutex<Vec<Delivery>>,
    /// Callbacks that wait for the partner's next one to be delivered first.
    held: Mutex<HashMap<Partner, Vec<oneshot::Sender<()>>>>,
    closing: tokio_util::sync::CancellationToken,
    running: tokio_util::task::TaskTracker,
}

impl Callbacks {
    pub(super) fn new(http: reqwest::Client, faults: Arc<Faults>) -> Self {
        Self(Arc::new(Post {
            http,
            faults,
            deliveries: Mutex::default(),
            held: Mutex::default(),
            closing: tokio_util::sync::CancellationToken::new(),
            running: tokio_util::task::TaskTracker::new(),
        }))
    }

    /// Hands a callback over for delivery and returns at once. `operation` is what faults name it by.
    pub fn send(&self, partner: Partner, operation: &str, callback: Callback) {
        let faults = self.0.faults.at(Place::Callback, partner, operation);
        if faults.contains(&Fault::LoseCallback) {
            return;
        }
        let copies = if faults.contains(&Fault::DuplicateCallback) {
            2
        } else {
            1
        };
        let mut overtaken = Vec::new();
        let mut turn = None;
        if faults.contains(&Fault::ReorderCallbacks) {
            let (release, wait) = oneshot::channel();
            self.held().entry(partner).or_default().push(release);
            turn = Some(wait);
        } else if let Some(waiting) = self.held().remove(&partner) {
            overtaken = waiting;
        }
        let (post, operation) = (self.clone(), operation.to_owned());
        let job = async move {
            if let Some(turn) = turn {
                let _ = tokio::time::timeout(REORDER_WAIT, turn).await;
            }
            tokio::time::sleep(callback.delay).await;
            for _ in 0..copies {
                post.deliver(partner, &operation, &callback).await;
            }
            for release in overtaken {
                let _ = release.send(());
            }
        };
        let closing = self.0.closing.clone();
        self.0.running.spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = job => {}
            }
        });
    }

    /// Every attempt so far, of one partner or of all.
    pub fn deliveries(&self, partner: Option<Partner>) -> Vec<Delivery> {
        self.log()
            .iter()
            .filter(|delivery| partner.is_none_or(|p| p == delivery.partner))
            .cloned()
            .collect()
    }

    pub(super) async fn close(&self) {
        self.0.closing.cancel();
        self.0.running.close();
        self.0.running.wait().await;
    }

    async fn deliver(&self, partner: Partner, operation: &str, callback: &Callback) {
        for attempt in 1..=callback.attempts {
            let mut request = self
                .0
                .http
                .post(&callback.url)
                .timeout(ANSWER_WAIT)
                .body(callback.body.clone());
            for (name, value) in &callback.headers {
                request = request.header(name, value);
            }
            let status = match request.send().await {
                Ok(answer) => Some(answer.status()),
                Err(error) => {
                    tracing::warn!(%partner, operation, attempt, error = %error.without_url(), "callback was not answered");
                    None
                }
            };
            let path = url::Url::parse(&callback.url)
                .map(|url| url.path().to_owned())
                .unwrap_or_default();
            self.log().push(Delivery {
                partner,
                operation: operation.to_owned(),
                path,
                attempt,
                status: status.map(|status| status.as_u16()),
                at: Utc::now(),
            });
            if status.is_some_and(|status| status.is_success()) || attempt == callback.attempts {
                return;
            }
            tokio::time::sleep(callback.pause).await;
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Partner, Vec<oneshot::Sender<()>>>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.0
            .deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
