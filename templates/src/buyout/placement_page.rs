//! What an employee of a portal sees in the deal's tab when Kite cannot be opened there.

use serde::Serialize;

use crate::error::TemplateError;
use crate::text;

/// Shown in the portal's frame; without scripts.
pub struct PlacementPage<'a> {
    /// The nonce of this answer's Content-Security-Policy.
    pub nonce: &'a str,
    pub outcome: PlacementOutcome,
}

/// Why there is nothing to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlacementOutcome {
    /// The portal named no deal, or no person.
    Incomplete,
    /// The app is not installed on that portal.
    UnknownPortal,
    /// The portal does not confirm who the person is.
    NotConfirmed,
    /// The person is not of our staff, or is blocked.
    UnknownPerson,
    /// The portal or the database does not answer.
    Unavailable,
}

#[derive(Serialize)]
struct View<'a> {
    nonce: &'a str,
    outcome: PlacementOutcome,
}

impl PlacementPage<'_> {
    pub fn render(&self) -> Result<String, TemplateError> {
        let Self { nonce, outcome } = self;
        let view = View {
            nonce,
            outcome: *outcome,
        };
        text::html("buyout/placement_page.html.hbs", &view)
    }
}
