//! What the portal's administrator sees.

use templates::buyout::{InstallOutcome, InstallPage};

use crate::page::{self, NONCE};

#[test]
fn each_outcome_says_what_happened_and_what_to_do() {
    for (name, outcome) in [
        ("install_installed", InstallOutcome::Installed),
        ("install_incomplete", InstallOutcome::Incomplete),
        ("install_unknown_portal", InstallOutcome::UnknownPortal),
        ("install_not_confirmed", InstallOutcome::NotConfirmed),
        ("install_unavailable", InstallOutcome::Unavailable),
    ] {
        let html = InstallPage {
            nonce: NONCE,
            outcome,
        }
        .render()
        .unwrap();
        page::check(&html);
        let finishes = html.contains("BX24.installFinish()");
        assert_eq!(finishes, outcome == InstallOutcome::Installed, "{name}");
        insta::assert_snapshot!(name, html);
    }
}
