//! The staff UI: what was built into a folder, and `index.html` for every address of its own.
//!
//! Everything is served under a strict Content-Security-Policy. The one thing that writes styles while it
//! runs does so with the nonce that each `index.html` carries. Nobody may frame the pages but the
//! portals, and those `/embed` only.

use std::path::PathBuf;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::access::is_local;
use crate::config::{Config, TlsConfig};
use crate::server::App;

/// What stands in `index.html` for the nonce of this answer.
const NONCE: &str = "__CSP_NONCE__";
/// First segments that are never a page of the UI.
const RESERVED: [&str; 9] = [
    "files",
    "l",
    "templates",
    "codec",
    "callbacks",
    "bitrix24",
    "healthz",
    "readyz",
    "metrics",
];
const PERMISSIONS: &str = "camera=(self), geolocation=(self), accelerometer=(), ambient-light-sensor=(), \
autoplay=(), battery=(), bluetooth=(), browsing-topics=(), display-capture=(), encrypted-media=(), gyroscope=(), \
hid=(), identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), \
payment=(), publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
xr-spatial-tracking=()";
const UNBUILT: &str = "<!DOCTYPE html>\n<html lang=\"ru\"><head><meta charset=\"utf-8\"><title>Kite</title></head>\
<body><h1>Интерфейс ещё не собран</h1><p>Сервер работает, но в папке интерфейса (настройка <code>web.folder</code>) \
нет файла index.html.</p><p>Соберите его: <code>cd web &amp;&amp; npm ci &amp;&amp; npm run build</code>, затем обновите \
страницу.</p></body></html>\n";

/// Answers what no other route does. Given to the router only when a folder is configured.
pub(crate) async fn serve(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !read || is_reserved(&path) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let wants_page = wants_page(request.headers());
    let head = request.method() == Method::HEAD;
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    let mut response = if is_index(&path) {
        index(&app, &nonce).await
    } else {
        match file(&app, request).await {
            Some(found) => cached(found, &path),
            None if wants_page && !is_asset(&path) => index(&app, &nonce).await,
            None => StatusCode::NOT_FOUND.into_response(),
        }
    };
    if head {
        // HTTP/2 takes a body that answers HEAD for a broken stream.
        *response.body_mut() = Body::empty();
    }
    let ancestors = if is_embed(&path) {
        frame_ancestors(&app).await
    } else {
        "'none'".to_owned()
    };
    protect(response.headers_mut(), &app.config, &nonce, &ancestors);
    response
}

/// Who may frame `/embed`: ourselves, the portals that have the app, and whom the configuration names.
pub(crate) async fn frame_ancestors(app: &App) -> String {
    let installed = match app.store.portals().await {
        Ok(portals) => portals,
        Err(error) => {
            tracing::warn!(%error, "the portals could not be read; they cannot frame our pages now");
            Vec::new()
        }
    };
    let installed = installed
        .iter()
        .filter_map(|portal| portal.client_endpoint.parse::<url::Url>().ok());
    let mut origins: Vec<String> = installed
        .chain(app.config.bitrix24.frame_ancestors.iter().cloned())
        .map(|url| url.origin().ascii_serialization())
        .collect();
    origins.sort();
    origins.dedup();
    origins.insert(0, "'self'".to_owned());
    origins.join(" ")
}

/// `/kite.task.v1.TaskService/ListTasks` is a call even when nobody knows it, and so are the plain routes.
fn is_reserved(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    let (first, rest) = path
        .split_once('/')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    RESERVED.contains(&first) || (first.contains('.') && rest.is_some())
}

fn is_index(path: &str) -> bool {
    path == "/" || path == "/index.html"
}

fn is_asset(path: &str) -> bool {
    path.starts_with("/assets/")
}

fn is_embed(path: &str) -> bool {
    path == "/embed" || path.starts_with("/embed/")
}

/// A person's browser asks for a page by name; scripts, images and tools take anything.
fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("text/html")
        })
}

/// A built file; `None` when there is none by that name.
async fn file(app: &App, request: Request) -> Option<Response> {
    let folder = ServeDir::new(&app.config.web.folder)
        .append_index_html_on_directories(false)
        .precompressed_gzip()
        .precompressed_br();
    let answer = match folder.oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    (answer.status() != StatusCode::NOT_FOUND).then(|| answer.map(Body::new))
}

