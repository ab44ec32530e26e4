//! `/l/{token}`: the client's page behind a signed link: the offer, or the papers. GET shows, POST acts; plain
//! forms, no scripts.

mod signing;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use chrono::Utc;
use domain::buyout::decision::{AnswerOffer, Fact, FactKind};
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::money::Money;
use domain::offer::{AnswerSource, ClientAnswer, Offer};
use domain::phone::Phone;
use domain::refusal::{Refusal, RefusalCode};
use domain::signed_link::{LinkClaims, LinkPurpose};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use templates::buyout::{
    Confirmation, Entered, OfferFailure, OfferPage, OfferState, OpenOffer, Wrong,
};

use crate::process::ProcessError;
use crate::server::App;

/// Answers of one link: a few at once, then one a minute, so that a code cannot be guessed.
#[derive(Clone)]
pub(crate) struct Answers(Arc<DefaultKeyedRateLimiter<String>>);

impl Answers {
    pub(crate) fn new() -> Self {
        let burst = NonZeroU32::new(8).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(NonZeroU32::MIN).allow_burst(burst);
        Self(Arc::new(RateLimiter::keyed(quota)))
    }

    /// Whether the link may answer now.
    fn admit(&self, link: &str) -> bool {
        self.0.check_key(&link.to_owned()).is_ok()
    }

    /// Forgets links that are free to answer again.
    pub(crate) fn forget_quiet(&self) {
        self.0.retain_recent();
    }
}

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/l/{token}", get(show).post(act))
        .route("/l/{token}/documents/{place}", get(document))
}

/// What a page is drawn from.
struct Seen {
    id: BuyoutId,
    claims: LinkClaims,
    buyout: Buyout,
}

/// What became of a form; shown on the page that follows.
#[derive(Default)]
struct Tried {
    amount: String,
    reason: String,
    refusal: Option<(Field, String)>,
    code_sent: bool,
}

#[derive(Clone, Copy)]
enum Field {
    Code,
    Amount,
    Reason,
    Page,
}

/// Why there is nothing to show.
enum Closed {
    Invalid,
    Failed(OfferFailure),
}

async fn look(app: &App, token: &str) -> Result<Seen, Closed> {
    let claims = app
        .links
        .verify(token, LinkPurpose::Offer, Utc::now())
        .map_err(|error| {
            tracing::info!(%error, "a signed link was refused");
            Closed::Invalid
        })?;
    let failed = |error: store::error::StoreError| {
        tracing::error!(%error, "a client's page could not be shown");
        Closed::Failed(OfferFailure::NotShown)
    };
    if app.store.link_revoked(&claims.id).await.map_err(failed)? {
        return Err(Closed::Invalid);
    }
    let id = BuyoutId(claims.subject.clone());
    let buyout = app
        .store
        .buyout(&id)
        .await
        .map_err(failed)?
        .ok_or(Closed::Invalid)?;
    Ok(Seen { id, claims, buyout })
}

async fn document(State(app): State<App>, Path((token, place)): Path<(String, usize)>) -> Response {
    signing::document(&app, &token, place).await
}

async fn show(State(app): State<App>, Path(token): Path<String>) -> Response {
    if signing::is_for_papers(&app, &token) {
        return signing::show(&app, &token).await;
    }
    match look(&app, &token).await {
        Ok(seen) => {
            if let Some(offer) = &seen.buyout.offer
                && offer.opened_at.is_none()
                && seen.buyout.stage == Stage::Offer
            {
                // Only noted for the manager; the offer itself does not change by being looked at.
                let fact = Fact {
                    event_id: format!("offer-opened/{}", offer.round),
                    fact: FactKind::OfferOpened { round: offer.round },
                };
                if let Err(error) = app.processes.tell(&seen.id, fact).await {
                    tracing::debug!(%error, "that an offer was opened could not be noted");
                }
            }
            page(&seen.buyout, &Tried::default(), StatusCode::OK)
        }
        Err(closed) => closed_page(closed),
    }
}

