//! The card of a deal in an employee's browser, with the application's tab in it.

use axum::extract::{Path, Query, State as Extracted};
use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;

use super::MEMBER_ID;
use super::forms::{Form, pair};
use super::oauth::{Pair, endpoints, secret};
use super::params::text;
use super::people::{self, Employee};
use super::placements::DEAL_TAB;
use super::portal::State;
use crate::core::Sim;

#[derive(Deserialize)]
pub(super) struct Viewer {
    /// Who looks; the administrator when it is not said.
    user: Option<u64>,
}

/// What the page is drawn from.
struct Card<'a> {
    deal: u64,
    title: String,
    viewer: &'a Employee,
    /// Address, name of the frame, fields of the form; absent when nothing is bound.
    tab: Option<(String, String, Form)>,
}

pub(super) async fn show(
    Extracted(sim): Extracted<Sim>,
    Path(deal): Path<u64>,
    Query(Viewer { user }): Query<Viewer>,
) -> Response {
    let mut state = sim.state::<State>();
    let Some(viewer) = people::find(user.unwrap_or(people::ADMIN)) else {
        return (StatusCode::NOT_FOUND, "there is no such employee").into_response();
    };
    let title = match state.deals.get(&deal) {
        Some(fields) => fields.get("TITLE").and_then(text).unwrap_or_default(),
        None => return (StatusCode::NOT_FOUND, "there is no such deal").into_response(),
    };
    let bound = state
        .placements
        .iter()
        .find(|bound| bound.placement == DEAL_TAB)
        .map(|bound| bound.handler.clone());
    let tab = bound.map(|handler| {
        let tokens = state.issue(viewer.id);
        opened(&sim, &state, deal, &handler, &tokens)
    });
    let card = Card {
        deal,
        title,
        viewer,
        tab,
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (headers, Html(card.html())).into_response()
}

/// Where the form goes, the frame's `window.name`, and the form.
fn opened(
    sim: &Sim,
    state: &State,
    deal: u64,
    handler: &str,
    tokens: &Pair,
) -> (String, String, Form) {
    let Pair {
        access_token,
        refresh_token,
        expires_in,
        expires: _,
        user: _,
    } = tokens;
    let (domain, _, server_endpoint) = endpoints(sim, state);
    let protocol = if state.app.plain { "0" } else { "1" };
    let app_sid = &secret()[..32];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("DOMAIN", &domain)
        .append_pair("PROTOCOL", protocol)
        .append_pair("LANG", "ru")
        .append_pair("APP_SID", app_sid);
    let address = format!("{handler}?{}", query.finish());
    let name = format!("{domain}|{protocol}|{app_sid}");
    let form = vec![
        pair("AUTH_ID", access_token),
        pair("AUTH_EXPIRES", expires_in.to_string()),
        pair("REFRESH_ID", refresh_token),
        pair("SERVER_ENDPOINT", server_endpoint),
        pair("APPLICATION_TOKEN", &state.app.application_token),
        pair("member_id", MEMBER_ID),
        pair("status", "L"),
        pair("PLACEMENT", DEAL_TAB),
        pair("PLACEMENT_OPTIONS", format!("{{\"ID\":\"{deal}\"}}")),
    ];
    (address, name, form)
}

impl Card<'_> {
    fn html(&self) -> String {
        let Self {
            deal,
            title,
            viewer,
            tab,
        } = self;
        let body = match tab {
            None => "<p>Приложение не добавило вкладку в карточку сделки.</p>".to_owned(),
            Some((address, name, form)) => {
                let fields: String = form
                    .iter()
                    .map(|(name, value)| {
                        format!(
                            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
                            escaped(name),
                            escaped(value)
                        )
                    })
                    .collect();
                format!(
                    "<iframe id=\"kite\" title=\"Kite\" name=\"{name}\"></iframe>\n\
                     <form id=\"open\" method=\"post\" action=\"{address}\" target=\"{name}\">{fields}</form>\n\
                     <script>document.getElementById('open').submit()</script>",
                    name = escaped(name),
                    address = escaped(address),
                )
            }
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"ru\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>Сделка № {deal}</title>\
             <style>body{{font:15px/1.5 sans-serif;margin:24px;background:#eef2f4}}\
             iframe{{width:100%;height:720px;border:0;background:#fff}}</style></head>\n\
             <body><h1>{title}</h1><p>Сделка № {deal}. Портал открыт как {viewer}.</p>\n{body}\n</body></html>\n",
            title = escaped(title),
            viewer = escaped(&viewer.full_name()),
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
