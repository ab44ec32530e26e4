//! What the administrator of a portal sees after installing the Bitrix24 app.

use serde::Serialize;

use crate::error::TemplateError;
use crate::text;

/// Opened by the portal in a frame. On success it tells the portal that the installation is over
/// (`BX24.installFinish`), without which an app with an interface stays "not installed"; so its
/// Content-Security-Policy has to let in the nonce and `https://api.bitrix24.com`.
pub struct InstallPage<'a> {
    /// The nonce of this answer's Content-Security-Policy.
    pub nonce: &'a str,
    pub outcome: InstallOutcome,
}

/// How an installation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InstallOutcome {
    Installed,
    /// The portal sent no tokens.
    Incomplete,
    /// The portal is not in the configuration.
    UnknownPortal,
    /// The portal does not confirm the token that came in its name.
    NotConfirmed,
    /// The portal could not be asked, or the tokens could not be saved.
    Unavailable,
}

#[derive(Serialize)]
struct View<'a> {
    nonce: &'a str,
    outcome: InstallOutcome,
}

impl InstallPage<'_> {
    pub fn render(&self) -> Result<String, TemplateError> {
        let Self { nonce, outcome } = self;
        let view = View {
            nonce,
            outcome: *outcome,
        };
        text::html("buyout/install_page.html.hbs", &view)
    }
}
