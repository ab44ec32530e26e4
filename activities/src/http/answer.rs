use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;

use crate::error::PartnerError;

/// A partner that asks for a longer pause is asked again after this one.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// A whole answer of a partner, not yet judged.
#[derive(Debug)]
pub struct Answer {
    partner: &'static str,
    operation: &'static str,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(
        partner: &'static str,
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Self {
        Self {
            partner,
            operation,
            status,
            headers,
            body,
        }
    }

    /// An answer that nobody sent, for what reads answers.
    #[cfg(feature = "fuzz")]
    pub(crate) fn given(status: u16, content_type: &'static str, body: &[u8]) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            reqwest::header::HeaderValue::from_static(content_type),
        );
        let status = StatusCode::from_u16(status).unwrap_or_default();
        Self::new("partner", "operation", status, headers, body.to_vec())
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn is_success(&self) -> bool {
        self.status.is_success()
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// `Content-Type` without parameters, in lower case; empty when absent.
    pub fn content_type(&self) -> String {
        self.headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(|value| value.trim().to_ascii_lowercase())
            .unwrap_or_default()
    }

    /// A web page: a proxy's, a maintenance page, a wrong address. Never the partner's own word.
    pub fn is_html(&self) -> bool {
        let declared = self.content_type();
        if declared == "text/html" || declared == "application/xhtml+xml" {
            return true;
        }
        let start = self.body.trim_ascii_start();
        let start = &start[..start.len().min(16)];
        let lower = start.to_ascii_lowercase();
        lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html")
    }

    /// The body of any status as JSON, if it is that: for a partner's error objects.
    pub fn try_json<T: DeserializeOwned>(&self) -> Option<T> {
        if self.is_html() {
            return None;
        }
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as JSON. A web page is no answer; JSON of another shape is a broken contract.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, PartnerError> {
        if self.is_html() {
            return Err(self.web_page());
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            // serde's own text may quote a value, which may be personal.
            self.broken(&format!(
                "{:?} error in JSON at line {} column {}",
                error.classify(),
                error.line(),
                error.column()
            ))
        })
    }

    /// The partner did something that its contract excludes.
    pub fn broken(&self, what: &str) -> PartnerError {
        PartnerError::protocol(format!(
            "{} {}: HTTP {}: {what}",
            self.partner,
            self.operation,
            self.status.as_u16()
        ))
    }

    /// The partner cannot answer now.
    pub fn unavailable(&self, what: &str) -> PartnerError {
        PartnerError::Unavailable {
            retry_after: self.retry_after(),
            detail: format!(
                "{} {}: HTTP {}: {what}",
                self.partner,
                self.operation,
                self.status.as_u16()
            ),
        }
    }

    fn web_page(&self) -> PartnerError {
        self.unavailable("a web page instead of an answer")
    }

    /// What a status without success means when the partner's own error body says nothing better.
    pub fn failure(&self) -> PartnerError {
        if self.is_html() {
            return self.web_page();
        }
        let code = self.status.as_u16();
        match code {
            401 | 403 => PartnerError::rejected(
                format!("http_{code}"),
                format!("Партнёр не принял наши учётные данные или доступ не подключён ({code})."),
            ),
            404 => PartnerError::rejected("http_404", "Партнёр не нашёл запрошенного (404)."),
            408 | 425 | 429 => self.unavailable("asked to come later"),
            409 => PartnerError::Conflict {
                existing: self.operation.to_owned(),
            },
            400..=499 => PartnerError::rejected(
                format!("http_{code}"),
                format!("Партнёр отклонил запрос ({code})."),
            ),
            500..=599 => self.unavailable("the partner failed"),
            _ => self.broken("an unexpected status"),
        }
    }

    /// `Retry-After` in seconds or as a date, at most an hour.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let pause = match value.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let at = DateTime::parse_from_rfc2822(value)
                    .ok()?
                    .with_timezone(&Utc);
                (at - Utc::now()).to_std().unwrap_or_default()
            }
        };
        Some(pause.min(LONGEST_PAUSE))
    }

    /// The label of the outcome in metrics.
    pub(super) fn outcome(&self) -> &'static str {
        match self.status.as_u16() {
            200..=299 if self.is_html() => "html",
            200..=299 => "ok",
            429 => "rate_limited",
            400..=499 => "refused",
            500..=599 => "failed",
            _ => "unexpected",
        }
    }
}
