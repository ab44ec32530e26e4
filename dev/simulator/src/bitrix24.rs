//! A Bitrix24 portal: OAuth, REST v2, robots, events, tabs of the deal's card. See README.md beside the module.

mod answer;
mod batch;
mod card;
mod contacts;
mod control;
mod deals;
mod directory;
mod events;
mod fields;
mod files;
mod filter;
mod forms;
mod limits;
mod methods;
mod notices;
mod oauth;
mod params;
mod people;
mod placements;
mod portal;
mod rest;
mod robots;
mod system;
mod tasks;
#[cfg(test)]
mod tests;
mod timeline;
mod workflows;

use axum::Router;
use axum::routing::{any, get};
use http::Method;

use crate::core::Sim;

pub use control::control;
pub use portal::State;

/// The local application as it is registered on the portal.
pub const CLIENT_ID: &str = "local.6b697465a1b2c3.00000001";
pub const CLIENT_SECRET: &str = "simulator-secret-of-the-local-application";
/// Stable key of the portal.
pub const MEMBER_ID: &str = "6b697465706f7274616c000000000001";
/// Secret of an incoming webhook, which every employee has: `/rest/<user>/<secret>/<method>`.
pub const WEBHOOK_SECRET: &str = "kitewebhook000001";

/// REST, OAuth and downloads.
pub fn router(sim: Sim) -> Router {
    Router::new()
        .route("/oauth/token", any(oauth::token))
        .route("/oauth/token/", any(oauth::token))
        .route("/oauth/authorize", get(oauth::authorize))
        .route("/oauth/authorize/", get(oauth::authorize))
        .route("/crm/deal/details/{id}/", get(card::show))
        .route("/rest/crm.controller.item.getFile/", get(files::download))
        .route("/rest/{method}", any(rest::with_token))
        .route("/rest/{method}/", any(rest::with_token))
        // The web server of the portal merges slashes; the vendor's JavaScript client relies on it.
        .route("/rest//{method}", any(rest::with_token))
        .route("/rest/{user}/{secret}/{method}", any(rest::with_webhook))
        .route("/rest/{user}/{secret}/{method}/", any(rest::with_webhook))
        .with_state(sim)
}

/// The REST method in lower case without `.json`, `oauth.token`, or `unknown`.
pub fn operation(_method: &Method, path: &str, _body: &[u8]) -> &'static str {
    let path = path.trim_end_matches('/');
    match path {
        "/oauth/token" => return "oauth.token",
        "/oauth/authorize" => return "oauth.authorize",
        _ => {}
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    match path.starts_with("/rest/") {
        true if last == "crm.controller.item.getFile" => "file.download",
        true => methods::find(&rest::method_name(last)).map_or("unknown", |method| method.name),
        false if path.starts_with("/crm/deal/details/") => "card",
        false => "unknown",
    }
}

/// What the portal says of itself at this status.
pub fn error_body(status: u16) -> (&'static str, String) {
    let (error, description) = match status {
        401 => ("expired_token", "The access token provided has expired."),
        403 => ("ACCESS_DENIED", "Access denied!"),
        404 => ("ERROR_METHOD_NOT_FOUND", "Method not found!"),
        429 => (
            "OPERATION_TIME_LIMIT",
            "Method is blocked due to operation time limit.",
        ),
        503 => ("QUERY_LIMIT_EXCEEDED", "Too many requests"),
        502 | 504 => return ("text/html; charset=utf-8", gateway_page(status)),
        500.. => ("INTERNAL_SERVER_ERROR", "Internal server error"),
        _ => ("INVALID_REQUEST", "Https required"),
    };
    let body = serde_json::json!({ "error": error, "error_description": description });
    ("application/json; charset=utf-8", body.to_string())
}

/// The web server in front of the portal answers for it.
fn gateway_page(status: u16) -> String {
    let words = if status == 502 {
        "Bad Gateway"
    } else {
        "Gateway Time-out"
    };
    format!(
        "<html>\r\n<head><title>{status} {words}</title></head>\r\n<body>\r\n<center><h1>{status} {words}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
}
