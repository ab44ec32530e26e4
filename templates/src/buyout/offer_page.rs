//! The client's own page: the offer and the ways to answer it.

use domain::money::Money;
use domain::offer::ClientAnswer;
use domain::phone::Phone;
use serde::Serialize;

use super::words;
use crate::error::TemplateError;
use crate::text;

/// The page behind the signed link. Works without JavaScript; loads nothing. Its forms POST to the
/// page's own address: `answer` (`request_code`, `accept`, `counter`, `think`, `decline`), `round`,
/// and `code`, `amount` or `reason`.
pub struct OfferPage<'a> {
    /// The nonce of this answer's Content-Security-Policy, for the one `<style>`.
    pub nonce: &'a str,
    /// Who buys, as the client knows them.
    pub company: &'a str,
    /// Whom to call; without it the page says to call the manager.
    pub company_phone: Option<&'a Phone>,
    pub state: OfferState<'a>,
}

/// What the page shows.
pub enum OfferState<'a> {
    Open(OpenOffer<'a>),
    /// Answered on this page, now or before.
    Answered {
        car: &'a str,
        /// The offer's price.
        price: Money,
        answer: &'a ClientAnswer,
        /// In the site's zone: "28 ноября, 14:05".
        valid_until_local: &'a str,
    },
    Expired {
        car: &'a str,
        /// In the site's zone: "28 ноября, 14:05".
        valid_until_local: &'a str,
    },
    /// Settled otherwise: with the manager by phone, or the deal has ended.
    Decided {
        car: &'a str,
        /// The agreed price, when the deal goes on.
        agreed_price: Option<Money>,
    },
    /// Not a link of ours, cut off, revoked, or for something else.
    InvalidLink,
    Failed(OfferFailure),
}

/// An offer that waits for an answer.
pub struct OpenOffer<'a> {
    /// "Chery Tiggo 7 Pro, 2021"
    pub car: &'a str,
    pub round: u32,
    pub price: Money,
    /// In the site's zone: "28 ноября, 14:05".
    pub valid_until_local: &'a str,
    /// The last answer of this run, which left the offer open or led to this one.
    pub previous: Option<&'a ClientAnswer>,
    pub confirmation: Confirmation<'a>,
    /// What the person typed, given back when it was refused.
    pub entered: Entered<'a>,
    /// Why the last answer was not taken.
    pub wrong: Option<Wrong<'a>>,
}

/// Where the confirmation by SMS stands.
pub enum Confirmation<'a> {
    /// No code was asked for yet.
    NotAsked,
    /// A code is on its way to this number, which the page shows masked.
    Sent { phone: &'a Phone },
    /// There is no phone to send a code to: the manager records the answer.
    NoPhone,
}

/// The fields as the person filled them in.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Entered<'a> {
    pub amount: &'a str,
    pub reason: &'a str,
}

/// A refused answer: the refusal's sentence, and at which form it belongs.
pub enum Wrong<'a> {
    Code(&'a str),
    Amount(&'a str),
    Reason(&'a str),
    /// Belongs to the page as a whole.
    Page(&'a str),
}

/// What went wrong on our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferFailure {
    /// The offer cannot be shown now; nothing was asked of us.
    NotShown,
    /// The answer was not taken.
    NotTaken,
    /// The answer may have been taken; the page tells once it opens again.
    Unknown,
    /// Too many requests from this link or address.
    TooMany,
}

#[derive(Serialize)]
struct View<'a, T> {
    nonce: &'a str,
    company: &'a str,
    /// As people read it, and as a `tel:` link takes it.
    phone: Option<[String; 2]>,
    #[serde(flatten)]
    state: T,
}

#[derive(Serialize)]
struct OpenView<'a> {
    car: &'a str,
    round: u32,
    price: String,
    valid_until: &'a str,
    thinking: bool,
    countered: Option<String>,
    code_sent_to: Option<String>,
    no_phone: bool,
    entered: Entered<'a>,
    wrong_code: Option<&'a str>,
    wrong_amount: Option<&'a str>,
    wrong_reason: Option<&'a str>,
    wrong_page: Option<&'a str>,
}

