//! Everything that is served on the one port: gRPC, gRPC-web and the plain routes, and what all of them share.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use proto::kite::audit::v1::audit_service_server::AuditServiceServer;
use proto::kite::buyout::v1::buyout_service_server::BuyoutServiceServer;
use proto::kite::event::v1::event_service_server::EventServiceServer;
use proto::kite::inspection::v1::inspection_service_server::InspectionServiceServer;
use proto::kite::notification::v1::notification_service_server::NotificationServiceServer;
use proto::kite::ops::v1::ops_service_server::OpsServiceServer;
use proto::kite::policy::v1::policy_service_server::PolicyServiceServer;
use proto::kite::report::v1::report_service_server::ReportServiceServer;
use proto::kite::session::v1::session_service_server::SessionServiceServer;
use proto::kite::staff::v1::staff_service_server::StaffServiceServer;
use proto::kite::task::v1::task_service_server::TaskServiceServer;
use proto::kite::template::v1::template_service_server::TemplateServiceServer;
use proto::kite::view::v1::view_service_server::ViewServiceServer;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::access::{AccessLayer, Limiter};
use crate::audit::AuditTrail;
use crate::buyout::Buyouts;
use crate::event::Events;
use crate::inspection::Inspections;
use crate::notification::Notifications;
use crate::ops::Operations;
use crate::policy::PolicyBook;
use crate::report::Reports;
use crate::server::App;
use crate::session::Sessions;
use crate::staff::StaffDirectory;
use crate::task::Tasks;
use crate::template::Templates;
use crate::view::Views;
use crate::{bitrix24, callbacks, codec, evidence, files, link, template, web};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A request id that a caller gives is taken up to this length.
const MAX_REQUEST_ID: usize = 64;

/// The whole port; the reporter is how gRPC health learns of readiness.
pub(crate) fn routes(app: &App) -> anyhow::Result<(HealthReporter, Router)> {
    let (reporter, grpc) = grpc(app)?;
    let mut router = plain(app).merge(grpc);
    if !app.config.web.folder.as_os_str().is_empty() {
        let pages = web::serve.with_state(app.clone());
        router = router.fallback_service(pages);
    }
    let router = router
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(from_fn(request_id))
        .layer(SetSensitiveRequestHeadersLayer::new([
            header::AUTHORIZATION,
            header::COOKIE,
        ]));
    Ok((reporter, router))
}

/// gRPC and gRPC-web, with reflection and health, behind the access layer.
fn grpc(app: &App) -> anyhow::Result<(HealthReporter, Router)> {
    let deadline = Duration::from_secs(app.config.server.deadline_secs);
    let layer = AccessLayer::new(
        app.tokens.clone(),
        app.access.clone(),
        app.limiter.clone(),
        deadline,
        app.reads.clone(),
    );
    let (reporter, health) = tonic_health::server::health_reporter();
    let mut services = Routes::new(health);
    if app.config.server.reflection {
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?;
        services = services.add_service(reflection);
    }
    let app = app.clone();
    let router = services
        .add_service(SessionServiceServer::new(Sessions { app: app.clone() }))
        .add_service(TaskServiceServer::new(Tasks { app: app.clone() }))
        .add_service(BuyoutServiceServer::new(Buyouts { app: app.clone() }))
        .add_service(InspectionServiceServer::new(Inspections {
            app: app.clone(),
        }))
        .add_service(NotificationServiceServer::new(Notifications {
            app: app.clone(),
        }))
        .add_service(ViewServiceServer::new(Views { app: app.clone() }))
        .add_service(ReportServiceServer::new(Reports { app: app.clone() }))
        .add_service(StaffServiceServer::new(StaffDirectory { app: app.clone() }))
        .add_service(PolicyServiceServer::new(PolicyBook { app: app.clone() }))
        .add_service(OpsServiceServer::new(Operations { app: app.clone() }))
        .add_service(AuditServiceServer::new(AuditTrail { app: app.clone() }))
        .add_service(TemplateServiceServer::new(Templates { app: app.clone() }))
        .add_service(EventServiceServer::new(Events { app }))
        .into_axum_router()
        .reset_fallback()
        // On the services alone: an unknown address is no call without a token, it is not found.
        .route_layer(CatchPanicLayer::custom(panicked))
        .route_layer(layer)
        .route_layer(tonic_web::GrpcWebLayer::new());
    Ok((reporter, router))
}

/// The few plain routes.
fn plain(app: &App) -> Router {
    let config = &app.config.server;
    let deadline = Duration::from_secs(config.deadline_secs);
    let capped = Router::new()
        .merge(bitrix24::routes())
        .merge(callbacks::routes())
        .merge(link::routes())
        .merge(template::routes())
        .layer(DefaultBodyLimit::max(config.body_bytes))
        .with_state(app.clone())
        .merge(codec::routes(app.clone()))
        .route_layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            deadline,
        ));
    // Uploads count their own bytes against the ticket and take the time that the network needs.
    let uploads = files::routes()
        .merge(evidence::routes())
        .layer(DefaultBodyLimit::disable())
        .with_state(app.clone());
    capped
        .merge(uploads)
        .layer(CatchPanicLayer::custom(panicked_plain))
        .layer(from_fn_with_state(app.limiter.clone(), within_limits))
}

