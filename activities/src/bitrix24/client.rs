//! The portal's calls: token, limits, one meaning for every answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::connect::Store;
use tokio::sync::Mutex;
use url::Url;

use super::budget::Budget;
use super::config::{Config, DealFields};
use super::dto;
use super::refusal::{Refusal, Said};
use super::token::{Access, Sealer, Tokens};
use crate::error::PartnerError;
use crate::http::{Answer, Http, Settings, SetupError};

pub(super) const PARTNER: &str = "bitrix24";
/// Commands in one batch, by the portal's rules.
const BATCH: usize = 50;

/// Speaks to every portal that installed the application. One per process: limits are kept in it.
pub struct Bitrix24Client {
    config: Config,
    tokens: Tokens,
    portals: Mutex<BTreeMap<String, Arc<Line>>>,
}

/// The way to one portal.
struct Line {
    endpoint: String,
    http: Http,
    budget: Budget,
}

/// A successful answer.
pub(super) struct Reply<T> {
    pub(super) result: T,
    /// Where the next page begins.
    pub(super) next: Option<u64>,
}

/// One command of a batch. Parameters are named as PHP reads them, e.g. `fields[TITLE]`.
pub(super) struct Command {
    pub(super) key: String,
    pub(super) method: &'static str,
    pub(super) params: Vec<(&'static str, String)>,
}

/// What became of each command, by its key.
pub(super) struct Batched {
    pub(super) results: BTreeMap<String, Value>,
    pub(super) errors: BTreeMap<String, PartnerError>,
}

/// Why a call did not succeed.
pub(super) enum CallError {
    /// The portal refused this call: it understood, and the reason is in the call.
    Refused(PartnerError),
    /// Everything else: no answer, no access, a broken contract.
    Failed(PartnerError),
}

impl From<CallError> for PartnerError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(error) | CallError::Failed(error) => error,
        }
    }
}

impl Bitrix24Client {
    pub fn new(config: Config, store: Store, sealer: Arc<dyn Sealer>) -> Result<Self, SetupError> {
        let oauth = Http::new(PARTNER, &settings(&config, &config.oauth_url))?;
        if config.public_url.cannot_be_a_base() {
            return Err(SetupError::value(
                PARTNER,
                "public_url",
                "is not an HTTP address",
            ));
        }
        let tokens = Tokens::new(
            oauth,
            &config.client_id,
            config.client_secret.clone(),
            store,
            sealer,
        );
        Ok(Self {
            config,
            tokens,
            portals: Mutex::default(),
        })
    }

    pub(super) fn fields(&self) -> &DealFields {
        &self.config.fields
    }

    /// An address below the gateway's public one.
    pub(super) fn public_url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.config.public_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// One call. `params` is a JSON object.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        portal: &str,
        method: &'static str,
        params: Value,
    ) -> Result<Reply<T>, CallError> {
        let failed = CallError::Failed;
        let mut access = self.tokens.access(portal).await.map_err(failed)?;
        let line = self.line(portal, &access).await.map_err(failed)?;
        line.budget.check(method, Utc::now()).map_err(failed)?;
        let mut renewed = false;
        let (answer, refusal) = loop {
            let answer = send(&line, &access, method, &params)
                .await
                .map_err(failed)?;
            match judge(&answer, method) {
                Ok(envelope) => {
                    if let Some(time) = envelope.time {
                        line.budget.note(method, time, Utc::now());
                    }
                    return shaped(&answer, envelope).map_err(failed);
                }
                Err(Refusal::Expired) if !renewed => {
                    renewed = true;
                    access = self.tokens.renew(portal, &access).await.map_err(failed)?;
                }
                Err(refusal) => break (answer, refusal),
            }
        };
        Err(match refusal {
            Refusal::WorkedOut => failed(line.budget.worked_out(method, Utc::now())),
            Refusal::Expired => failed(answer.unavailable("the renewed token was not accepted")),
            Refusal::Access(error) => failed(error),
            Refusal::Partner(error @ PartnerError::Rejected { .. }) => CallError::Refused(error),
            Refusal::Partner(error) => failed(error),
        })
    }

    /// Up to fifty commands in one call, run in the order of their keys. A command may use the result
    /// of one before it, `$result[key][…]`; one that fails does not stop the others.
    pub(super) async fn batch(
        &self,
        portal: &str,
        commands: &[Command],
    ) -> Result<Batched, PartnerError> {
        debug_assert!(commands.len() <= BATCH, "a batch is split by its caller");
        let access = self.tokens.access(portal).await?;
        let line = self.line(portal, &access).await?;
        let now = Utc::now();
        for command in commands {
            line.budget.check(command.method, now)?;
        }
        // Sorted, as JSON maps here may or may not be: the portal runs them as they stand.
        let lines: BTreeMap<&str, String> = commands
            .iter()
            .map(|command| (command.key.as_str(), command.line()))
            .collect();
        let cmd = serde_json::Map::from_iter(
            lines
                .into_iter()
                .map(|(key, line)| (key.to_owned(), Value::String(line))),
        );
        let reply = self
            .call::<dto::Batch>(portal, "batch", json!({ "halt": 0, "cmd": cmd }))
            .await?;
        let dto::Batch {
            result,
            result_error,
            result_time,
        } = reply.result;
        let now = Utc::now();
        let mut errors = BTreeMap::new();
        for command in commands {
            if let Some(time) = result_time.get(&command.key) {
                line.budget.note(command.method, *time, now);
            }
            let Some(failure) = result_error.get(&command.key) else {
                continue;
            };
            let code = dto::as_text(&failure.error).unwrap_or_default();
            let description = dto::as_text(&failure.error_description).unwrap_or_default();
            let refusal = Refusal::of(&Said {
                method: command.method,
                status: None,
                code: &code,
                description: &description,
                retry_after: None,
            });
            let error = match refusal {
                Refusal::WorkedOut => line.budget.worked_out(command.method, now),
                other => other.into_error(),
            };
            errors.insert(command.key.clone(), error);
        }
        Ok(Batched {
            results: result,
            errors,
        })
    }

    async fn line(&self, portal: &str, access: &Access) -> Result<Arc<Line>, PartnerError> {
        let mut portals = self.portals.lock().await;
        if let Some(line) = portals.get(portal)
            && line.endpoint == access.endpoint
        {
            return Ok(line.clone());
        }
        let url = Url::parse(&access.endpoint)
            .map_err(|_| PartnerError::protocol("bitrix24: the portal's address is not a URL"))?;
        let http = Http::new(PARTNER, &settings(&self.config, &url))
            .map_err(|error| PartnerError::protocol(error.to_string()))?;
        let line = Arc::new(Line {
            endpoint: access.endpoint.clone(),
            http,
            budget: Budget::new(self.config.operating_limit_secs),
        });
        portals.insert(portal.to_owned(), line.clone());
        Ok(line)
    }
}

