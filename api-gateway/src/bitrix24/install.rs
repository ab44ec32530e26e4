//! `POST /bitrix24/install`: the portal gives tokens; it is asked back before they are believed.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use chrono::Utc;
use http::{StatusCode, header};
use store::portal::{Portal, expires_at};
use subtle::ConstantTimeEq;
use templates::buyout::{InstallOutcome, InstallPage};
use url::Url;

use crate::bitrix24::ask::{AskError, ask};
use crate::bitrix24::form::Form;
use crate::server::App;

/// What an install body says, in either of the portal's two spellings.
pub(super) struct Install {
    member_id: String,
    domain: String,
    client_endpoint: Url,
    server_endpoint: Url,
    access_token: String,
    refresh_token: String,
    expires_in: i64,
    application_token: String,
}

pub(super) fn read(form: &Form) -> Option<Install> {
    let get = |event: &str, frame: &str| {
        form.get(event)
            .or_else(|| form.get(frame))
            .map(str::to_owned)
    };
    let domain = get("auth[domain]", "DOMAIN")?;
    let client_endpoint = match form.get("auth[client_endpoint]") {
        Some(url) => url.parse().ok()?,
        None => format!("https://{domain}/rest/").parse().ok()?,
    };
    let server_endpoint = form
        .get("auth[server_endpoint]")
        .unwrap_or("https://oauth.bitrix24.tech/rest/");
    Some(Install {
        member_id: get("auth[member_id]", "member_id")?,
        domain,
        client_endpoint,
        server_endpoint: server_endpoint.parse().ok()?,
        access_token: get("auth[access_token]", "AUTH_ID")?,
        refresh_token: get("auth[refresh_token]", "REFRESH_ID")?,
        expires_in: get("auth[expires_in]", "AUTH_EXPIRES")
            .and_then(|s| s.parse().ok())
            .unwrap_or(3_600),
        application_token: get("auth[application_token]", "APPLICATION_TOKEN")?,
    })
}

pub(super) async fn install(State(app): State<App>, body: Bytes) -> Response {
    let outcome = take(&app, &body).await;
    let status = match outcome {
        InstallOutcome::Installed => StatusCode::OK,
        InstallOutcome::Incomplete => StatusCode::BAD_REQUEST,
        InstallOutcome::UnknownPortal | InstallOutcome::NotConfirmed => StatusCode::FORBIDDEN,
        InstallOutcome::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    draw(outcome, status)
}

async fn take(app: &App, body: &[u8]) -> InstallOutcome {
    let form = Form::parse(body);
    let Some(install) = read(&form) else {
        tracing::warn!("an install without tokens was refused");
        return InstallOutcome::Incomplete;
    };
    let allowed = &app.config.bitrix24.portals;
    if !allowed.is_empty() && !allowed.contains(&install.member_id) {
        tracing::warn!("an install from a portal that is not configured was refused");
        return InstallOutcome::UnknownPortal;
    }
    if !may_be_portal(&app.config.bitrix24.hosts, &install.client_endpoint) {
        tracing::warn!("an install from a host that is not configured was refused");
        return InstallOutcome::UnknownPortal;
    }
    match app.store.portal(&install.member_id).await {
        Ok(known) if known.as_ref().is_none_or(|known| is_same(known, &install)) => {}
        Ok(_) => {
            tracing::warn!(portal = %install.member_id, "an install was refused: another address claims to be this portal");
            return InstallOutcome::NotConfirmed;
        }
        Err(error) => {
            tracing::error!(%error, "an install was put off: the store does not answer");
            return InstallOutcome::Unavailable;
        }
    }
    match confirmed(app, &install).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!("an install was refused: the portal does not confirm its token");
            return InstallOutcome::NotConfirmed;
        }
        Err(error) => {
            tracing::warn!(%error, "an install was put off: the portal could not be asked");
            return InstallOutcome::Unavailable;
        }
    }
    let (Ok(access_token), Ok(refresh_token)) = (
        app.codec.seal_text(&install.access_token),
        app.codec.seal_text(&install.refresh_token),
    ) else {
        tracing::error!("the tokens of an install could not be sealed");
        return InstallOutcome::Unavailable;
    };
    let portal = Portal {
        member_id: install.member_id,
        domain: install.domain,
        client_endpoint: install.client_endpoint.to_string(),
        server_endpoint: install.server_endpoint.to_string(),
        access_token,
        refresh_token,
        expires_at: expires_at(Utc::now(), install.expires_in),
        application_token: install.application_token,
    };
    match app.store.save_portal(&portal).await {
        Ok(()) => {
            tracing::info!(portal = %portal.member_id, "the Bitrix24 app is installed");
            InstallOutcome::Installed
        }
        Err(error) => {
            tracing::error!(%error, "an install could not be saved");
            InstallOutcome::Unavailable
        }
    }
}

