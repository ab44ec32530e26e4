//! The authorisation server: codes, tokens, rotation.

use axum::extract::{Request, State as Extracted};
use axum::response::{IntoResponse, Response};
use chrono::{Duration, Utc};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::answer::{RestError, json_response};
use super::params::Params;
use super::people::ADMIN;
use super::portal::{Access, Code, Refresh, State};
use super::{CLIENT_ID, CLIENT_SECRET, MEMBER_ID};
use crate::core::{Partner, Sim};

const REFRESH_DAYS: i64 = 180;
const CODE_SECS: i64 = 30;

/// A fresh pair of one employee.
pub(super) struct Pair {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    pub(super) expires_in: i64,
    /// Unix time.
    pub(super) expires: i64,
    pub(super) user: u64,
}

impl State {
    /// Gives an employee a new pair; earlier ones stay as they are.
    pub(super) fn issue(&mut self, user: u64) -> Pair {
        let now = Utc::now();
        let expires_in = self.behaviour.access_secs;
        let (access_token, refresh_token) = (secret(), secret());
        let expires_at = now + Duration::seconds(expires_in);
        self.access
            .insert(access_token.clone(), Access { user, expires_at });
        let until = now + Duration::days(REFRESH_DAYS);
        self.refresh.insert(
            refresh_token.clone(),
            Refresh {
                user,
                expires_at: until,
                used: false,
            },
        );
        // An hour after its end a token is no longer told from an unknown one.
        self.access
            .retain(|_, access| access.expires_at + Duration::hours(1) > now);
        Pair {
            access_token,
            refresh_token,
            expires_in,
            expires: expires_at.timestamp(),
            user,
        }
    }

    pub(super) fn scope(&self) -> String {
        self.app.scope.join(",")
    }
}

/// Where the application reaches the portal: `domain`, REST address of the portal, of the authorisation server.
pub(super) fn endpoints(sim: &Sim, state: &State) -> (String, String, String) {
    let base = if state.app.plain {
        sim.bitrix24_plain()
    } else {
        sim.url(Partner::Bitrix24)
    };
    let host = base.host_str().unwrap_or_default();
    let domain = base
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let rest = format!("{base}rest/");
    (domain, rest.clone(), rest)
}

/// 70 characters that nobody guesses.
pub(super) fn secret() -> String {
    hex::encode(rand::random::<[u8; 35]>())
}

/// `GET /oauth/authorize/`: the administrator has agreed; back to the application with a code.
pub(super) async fn authorize(Extracted(sim): Extracted<Sim>, request: Request) -> Response {
    let params = Params::from_query(request.uri().query().unwrap_or_default().as_bytes());
    let mut state = sim.state::<State>();
    if params.text("client_id").as_deref() != Some(CLIENT_ID) {
        return refused("invalid_client", "The client is not registered");
    }
    let Ok(mut url) = url::Url::parse(
        &params
            .text("redirect_uri")
            .unwrap_or(state.app.handler.clone()),
    ) else {
        return refused(
            "invalid_request",
            "The application has no address to return to",
        );
    };
    let code = secret();
    let expires_at = Utc::now() + Duration::seconds(CODE_SECS);
    state.codes.insert(
        code.clone(),
        Code {
            user: ADMIN,
            expires_at,
        },
    );
    let (domain, _, _) = endpoints(&sim, &state);
    url.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &params.text("state").unwrap_or_default())
        .append_pair("domain", &domain)
        .append_pair("member_id", MEMBER_ID)
        .append_pair("scope", &state.scope())
        .append_pair("server_domain", &domain);
    (StatusCode::FOUND, [(header::LOCATION, url.to_string())]).into_response()
}

/// `/oauth/token/`: a code or a refresh token for a new pair, once.
pub(super) async fn token(Extracted(sim): Extracted<Sim>, request: Request) -> Response {
    let (params, body) = match Params::of(request).await {
        Ok(read) => read,
        Err(error) => return refused("invalid_request", &error),
    };
    let text = |name: &str| params.text(name).unwrap_or_default();
    if text("client_id") != CLIENT_ID || text("client_secret") != CLIENT_SECRET {
        return refused("invalid_client", "Invalid client");
    }
    let mut state = sim.state::<State>();
    if !state.app.installed {
        return refused("invalid_client", "Application is not installed");
    }
    let now = Utc::now();
    let grant = text("grant_type");
    let user = match grant.as_str() {
        "refresh_token" => state
            .refresh
            .get_mut(&text("refresh_token"))
            .and_then(|refresh| {
                let good = !refresh.used && refresh.expires_at > now;
                refresh.used = true;
                good.then_some(refresh.user)
            }),
        "authorization_code" => state
            .codes
            .remove(&text("code"))
            .filter(|code| code.expires_at > now)
            .map(|code| code.user),
        _ => return refused("invalid_request", "Unknown grant_type"),
    };
    let Some(user) = user else {
        return refused(
            "invalid_grant",
            "The provided authorization grant is invalid, expired or revoked",
        );
    };
    let pair = state.issue(user);
    sim.ledger().record(
        Partner::Bitrix24,
        "oauth.token",
        &format!("{grant}:{user}"),
        &body,
    );
    let answer = granted(&sim, &state, pair);
    json_response(StatusCode::OK, &answer)
}

fn granted(sim: &Sim, state: &State, pair: Pair) -> Value {
    let Pair {
        access_token,
        refresh_token,
        expires_in,
        expires,
        user,
    } = pair;
    let (domain, client_endpoint, server_endpoint) = endpoints(sim, state);
    json!({
        "access_token": access_token,
        "expires": expires,
        "expires_in": expires_in,
        "scope": state.scope(),
        "domain": domain,
        "server_endpoint": server_endpoint,
        "status": "L",
        "client_endpoint": client_endpoint,
        "member_id": MEMBER_ID,
        "user_id": user,
        "refresh_token": refresh_token,
    })
}

fn refused(error: &str, description: &str) -> Response {
    RestError::refused(error, description).into_response()
}
