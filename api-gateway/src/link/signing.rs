//! The client's page of the papers: read before the meeting, answered, signed by hand.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::response::{Html, IntoResponse, Response};
use chrono::Utc;
use domain::buyout::signing::{AnswerSigning, ContractRef, SigningWord};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::document::{DocumentKind, MadeDocument};
use domain::signed_link::{LinkClaims, LinkPurpose};
use domain::task::TaskKind;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use object_store::ObjectStoreExt;
use object_store::path::Path as ObjectPath;
use templates::buyout::{
    OpenSigning, PaperLink, SigningFailure, SigningPage, SigningState, WrongSigning,
};

use super::{page_headers, status_of};
use crate::process::ProcessError;
use crate::server::App;

/// What a page is drawn from.
struct Seen {
    id: BuyoutId,
    claims: LinkClaims,
    buyout: Buyout,
}

/// Where the contract that the link names stands.
enum Standing {
    Open(ContractRef),
    Signed,
    Void,
    Superseded,
}

/// What became of a form; shown on the page that follows.
#[derive(Default)]
struct Tried {
    text: String,
    /// The refusal's sentence, and whether it is about the text.
    refusal: Option<(bool, String)>,
}

/// Why there is nothing to show.
enum Closed {
    Invalid,
    Failed(SigningFailure),
}

/// Whether a token is for this page. What it says is proven.
pub(super) fn is_for_papers(app: &App, token: &str) -> bool {
    app.links
        .verify(token, LinkPurpose::Sign, Utc::now())
        .is_ok()
}

async fn look(app: &App, token: &str) -> Result<Seen, Closed> {
    let claims = app.links.verify(token, LinkPurpose::Sign, Utc::now());
    let claims = claims.map_err(|error| {
        tracing::info!(%error, "a signed link was refused");
        Closed::Invalid
    })?;
    let failed = |error: store::error::StoreError| {
        tracing::error!(%error, "a client's papers could not be shown");
        Closed::Failed(SigningFailure::NotShown)
    };
    if app.store.link_revoked(&claims.id).await.map_err(failed)? {
        return Err(Closed::Invalid);
    }
    let id = BuyoutId(claims.subject.clone());
    let buyout = app.store.buyout(&id).await.map_err(failed)?;
    let buyout = buyout.ok_or(Closed::Invalid)?;
    Ok(Seen { id, claims, buyout })
}

impl Seen {
    fn standing(&self) -> Standing {
        match self.buyout.contract() {
            None => Standing::Void,
            Some(contract) if contract.link_id(&self.id) != self.claims.id => Standing::Superseded,
            Some(contract) if self.buyout.stage == Stage::Signing => Standing::Open(contract),
            Some(_) => Standing::Signed,
        }
    }
}

/// The papers in force, in the order in which they are read.
fn papers(buyout: &Buyout) -> Vec<&MadeDocument> {
    [DocumentKind::Contract, DocumentKind::Act]
        .into_iter()
        .filter_map(|kind| buyout.document(kind))
        .collect()
}

pub(super) async fn show(app: &App, token: &str) -> Response {
    match look(app, token).await {
        Ok(seen) => page(&seen, token, &Tried::default(), StatusCode::OK),
        Err(closed) => closed_page(closed),
    }
}

pub(super) async fn act(app: &App, token: &str, body: &Bytes) -> Response {
    let seen = match look(app, token).await {
        Ok(seen) => seen,
        Err(closed) => return closed_page(closed),
    };
    if !app.answers.admit(&seen.claims.id) {
        return closed_page(Closed::Failed(SigningFailure::TooMany));
    }
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    let field = |name: &str| {
        form.get(name)
            .map(|value| value.trim().to_owned())
            .unwrap_or_default()
    };
    let Standing::Open(contract) = seen.standing() else {
        // The page says why nothing is to be answered.
        return page(&seen, token, &Tried::default(), StatusCode::CONFLICT);
    };
    let tried = Tried {
        text: field("text"),
        refusal: None,
    };
    let word = match field("answer").as_str() {
        "ready" => SigningWord::Ready,
        "remark" => SigningWord::Remark {
            text: tried.text.clone(),
        },
        _ => return page(&seen, token, &tried, StatusCode::BAD_REQUEST),
    };
    // The link with the answer's number is the key: the same answer sent twice is one answer.
    let round: usize = field("round").parse().unwrap_or(0);
    let key = format!("{}/{round}", seen.claims.id);
    let answer = AnswerSigning { contract, word };
    match app.processes.answer_signing(&seen.id, answer, key).await {
        Ok(_) | Err(ProcessError::NotRunning) => show(app, token).await,
        Err(ProcessError::Refused(refusal)) => {
            let status = status_of(&refusal);
            let tried = Tried {
                refusal: Some((!refusal.fields.is_empty(), refusal.sentence)),
                ..tried
            };
            match look(app, token).await {
                Ok(seen) => page(&seen, token, &tried, status),
                Err(closed) => closed_page(closed),
            }
        }
        Err(
            error @ (ProcessError::Unavailable(_) | ProcessError::Kept(_) | ProcessError::Behind),
        ) => {
            tracing::error!(%error, "a client's word on the papers could not be given to the process");
            closed_page(Closed::Failed(SigningFailure::Unknown))
        }
    }
}

