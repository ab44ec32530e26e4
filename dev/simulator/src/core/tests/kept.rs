//! What survives: the ledger, the state, the authority.

use serde_json::json;

use crate::bitrix24::WEBHOOK_SECRET;
use crate::core::ledger::{Filter, Ledger};
use crate::{Partner, Settings, start};

#[test]
fn the_ledger_only_grows_and_is_filtered() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::open(folder.path()).expect("a ledger");
    ledger.record(Partner::Bank, "create_order", "a", b"1");
    ledger.record_with(
        Partner::Bank,
        "create_order",
        "b",
        b"2",
        json!({ "sum": 5 }),
    );
    ledger.record(Partner::Sms, "send", "a", b"3");

    let of = |partner: Option<Partner>, operation: Option<&str>, key: Option<&str>| {
        let filter = Filter {
            partner,
            operation: operation.map(str::to_owned),
            key: key.map(str::to_owned),
        };
        ledger
            .entries(&filter)
            .iter()
            .map(|entry| entry.seq)
            .collect::<Vec<u64>>()
    };
    assert_eq!(of(None, None, None), [1, 2, 3]);
    assert_eq!(of(Some(Partner::Bank), None, None), [1, 2]);
    assert_eq!(of(None, None, Some("a")), [1, 3]);
    assert_eq!(
        of(Some(Partner::Bank), Some("create_order"), Some("b")),
        [2]
    );
    assert_eq!(ledger.count(Partner::Sms, "send"), 1);
    let first = &ledger.entries(&Filter::default())[0];
    // SHA-256 of "1"
    assert_eq!(
        first.body_sha256,
        "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    );
}

#[test]
fn a_ledger_is_read_again_and_a_torn_last_line_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::open(folder.path()).expect("a ledger");
    ledger.record(Partner::Bank, "create_order", "a", b"1");
    let before = ledger.entries(&Filter::default());
    drop(ledger);
    let path = folder.path().join("ledger.jsonl");
    let mut text = std::fs::read_to_string(&path).expect("a file");
    text.push_str("{\"seq\":2,\"part");
    std::fs::write(&path, text).expect("a file");

    let again = Ledger::open(folder.path()).expect("a ledger");
    assert_eq!(again.entries(&Filter::default()), before);
    assert_eq!(again.record(Partner::Bank, "create_order", "b", b"2"), 2);
    drop(again);
    assert_eq!(
        Ledger::open(folder.path())
            .expect("a ledger")
            .count(Partner::Bank, "create_order"),
        2
    );
}

#[tokio::test]
async fn a_second_start_goes_on_where_the_first_one_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let http = reqwest::Client::new;
    let first = start(Settings::in_folder(folder.path()))
        .await
        .expect("a simulator");
    let authority = std::fs::read(first.authority()).expect("a certificate");
    let opened: serde_json::Value = http()
        .post(first.control().join("bitrix24/deals").expect("a path"))
        .json(&json!({ "car": "clean" }))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let kept = first.sim().keep(b"a file").expect("a kept file");
    first.stop().await;

    let second = start(Settings::in_folder(folder.path()))
        .await
        .expect("a simulator");
    assert_eq!(
        std::fs::read(second.authority()).expect("a certificate"),
        authority
    );
    assert_eq!(
        second.sim().kept(&kept).as_deref(),
        Some(b"a file".as_slice())
    );
    assert_eq!(second.sim().kept("../state.json"), None);
    let id = opened["deal_id"].as_u64().expect("a deal");
    let path = format!("rest/1/{WEBHOOK_SECRET}/crm.deal.get?id={id}");
    let url = second.bitrix24_plain().join(&path).expect("a path");
    let deal: serde_json::Value = http()
        .get(url)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        deal["result"]["CONTACT_ID"],
        opened["contact_id"].to_string()
    );
    second.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = Settings::in_folder(folder.path());
    settings.ports.sms = port;
    let error = start(settings).await.err().expect("a refusal").to_string();
    assert!(
        error.contains(&format!("port {port} of 127.0.0.1 cannot be taken")),
        "{error}"
    );
}
