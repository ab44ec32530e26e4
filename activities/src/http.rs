//! One way to call a partner over HTTP: limits, timeout, span, metrics, and what an answer means
//! before the partner's own rules are looked at.
//!
//! Nothing here retries, save a connection that was never established: then the partner saw nothing.

mod answer;

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, redirect, retry};
use store::crash_point::{self, Point};
use tokio::sync::Semaphore;
use tracing::{Instrument, Span, field};
use url::Url;

pub use self::answer::Answer;
use crate::error::PartnerError;

/// A larger answer is not read: no partner of ours has one.
const BODY_CAP: usize = 32 * 1024 * 1024;
/// How long a call waits for its turn under our own limits before it is put off.
const TURN: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);

/// Why a partner's connection could not be set up: wrong configuration.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("{partner}.extra_ca: {}: {source}", path.display())]
    CertificateFile {
        partner: &'static str,
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    #[error("{partner}.extra_ca: not a PEM certificate")]
    Certificate { partner: &'static str },
    #[error("{partner}.{key}: {problem}")]
    Value {
        partner: &'static str,
        key: &'static str,
        problem: String,
    },
    #[error("{partner}: the HTTP client cannot be built: {source}")]
    Client {
        partner: &'static str,
        source: reqwest::Error,
    },
}

impl SetupError {
    pub fn value(partner: &'static str, key: &'static str, problem: impl Into<String>) -> Self {
        Self::Value {
            partner,
            key,
            problem: problem.into(),
        }
    }
}

/// What the configurations of all HTTP partners have in common.
pub struct Settings<'a> {
    pub base_url: &'a Url,
    /// From the first byte sent to the last byte of the answer.
    pub timeout: Duration,
    /// Calls at once.
    pub concurrency: usize,
    /// Calls a minute; 0: no limit of ours.
    pub rate_per_minute: u32,
    /// PEM file with a certificate authority to trust beside the system's.
    pub extra_ca: Option<&'a Path>,
}

/// The connection to one partner. Cheap to clone; the limits are shared by the clones.
#[derive(Clone)]
pub struct Http {
    partner: &'static str,
    base_url: Url,
    client: Client,
    turns: Arc<Semaphore>,
    rate: Option<Arc<DefaultDirectRateLimiter>>,
}