async fn within_limits(State(limiter): State<Limiter>, request: Request, next: Next) -> Response {
    match limiter.address(&request) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            let after = HeaderValue::from(wait.seconds());
            (
                StatusCode::TOO_MANY_REQUESTS,
                [(header::RETRY_AFTER, after)],
                "too many requests",
            )
                .into_response()
        }
    }
}

/// Gives the request an id, or keeps the caller's when it is one, and tells it in the answer.
async fn request_id(mut request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(&REQUEST_ID)
        .filter(|value| is_id(value.as_bytes()))
        .cloned();
    let id = given.or_else(|| HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()).ok());
    request.headers_mut().remove(&REQUEST_ID);
    let Some(id) = id else {
        return next.run(request).await;
    };
    request.headers_mut().insert(REQUEST_ID.clone(), id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID.clone(), id);
    response
}

/// Nothing goes into the log that could be taken for more than an id.
fn is_id(text: &[u8]) -> bool {
    (1..=MAX_REQUEST_ID).contains(&text.len())
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// A request in the log: no query, no token of a signed link, of an upload or of the codec.
fn span<B>(request: &http::Request<B>) -> tracing::Span {
    let id = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    tracing::info_span!("http", method = %request.method(), path = shown(request.uri().path()), request_id = id)
}

fn shown(path: &str) -> &str {
    ["/l/", "/files/", "/codec/", "/templates/"]
        .into_iter()
        .find(|prefix| path.starts_with(prefix))
        .unwrap_or(path)
}

type Panic = Box<dyn std::any::Any + Send>;

/// A panic in a handler is a defect of ours, told as a gRPC answer; the cause is in the log.
fn panicked(panic: Panic) -> http::Response<axum::body::Body> {
    log_panic(&panic);
    tonic::Status::internal(
        "Внутренняя ошибка. Обновите страницу и проверьте, принято ли действие; сообщите в сопровождение.",
    )
    .into_http()
}

fn panicked_plain(panic: Panic) -> http::Response<axum::body::Body> {
    log_panic(&panic);
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let sentence =
        "Внутренняя ошибка. Повторите через минуту; если не поможет, позвоните менеджеру.";
    (StatusCode::INTERNAL_SERVER_ERROR, headers, sentence).into_response()
}

fn log_panic(panic: &Panic) {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = what.unwrap_or("unknown"), "a handler panicked");
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn falls() -> &'static str {
        panic!("a defect")
    }

    async fn ask(router: Router, id: Option<&str>) -> Response {
        let mut request = http::Request::builder()
            .uri("/x")
            .body(Body::empty())
            .expect("a request");
        if let Some(id) = id {
            request
                .headers_mut()
                .insert(REQUEST_ID.clone(), id.parse().expect("a header"));
        }
        router
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_on_both_sides() {
        let grpc = Router::new()
            .route("/x", get(falls))
            .route_layer(CatchPanicLayer::custom(panicked));
        let answer = ask(grpc, None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            answer
                .headers()
                .get("grpc-status")
                .map(HeaderValue::as_bytes),
            Some(b"13".as_slice())
        );
        let plain = Router::new()
            .route("/x", get(falls))
            .layer(CatchPanicLayer::custom(panicked_plain));
        let answer = ask(plain, None).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(answer.into_body(), 1_000)
            .await
            .expect("a body");
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(
            body.contains("Внутренняя ошибка") && !body.contains("defect"),
            "{body}"
        );
    }

    #[tokio::test]
    async fn a_request_id_is_kept_when_it_is_one_and_made_when_not() {
        let router = || {
            Router::new()
                .route("/x", get(|| async { "ok" }))
                .layer(from_fn(request_id))
        };
        let told = async |id| {
            let answer = ask(router(), id).await;
            let id = answer
                .headers()
                .get(&REQUEST_ID)
                .and_then(|id| id.to_str().ok());
            id.map(str::to_owned).unwrap_or_default()
        };
        assert_eq!(told(Some("order-17.a_b")).await, "order-17.a_b");
        let long = "x".repeat(65);
        for other in [
            None,
            Some(""),
            Some("a b"),
            Some("\"x\"=1"),
            Some("жук"),
            Some(long.as_str()),
        ] {
            let made = told(other).await;
            assert_eq!(made.len(), 36, "{other:?} became {made}");
        }
    }

    #[test]
    fn secrets_in_a_path_are_not_shown() {
        assert_eq!(shown("/l/v1.k.payload.hmac"), "/l/");
        assert_eq!(shown("/files/5b0e"), "/files/");
        assert_eq!(shown("/templates/v1.k.payload.hmac"), "/templates/");
        assert_eq!(shown("/codec/secret/decode"), "/codec/");
        assert_eq!(shown("/callbacks/yookassa"), "/callbacks/yookassa");
    }
}
