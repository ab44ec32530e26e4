//! Comments happen once per key.

use contracts::bitrix24::Comment;
use domain::buyout::start::BuyoutId;
use domain::file::FileKind;

use super::*;
use crate::bitrix24::marker;
use crate::error::PartnerError;

fn comment() -> Comment {
    Comment {
        portal: PORTAL.to_owned(),
        deal_id: 777,
        key: "buyout:portal:777/end".to_owned(),
        text: "Выкуплен.".to_owned(),
        files: Vec::new(),
    }
}

fn ours(id: u64) -> Value {
    let marker = marker::of(&comment().key);
    json!({ "ID": id.to_string(), "COMMENT": format!("Выкуплен.\n{marker}") })
}

fn other(id: u64) -> Value {
    json!({ "ID": id.to_string(), "COMMENT": "Позвонить клиенту [#0123456789abcdef]" })
}

#[tokio::test]
async fn a_comment_is_searched_added_and_searched_again() {
    let fixture = fixture([
        ok(json!([other(1)])),
        ok(json!(999)),
        ok(json!([other(1), ours(999)])),
        ok(json!([other(1), ours(999)])),
    ])
    .await;
    let run = BuyoutId::new(PORTAL, 777);
    let file = fixture
        .activities
        .evidence
        .keep(&run, FileKind::Scan, "image/jpeg", "scan")
        .await
        .expect("kept");
    let comment = Comment {
        files: vec![file],
        ..comment()
    };
    let write = || fixture.activities.write_comment(&comment, 2);
    assert_eq!(write().await, Ok(999));
    assert_eq!(write().await, Ok(999));
    let list = "crm.timeline.comment.list";
    assert_eq!(
        fixture.methods(),
        [list, "crm.timeline.comment.add", list, list]
    );
    let fields = &fixture.body(1)["fields"];
    assert_eq!(fields["ENTITY_TYPE"], "deal");
    assert_eq!(fields["FILES"], json!([["Скан.jpg", "c2Nhbg=="]]));
    assert!(
        fields["COMMENT"]
            .as_str()
            .expect("a text")
            .starts_with("Выкуплен.\n[#")
    );
}

#[tokio::test]
async fn the_first_attempt_searches_again_only_for_an_answer_that_was_lost() {
    let fixture = fixture([
        ok(json!([])),
        ok(json!(999)),
        ok(json!([])),
        Reply::drop(),
        ok(json!([ours(1000)])),
    ])
    .await;
    let write = || async { fixture.activities.write_comment(&comment(), 1).await };
    assert_eq!(write().await, Ok(999));
    assert_eq!(fixture.methods().len(), 2);
    assert_eq!(write().await, Ok(1000));
    assert_eq!(fixture.methods().len(), 5);
}

#[tokio::test]
async fn an_answer_lost_after_the_effect_is_no_second_comment() {
    let fixture = fixture([
        ok(json!([])),
        Reply::drop(),
        Reply::html(502),
        ok(json!([ours(999)])),
    ])
    .await;
    let write = || async { fixture.activities.write_comment(&comment(), 2).await };
    assert!(matches!(
        write().await,
        Err(PartnerError::Unavailable { .. })
    ));
    assert_eq!(write().await, Ok(999));
    let adds = fixture.methods();
    assert_eq!(adds.iter().filter(|m| m.ends_with("add")).count(), 1);
}

#[tokio::test]
async fn a_lost_answer_without_effect_is_added_by_the_next_attempt() {
    let fixture = fixture([
        ok(json!([])),
        error(500, "INTERNAL_SERVER_ERROR"),
        ok(json!([])),
        ok(json!([])),
        ok(json!(999)),
        ok(json!([ours(999)])),
    ])
    .await;
    let write = || async { fixture.activities.write_comment(&comment(), 2).await };
    assert!(matches!(
        write().await,
        Err(PartnerError::Unavailable { .. })
    ));
    assert_eq!(write().await, Ok(999));
}

#[tokio::test]
async fn every_page_is_looked_through() {
    let first = json!({ "result": [other(1)], "next": 50, "total": 51 });
    let fixture = fixture([Reply::json(200, &first), ok(json!([ours(2)]))]).await;
    assert_eq!(fixture.activities.write_comment(&comment(), 2).await, Ok(2));
    assert_eq!(fixture.body(1)["start"], 50);
}
