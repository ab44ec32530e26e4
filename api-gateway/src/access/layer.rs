//! The one place where calls are let in: rate limits, token, role × method; and where they are counted
//! and end in time. gRPC and gRPC-web alike.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use domain::staff::Actor;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response, header};
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::access::limiter::{Limiter, TooMany};
use crate::access::policies::{Decision, Policies, Resource};
use crate::access::record::{self, Read, Reads};
use crate::access::tokens::{TokenError, Tokens};
use crate::access::{Access, forbidden};
use crate::status;

#[derive(Clone)]
pub(crate) struct AccessLayer {
    inner: Arc<Inner>,
}

struct Inner {
    tokens: Tokens,
    access: Access,
    limiter: Limiter,
    deadline: Duration,
    reads: Reads,
    /// Methods whose answers say whose data they show.
    recorded: BTreeSet<&'static str>,
}

impl AccessLayer {
    /// `deadline` ends a call that brings none of its own, or a longer one.
    pub(crate) fn new(
        tokens: Tokens,
        access: Access,
        limiter: Limiter,
        deadline: Duration,
        reads: Reads,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                tokens,
                access,
                limiter,
                deadline,
                reads,
                recorded: record::recorded(),
            }),
        }
    }
}

/// Why somebody is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    NoToken,
    Token(TokenError),
    TooMany(TooMany),
}

/// The person of a request's token, counted against their limit.
pub(crate) async fn caller(
    tokens: &Tokens,
    limiter: &Limiter,
    headers: &HeaderMap,
) -> Result<Actor, NotAdmitted> {
    let token = bearer(headers).ok_or(NotAdmitted::NoToken)?;
    let actor = tokens.actor(token).await.map_err(NotAdmitted::Token)?;
    limiter
        .person(&actor.person)
        .map_err(NotAdmitted::TooMany)?;
    Ok(actor)
}

impl Inner {
    async fn admit(&self, request: &mut Request<Body>, method: &str) -> Result<(), Status> {
        self.limiter.address(request).map_err(too_many)?;
        if Policies::is_open(method)
            || method.starts_with("grpc.health.")
            || method.starts_with("grpc.reflection.")
        {
            return Ok(());
        }
        let actor = caller(&self.tokens, &self.limiter, request.headers())
            .await
            .map_err(refused)?;
        if !self.access.policies().knows(method) {
            return Err(Status::unimplemented(
                "Такого метода нет. Обновите страницу.",
            ));
        }
        match self
            .access
            .policies()
            .decide(&actor, method, &Resource::anywhere())
        {
            Decision::Allow => {
                request.extensions_mut().insert(actor);
                Ok(())
            }
            Decision::Deny => Err(forbidden("У вашей роли нет этого действия.")),
        }
    }

    /// Puts on record what the answer shows of somebody; an answer that cannot be put there does not go out.
    async fn admit_answer(
        &self,
        actor: Option<Actor>,
        method: &str,
        mut response: Response<Body>,
    ) -> Response<Body> {
        let went_well = response
            .extensions()
            .get::<Status>()
            .is_none_or(|status| status.code() == Code::Ok);
        if !went_well {
            return response;
        }
        let read = response.extensions_mut().remove::<Read>();
        let recorded = match (read, actor) {
            (Some(read), Some(actor)) => self.reads.record(&actor.person, read).await,
            (None, _) if !self.recorded.contains(method) => Ok(()),
            (Some(_), None) | (None, _) => {
                tracing::error!(%method, "an answer did not say whose data it shows; it was held back");
                Err(Status::internal(
                    "Внутренняя ошибка: данные не показаны. Сообщите в сопровождение.",
                ))
            }
        };
        match recorded {
            Ok(()) => response,
            Err(status) => status.into_http(),
        }
    }

    /// The shorter of the caller's deadline and ours.
    fn patience(&self, headers: &HeaderMap) -> Duration {
        let asked = headers
            .get("grpc-timeout")
            .and_then(|value| value.to_str().ok())
            .and_then(grpc_timeout);
        asked.map_or(self.deadline, |asked| asked.min(self.deadline))
    }