/// Names below `/assets` have the hash of their content; everything else is asked for anew.
fn cached(mut response: Response, path: &str) -> Response {
    let forever = is_asset(path)
        && (response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED);
    let value = if forever {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response
}

async fn index(app: &App, nonce: &str) -> Response {
    let path: PathBuf = app.config.web.folder.join("index.html");
    let no_cache = [(header::CACHE_CONTROL, "no-cache")];
    match tokio::fs::read_to_string(&path).await {
        Ok(html) => (no_cache, Html(html.replace(NONCE, nonce))).into_response(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the staff UI is not built");
            (StatusCode::SERVICE_UNAVAILABLE, no_cache, Html(UNBUILT)).into_response()
        }
    }
}

fn protect(headers: &mut HeaderMap, config: &Config, nonce: &str, ancestors: &str) {
    let policy = policy(config, nonce, ancestors);
    let fixed: [(HeaderName, &'static str); 4] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Origins are ASCII by construction; a policy that could not be told lets nothing in.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'",
    ));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if speaks_tls_only(config) {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

fn policy(config: &Config, nonce: &str, ancestors: &str) -> String {
    let issuers: String = config
        .access
        .oidc
        .iter()
        .filter_map(|issuer| issuer.issuer.parse::<url::Url>().ok())
        .map(|url| format!(" {}", url.origin().ascii_serialization()))
        .collect();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' blob: data:; \
         font-src 'self'; connect-src 'self'{issuers}; form-action 'self'; base-uri 'none'; \
         frame-ancestors {ancestors}; worker-src 'self'; frame-src 'self'; object-src 'none'"
    )
}

/// A browser remembers this for a year and for every port: never said of a developer's own machine.
fn speaks_tls_only(config: &Config) -> bool {
    let tls = match config.server.tls {
        TlsConfig::Files { .. } | TlsConfig::Development { .. } => true,
        TlsConfig::Off => false,
    };
    tls && !is_local(&config.server.public_url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULTS;

    fn config(more: &str) -> Config {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), more).expect("written");
        platform::config::load(DEFAULTS, Some(file.path())).expect("a configuration")
    }

    #[test]
    fn calls_and_plain_routes_are_no_pages() {
        for path in [
            "/kite.task.v1.TaskService/ListTasks",
            "/grpc.health.v1.Health/Check",
            "/.well-known/openid-configuration",
            "/files/5b0e",
            "/files",
            "/templates/v1.k.p.h",
            "/l/v1.k.p.h",
            "/codec/decode",
            "/callbacks/bank",
            "/bitrix24/placement",
            "//bitrix24/x",
            "/healthz",
            "/readyz",
            "/metrics",
        ] {
            assert!(is_reserved(path), "{path}");
        }
        for path in [
            "/",
            "/kite.svg",
            "/tasks",
            "/tasks/buyout:p:5",
            "/embed/deal/5",
            "/lists",
            "/assets/a.b.js",
        ] {
            assert!(!is_reserved(path), "{path}");
        }
    }

    #[test]
    fn pages_are_for_those_who_ask_for_pages() {
        let wants = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            wants_page(&headers)
        };
        assert!(wants(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        ));
        assert!(wants("application/xml, TEXT/HTML;q=0.5"));
        for accept in [
            "*/*",
            "application/json",
            "image/avif,image/webp,*/*",
            "text/htmlx",
            "",
        ] {
            assert!(!wants(accept), "{accept}");
        }
        assert!(!wants_page(&HeaderMap::new()));
    }

    #[test]
    fn strict_transport_is_for_real_names_under_tls() {
        let strict = |url: &str, tls: &str| {
            speaks_tls_only(&config(&format!(
                "[server]\npublic_url = \"{url}\"\n[server.tls]\nmode = \"{tls}\"\nfolder = \"x\"\n"
            )))
        };
        assert!(strict("https://kite.example/", "development"));
        assert!(!strict("https://localhost:8443/", "development"));
        let mut behind_a_proxy = config("[server]\npublic_url = \"https://kite.example/\"\n");
        behind_a_proxy.server.tls = TlsConfig::Off;
        assert!(!speaks_tls_only(&behind_a_proxy));
    }
}
