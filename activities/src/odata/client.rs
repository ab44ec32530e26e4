//! The calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono_tz::Tz;
use reqwest::header::{ACCEPT, COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use super::draft::Draft;
use super::problem::{self, Complaint, Problem};
use super::record::Record;
use super::value::literal;
use super::{DELETED, REF_KEY};
use crate::error::PartnerError;
use crate::http::{self, Answer, Http, SetupError};

const JSON: &str = "application/json";

/// How to reach a base; the partners' configurations hold the same.
pub(crate) struct Settings<'a> {
    pub(crate) base_url: &'a Url,
    pub(crate) user: &'a str,
    pub(crate) password: &'a SecretString,
    pub(crate) time_zone: Tz,
    pub(crate) read_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) concurrency: usize,
    pub(crate) sessions: bool,
    pub(crate) extra_ca: Option<&'a Path>,
}

/// What a document is told to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    Post,
    Unpost,
}

/// One base of 1C. The limits and the session are shared by everything that uses the client.
pub(crate) struct ODataClient {
    pub(super) http: Http,
    /// The base's name for people.
    pub(super) base: String,
    user: String,
    password: SecretString,
    time_zone: Tz,
    read_timeout: Duration,
    sessions: bool,
    /// Cookie of the session that 1C opened for us, if it ever did.
    session: Mutex<Option<String>>,
    /// What `$metadata` lacks of the mapping; while there is anything, nothing is written.
    pub(super) missing: Mutex<Vec<String>>,
    /// Keys found by [`Lookup`], by object and value: they do not change.
    pub(super) found: Mutex<BTreeMap<(String, String), Uuid>>,
}

impl ODataClient {
    pub(crate) fn new(
        partner: &'static str,
        base: &str,
        settings: &Settings<'_>,
    ) -> Result<Self, SetupError> {
        let http = Http::new(
            partner,
            &http::Settings {
                base_url: settings.base_url,
                timeout: settings.write_timeout,
                concurrency: settings.concurrency,
                rate_per_minute: 0,
                extra_ca: settings.extra_ca,
            },
        )?;
        Ok(Self {
            http,
            base: base.to_owned(),
            user: settings.user.to_owned(),
            password: settings.password.clone(),
            time_zone: settings.time_zone,
            read_timeout: settings.read_timeout,
            sessions: settings.sessions,
            session: Mutex::default(),
            missing: Mutex::default(),
            found: Mutex::default(),
        })
    }

    pub(crate) fn time_zone(&self) -> Tz {
        self.time_zone
    }

    /// `$metadata`: many megabytes of XML, which 1C makes anew at every call.
    pub(super) async fn metadata(&self) -> Result<Answer, PartnerError> {
        let url = self.http.url(["odata", "standard.odata", "$metadata"]);
        let request = self.http.request(Method::GET, url);
        let answer = self.send("metadata", "application/xml", request).await?;
        if !answer.is_success() {
            return Err(problem::judge(&answer, &self.base).into_error(&self.base));
        }
        if answer.is_html() {
            return Err(answer.unavailable("a web page instead of $metadata"));
        }
        Ok(answer)
    }

    /// One object by its key.
    pub(crate) async fn get(
        &self,
        object: &str,
        key: Uuid,
        select: &[String],
    ) -> Result<Option<Record>, PartnerError> {
        // Every write begins with a read.
        self.refuse_if_unmapped()?;
        let select = query(&[("$select", &select.join(","))]);
        let request = self
            .http
            .request(
                Method::GET,
                self.url([entity(object, key).as_str()], &select),
            )
            .timeout(self.read_timeout);
        let answer = self.send("get", JSON, request).await?;
        if answer.is_success() {
            return json(&answer).map(|fields| Some(Record(fields)));
        }
        match problem::judge(&answer, &self.base) {
            Problem::NotFound => Ok(None),
            other => Err(other.into_error(&self.base)),
        }
    }

    /// Objects, not marked for deletion, whose `field` is `value`; at most two, so that a double shows.
    pub(crate) async fn find(
        &self,
        object: &str,
        field: &str,
        value: &str,
    ) -> Result<Vec<Uuid>, PartnerError> {
        self.refuse_if_unmapped()?;
        let filter = format!("{field} eq {} and {DELETED} eq false", literal(value));
        let query = query(&[("$filter", &filter), ("$select", REF_KEY), ("$top", "2")]);
        let request = self
            .http
            .request(Method::GET, self.url([object], &query))
            .timeout(self.read_timeout);
        let answer = self.send("find", JSON, request).await?;
        if !answer.is_success() {
            return Err(problem::judge(&answer, &self.base).into_error(&self.base));
        }
        let mut listed: Map<String, Value> = json(&answer)?;
        let Some(Value::Array(rows)) = listed.remove("value") else {
            return Err(answer.broken("a list without \"value\""));
        };
        rows.into_iter()
            .map(|row| match row {
                Value::Object(fields) => Record(fields).key(REF_KEY),
                _ => None,
            })
            .collect::<Option<_>>()
            .ok_or_else(|| answer.broken("an object without Ref_Key"))
    }

