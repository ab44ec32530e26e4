//! `/templates/{token}`: a template with sample values as its receiver sees it, in a frame of our own pages.
//!
//! Our pages let no style in that is not theirs, and a document that they make themselves (a blob, `srcdoc`)
//! inherits that. So the preview has an address and a policy of its own: its styles and inline pictures,
//! nothing else, no script, an origin that is nobody's. A frame sends no access token, hence the signed
//! address, which is given to those only who may preview.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{Duration, Utc};
use domain::signed_link::{KeyRing, LinkClaims, LinkPurpose};
use http::{HeaderName, StatusCode, header};
use templates::catalogue::{Entry, HTML};

use super::{entry, preview};
use crate::server::App;

/// For as long as somebody looks at it.
const LIFE_MINUTES: i64 = 30;
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/templates/{token}", get(show))
}

/// Where the template is shown; empty for what is no page.
pub(super) fn path(links: &KeyRing, entry: &Entry) -> String {
    if entry.content_type != HTML {
        return String::new();
    }
    let token = links.sign(&LinkClaims {
        purpose: LinkPurpose::TemplatePreview,
        subject: entry.code.to_owned(),
        party: "staff".to_owned(),
        expires_at: Utc::now() + Duration::minutes(LIFE_MINUTES),
        // The address acts on nothing, so nothing is told apart by it.
        id: String::new(),
    });
    format!("/templates/{token}")
}

async fn show(State(app): State<App>, Path(token): Path<String>) -> Response {
    let claims = app
        .links
        .verify(&token, LinkPurpose::TemplatePreview, Utc::now());
    let found = claims
        .ok()
        .and_then(|claims| entry(&claims.subject))
        .filter(|entry| entry.content_type == HTML);
    let Some(entry) = found else {
        return told(
            StatusCode::NOT_FOUND,
            "Адрес просмотра устарел. Выберите шаблон ещё раз.",
        );
    };
    match preview(entry).await {
        Some(preview) => (
            protection(),
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            preview.content,
        )
            .into_response(),
        None => told(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Шаблон не собирается. Сообщите в сопровождение.",
        ),
    }
}

fn told(status: StatusCode, sentence: &'static str) -> Response {
    (status, protection(), sentence).into_response()
}

fn protection() -> [(HeaderName, &'static str); 5] {
    [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ]
}
