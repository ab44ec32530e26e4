//! What reads bytes of people, portals and partners, one function for each kind of bytes: any are read or
//! refused, without a panic, and in time that grows with their length only.
//!
//! For tests and for `fuzz/`; no binary is built with it.

use std::convert::Infallible;
use std::sync::LazyLock;

use axum::body::Body;
use domain::appraisal;
use domain::buyout::decision::Decision;
use domain::inspection::repair_total;
use domain::policy::BuyoutPolicy;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use prost::Message;
use proto::kite::policy::v1::Policy;
use proto::kite::task::v1::DecideTaskRequest;
use tonic_web::GrpcWebLayer;
use tower::{Layer, ServiceExt, service_fn};

use crate::access::{bearer, grpc_timeout};
use crate::convert::common::Files;
use crate::inbox::partners;
use crate::{bitrix24, callbacks, codec, convert, files};

/// Reads or refuses any bytes.
pub type Target = fn(&[u8]);

/// Names are permanent: corpora lie under them.
pub const TARGETS: [(&str, Target); 7] = [
    ("portal_form", bitrix24::fuzz::call),
    ("callback", callback),
    ("decision", decision),
    ("policy", policy),
    ("grpc_web", grpc_web),
    ("codec", codec::fuzz),
    ("header", headers),
];

/// A file as somebody uploads it; answers what would be stored.
pub fn intake(bytes: &[u8]) -> Option<Vec<u8>> {
    files::fuzz::intake(bytes)
}

/// The body of a partner's callback, whichever partner.
fn callback(body: &[u8]) {
    let _ = callbacks::is_test(body);
    let _ = partners::payout(body);
    let _ = partners::order(body);
    let _ = partners::report(body);
    let _ = partners::statuses(body);
}

/// A person's decision as it comes over the wire, up to the rules that need no run.
fn decision(body: &[u8]) {
    let Ok(request) = DecideTaskRequest::decode(body) else {
        return;
    };
    let Some(message) = request.decision else {
        return;
    };
    let _ = convert::task::person_id(&message);
    let named = convert::task::file_ids(&message);
    let files: Files = named
        .into_iter()
        .map(|id| (id.clone(), files::fuzz::file(&id)))
        .collect();
    let Ok(decision) = convert::task::decision(message, &files, None) else {
        return;
    };
    let _ = decision.sentence();
    if let Decision::Appraise { appraisal } = &decision {
        let _ = appraisal::check(appraisal);
        let repairs = repair_total(&appraisal.repairs);
        let _ = appraisal::category(repairs, appraisal.forecast_price);
        for forecast in &appraisal.forecasts {
            let _ = forecast.margin(appraisal.buyout_price, repairs);
        }
        let _ = convert::task::appraisal_out(appraisal);
    }
}

/// A policy as an administrator sends it.
fn policy(body: &[u8]) {
    let Ok(message) = Policy::decode(body) else {
        return;
    };
    if let Ok(asked) = convert::policy::Asked::read(message) {
        let _ = asked.over(&base());
    }
}

/// The policy that stands before.
fn base() -> BuyoutPolicy {
    static BASE: LazyLock<BuyoutPolicy> = LazyLock::new(|| {
        let text = include_str!("../../tests/corpus/base_policy.json");
        serde_json::from_str(text).expect("a policy")
    });
    BASE.clone()
}

/// Frames of gRPC-web, binary and as text, as the layer gives them to a service.
fn grpc_web(body: &[u8]) {
    for content_type in [
        "application/grpc-web+proto",
        "application/grpc-web-text+proto",
    ] {
        let inner = service_fn(|request: Request<tonic::body::Body>| async move {
            let read = request.into_body().collect().await;
            if let Ok(frame) = read.map(|body| body.to_bytes())
                && let Some(message) = frame.get(5..)
            {
                let _ = DecideTaskRequest::decode(message);
            }
            Ok::<_, Infallible>(Response::new(tonic::body::Body::empty()))
        });
        let request = Request::post("/kite.task.v1.TaskService/DecideTask")
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body.to_vec()))
            .expect("a request");
        let answer = futures::executor::block_on(GrpcWebLayer::new().layer(inner).oneshot(request));
        let Ok(answer) = answer;
        let _ = futures::executor::block_on(answer.into_body().collect());
    }
}

/// Headers that we read by ourselves.
fn headers(body: &[u8]) {
    if let Ok(text) = std::str::from_utf8(body) {
        let _ = grpc_timeout(text);
    }
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(body) {
        headers.insert(header::AUTHORIZATION, value.clone());
        headers.insert(header::COOKIE, value);
    }
    let _ = bearer(&headers);
}