    fn count(&self, method: &str, status: Code, took: Duration) {
        // Only names of ours become labels: whoever calls at random makes no series.
        let known = self.access.policies().knows(method);
        let method = if known {
            method.to_owned()
        } else {
            "other".to_owned()
        };
        let code = format!("{status:?}");
        metrics::counter!("kite_calls_total", "method" => method.clone(), "code" => code)
            .increment(1);
        metrics::histogram!("kite_call_seconds", "method" => method).record(took.as_secs_f64());
    }
}

pub(crate) fn refused(reason: NotAdmitted) -> Status {
    match reason {
        NotAdmitted::NoToken => Status::unauthenticated("Войдите в систему."),
        NotAdmitted::Token(TokenError::Invalid) => {
            Status::unauthenticated("Вход недействителен. Войдите снова.")
        }
        // Told to the holder of a valid token only, so that nobody learns from it who works here.
        NotAdmitted::Token(TokenError::Unknown) => Status::unauthenticated(
            "Вас нет среди сотрудников Kite, или доступ закрыт. Попросите администратора Kite открыть его.",
        ),
        NotAdmitted::Token(TokenError::Expired) => Status::unauthenticated(
            "Срок входа истёк. Войдите снова, введённое сохранено у вас на экране.",
        ),
        NotAdmitted::Token(TokenError::Unavailable) => Status::unavailable(
            "Вход сейчас не проверить. Ничего не потеряно, повторите через минуту.",
        ),
        NotAdmitted::TooMany(wait) => too_many(wait),
    }
}

fn too_many(TooMany(wait): TooMany) -> Status {
    status::busy("Слишком много запросов. Повторите чуть позже.", wait)
}

/// `<digits><unit>` of the gRPC protocol, at most eight digits.
pub(crate) fn grpc_timeout(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if number.is_empty() || number.len() > 8 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

impl<S> Layer<S> for AccessLayer {
    type Service = AccessService<S>;

    fn layer(&self, service: S) -> Self::Service {
        AccessService {
            inner: self.inner.clone(),
            service,
        }
    }
}

#[derive(Clone)]
pub(crate) struct AccessService<S> {
    inner: Arc<Inner>,
    service: S,
}

impl<S> Service<Request<Body>> for AccessService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
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
            let began = Instant::now();
            let method = request.uri().path().trim_start_matches('/').to_owned();
            let patience = inner.patience(request.headers());
            // A stream is answered at once and lives on; only its beginning has a deadline.
            let served = tokio::time::timeout(patience, async {
                match inner.admit(&mut request, &method).await {
                    Ok(()) => {
                        let actor = request.extensions().get::<Actor>().cloned();
                        let answer = service.call(request).await?;
                        Ok::<_, Infallible>(inner.admit_answer(actor, &method, answer).await)
                    }
                    Err(status) => Ok(status.into_http()),
                }
            });
            let response = match served.await {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => Status::deadline_exceeded(
                    "Сервер не успел ответить. Действие могло быть принято: обновите страницу и проверьте.",
                )
                .into_http(),
            };
            // An error is told in the headers; what has a body went well.
            let code = response
                .extensions()
                .get::<Status>()
                .map_or(Code::Ok, Status::code);
            inner.count(&method, code, began.elapsed());
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_of_the_protocol_are_read_and_others_ignored() {
        for (text, expected) in [
            ("300m", Some(Duration::from_millis(300))),
            ("5S", Some(Duration::from_secs(5))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3_600))),
            ("7u", Some(Duration::from_micros(7))),
            ("123456789S", None),
            ("S", None),
            ("", None),
            ("-1S", None),
            ("1.5S", None),
            ("5д", None),
            ("5s", None),
        ] {
            assert_eq!(grpc_timeout(text), expected, "{text:?}");
        }
    }
}
