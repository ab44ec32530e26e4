//! The tab in the deal's card.

use super::*;
use crate::bitrix24::{Tab, bind_tab};
use crate::error::PartnerError;

const OURS: &str = "https://kite.example/bitrix24/placement";

fn bound(handler: &str) -> Value {
    json!({ "placement": "CRM_DEAL_DETAIL_TAB", "userId": 0, "handler": handler, "title": "Kite" })
}

#[tokio::test]
async fn the_tab_is_bound_where_there_is_none() {
    let other = json!({ "placement": "CRM_LEAD_DETAIL_TAB", "handler": "https://kite.example/x" });
    let fixture = fixture([ok(json!([other])), ok(json!(true))]).await;
    let done = bind_tab(&fixture.activities.client, PORTAL).await;
    assert_eq!(done, Ok(Tab::Bound));
    assert_eq!(fixture.methods(), ["placement.get", "placement.bind"]);
    let tab = fixture.body(1);
    assert_eq!(tab["PLACEMENT"], "CRM_DEAL_DETAIL_TAB");
    assert_eq!(tab["HANDLER"], OURS);
    assert_eq!(tab["LANG_ALL"]["ru"]["TITLE"], "Kite: выкуп");
}

#[tokio::test]
async fn a_tab_that_stands_is_left_and_one_at_a_former_address_is_moved() {
    let fixture = fixture([
        ok(json!([bound(OURS)])),
        ok(json!([bound("https://old.example/bitrix24/placement")])),
        ok(json!({ "count": 1 })),
        ok(json!(true)),
    ])
    .await;
    let run = || bind_tab(&fixture.activities.client, PORTAL);
    assert_eq!(run().await, Ok(Tab::Kept));
    assert_eq!(run().await, Ok(Tab::Bound));
    assert_eq!(
        fixture.methods(),
        [
            "placement.get",
            "placement.get",
            "placement.unbind",
            "placement.bind"
        ]
    );
    assert_eq!(
        fixture.body(2)["HANDLER"],
        "https://old.example/bitrix24/placement"
    );
}

#[tokio::test]
async fn a_tab_bound_by_another_process_meanwhile_is_kept_and_a_refusal_is_told() {
    let raced = fixture([
        ok(json!([])),
        error(400, "ERROR_PLACEMENT_HANDLER_ALREADY_BINDED"),
    ])
    .await;
    assert_eq!(
        bind_tab(&raced.activities.client, PORTAL).await,
        Ok(Tab::Kept)
    );
    let rightless = fixture([error(403, "insufficient_scope")]).await;
    assert!(matches!(
        bind_tab(&rightless.activities.client, PORTAL).await,
        Err(PartnerError::Rejected { code, .. }) if code == "insufficient_scope"
    ));
}
