//! The client's page of the papers: read them before the meeting, and say whether all is right.

use domain::document::DocumentKind;
use domain::money::Money;
use domain::phone::Phone;
use serde::Serialize;

use super::words;
use crate::error::TemplateError;
use crate::text;

/// The page behind the signed link. Works without JavaScript; loads nothing. Its forms POST to the page's
/// own address: `answer` (`ready`, `remark`), `round`, and `text`.
pub struct SigningPage<'a> {
    /// The nonce of this answer's Content-Security-Policy, for the one `<style>`.
    pub nonce: &'a str,
    /// Who buys, as the client knows them.
    pub company: &'a str,
    /// Whom to call; without it the page says to call the manager.
    pub company_phone: Option<&'a Phone>,
    pub state: SigningState<'a>,
}

/// What the page shows.
pub enum SigningState<'a> {
    Open(OpenSigning<'a>),
    /// The papers are signed; they can still be read.
    Signed {
        car: &'a str,
        papers: &'a [PaperLink<'a>],
    },
    /// The contract was taken back and there is no other.
    Void {
        car: &'a str,
    },
    /// Another contract took its place.
    Superseded {
        car: &'a str,
    },
    /// Not a link of ours, cut off, revoked, or for something else.
    InvalidLink,
    Failed(SigningFailure),
}

/// Papers that wait for the client's word and signature.
pub struct OpenSigning<'a> {
    /// "Chery Tiggo 7 Pro, 2021"
    pub car: &'a str,
    pub price: Money,
    pub papers: &'a [PaperLink<'a>],
    /// Name and address of the site.
    pub place: &'a str,
    /// In the site's zone: "28 ноября, 14:05"; `None`: nothing is agreed.
    pub until_local: Option<&'a str>,
    /// They said that all is right.
    pub ready: bool,
    /// What they wrote before, in order.
    pub remarks: &'a [&'a str],
    /// Of the answer that the forms send, so that one sent twice is one.
    pub round: usize,
    /// The remark as it was typed, given back when it was refused.
    pub text: &'a str,
    /// Why the last answer was not taken.
    pub wrong: Option<WrongSigning<'a>>,
}

/// One of the papers, to be opened.
pub struct PaperLink<'a> {
    pub kind: DocumentKind,
    pub number: &'a str,
    /// Relative to the page.
    pub href: String,
}

/// A refused answer: the refusal's sentence, and where it belongs.
pub enum WrongSigning<'a> {
    Text(&'a str),
    /// Belongs to the page as a whole.
    Page(&'a str),
}

/// What went wrong on our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SigningFailure {
    /// The page cannot be shown now; nothing was asked of us.
    NotShown,
    /// The answer may have been taken; the page tells once it opens again.
    Unknown,
    /// Too many requests from this link.
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
    price: String,
    papers: Vec<PaperView<'a>>,
    place: &'a str,
    until: Option<&'a str>,
    ready: bool,
    remarks: &'a [&'a str],
    round: usize,
    text: &'a str,
    wrong_text: Option<&'a str>,
    wrong_page: Option<&'a str>,
}

#[derive(Serialize)]
struct PaperView<'a> {
    called: String,
    number: &'a str,
    href: &'a str,
}

#[derive(Serialize)]
struct SignedView<'a> {
    car: &'a str,
    papers: Vec<PaperView<'a>>,
}

#[derive(Serialize)]
struct CarView<'a> {
    car: &'a str,
}

#[derive(Serialize)]
struct FailedView {
    failure: SigningFailure,
}

#[derive(Serialize)]
struct NothingView {}

impl SigningPage<'_> {
    /// A whole HTML document.
    pub fn render(&self) -> Result<String, TemplateError> {
        match &self.state {
            SigningState::Open(open) => {
                self.page("buyout/signing_page/open.html.hbs", OpenView::from(open))
            }
            SigningState::Signed { car, papers } => {
                let view = SignedView {
                    car,
                    papers: views(papers),
                };
                self.page("buyout/signing_page/signed.html.hbs", view)
            }
            SigningState::Void { car } => {
                self.page("buyout/signing_page/void.html.hbs", CarView { car })
            }
            SigningState::Superseded { car } => {
                self.page("buyout/signing_page/superseded.html.hbs", CarView { car })
            }
            // Whatever it was for: nobody can tell.
            SigningState::InvalidLink => {
                self.page("buyout/offer_page/invalid_link.html.hbs", NothingView {})
            }
            SigningState::Failed(failure) => self.page(
                "buyout/signing_page/failed.html.hbs",
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

fn views<'a>(papers: &'a [PaperLink<'a>]) -> Vec<PaperView<'a>> {
    papers
        .iter()
        .map(|PaperLink { kind, number, href }| PaperView {
            called: words::capitalised(kind.title_ru()),
            number,
            href,
        })
        .collect()
}

impl<'a> From<&'a OpenSigning<'a>> for OpenView<'a> {
    fn from(open: &'a OpenSigning<'a>) -> Self {
        let OpenSigning {
            car,
            price,
            papers,
            place,
            until_local,
            ready,
            remarks,
            round,
            text,
            wrong,
        } = open;
        let (wrong_text, wrong_page) = match wrong {
            Some(WrongSigning::Text(sentence)) => (Some(*sentence), None),
            Some(WrongSigning::Page(sentence)) => (None, Some(*sentence)),
            None => (None, None),
        };
        Self {
            car,
            price: words::price(*price),
            papers: views(papers),
            place,
            until: *until_local,
            ready: *ready,
            remarks,
            round: *round,
            text,
            wrong_text,
            wrong_page,
        }
    }
}
