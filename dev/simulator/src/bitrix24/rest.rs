//! The way of a call: address, bucket, caller, rights, method, answer.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, Request, State as Extracted};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};

use super::WEBHOOK_SECRET;
use super::answer::{Done, RestError, Times, envelope, json_response};
use super::methods::{self, Call, Caller, Method, Needs};
use super::params::Params;
use super::people;
use super::portal::State;
use crate::core::Sim;

/// `crm.Item.get.json` is `crm.item.get`.
pub(super) fn method_name(path: &str) -> String {
    let name = path.to_ascii_lowercase();
    name.strip_suffix(".json").unwrap_or(&name).to_owned()
}

/// `/rest/{method}` with `auth` in the query, the body or a header.
pub(super) async fn with_token(
    Extracted(sim): Extracted<Sim>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(method): Path<String>,
    request: Request,
) -> Response {
    let bearer = bearer(request.headers());
    let answer = answer(&sim, peer, &method, request, |state, params, now| {
        let token = params
            .text("auth")
            .or(bearer)
            .filter(|token| !token.is_empty());
        by_token(state, token.as_deref(), now)
    });
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

/// `/rest/{user}/{secret}/{method}`: an incoming webhook of that employee.
pub(super) async fn with_webhook(
    Extracted(sim): Extracted<Sim>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path((user, secret, method)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let answer = answer(&sim, peer, &method, request, |_, _, _| {
        let employee = user.parse().ok().and_then(people::find);
        match employee.filter(|_| secret == WEBHOOK_SECRET) {
            Some(employee) => Ok(Caller {
                user: employee.id,
                app: false,
                expires_at: None,
            }),
            None => Err(no_auth()),
        }
    });
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    sim: &Sim,
    peer: SocketAddr,
    path: &str,
    request: Request,
    caller: impl FnOnce(&State, &Params, DateTime<Utc>) -> Result<Caller, RestError>,
) -> Result<Response, RestError> {
    let start = sim.now();
    sim.state::<State>().let_in(peer.ip(), start)?;
    let read = Params::of(request).await;
    let (params, body) = read.map_err(|error| RestError::refused("INVALID_REQUEST", error))?;
    let caller = caller(&sim.state::<State>(), &params, start)?;
    let name = method_name(path);
    let method = methods::find(&name).ok_or_else(not_found)?;
    let (done, times) = run(sim, caller, method, params, &body, start);
    Ok(json_response(StatusCode::OK, &envelope(done?, &times)))
}

/// Runs a method, a command of a batch too.
pub(super) fn run(
    sim: &Sim,
    caller: Caller,
    method: &'static Method,
    params: Params,
    body: &[u8],
    start: DateTime<Utc>,
) -> (Result<Done, RestError>, Times) {
    let allowed = {
        let state = sim.state::<State>();
        allowed(&state, caller, method).and_then(|()| state.check_operating(method.name, start))
    };
    let call = Call {
        sim,
        caller,
        method: method.name,
        params,
        body,
    };
    let done = allowed.and_then(|()| (method.run)(&call));
    let finish = sim.now();
    let state = sim.state::<State>();
    let cost = state.behaviour.operating_cost_secs;
    let (operating, operating_reset_at) = state.worked(method.name, cost, finish);
    (
        done,
        Times {
            start,
            finish,
            operating,
            operating_reset_at,
        },
    )
}

pub(super) fn not_found() -> RestError {
    RestError::new(
        StatusCode::NOT_FOUND,
        "ERROR_METHOD_NOT_FOUND",
        "Method not found!",
    )
}

fn by_token(state: &State, token: Option<&str>, now: DateTime<Utc>) -> Result<Caller, RestError> {
    let access = token
        .and_then(|token| state.access.get(token))
        .ok_or_else(no_auth)?;
    if access.expires_at <= now {
        let words = "The access token provided has expired.";
        return Err(RestError::new(
            StatusCode::UNAUTHORIZED,
            "expired_token",
            words,
        ));
    }
    if !state.app.installed {
        let words = "Application is not installed";
        return Err(RestError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            words,
        ));
    }
    Ok(Caller {
        user: access.user,
        app: true,
        expires_at: Some(access.expires_at),
    })
}

fn no_auth() -> RestError {
    RestError::new(
        StatusCode::UNAUTHORIZED,
        "NO_AUTH_FOUND",
        "Wrong authorization data",
    )
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(value.strip_prefix("Bearer ")?.to_owned())
}

fn allowed(state: &State, caller: Caller, method: &Method) -> Result<(), RestError> {
    let Method {
        name,
        scope,
        needs,
        run: _,
    } = method;
    if !scope.is_empty() && !state.app.scope.iter().any(|given| given == scope) {
        let words = "The request requires higher privileges than provided by the access token";
        return Err(RestError::new(
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            words,
        ));
    }
    if matches!(needs, Needs::App | Needs::AppAdmin) && !caller.app {
        // The pages of the methods differ in the status of the same refusal.
        let status = if name.starts_with("event.") {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::BAD_REQUEST
        };
        let words = "Access denied! Application context required";
        return Err(RestError::new(status, "ACCESS_DENIED", words));
    }
    let admin = people::find(caller.user).is_some_and(people::Employee::is_admin);
    if matches!(needs, Needs::Admin | Needs::AppAdmin) && !admin {
        return Err(RestError::access_denied("Access denied!"));
    }
    Ok(())
}
