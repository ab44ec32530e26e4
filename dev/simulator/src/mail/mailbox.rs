//! The mailbox in a browser. A letter's HTML is shown in a frame without scripts and without an origin,
//! as mail programs do.

use axum::extract::{Path, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use http::header;

use super::State;
use super::control::{find, opened};
use super::letter::Letter;
use crate::core::Sim;
use crate::core::control::ControlError;

/// What a letter may do in its frame: nothing but be styled, show pictures and open links beside it.
const FRAME_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
     style-src 'unsafe-inline'; img-src data: https: http:; font-src data:";

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#d5dae0;--dim:#5c6670;--accent:#0b5cad;--card:#fff;--page:#f4f6f8;--ink:#1b2127}\
@media (prefers-color-scheme:dark){:root{--line:#39424c;--dim:#9aa5b1;--accent:#7ab8ff;--card:#1d2329;--page:#14181c;--ink:#e8ecf0}}\
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;background:var(--page);color:var(--ink)}\
main{max-width:60rem;margin:0 auto;padding:1.25rem}h1{font-size:1.4rem;margin:.2rem 0 1rem;overflow-wrap:anywhere}\
a{color:var(--accent)}.dim{color:var(--dim);font-size:.9rem}ul{list-style:none;margin:0;padding:0}\
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem}\
.row{display:block;padding:.8rem 1rem;border-bottom:1px solid var(--line);text-decoration:none;color:inherit}\
li:last-child .row{border-bottom:0}.row:hover,.row:focus-visible{background:color-mix(in srgb,var(--accent) 8%,transparent)}\
.row b{display:block;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0;padding:1rem}\
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}section{margin-top:1rem}h2{font-size:1.05rem;margin:0 0 .5rem}\
iframe{width:100%;height:34rem;border:1px solid var(--line);border-radius:.6rem;background:#fff}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;padding:1rem;font:inherit}summary{cursor:pointer}\
.empty{padding:2rem;text-align:center;color:var(--dim)}";

pub(super) async fn list(Shared(sim): Shared<Sim>) -> Html<String> {
    let kept = sim.state::<State>().letters.clone();
    let rows: String = kept
        .iter()
        .rev()
        .filter_map(|kept| {
            let letter = opened(&sim, kept)?;
            let attached = match letter.attachments.len() {
                0 => String::new(),
                n => format!(" · вложений: {n}"),
            };
            Some(format!(
                "<li><a class=\"row\" href=\"/mail/{id}\"><b>{subject}</b>\
                 <span class=\"dim\">{to} · {at}{attached}</span></a></li>",
                id = kept.id,
                subject = escaped(subject(&letter)),
                to = escaped(&kept.to.join(", ")),
                at = moscow(kept.received_at),
            ))
        })
        .collect();
    let body = match rows.is_empty() {
        true => "<p class=\"card empty\">Писем пока нет.</p>".to_owned(),
        false => format!("<ul class=\"card\">{rows}</ul>"),
    };
    page(
        "Почта",
        &format!(
            "<h1>Почта</h1><p class=\"dim\">Письма, которые принял симулятор. Наружу они не уходят.</p>{body}"
        ),
    )
}

pub(super) async fn letter(
    Shared(sim): Shared<Sim>,
    Path(id): Path<u64>,
) -> Result<Html<String>, ControlError> {
    let (kept, letter) = find(&sim, id)?;
    let mut body = format!(
        "<p><a href=\"/mail/\">← Все письма</a></p><h1>{}</h1>",
        escaped(subject(&letter))
    );
    let how = match (kept.tls, &kept.user) {
        (true, Some(user)) => format!("TLS, вход: {user}"),
        (true, None) => "TLS, без входа".to_owned(),
        (false, Some(user)) => format!("без шифрования, вход: {user}"),
        (false, None) => "без шифрования, без входа".to_owned(),
    };
    body.push_str("<dl class=\"card\">");
    for (title, value) in [
        ("От", letter.from.as_str()),
        ("Кому", letter.to.as_str()),
        ("Ответить", letter.reply_to.as_deref().unwrap_or_default()),
        ("Доставлено", &kept.to.join(", ")),
        ("Принято", &moscow(kept.received_at)),
        ("Как", &how),
    ] {
        if !value.is_empty() {
            body.push_str(&format!("<dt>{title}</dt><dd>{}</dd>", escaped(value)));
        }
    }
    body.push_str("</dl>");
    body.push_str(&attachments(id, &letter));
    if letter.html.is_some() {
        body.push_str(&format!(
            "<section><h2>Письмо</h2><iframe title=\"Письмо\" src=\"/mail/{id}/html\" \
             sandbox=\"allow-popups allow-popups-to-escape-sandbox\"></iframe></section>"
        ));
    }
    if let Some(text) = &letter.text {
        body.push_str(&format!(
            "<section><h2>Текстом</h2><pre class=\"card\">{}</pre></section>",
            escaped(text)
        ));
    }
    let headers: String = letter
        .headers
        .iter()
        .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value)))
        .collect();
    body.push_str(&format!(
        "<section><details><summary>Заголовки</summary><dl class=\"card\">{headers}</dl></details>\
         <p><a href=\"/mail/{id}/source\">Исходный текст</a></p></section>"
    ));
    Ok(page(subject(&letter), &body))
}