impl Http {
    /// `partner` names it in logs, metrics and errors.
    pub fn new(partner: &'static str, settings: &Settings<'_>) -> Result<Self, SetupError> {
        let base_url = with_slash(settings.base_url);
        if base_url.cannot_be_a_base() || !matches!(base_url.scheme(), "http" | "https") {
            return Err(SetupError::value(
                partner,
                "base_url",
                "is not an HTTP address",
            ));
        }
        if settings.concurrency == 0 {
            return Err(SetupError::value(
                partner,
                "concurrency",
                "must be at least 1",
            ));
        }
        let mut builder = Client::builder()
            .timeout(settings.timeout)
            .connect_timeout(CONNECT.min(settings.timeout))
            // A redirected POST would become a GET, and credentials would travel to another host.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .user_agent(concat!("kite/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = settings.extra_ca {
            builder = builder.tls_certs_merge(certificates(partner, path)?);
        }
        let client = builder
            .build()
            .map_err(|source| SetupError::Client { partner, source })?;
        Ok(Self {
            partner,
            base_url,
            client,
            turns: Arc::new(Semaphore::new(settings.concurrency)),
            rate: NonZeroU32::new(settings.rate_per_minute).map(|per_minute| {
                let burst = per_minute.get().div_ceil(10);
                let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
                Arc::new(RateLimiter::direct(
                    Quota::per_minute(per_minute).allow_burst(burst),
                ))
            }),
        })
    }

    /// The partner's name in logs and metrics.
    pub fn partner(&self) -> &'static str {
        self.partner
    }

    /// An address under the base URL. Segments are percent-encoded; an empty last one makes a
    /// closing slash.
    pub fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends one request and reads the answer to its end. `operation` names the call in logs and
    /// metrics; the address is not logged, since partners have personal data in paths too.
    ///
    /// An error says that there is no whole answer; the effect may exist all the same.
    pub async fn send(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, PartnerError> {
        let span = tracing::info_span!(
            "partner_call",
            partner = self.partner,
            operation,
            host = self.base_url.host_str().unwrap_or_default(),
            attempt = 1,
            status = field::Empty,
        );
        let began = Instant::now();
        let result = self
            .attempts(operation, request)
            .instrument(span.clone())
            .await;
        let outcome = match &result {
            Ok(answer) => answer.outcome(),
            Err(failure) => failure.outcome,
        };
        metrics::histogram!("kite_partner_call_seconds", "partner" => self.partner, "operation" => operation)
            .record(began.elapsed().as_secs_f64());
        metrics::counter!("kite_partner_calls_total", "partner" => self.partner, "operation" => operation, "outcome" => outcome)
            .increment(1);
        let _entered = span.enter();
        match result {
            Ok(answer) => {
                span.record("status", answer.status().as_u16());
                if answer.is_success() || answer.status().as_u16() == 404 {
                    // Looking for what is not there yet is how a repeat is made safe.
                    tracing::debug!(outcome, "the partner answered");
                } else {
                    tracing::warn!(outcome, "the partner did not answer with success");
                }
                Ok(answer)
            }
            Err(Failure {
                detail,
                retry_after,
                ..
            }) => {
                tracing::warn!(
                    partner = self.partner,
                    operation,
                    outcome,
                    "no answer from the partner: {detail}"
                );
                Err(PartnerError::Unavailable {
                    retry_after,
                    detail: format!("{} {operation}: {detail}", self.partner),
                })
            }
        }
    }

    async fn attempts(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, Failure> {
        let _turn = tokio::time::timeout(TURN, self.turn())
            .await
            .map_err(|_| Failure {
                outcome: "put_off",
                detail: "our own limit of calls is used up".to_owned(),
                retry_after: Some(TURN),
            })?;
        let again = request.try_clone();
        crash_point::reached(Point::Before, operation);
        let answer = match (request.send().await, again) {
            (Err(error), Some(again)) if error.is_connect() => {
                Span::current().record("attempt", 2);
                again.send().await
            }
            (answer, _) => answer,
        };
        let response = answer.map_err(Failure::of)?;
        crash_point::reached(Point::Sent, operation);
        let (status, headers) = (response.status(), response.headers().clone());
        let body = body(response).await?;
        crash_point::reached(Point::Effect, operation);
        Ok(Answer::new(self.partner, operation, status, headers, body))
    }

    async fn turn(&self) -> tokio::sync::SemaphorePermit<'_> {
        let permit = self
            .turns
            .acquire()
            .await
            .expect("the semaphore is never closed");
        if let Some(rate) = &self.rate {
            rate.until_ready().await;
        }
        permit
    }
}

/// No whole answer, and why.
struct Failure {
    outcome: &'static str,
    detail: String,
    retry_after: Option<Duration>,
}

impl Failure {
    fn of(error: reqwest::Error) -> Self {
        // The error's own text holds the URL, and with it keys and names in the query.
        let (outcome, detail) = if error.is_timeout() {
            ("timeout", "no answer in time")
        } else if error.is_connect() {
            ("connect", "cannot connect")
        } else if error.is_builder() {
            ("broken", "the request cannot be built")
        } else {
            ("broken", "the connection broke before the whole answer")
        };
        Self {
            outcome,
            detail: detail.to_owned(),
            retry_after: None,
        }
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let too_large = || Failure {
        outcome: "too_large",
        detail: format!("the answer is larger than {BODY_CAP} bytes"),
        retry_after: None,
    };
    let announced = response
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_CAP) {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = response.chunk().await.map_err(Failure::of)? {
        if body.len() + chunk.len() > BODY_CAP {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A base URL with a path ends with a slash, so that segments are added to it.
fn with_slash(url: &Url) -> Url {
    let mut url = url.clone();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

fn certificates(partner: &'static str, path: &Path) -> Result<Vec<Certificate>, SetupError> {
    let pem = std::fs::read(path).map_err(|source| SetupError::CertificateFile {
        partner,
        path: path.to_owned(),
        source,
    })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) | Err(_) => Err(SetupError::Certificate { partner }),
    }
}

#[cfg(test)]
mod tests;