#[derive(Serialize)]
struct AnsweredView<'a> {
    car: &'a str,
    price: String,
    valid_until: &'a str,
    accepted: bool,
    countered: Option<String>,
    declined: Option<&'a str>,
    thinking: bool,
}

#[derive(Serialize)]
struct ExpiredView<'a> {
    car: &'a str,
    valid_until: &'a str,
}

#[derive(Serialize)]
struct DecidedView<'a> {
    car: &'a str,
    agreed_price: Option<String>,
}

#[derive(Serialize)]
struct FailedView {
    failure: OfferFailure,
}

#[derive(Serialize)]
struct NothingView {}

impl OfferPage<'_> {
    /// A whole HTML document.
    pub fn render(&self) -> Result<String, TemplateError> {
        match &self.state {
            OfferState::Open(offer) => {
                self.page("buyout/offer_page/open.html.hbs", OpenView::from(offer))
            }
            OfferState::Answered {
                car,
                price,
                answer,
                valid_until_local,
            } => {
                let view = AnsweredView {
                    car,
                    price: words::price(*price),
                    valid_until: valid_until_local,
                    accepted: matches!(answer, ClientAnswer::Accept),
                    countered: countered(answer),
                    declined: match answer {
                        ClientAnswer::Decline { reason } => Some(reason),
                        ClientAnswer::Accept
                        | ClientAnswer::Counter { .. }
                        | ClientAnswer::Think => None,
                    },
                    thinking: matches!(answer, ClientAnswer::Think),
                };
                self.page("buyout/offer_page/answered.html.hbs", view)
            }
            OfferState::Expired {
                car,
                valid_until_local,
            } => {
                let view = ExpiredView {
                    car,
                    valid_until: valid_until_local,
                };
                self.page("buyout/offer_page/expired.html.hbs", view)
            }
            OfferState::Decided { car, agreed_price } => {
                let view = DecidedView {
                    car,
                    agreed_price: agreed_price.map(words::price),
                };
                self.page("buyout/offer_page/decided.html.hbs", view)
            }
            OfferState::InvalidLink => {
                self.page("buyout/offer_page/invalid_link.html.hbs", NothingView {})
            }
            OfferState::Failed(failure) => self.page(
                "buyout/offer_page/failed.html.hbs",
                FailedView { failure: *failure },
            ),
        }
    }

    fn page(&self, template: &str, state: impl Serialize) -> Result<String, TemplateError> {
        let view = View {
            nonce: self.nonce,
            company: self.company,
            phone: self
                .company_phone
                .map(|phone| [phone.to_string(), phone.e164()]),
            state,
        };
        text::html(template, &view)
    }
}

fn countered(answer: &ClientAnswer) -> Option<String> {
    match answer {
        ClientAnswer::Counter { amount } => Some(words::price(*amount)),
        ClientAnswer::Accept | ClientAnswer::Decline { .. } | ClientAnswer::Think => None,
    }
}

impl<'a> From<&OpenOffer<'a>> for OpenView<'a> {
    fn from(offer: &OpenOffer<'a>) -> Self {
        let OpenOffer {
            car,
            round,
            price,
            valid_until_local,
            previous,
            confirmation,
            entered,
            wrong,
        } = offer;
        let mut view = Self {
            car,
            round: *round,
            price: words::price(*price),
            valid_until: valid_until_local,
            thinking: matches!(previous, Some(ClientAnswer::Think)),
            countered: previous.and_then(countered),
            code_sent_to: match confirmation {
                Confirmation::Sent { phone } => Some(phone.masked()),
                Confirmation::NotAsked | Confirmation::NoPhone => None,
            },
            no_phone: matches!(confirmation, Confirmation::NoPhone),
            entered: *entered,
            wrong_code: None,
            wrong_amount: None,
            wrong_reason: None,
            wrong_page: None,
        };
        match wrong {
            Some(Wrong::Code(sentence)) => view.wrong_code = Some(sentence),
            Some(Wrong::Amount(sentence)) => view.wrong_amount = Some(sentence),
            Some(Wrong::Reason(sentence)) => view.wrong_reason = Some(sentence),
            Some(Wrong::Page(sentence)) => view.wrong_page = Some(sentence),
            None => {}
        }
        view
    }
}