fn attachments(id: u64, letter: &Letter) -> String {
    if letter.attachments.is_empty() {
        return String::new();
    }
    let rows: String = letter
        .attachments
        .iter()
        .enumerate()
        .map(|(index, attachment)| {
            format!(
                "<li><a class=\"row\" href=\"/mail/{id}/attachments/{index}\"><b>{}</b>\
                 <span class=\"dim\">{} · {}</span></a></li>",
                escaped(&attachment.name),
                escaped(&attachment.content_type),
                size(attachment.size),
            )
        })
        .collect();
    format!("<section><h2>Вложения</h2><ul class=\"card\">{rows}</ul></section>")
}

/// The letter's own HTML; its links open beside the mailbox.
pub(super) async fn html(
    Shared(sim): Shared<Sim>,
    Path(id): Path<u64>,
) -> Result<Response, ControlError> {
    let (_, letter) = find(&sim, id)?;
    let html = letter
        .html
        .ok_or_else(|| ControlError::not_found(format!("letter {id} has no HTML")))?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, FRAME_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((headers, format!("<base target=\"_blank\">{html}")).into_response())
}

pub(super) async fn source(
    Shared(sim): Shared<Sim>,
    Path(id): Path<u64>,
) -> Result<Response, ControlError> {
    let (kept, _) = find(&sim, id)?;
    let source = sim.kept(&kept.sha256).unwrap_or_default();
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        source,
    )
        .into_response())
}

pub(super) async fn attachment(
    Shared(sim): Shared<Sim>,
    Path((id, index)): Path<(u64, usize)>,
) -> Result<Response, ControlError> {
    let (_, letter) = find(&sim, id)?;
    let attachment =
        letter.attachments.into_iter().nth(index).ok_or_else(|| {
            ControlError::not_found(format!("letter {id} has no attachment {index}"))
        })?;
    let name: String = url::form_urlencoded::byte_serialize(attachment.name.as_bytes()).collect();
    let disposition = format!("attachment; filename*=UTF-8''{}", name.replace('+', "%20"));
    let headers = [
        (header::CONTENT_TYPE, attachment.content_type),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, attachment.content).into_response())
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!DOCTYPE html><html lang=\"ru\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>",
        escaped(title)
    ))
}

fn subject(letter: &Letter) -> &str {
    match letter.subject.trim() {
        "" => "(без темы)",
        subject => subject,
    }
}

/// "24.11.2026 18:05"
fn moscow(at: DateTime<Utc>) -> String {
    (at + Duration::hours(3))
        .format("%d.%m.%Y %H:%M")
        .to_string()
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} Б"),
        _ => format!("{} КБ", bytes.div_ceil(1024)),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