async fn act(State(app): State<App>, Path(token): Path<String>, body: Bytes) -> Response {
    if signing::is_for_papers(&app, &token) {
        return signing::act(&app, &token, &body).await;
    }
    let seen = match look(&app, &token).await {
        Ok(seen) => seen,
        Err(closed) => return closed_page(closed),
    };
    if !app.answers.admit(&seen.claims.id) {
        return closed_page(Closed::Failed(OfferFailure::TooMany));
    }
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| {
        form.get(name)
            .map(|value| value.trim().to_owned())
            .unwrap_or_default()
    };
    let round = field("round").parse().unwrap_or(0);
    let mut tried = Tried {
        amount: field("amount"),
        reason: field("reason"),
        ..Tried::default()
    };
    let (outcome, at) = match field("answer").as_str() {
        "request_code" => {
            let outcome = app.processes.request_code(&seen.id, round).await;
            tried.code_sent = outcome.is_ok();
            (outcome, Field::Code)
        }
        "accept" => {
            let code = Some(field("code")).filter(|code| !code.is_empty());
            // The code was asked for before; it stays so when this attempt is refused.
            tried.code_sent = true;
            (
                answer(&app, &seen, round, ClientAnswer::Accept, code).await,
                Field::Code,
            )
        }
        "counter" => match Money::parse_partner(&tried.amount) {
            Ok(amount) => (
                answer(&app, &seen, round, ClientAnswer::Counter { amount }, None).await,
                Field::Amount,
            ),
            Err(_) => {
                tried.refusal = Some((
                    Field::Amount,
                    "Укажите сумму цифрами, например 950000.".to_owned(),
                ));
                return page(&seen.buyout, &tried, StatusCode::UNPROCESSABLE_ENTITY);
            }
        },
        "think" => (
            answer(&app, &seen, round, ClientAnswer::Think, None).await,
            Field::Page,
        ),
        "decline" => {
            let reason = tried.reason.clone();
            (
                answer(&app, &seen, round, ClientAnswer::Decline { reason }, None).await,
                Field::Reason,
            )
        }
        _ => return page(&seen.buyout, &tried, StatusCode::BAD_REQUEST),
    };
    match outcome {
        Ok(_) => after(&app, &token, tried).await,
        Err(ProcessError::Refused(refusal)) => {
            let status = status_of(&refusal);
            tried.refusal = Some((
                if refusal.fields.is_empty() {
                    Field::Page
                } else {
                    at
                },
                refusal.sentence,
            ));
            match look(&app, &token).await {
                Ok(seen) => page(&seen.buyout, &tried, status),
                Err(closed) => closed_page(closed),
            }
        }
        Err(ProcessError::NotRunning) => after(&app, &token, Tried::default()).await,
        Err(
            error @ (ProcessError::Unavailable(_) | ProcessError::Kept(_) | ProcessError::Behind),
        ) => {
            tracing::error!(%error, "a client's answer could not be given to the process");
            closed_page(Closed::Failed(OfferFailure::Unknown))
        }
    }
}

/// The link with the round is the key: the same answer sent twice is one answer.
async fn answer(
    app: &App,
    seen: &Seen,
    round: u32,
    answer: ClientAnswer,
    code: Option<String>,
) -> Result<domain::buyout::decision::Accepted, ProcessError> {
    let key = match &answer {
        // Thinking decides nothing, so it uses nothing up.
        ClientAnswer::Think => None,
        ClientAnswer::Accept | ClientAnswer::Counter { .. } | ClientAnswer::Decline { .. } => {
            Some(format!("{}/{round}", seen.claims.id))
        }
    };
    app.processes
        .answer_offer(
            &seen.id,
            AnswerOffer {
                round,
                answer,
                code,
            },
            key,
        )
        .await
}

/// The page as it is after an accepted form.
async fn after(app: &App, token: &str, tried: Tried) -> Response {
    match look(app, token).await {
        Ok(seen) => page(&seen.buyout, &tried, StatusCode::OK),
        Err(closed) => closed_page(closed),
    }
}

fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal.code {
        RefusalCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalCode::NotFound => StatusCode::NOT_FOUND,
        RefusalCode::WrongState
        | RefusalCode::StaleVersion
        | RefusalCode::WrongPerson
        | RefusalCode::OwnWork
        | RefusalCode::MoneyInFlight => StatusCode::CONFLICT,
    }
}

fn page(buyout: &Buyout, tried: &Tried, status: StatusCode) -> Response {
    let (Some(deal), Some(policy), Some(offer)) = (&buyout.deal, &buyout.policy, &buyout.offer)
    else {
        return closed_page(Closed::Invalid);
    };
    let car = deal.car.title();
    let until = policy.calendar.format_ru(offer.valid_until);
    let phone = deal.client.phone.as_ref();
    let state = match buyout.stage {
        Stage::Offer if Utc::now() > offer.valid_until => OfferState::Expired {
            car: &car,
            valid_until_local: &until,
        },
        Stage::Offer => open(buyout, offer, tried, &car, &until, phone),
        Stage::OfferExpired => OfferState::Expired {
            car: &car,
            valid_until_local: &until,
        },
        stage => match last_answer(buyout, offer.round) {
            // A counter-offer waits for the manager only while there is bargaining; thinking was
            // overtaken by whatever moved the deal on.
            Some(answer)
                if match answer {
                    ClientAnswer::Accept | ClientAnswer::Decline { .. } => true,
                    ClientAnswer::Counter { .. } => stage == Stage::Bargaining,
                    ClientAnswer::Think => false,
                } =>
            {
                OfferState::Answered {
                    car: &car,
                    price: offer.price,
                    answer,
                    valid_until_local: &until,
                }
            }
            Some(_) | None => OfferState::Decided {
                car: &car,
                agreed_price: buyout.agreed_price,
            },
        },
    };
    draw(&policy.legal_entity.name, state, status)
}

fn open<'a>(
    buyout: &'a Buyout,
    offer: &Offer,
    tried: &'a Tried,
    car: &'a str,
    until: &'a str,
    phone: Option<&'a Phone>,
) -> OfferState<'a> {
    let previous = buyout
        .answers
        .iter()
        .rev()
        .find(|a| a.source == AnswerSource::Page)
        .map(|a| &a.answer);
    OfferState::Open(OpenOffer {
        car,
        round: offer.round,
        price: offer.price,
        valid_until_local: until,
        previous,
        confirmation: match phone {
            None => Confirmation::NoPhone,
            Some(phone) if tried.code_sent => Confirmation::Sent { phone },
            Some(_) => Confirmation::NotAsked,
        },
        entered: Entered {
            amount: &tried.amount,
            reason: &tried.reason,
        },
        wrong: tried.refusal.as_ref().map(|(field, sentence)| match field {
            Field::Code => Wrong::Code(sentence),
            Field::Amount => Wrong::Amount(sentence),
            Field::Reason => Wrong::Reason(sentence),
            Field::Page => Wrong::Page(sentence),
        }),
    })
}

fn last_answer(buyout: &Buyout, round: u32) -> Option<&ClientAnswer> {
    buyout
        .answers
        .iter()
        .rev()
        .find(|a| a.round == round && a.source == AnswerSource::Page)
        .map(|a| &a.answer)
}

fn closed_page(closed: Closed) -> Response {
    match closed {
        Closed::Invalid => draw("", OfferState::InvalidLink, StatusCode::NOT_FOUND),
        Closed::Failed(failure) => {
            let status = match failure {
                OfferFailure::TooMany => StatusCode::TOO_MANY_REQUESTS,
                OfferFailure::NotShown | OfferFailure::NotTaken | OfferFailure::Unknown => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
            };
            draw("", OfferState::Failed(failure), status)
        }
    }
}

fn draw(company: &str, state: OfferState<'_>, status: StatusCode) -> Response {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let page = OfferPage {
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

/// The link must not leave with a referrer, lie in a cache or run anything.
fn page_headers(nonce: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers
}