/// A known portal stays at its address: the confirmation below comes from the address that the call
/// itself names, and anybody can confirm their own. One that moved knows the token of its installation.
fn is_same(known: &Portal, install: &Install) -> bool {
    known.domain == install.domain
        || bool::from(
            known
                .application_token
                .as_bytes()
                .ct_eq(install.application_token.as_bytes()),
        )
}

/// The page that the portal's administrator sees, inside the portal's frame.
fn draw(outcome: InstallOutcome, status: StatusCode) -> Response {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}' https://api.bitrix24.com; base-uri 'none'"
    );
    match (InstallPage {
        nonce: &nonce,
        outcome,
    })
    .render()
    {
        Ok(html) => (
            status,
            [(header::CONTENT_SECURITY_POLICY, policy)],
            Html(html),
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "the install page could not be drawn");
            (status, outcome_in_english(outcome)).into_response()
        }
    }
}

fn outcome_in_english(outcome: InstallOutcome) -> &'static str {
    match outcome {
        InstallOutcome::Installed => "installed",
        InstallOutcome::Incomplete => "the install body lacks tokens",
        InstallOutcome::UnknownPortal => "this portal is not configured",
        InstallOutcome::NotConfirmed => "the portal does not confirm this token",
        InstallOutcome::Unavailable => "install again in a minute",
    }
}

/// Asks `app.info` with the given token and compares the portal.
async fn confirmed(app: &App, install: &Install) -> Result<bool, AskError> {
    if !is_portal(&install.client_endpoint, &install.domain) {
        return Ok(false);
    }
    let said = ask(
        &app.portal_http,
        &install.client_endpoint,
        "app.info",
        &install.access_token,
    )
    .await?;
    // Newer portals name themselves; an older one is known by having accepted its own token.
    Ok(said.is_some_and(|said| {
        said.get("member_id")
            .and_then(|id| id.as_str())
            .is_none_or(|id| id == install.member_id)
    }))
}

/// Tokens are sent to the portal only: over TLS, to the host that the portal named as its own.
pub(super) fn is_portal(url: &Url, domain: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    let named = domain.rsplit_once(':').map_or(domain, |(host, _)| host);
    url.scheme() == "https" && host == named
}

/// Whether the address is one of the hosts that are asked, see [`crate::config::Bitrix24Config::hosts`]. Else
/// anybody could have us knock at any door of our own network.
pub(super) fn may_be_portal(hosts: &[String], url: &Url) -> bool {
    let Some(named) = url.host_str() else {
        return false;
    };
    hosts.iter().any(|host| match host.strip_prefix("*.") {
        Some(end) => named
            .strip_suffix(end)
            .is_some_and(|left| left.len() > 1 && left.ends_with('.')),
        None => named.eq_ignore_ascii_case(host),
    })
}

/// What is done with what an installation says before the portal is asked, see [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(install: &Install) {
    let _ = is_portal(&install.client_endpoint, &install.domain);
    let _ = is_portal(&install.server_endpoint, &install.domain);
    let _ = expires_at(Utc::now(), install.expires_in);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_configured_hosts_are_asked() -> Result<(), url::ParseError> {
        let hosts = ["*.bitrix24.ru".to_owned(), "crm.holding.example".to_owned()];
        for (url, asked) in [
            ("https://dealer.bitrix24.ru/rest/", true),
            ("https://DEALER.Bitrix24.ru/rest/", true),
            ("https://a.b.bitrix24.ru/rest/", true),
            ("https://crm.holding.example/rest/", true),
            ("https://CRM.holding.example:8443/rest/", true),
            ("https://bitrix24.ru/rest/", false),
            ("https://.bitrix24.ru/rest/", false),
            ("https://evilbitrix24.ru/rest/", false),
            ("https://dealer.bitrix24.ru.evil.example/rest/", false),
            ("https://evil.example/dealer.bitrix24.ru", false),
            ("https://dealer.bitrix24.ru@evil.example/rest/", false),
            ("https://a.crm.holding.example/rest/", false),
            ("https://127.0.0.1/rest/", false),
            ("https://0x7f000001/rest/", false),
            ("https://2130706433/rest/", false),
            ("https://0/rest/", false),
            ("https://[::1]/rest/", false),
            ("https://[::ffff:169.254.169.254]/rest/", false),
            ("https://localhost/rest/", false),
        ] {
            assert_eq!(may_be_portal(&hosts, &url.parse()?), asked, "{url}");
        }
        assert!(!may_be_portal(&[], &"https://a.bitrix24.ru/".parse()?));
        Ok(())
    }
}
