//! What the seller of a car receives: offer, messages, contract and act.

mod act;
mod contract;
mod install_page;
mod mail;
mod message;
mod notice;
mod offer_page;
mod paper;
mod placement_page;
mod signing_page;
mod words;

pub use act::Act;
pub use contract::Contract;
pub use install_page::{InstallOutcome, InstallPage};
pub use mail::{DocumentsMail, MailText, OfferMail};
pub use message::{CodeMessage, OfferMessage};
pub use notice::{SigningNotice, VisitNotice};
pub use offer_page::{
    Confirmation, Entered, OfferFailure, OfferPage, OfferState, OpenOffer, Wrong,
};
pub use placement_page::{PlacementOutcome, PlacementPage};
pub use signing_page::{
    OpenSigning, PaperLink, SigningFailure, SigningPage, SigningState, WrongSigning,
};