    /// Creates under our own key. Whoever was first with the key, the object is there afterwards.
    pub(super) async fn create(&self, draft: &Draft) -> Result<(), PartnerError> {
        let request = self
            .http
            .request(Method::POST, self.url([draft.object.as_str()], ""))
            .json(&draft.body());
        match self.write("create", request).await {
            Ok(()) | Err(Problem::Exists) => Ok(()),
            Err(problem) => Err(problem.into_error(&self.base)),
        }
    }

    pub(super) async fn change(
        &self,
        object: &str,
        key: Uuid,
        body: &Value,
    ) -> Result<(), PartnerError> {
        let request = self
            .http
            .request(Method::PATCH, self.url([entity(object, key).as_str()], ""))
            .json(body);
        self.write("change", request)
            .await
            .map_err(|problem| problem.into_error(&self.base))
    }

    /// Posts a document or takes its posting back.
    pub(super) async fn act(
        &self,
        object: &str,
        key: Uuid,
        action: Action,
    ) -> Result<(), PartnerError> {
        let entity = entity(object, key);
        let (operation, url) = match action {
            Action::Post => (
                "post",
                self.url([entity.as_str(), "Post"], "PostingModeOperational=false"),
            ),
            Action::Unpost => ("unpost", self.url([entity.as_str(), "Unpost"], "")),
        };
        self.write(operation, self.http.request(Method::POST, url))
            .await
            .map_err(|problem| problem.into_error(&self.base))
    }

    /// Ends the session, if there is one, so that its licence is free at once.
    pub(crate) async fn close(&self) {
        let Some(cookie) = lock(&self.session).take() else {
            return;
        };
        let request = self
            .http
            .request(Method::GET, self.url([], ""))
            .timeout(self.read_timeout)
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .header(COOKIE, cookie)
            .header("IBSession", "finish");
        if self.http.send("finish", request).await.is_err() {
            tracing::info!(
                partner = self.http.partner(),
                "the 1C session was left to expire"
            );
        }
    }

    async fn write(&self, operation: &'static str, request: RequestBuilder) -> Result<(), Problem> {
        let answer = self
            .send(operation, JSON, request)
            .await
            .map_err(Problem::Failed)?;
        if !answer.is_success() {
            return Err(problem::judge(&answer, &self.base));
        }
        if answer.is_html() {
            // A login page with status 200: whether anything was written is seen at the next read.
            return Err(Problem::Failed(
                answer.unavailable("a web page instead of an answer"),
            ));
        }
        Ok(())
    }

    async fn send(
        &self,
        operation: &'static str,
        accept: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, PartnerError> {
        let mut request = request
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .header(ACCEPT, accept);
        let session = lock(&self.session).clone();
        if self.sessions {
            request = match &session {
                Some(cookie) => request.header(COOKIE, cookie),
                None => request.header("IBSession", "start"),
            };
        }
        let answer = self.http.send(operation, request).await?;
        if self.sessions {
            self.keep_session(session.is_some(), &answer)?;
        }
        Ok(answer)
    }

    /// Takes the cookie of a session that began; forgets one that 1C no longer knows.
    fn keep_session(&self, had: bool, answer: &Answer) -> Result<(), PartnerError> {
        let cookie = answer
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .find_map(|value| {
                let cookie = value.to_str().ok()?.split(';').next()?.trim();
                cookie
                    .to_ascii_lowercase()
                    .starts_with("ibsession=")
                    .then(|| cookie.to_owned())
            });
        if cookie.is_some() {
            *lock(&self.session) = cookie;
            return Ok(());
        }
        let refused = matches!(answer.status().as_u16(), 400 | 404 | 406);
        if had && refused && Complaint::read(answer.body()).is_none() {
            *lock(&self.session) = None;
            return Err(answer.unavailable("the 1C session is over"));
        }
        Ok(())
    }

    /// `query` is encoded already; the format is always asked for, since 1C would answer in Atom.
    fn url<const N: usize>(&self, path: [&str; N], query: &str) -> Url {
        let mut url = self
            .http
            .url(["odata", "standard.odata"].into_iter().chain(path));
        let query = match query {
            "" => "$format=json".to_owned(),
            query => format!("$format=json&{query}"),
        };
        url.set_query(Some(&query));
        url
    }
}

fn entity(object: &str, key: Uuid) -> String {
    format!("{object}(guid'{key}')")
}

/// Spaces become `%20`: 1C reads a plus as itself.
fn query(pairs: &[(&str, &str)]) -> String {
    pairs
        .iter()
        .map(|(name, value)| {
            let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            format!("{name}={}", value.replace('+', "%20"))
        })
        .collect::<Vec<_>>()
        .join("&")
}

/// 1C may begin JSON with a byte order mark.
pub(super) fn json(answer: &Answer) -> Result<Map<String, Value>, PartnerError> {
    if answer.is_html() {
        return Err(answer.unavailable("a web page instead of an answer"));
    }
    let body = answer.body();
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|_| answer.broken("the answer is not a JSON object"))
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
