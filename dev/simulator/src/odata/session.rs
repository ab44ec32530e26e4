//! Who may come in: Basic authentication, sessions, licences.

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use uuid::Uuid;

use super::configuration::Configuration;
use super::error::unauthorized;
use crate::core::StateGuard;

/// User of the integration in both bases; UTF-8, as 1C wants it.
pub const USER: &str = "kite";
pub const PASSWORD: &str = "kite-dev";

/// A session that nobody uses lives so long, seconds (`sessionMaxAge` of the publication).
const MAX_AGE: i64 = 20;

/// What a session costs the answer: nothing, or a cookie.
pub enum Admitted {
    Plain,
    Cookie(HeaderValue),
}

/// Lets the request in. `IBSession: start` opens a session, the cookie goes on with it, `IBSession: finish`
/// ends it; a request without a session needs a free licence for itself.
pub fn admit<C: Configuration>(
    mut state: StateGuard<'_, C>,
    now: DateTime<Utc>,
    headers: &HeaderMap,
) -> Result<Admitted, Box<Response>> {
    let wanted = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    if headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        != Some(wanted.as_str())
    {
        let challenge = [
            (
                header::WWW_AUTHENTICATE,
                "Basic realm=\"1C:Enterprise 8.3\"",
            ),
            (header::CONTENT_TYPE, "text/html;charset=utf-8"),
        ];
        return Err(Box::new(
            (StatusCode::UNAUTHORIZED, challenge, unauthorized()).into_response(),
        ));
    }
    let over = now - TimeDelta::seconds(MAX_AGE);
    if state.base().sessions.values().any(|used| *used < over) {
        state.base_mut().sessions.retain(|_, used| *used >= over);
    }
    let full = state.base().sessions.len() >= state.base().licences;
    let cookie = cookie(headers);
    if let Some(id) = &cookie {
        match state.base_mut().sessions.get_mut(id) {
            Some(used) => *used = now,
            None => {
                return Err(plain(
                    StatusCode::BAD_REQUEST,
                    "Сеанс не найден или завершён",
                ));
            }
        }
    }
    match headers
        .get("IBSession")
        .and_then(|value| value.to_str().ok())
    {
        Some("start") if full => Err(plain(
            StatusCode::NOT_ACCEPTABLE,
            "Не обнаружено свободной лицензии",
        )),
        Some("start") => {
            let id = Uuid::new_v4().to_string();
            state.base_mut().sessions.insert(id.clone(), now);
            let value = HeaderValue::from_str(&format!("ibsession={id}; HttpOnly; Path=/"));
            Ok(value.map_or(Admitted::Plain, Admitted::Cookie))
        }
        Some("finish") => {
            if let Some(id) = cookie {
                state.base_mut().sessions.remove(&id);
            }
            Ok(Admitted::Plain)
        }
        _ if cookie.is_none() && full => Err(plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Не обнаружено свободной лицензии",
        )),
        _ => Ok(Admitted::Plain),
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix("ibsession=").map(str::to_owned))
}

fn plain(status: StatusCode, text: &'static str) -> Box<Response> {
    let html = format!(
        "\u{feff}<html><head><title>1С:Предприятие</title></head><body><p>{text}</p></body></html>"
    );
    Box::new(
        (
            status,
            [(header::CONTENT_TYPE, "text/html;charset=utf-8")],
            html,
        )
            .into_response(),
    )
}
