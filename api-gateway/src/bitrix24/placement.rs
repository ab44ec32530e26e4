//! `POST /bitrix24/placement`: somebody opens our tab in a deal's card. The portal posts a form in
//! their browser, so nothing in it is believed: the portal that is installed says whose the token is.
//! They go on with a ticket that is good once, for a minute.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Duration, Utc};
use domain::staff::StaffMember;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use store::portal::Portal;
use store::portal::ticket::PortalTicket;
use subtle::ConstantTimeEq;
use templates::buyout::{PlacementOutcome, PlacementPage};
use url::Url;

use crate::access::secret_hash;
use crate::bitrix24::ask::ask;
use crate::bitrix24::form::{Form, positive};
use crate::server::App;
use crate::web;

/// Where in the portal the tab stands; the worker binds it there.
const PLACEMENT: &str = "CRM_DEAL_DETAIL_TAB";
/// A ticket is swapped at once by the page to which it leads.
const TICKET_SECS: i64 = 60;

/// What a placement form says.
pub(super) struct Opened {
    member_id: String,
    access_token: String,
    /// Of the installation; not every portal sends it.
    application_token: Option<String>,
    deal_id: u64,
}

pub(super) fn read(form: &Form) -> Option<Opened> {
    let placement = form.get("PLACEMENT")?;
    if !placement.eq_ignore_ascii_case(PLACEMENT) {
        return None;
    }
    Some(Opened {
        member_id: form.get("member_id")?.to_owned(),
        access_token: form.get("AUTH_ID")?.to_owned(),
        application_token: form.get("APPLICATION_TOKEN").map(str::to_owned),
        deal_id: deal_of(form)?,
    })
}

/// `PLACEMENT_OPTIONS` comes as JSON text or in PHP's brackets, its key in either case.
fn deal_of(form: &Form) -> Option<u64> {
    for name in ["PLACEMENT_OPTIONS[ID]", "PLACEMENT_OPTIONS[id]"] {
        if let Some(id) = form.get(name) {
            return positive(id);
        }
    }
    let options: serde_json::Map<String, Value> =
        serde_json::from_str(form.get("PLACEMENT_OPTIONS")?).ok()?;
    let (_, id) = options
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("ID"))?;
    number(id)
}

/// PHP writes numbers as text.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => positive(text),
        other => other.as_u64().filter(|number| *number > 0),
    }
}

pub(super) async fn placement(State(app): State<App>, body: Bytes) -> Response {
    match take(&app, &body).await {
        Ok((deal_id, ticket)) => {
            let address = format!("/embed/deal/{deal_id}#ticket={ticket}");
            let mut response =
                (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            );
            response
        }
        Err(outcome) => draw(&app, outcome).await,
    }
}

/// The deal and a ticket to it.
async fn take(app: &App, body: &[u8]) -> Result<(u64, String), PlacementOutcome> {
    let form = Form::parse(body);
    let Some(opened) = read(&form) else {
        tracing::warn!("a placement form without a deal was refused");
        return Err(PlacementOutcome::Incomplete);
    };
    let portal = app
        .store
        .portal(&opened.member_id)
        .await
        .map_err(|error| put_off(&error))?;
    let Some(portal) = portal else {
        tracing::warn!("a placement form of a portal that has no app was refused");
        return Err(PlacementOutcome::UnknownPortal);
    };
    let user = user(app, &portal, &opened).await?;
    let member = member(app, user).await?;
    let ticket = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let issued = PortalTicket {
        person: member.person.clone(),
        portal: portal.member_id.clone(),
        deal_id: opened.deal_id,
        expires_at: Utc::now() + Duration::seconds(TICKET_SECS),
    };
    app.store
        .issue_portal_ticket(&secret_hash(ticket.as_bytes()), &issued)
        .await
        .map_err(|error| put_off(&error))?;
    tracing::info!(portal = %portal.member_id, person = %member.person, deal = opened.deal_id, "somebody opened the tab of a deal");
    Ok((opened.deal_id, ticket))
}

