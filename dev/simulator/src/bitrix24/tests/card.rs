//! Places where the application stands, and the card of a deal that shows it.

use serde_json::json;

use super::installed::Portal;

const TAB: &str = "CRM_DEAL_DETAIL_TAB";

#[tokio::test]
async fn a_place_is_bound_once_and_let_go() {
    let portal = Portal::installed().await;
    let handler = format!("{}/placement?a=1&b=2", portal.app);
    let places = portal.result("placement.list", json!({})).await;
    assert!(
        places
            .as_array()
            .is_some_and(|all| all.contains(&json!(TAB))),
        "{places}"
    );
    let bind = json!({ "PLACEMENT": TAB, "HANDLER": handler, "TITLE": "Kite" });
    assert_eq!(portal.result("placement.bind", bind.clone()).await, true);
    assert_eq!(
        portal.refused("placement.bind", bind).await,
        (400, "ERROR_PLACEMENT_HANDLER_ALREADY_BINDED".to_owned())
    );
    let unknown = json!({ "PLACEMENT": "CRM_NOWHERE", "HANDLER": handler });
    assert_eq!(
        portal.refused("placement.bind", unknown).await,
        (400, "ERROR_PLACEMENT_NOT_FOUND".to_owned())
    );
    let bound = portal.result("placement.get", json!({})).await;
    assert_eq!(bound[0]["handler"], json!(handler));
    assert_eq!(
        portal.bench.looks("bitrix24/placements").await[0]["placement"],
        TAB
    );
    let unbind = json!({ "PLACEMENT": TAB, "HANDLER": handler });
    let gone = portal.result("placement.unbind", unbind).await;
    assert_eq!(gone, json!({ "count": 1 }));
    assert_eq!(portal.result("placement.get", json!({})).await, json!([]));
}

#[tokio::test]
async fn the_card_posts_the_employees_token_into_a_frame_of_the_tab() {
    let mut portal = Portal::installed().await;
    let deal = portal.deal(json!({ "title": "Выкуп <b>\"1\"</b>" })).await;
    let empty = portal
        .page(&format!("crm/deal/details/{deal}/?user=16"))
        .await;
    assert!(!empty.contains("<iframe"), "{empty}");
    let handler = format!("{}/placement", portal.app);
    let bind = json!({ "PLACEMENT": TAB, "HANDLER": handler });
    portal.result("placement.bind", bind).await;
    let page = portal
        .page(&format!("crm/deal/details/{deal}/?user=16"))
        .await;
    assert!(
        page.contains("<h1>Выкуп &lt;b&gt;&quot;1&quot;&lt;/b&gt;</h1>"),
        "{page}"
    );
    assert!(page.contains("Мария Лебедева"), "{page}");
    let options = format!("value=\"{{&quot;ID&quot;:&quot;{deal}&quot;}}\"");
    assert!(page.contains(&options), "{page}");
    let token = page
        .split_once("name=\"AUTH_ID\" value=\"")
        .and_then(|(_, rest)| rest.split('"').next())
        .expect("a token");
    portal.access = token.to_owned();
    assert_eq!(portal.result("profile", json!({})).await["ID"], "16");
    for path in ["crm/deal/details/1/", "crm/deal/details/701/?user=999"] {
        assert!(!portal.page(path).await.contains("<html"), "{path}");
    }
}