impl Command {
    fn line(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.params);
        format!("{}?{}", self.method, query.finish())
    }
}

fn settings<'a>(config: &'a Config, base_url: &'a Url) -> Settings<'a> {
    Settings {
        base_url,
        timeout: Duration::from_secs(config.timeout_secs),
        concurrency: config.concurrency,
        rate_per_minute: config.rate_per_minute,
        extra_ca: config.extra_ca.as_deref(),
    }
}

async fn send(
    line: &Line,
    access: &Access,
    method: &'static str,
    params: &Value,
) -> Result<Answer, PartnerError> {
    let mut body = params.clone();
    if let Value::Object(fields) = &mut body {
        let token = access.token.expose_secret().to_owned();
        fields.insert("auth".to_owned(), Value::String(token));
    }
    let request = line
        .http
        .request(Method::POST, line.http.url([method]))
        .json(&body);
    line.http.send(method, request).await
}

/// What an answer means; an error object decides, whatever the status.
pub(super) fn judge(answer: &Answer, method: &'static str) -> Result<dto::Envelope, Refusal> {
    let Some(envelope) = answer.try_json::<dto::Envelope>() else {
        return Err(Refusal::Partner(if answer.is_success() {
            match answer.json::<dto::Envelope>() {
                Ok(_) => answer.broken("an answer that reads in two ways"),
                Err(error) => error,
            }
        } else {
            failure(answer)
        }));
    };
    match &envelope.error {
        Some(error) => {
            let code = dto::as_text(error).unwrap_or_default();
            let description = envelope
                .error_description
                .as_ref()
                .and_then(dto::as_text)
                .unwrap_or_default();
            Err(Refusal::of(&Said {
                method,
                status: Some(answer.status().as_u16()),
                code: &code,
                description: &description,
                retry_after: answer.retry_after(),
            }))
        }
        None if answer.is_success() => Ok(envelope),
        None => Err(Refusal::Partner(failure(answer))),
    }
}

/// A status without the portal's error object is a proxy's: nothing that it says is about the call.
fn failure(answer: &Answer) -> PartnerError {
    match answer.failure() {
        PartnerError::Rejected { .. } | PartnerError::Conflict { .. } => {
            answer.unavailable("no word of the portal itself")
        }
        error @ (PartnerError::Unavailable { .. }
        | PartnerError::Pending
        | PartnerError::Held { .. }
        | PartnerError::Protocol { .. }) => error,
    }
}

fn shaped<T: DeserializeOwned>(
    answer: &Answer,
    envelope: dto::Envelope,
) -> Result<Reply<T>, PartnerError> {
    // serde's own text may quote a value, which may be personal.
    let result = serde_json::from_value(envelope.result)
        .map_err(|_| answer.broken("a result of another shape"))?;
    Ok(Reply {
        result,
        next: envelope.next,
    })
}
