//! The accept loop around a partner's router: names the operation, counts it, plays faults. It is our own,
//! since a connection must be able to end without an answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::faults::{Fault, Place, Status};
use super::partner::Partner;
use super::sim::Sim;

/// Largest request, bytes: files travel in JSON as base64.
const LARGEST: usize = 64 * 1024 * 1024;
/// Longest time that a connection may take to end when the simulator stops.
const GRACE: Duration = Duration::from_secs(2);
/// Pieces of a slow body.
const PIECES: usize = 10;

const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"ru\"><head><meta charset=\"utf-8\"><title>Вход</title></head>\
<body><h1>Технические работы</h1><p>Сервис временно недоступен, попробуйте позже.</p>\
<form method=\"post\"><input name=\"login\"><input name=\"password\" type=\"password\"></form></body></html>\n";

/// The connection ends without an answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// What listens behind a port.
pub(super) struct Site {
    sim: Sim,
    /// `None`: the control port, which has no faults.
    partner: Option<Partner>,
    router: Router,
}

impl Site {
    pub(super) fn of(sim: &Sim, partner: Partner) -> Arc<Self> {
        let router = (partner.protocol().router)(sim.clone()).layer(DefaultBodyLimit::disable());
        Arc::new(Self {
            sim: sim.clone(),
            partner: Some(partner),
            router,
        })
    }

    pub(super) fn control(sim: &Sim, router: Router) -> Arc<Self> {
        Arc::new(Self {
            sim: sim.clone(),
            partner: None,
            router: router.layer(DefaultBodyLimit::disable()),
        })
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Dropped> {
        let (mut parts, body) = request.into_parts();
        let body = Limited::new(body, LARGEST)
            .collect()
            .await
            .map_err(|_| Dropped)?
            .to_bytes();
        parts.extensions.insert(ConnectInfo(peer));
        let Some(partner) = self.partner else {
            parts.uri = without_trailing_slash(&parts.uri);
            return Ok(self.run(Request::from_parts(parts, Body::from(body))).await);
        };

        let protocol = partner.protocol();
        let operation = (protocol.operation)(&parts.method, &decoded(parts.uri.path()), &body);
        self.sim.calls().count(partner, operation);
        let faults = self.sim.faults().at(Place::Request, partner, operation);
        tracing::debug!(%partner, operation, faults = faults.len(), "call");

        for fault in &faults {
            if let Fault::Delay(delay) = fault {
                tokio::time::sleep(Duration::from_millis(delay.delay_ms)).await;
            }
        }
        for fault in &faults {
            match fault {
                Fault::DropBefore => return Err(Dropped),
                Fault::Html => {
                    return Ok(page(
                        StatusCode::OK,
                        "text/html; charset=utf-8",
                        LOGIN_PAGE.to_owned(),
                    ));
                }
                Fault::Status(status) => return Ok(refused(status, protocol.error_body)),
                _ => {}
            }
        }
        let response = self.run(Request::from_parts(parts, Body::from(body))).await;
        spoilt(response, &faults).await
    }

    async fn run(&self, request: Request<Body>) -> Response<Body> {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Faults that come after the deed.
async fn spoilt(response: Response<Body>, faults: &[Fault]) -> Result<Response<Body>, Dropped> {
    if faults.contains(&Fault::DropAfter) {
        return Err(Dropped);
    }
    let slow = faults.iter().find_map(|fault| match fault {
        Fault::Drip(drip) => Some(Duration::from_millis(drip.drip_ms)),
        _ => None,
    });
    let garbage = faults.contains(&Fault::Garbage);
    if slow.is_none() && !garbage {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let mut bytes = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    parts.headers.remove(header::CONTENT_LENGTH);
    if garbage {
        bytes.truncate(bytes.len() / 2);
    }
    let body = match slow {
        Some(pause) => dripping(bytes, pause),
        None => Body::from(bytes),
    };
    Ok(Response::from_parts(parts, body))
}

fn dripping(bytes: Bytes, pause: Duration) -> Body {
    let piece = bytes.len().div_ceil(PIECES).max(1);
    let pieces = futures::stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let next = rest.split_to(piece.min(rest.len()));
        Some((Ok::<_, std::convert::Infallible>(next), rest))
    });
    Body::from_stream(pieces)
}

fn refused(status: &Status, own: fn(u16) -> (&'static str, String)) -> Response<Body> {
    let code = StatusCode::from_u16(status.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (content_type, text) = match &status.body {
        None => own(status.status),
        Some(Value::String(text)) => ("text/plain; charset=utf-8", text.clone()),
        Some(body) => ("application/json; charset=utf-8", body.to_string()),
    };
    let mut response = page(code, content_type, text);
    if let Some(seconds) = status.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn page(status: StatusCode, content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Percent-decoded path, so that operations are named by what a person reads.
fn decoded(path: &str) -> String {
    // A plus is itself in a path, unlike in a form, whose decoder is used here.
    let form = path.replace('+', "%2B");
    let escaped = form.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes())
        .map(|(name, _)| name.into_owned())
        .next()
        .unwrap_or_default()
}

/// `/mail/` is `/mail`, with its query.
fn without_trailing_slash(uri: &http::Uri) -> http::Uri {
    let trimmed = uri.path().trim_end_matches('/');
    if trimmed.is_empty() || trimmed.len() == uri.path().len() {
        return uri.clone();
    }
    let path = match uri.query() {
        Some(query) => format!("{trimmed}?{query}"),
        None => trimmed.to_owned(),
    };
    path.parse().unwrap_or_else(|_| uri.clone())
}

/// Serves the site until told to stop.
pub(super) async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    site: Arc<Site>,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors: the next connections end and free some.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection is gone");
            continue;
        }
        let (tls, site, stop) = (tls.clone(), site.clone(), stop.clone());
        connections.spawn(async move {
            match tls {
                None => talk(stream, peer, site, stop).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(stream, peer, site, stop).await,
                    Err(error) => tracing::debug!(%error, "TLS handshake failed"),
                },
            }
        });
    }
    connections.close();
    let _ = tokio::time::timeout(GRACE, connections.wait()).await;
}

async fn talk<S>(stream: S, peer: SocketAddr, site: Arc<Site>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let site = site.clone();
        async move { site.answer(request, peer).await }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "connection ended");
            }
            return;
        }
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = tokio::time::timeout(GRACE, connection).await;
}
