//! What an employee of a portal sees when the tab cannot be opened.

use templates::buyout::{PlacementOutcome, PlacementPage};

use crate::page::{self, NONCE};

#[test]
fn each_outcome_says_what_happened_and_what_to_do() {
    for (name, outcome) in [
        ("placement_incomplete", PlacementOutcome::Incomplete),
        ("placement_unknown_portal", PlacementOutcome::UnknownPortal),
        ("placement_not_confirmed", PlacementOutcome::NotConfirmed),
        ("placement_unknown_person", PlacementOutcome::UnknownPerson),
        ("placement_unavailable", PlacementOutcome::Unavailable),
    ] {
        let html = PlacementPage {
            nonce: NONCE,
            outcome,
        }
        .render()
        .unwrap();
        page::check(&html);
        insta::assert_snapshot!(name, html);
    }
}
