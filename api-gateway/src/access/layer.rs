//! The one place where calls are let in: rate limits, token, role × method. gRPC and gRPC-web alike.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::ConnectInfo;
use futures::future::BoxFuture;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderMap, Request, Response, header};
use serde::Deserialize;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tower::{Layer, Service};

use crate::access::policies::{Decision, Policies, Resource};
use crate::access::tokens::{TokenError, Tokens};
use crate::access::{Access, forbidden};

/// Requests per second and in one burst, per person and per address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<IpAddr>,
}

#[derive(Clone)]
pub(crate) struct AccessLayer {
    inner: Arc<Inner>,
}

struct Inner {
    tokens: Tokens,
    access: Access,
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    by_person: DefaultKeyedRateLimiter<String>,
    trusted: Vec<IpAddr>,
}

impl AccessLayer {
    pub(crate) fn new(tokens: Tokens, access: Access, limits: &Limits) -> Self {
        let quota = Quota::per_second(limits.per_second).allow_burst(limits.burst);
        Self {
            inner: Arc::new(Inner {
                tokens,
                access,
                by_address: RateLimiter::keyed(quota),
                by_person: RateLimiter::keyed(quota),
                trusted: limits.trusted_proxies.clone(),
            }),
        }
    }

    /// Whether a plain HTTP caller of that address may go on.
    pub(crate) fn admit_address(&self, address: Option<IpAddr>) -> bool {
        address.is_none_or(|address| self.inner.by_address.check_key(&address).is_ok())
    }

    pub(crate) fn address<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        self.inner.address(request)
    }
}

impl Inner {
    /// The caller's address; a forwarded one only from a trusted proxy, the last that it added itself.
    fn address<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())?;
        if !self.trusted.contains(&peer) {
            return Some(peer);
        }
        let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
        forwarded
            .and_then(|list| list.rsplit(',').map(str::trim).find_map(|one| one.parse().ok().filter(|ip| !self.trusted.contains(ip))))
            .or(Some(peer))
    }

    async fn admit(&self, request: &mut Request<Body>) -> Result<(), Status> {
        if let Some(address) = self.address(request)
            && let Err(wait) = self.by_address.check_key(&address)
        {
            return Err(too_many(wait.wait_time_from(DefaultClock::default().now())));
        }
        let method = request.uri().path().trim_start_matches('/').to_owned();
        if Policies::is_open(&method) || method.starts_with("grpc.health.") || method.starts_with("grpc.reflection.") {
            return Ok(());
        }
        let token = bearer(request.headers()).ok_or_else(|| Status::unauthenticated("Войдите в систему."))?;
        let actor = self.tokens.actor(token).await.map_err(|error| match error {
            TokenError::Invalid | TokenError::Unknown => Status::unauthenticated("Вход недействителен. Войдите снова."),
            TokenError::Expired => Status::unauthenticated("Срок входа истёк. Войдите снова, введённое сохранено у вас на экране."),
            TokenError::Unavailable => Status::unavailable("Справочник сотрудников не отвечает. Повторите через минуту."),
        })?;
        if let Err(wait) = self.by_person.check_key(&actor.person.0) {
            return Err(too_many(wait.wait_time_from(DefaultClock::default().now())));
        }
        match self.access.policies().decide(&actor, &method, &Resource::anywhere()) {
            Decision::Allow => {
                request.extensions_mut().insert(actor);
                Ok(())
            }
            Decision::Deny => Err(forbidden("У вашей роли нет этого действия.")),
        }
    }
}

fn too_many(wait: std::time::Duration) -> Status {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(wait));
    Status::with_error_details(Code::ResourceExhausted, "Слишком много запросов. Повторите чуть позже.", details)
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

impl<S> Layer<S> for AccessLayer {
    type Service = AccessService<S>;

    fn layer(&self, service: S) -> Self::Service {
        AccessService { inner: self.inner.clone(), service }
    }
}

#[derive(Clone)]
pub(crate) struct AccessService<S> {
    inner: Arc<Inner>,
    service: S,
}

impl<S> Service<Request<Body>> for AccessService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let inner = self.inner.clone();
        // The ready service serves, its clone waits for the next call.
        let next = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, next);
        Box::pin(async move {
            match inner.admit(&mut request).await {
                Ok(()) => service.call(request).await,
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}