/// One of the papers, by its place on the page from 1.
pub(super) async fn document(app: &App, token: &str, place: usize) -> Response {
    let seen = match look(app, token).await {
        Ok(seen) => seen,
        Err(closed) => return closed_page(closed),
    };
    match seen.standing() {
        Standing::Open(_) | Standing::Signed => {}
        Standing::Void | Standing::Superseded => {
            return page(&seen, token, &Tried::default(), StatusCode::GONE);
        }
    }
    let papers = papers(&seen.buyout);
    let Some(paper) = place.checked_sub(1).and_then(|place| papers.get(place)) else {
        return closed_page(Closed::Invalid);
    };
    match bytes(app, paper).await {
        Ok(body) => (paper_headers(paper), body).into_response(),
        Err(error) => {
            tracing::error!(
                error = format!("{error:#}"),
                "a client's paper could not be read"
            );
            closed_page(Closed::Failed(SigningFailure::NotShown))
        }
    }
}

async fn bytes(app: &App, paper: &MadeDocument) -> anyhow::Result<Body> {
    let row = app.store.file(&paper.file.id).await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("no file {}", paper.file.id))?;
    let path = ObjectPath::from(row.object_key);
    Ok(Body::from_stream(
        app.objects.get(&path).await?.into_stream(),
    ))
}

/// A PDF that opens in the browser, is kept by nobody in between and tells nobody where it was opened.
fn paper_headers(paper: &MadeDocument) -> HeaderMap {
    let name = match paper.kind {
        DocumentKind::Contract => "inline; filename=\"contract.pdf\"",
        DocumentKind::Act => "inline; filename=\"act.pdf\"",
    };
    let mut headers = HeaderMap::new();
    for (header, value) in [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(header, HeaderValue::from_static(value));
    }
    headers
}

fn page(seen: &Seen, token: &str, tried: &Tried, status: StatusCode) -> Response {
    let buyout = &seen.buyout;
    let (Some(deal), Some(policy)) = (&buyout.deal, &buyout.policy) else {
        return closed_page(Closed::Invalid);
    };
    let car = deal.car.title();
    let links: Vec<PaperLink<'_>> = papers(buyout)
        .into_iter()
        .zip(1..)
        .map(|(paper, place)| PaperLink {
            kind: paper.kind,
            number: &paper.number,
            // Relative to the page's own address.
            href: format!("{token}/documents/{place}"),
        })
        .collect();
    let company = &policy.legal_entity.name;
    let state = match seen.standing() {
        Standing::Void => SigningState::Void { car: &car },
        Standing::Superseded => SigningState::Superseded { car: &car },
        Standing::Signed => SigningState::Signed {
            car: &car,
            papers: &links,
        },
        Standing::Open(contract) => {
            let answers: Vec<&SigningWord> = buyout
                .signing_answers_to(&contract)
                .map(|answer| &answer.word)
                .collect();
            let remarks: Vec<&str> = answers.iter().filter_map(|word| remark(word)).collect();
            let place = format!("{}, {}", policy.site.name, policy.site.address);
            let until = buyout
                .open_task(TaskKind::SignContract)
                .map(|task| policy.calendar.format_ru(task.due_at));
            let open = OpenSigning {
                car: &car,
                price: buyout.agreed_price.unwrap_or_default(),
                papers: &links,
                place: &place,
                until_local: until.as_deref(),
                ready: answers.last() == Some(&&SigningWord::Ready),
                remarks: &remarks,
                round: answers.len() + 1,
                text: &tried.text,
                wrong: tried
                    .refusal
                    .as_ref()
                    .map(|(of_text, sentence)| match of_text {
                        true => WrongSigning::Text(sentence),
                        false => WrongSigning::Page(sentence),
                    }),
            };
            return draw(company, SigningState::Open(open), status);
        }
    };
    draw(company, state, status)
}

fn remark(word: &SigningWord) -> Option<&str> {
    match word {
        SigningWord::Ready => None,
        SigningWord::Remark { text } => Some(text),
    }
}

fn closed_page(closed: Closed) -> Response {
    match closed {
        Closed::Invalid => draw("", SigningState::InvalidLink, StatusCode::NOT_FOUND),
        Closed::Failed(failure) => {
            let status = match failure {
                SigningFailure::TooMany => StatusCode::TOO_MANY_REQUESTS,
                SigningFailure::NotShown | SigningFailure::Unknown => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
            };
            draw("", SigningState::Failed(failure), status)
        }
    }
}

fn draw(company: &str, state: SigningState<'_>, status: StatusCode) -> Response {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let page = SigningPage {
        nonce: &nonce,
        company,
        company_phone: None,
        state,
    };
    match page.render() {
        Ok(html) => (status, page_headers(&nonce), Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the client's page could not be drawn");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Страница временно недоступна. Позвоните менеджеру.",
            )
                .into_response()
        }
    }
}