/// The portal's employee whose token was brought. It is asked at the address of the installation, never at
/// one that the form names.
async fn user(app: &App, portal: &Portal, opened: &Opened) -> Result<u64, PlacementOutcome> {
    let Opened {
        member_id: _,
        access_token,
        application_token,
        deal_id: _,
    } = opened;
    if let Some(token) = application_token
        && !bool::from(portal.application_token.as_bytes().ct_eq(token.as_bytes()))
    {
        tracing::warn!(portal = %portal.member_id, "a placement form of another installation was refused");
        return Err(PlacementOutcome::NotConfirmed);
    }
    let endpoint: Url = portal
        .client_endpoint
        .parse()
        .map_err(|_| PlacementOutcome::Unavailable)?;
    let question = async |method| {
        ask(&app.portal_http, &endpoint, method, access_token)
            .await
            .map_err(|error| {
                tracing::warn!(portal = %portal.member_id, %error, "the portal could not be asked who opened the tab");
                PlacementOutcome::Unavailable
            })
    };
    let refused = || {
        tracing::warn!(portal = %portal.member_id, "a placement form was refused: the portal does not confirm its token");
        PlacementOutcome::NotConfirmed
    };
    // Every app of the portal has tokens of its employees; one of another app proves nothing to us.
    let expected = app.config.bitrix24.client_id.as_str();
    if !expected.is_empty() {
        let said = question("app.info").await?.ok_or_else(refused)?;
        let code = said
            .get("CODE")
            .or_else(|| said.get("client_id"))
            .and_then(Value::as_str);
        if code != Some(expected) {
            return Err(refused());
        }
    }
    let said = question("profile").await?.ok_or_else(refused)?;
    said.get("ID").and_then(number).ok_or_else(refused)
}

/// Who that employee is here.
async fn member(app: &App, user: u64) -> Result<StaffMember, PlacementOutcome> {
    let known = app
        .store
        .staff_by_bitrix24_user(user)
        .await
        .map_err(|error| put_off(&error))?;
    known.ok_or_else(|| {
        tracing::info!(
            user,
            "an employee of the portal who is not of our staff opened the tab"
        );
        PlacementOutcome::UnknownPerson
    })
}

fn put_off(error: &store::StoreError) -> PlacementOutcome {
    tracing::error!(%error, "a placement form was put off: the store does not answer");
    PlacementOutcome::Unavailable
}

/// The page inside the portal's frame when there is nothing to go on to.
async fn draw(app: &App, outcome: PlacementOutcome) -> Response {
    let status = match outcome {
        PlacementOutcome::Incomplete => StatusCode::BAD_REQUEST,
        PlacementOutcome::UnknownPortal
        | PlacementOutcome::NotConfirmed
        | PlacementOutcome::UnknownPerson => StatusCode::FORBIDDEN,
        PlacementOutcome::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let ancestors = web::frame_ancestors(app).await;
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    );
    let page = PlacementPage {
        nonce: &nonce,
        outcome,
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    match page.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the placement page could not be drawn");
            (status, headers, "the tab cannot be opened now").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deal(pairs: &[(&str, &str)]) -> Option<u64> {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.append_pair("PLACEMENT", "crm_deal_detail_tab")
            .append_pair("member_id", "m")
            .append_pair("AUTH_ID", "a")
            .extend_pairs(pairs);
        read(&Form::parse(text.finish().as_bytes())).map(|opened| opened.deal_id)
    }

    #[test]
    fn the_deal_is_found_however_the_portal_spells_it() {
        for (value, expected) in [
            (r#"{"ID":"705"}"#, Some(705)),
            (r#"{"ID":705}"#, Some(705)),
            (r#"{"id":" 705 ","x":{}}"#, Some(705)),
            (r#"{"ID":"0"}"#, None),
            (r#"{"ID":-5}"#, None),
            (r#"{"ID":"705; DROP"}"#, None),
            (r#"{"ID":"99999999999999999999"}"#, None),
            (r#"{"ID":"18446744073709551615"}"#, None),
            (r#"{"ID":null}"#, None),
            (r#"["705"]"#, None),
            ("705", None),
            ("", None),
            ("{", None),
        ] {
            assert_eq!(deal(&[("PLACEMENT_OPTIONS", value)]), expected, "{value}");
        }
        assert_eq!(deal(&[("PLACEMENT_OPTIONS[ID]", "705")]), Some(705));
        assert_eq!(deal(&[("PLACEMENT_OPTIONS[id]", "x")]), None);
        assert_eq!(
            deal(&[("PLACEMENT_OPTIONS[ID]", "705"), ("PLACEMENT", "DEFAULT")]),
            None
        );
    }
}
