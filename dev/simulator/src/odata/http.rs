//! The interface at the socket.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use uuid::Uuid;

use super::configuration::Configuration;
use super::error::Fail;
use super::metadata;
use super::path::{Target, decode, parse};
use super::query::{Options, cut, find};
use super::render::{self, Format};
use super::session::{Admitted, admit};
use super::write;
use crate::core::Sim;

/// Answers every path of the base.
pub fn router<C: Configuration>(sim: Sim) -> Router {
    Router::new().fallback(answer::<C>).with_state(sim)
}

/// What the ledger and faults call a request.
pub fn operation<C: Configuration>(method: &Method, path: &str) -> &'static str {
    let Some(Ok((_, target))) = parse(path) else {
        return "unknown";
    };
    let names = |entity: &str| C::NAMES.iter().find(|names| names.entity == entity);
    match target {
        Target::Service => "service",
        Target::Metadata => "metadata",
        Target::Count { entity } => names(&entity).map_or("unknown", |names| names.find),
        Target::Set { entity } => names(&entity).map_or("unknown", |names| {
            if method == Method::POST {
                names.create
            } else {
                names.find
            }
        }),
        Target::Object { entity, .. } => names(&entity).map_or("unknown", |names| match *method {
            Method::PATCH => names.patch,
            Method::DELETE => names.delete,
            _ => names.read,
        }),
        Target::Action { entity, action, .. } => {
            names(&entity).map_or("unknown", |names| match action {
                super::path::Action::Post => names.post,
                super::path::Action::Unpost => names.unpost,
            })
        }
    }
}

async fn answer<C: Configuration>(
    State(sim): State<Sim>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let admitted = match admit(sim.state::<C>(), sim.now(), &headers) {
        Ok(admitted) => admitted,
        Err(refusal) => return *refusal,
    };
    let options = Options::read(uri.query());
    let format = Format::wanted(options.get("$format"), headers.get(header::ACCEPT));
    let mut response = match parse(&decode(uri.path())) {
        None => (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/html")],
            "<html><body>404</body></html>",
        )
            .into_response(),
        Some(parsed) => {
            let done = parsed.and_then(|(publication, target)| {
                let root = format!("{}/{publication}/odata/standard.odata/", origin(&headers));
                let call = Call {
                    sim: &sim,
                    method: &method,
                    options: &options,
                    format,
                    root,
                    body: &body,
                };
                call.run::<C>(target)
            });
            done.unwrap_or_else(|fail| error(&fail, format))
        }
    };
    response
        .headers_mut()
        .insert("DataServiceVersion", HeaderValue::from_static("3.0"));
    if let Admitted::Cookie(cookie) = admitted {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn origin(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("localhost");
    format!("http://{host}")
}

fn error(fail: &Fail, format: Format) -> Response {
    let (kind, text) = match format {
        Format::Atom => ("application/xml;charset=utf-8", fail.xml()),
        Format::Json { .. } => (format.content_type(), fail.json()),
    };
    (fail.status, [(header::CONTENT_TYPE, kind)], text).into_response()
}

struct Call<'a> {
    sim: &'a Sim,
    method: &'a Method,
    options: &'a Options,
    format: Format,
    root: String,
    body: &'a Bytes,
}

impl Call<'_> {
    fn run<C: Configuration>(&self, target: Target) -> Result<Response, Fail> {
        match (target, self.method) {
            (Target::Service, &Method::GET) => {
                Ok(self.text(self.format.service(&self.root, C::schema())))
            }
            // JSON is not offered for the metadata.
            (Target::Metadata, &Method::GET) => {
                let kind = [(header::CONTENT_TYPE, "application/xml;charset=utf-8")];
                Ok((kind, metadata::edmx(C::schema())).into_response())
            }
            (Target::Set { entity }, &Method::GET) => {
                let page = find(&*self.sim.state::<C>(), &entity, self.options)?;
                Ok(self.text(self.format.page(&self.root, C::schema(), &entity, &page)))
            }
            (Target::Count { entity }, &Method::GET) => {
                let page = find(&*self.sim.state::<C>(), &entity, self.options)?;
                let kind = [(header::CONTENT_TYPE, "text/plain;charset=utf-8")];
                Ok((kind, page.rows.len().to_string()).into_response())
            }
            (Target::Object { entity, key }, &Method::GET) => self.read::<C>(&entity, key),
            (Target::Set { entity }, &Method::POST) => {
                let row = write::create::<C>(self.sim, &entity, self.body)?;
                let key = super::base::reference(&row, "Ref_Key");
                let mut response =
                    self.text(self.format.object(&self.root, C::schema(), &entity, &row));
                *response.status_mut() = StatusCode::CREATED;
                // Raw UTF-8, Cyrillic included, as 1C writes it.
                let location = format!("{}{entity}(guid'{key}')", self.root);
                if let Ok(value) = HeaderValue::from_bytes(location.as_bytes()) {
                    response.headers_mut().insert(header::LOCATION, value);
                }
                Ok(response)
            }
            (Target::Object { entity, key }, &Method::PATCH) => {
                let row = write::patch::<C>(self.sim, &entity, key, self.body)?;
                Ok(self.text(self.format.object(&self.root, C::schema(), &entity, &row)))
            }
            (Target::Object { entity, key }, &Method::DELETE) => {
                write::delete::<C>(self.sim, &entity, key)?;
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            (
                Target::Action {
                    entity,
                    key,
                    action,
                },
                &Method::POST,
            ) => {
                write::act::<C>(self.sim, &entity, key, action)?;
                Ok(self.text(render::nothing(self.format)))
            }
            (_, method) => Err(Fail::http_method(method.as_str())),
        }
    }

    fn read<C: Configuration>(&self, entity: &str, key: Uuid) -> Result<Response, Fail> {
        if self.options.get("$expand").is_some() {
            return Err(Fail::not_supported("$expand для одного объекта"));
        }
        let declared = C::schema()
            .entities
            .get(entity)
            .ok_or_else(|| Fail::entity_type(entity))?;
        let mut row = self
            .sim
            .state::<C>()
            .base()
            .get(entity, key)
            .cloned()
            .ok_or_else(Fail::not_found)?;
        if let Some(select) = self.options.get("$select") {
            cut(declared, entity, select, &mut row)?;
        }
        Ok(self.text(self.format.object(&self.root, C::schema(), entity, &row)))
    }

    fn text(&self, text: String) -> Response {
        (
            [(header::CONTENT_TYPE, self.format.content_type())],
            Body::from(text),
        )
            .into_response()
    }
}
