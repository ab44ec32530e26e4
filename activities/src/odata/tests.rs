use std::time::Duration;

use domain::money::Money;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::*;
use crate::error::PartnerError;
use crate::testing::{Reply, Script, nobody};

const KEY: Uuid = Uuid::from_u128(0x51);
const OBJECT: &str = "/odata/standard.odata/Document_X(guid'00000000-0000-0000-0000-000000000051')";
const SET: &str = "/odata/standard.odata/Document_X";

fn client(url: &Url, sessions: bool) -> ODataClient {
    ODataClient::new(
        "onec_sample",
        "Проба",
        &Settings {
            base_url: url,
            user: "обмен",
            password: &SecretString::from("секрет"),
            time_zone: chrono_tz::Europe::Moscow,
            read_timeout: Duration::from_millis(400),
            write_timeout: Duration::from_millis(400),
            concurrency: 1,
            sessions,
            extra_ca: None,
        },
    )
    .expect("a client")
}

fn draft() -> Draft {
    Draft {
        object: "Document_X".to_owned(),
        key: KEY,
        fields: vec![
            ("Наименование".to_owned(), Field::text("Кайт")),
            (
                "Сумма".to_owned(),
                Field::Amount(Money::from_rubles(450_000)),
            ),
        ],
        at_creation: Vec::new(),
        parts: vec![Part {
            name: "Строки".to_owned(),
            rows: vec![vec![("Цена".to_owned(), Field::Number(7))]],
        }],
    }
}

fn there() -> Value {
    json!({
        "Ref_Key": KEY, "DeletionMark": false, "Posted": false, "Number": "КМ00-000001",
        "Наименование": "Кайт", "Сумма": 450_000,
        "Строки": [{"LineNumber": "1", "Цена": "7"}],
    })
}

fn with(field: &str, value: Value) -> Reply {
    let mut object = there();
    object[field] = value;
    Reply::json(200, &object)
}

fn complaint(status: u16, code: &str, text: &str) -> Reply {
    let error = json!({"odata.error": {"code": code, "message": {"lang": "ru", "value": text}}});
    Reply::json(status, &error)
}

fn absent() -> Reply {
    complaint(404, "9", "Экземпляр сущности не найден")
}

fn created() -> Reply {
    Reply::json(201, &there()).header("Location", "http://1c/Document_Поступление(guid'51')")
}

async fn save(replies: impl IntoIterator<Item = Reply>) -> (Result<Record, PartnerError>, Script) {
    let script = Script::start(replies).await;
    let saved = client(&script.url(), false).save(&draft(), &[NUMBER]).await;
    (saved, script)
}

fn calls(script: &Script) -> Vec<String> {
    let short = |line: String| percent(&line).replace(OBJECT, "object").replace(SET, "set");
    script.calls().into_iter().map(short).collect()
}

/// Percent-decodes an address for people.
fn percent(text: &str) -> String {
    let form = text.replace('+', "%2B");
    url::form_urlencoded::parse(form.as_bytes())
        .map(|(name, value)| {
            if value.is_empty() {
                name.into_owned()
            } else {
                format!("{name}={value}")
            }
        })
        .collect()
}

fn code(result: Result<Record, PartnerError>) -> (String, String) {
    match result {
        Err(PartnerError::Rejected { code, message }) => (code, message),
        other => panic!("not rejected: {other:?}"),
    }
}

fn unavailable(result: Result<Record, PartnerError>) -> String {
    match result {
        Err(PartnerError::Unavailable { detail, .. }) => detail,
        other => panic!("not unavailable: {other:?}"),
    }
}

#[tokio::test]
async fn an_absent_object_is_created_under_our_key_and_read_back() {
    let (saved, script) = save([absent(), created(), Reply::json(200, &there())]).await;
    assert_eq!(saved.expect("saved").text(NUMBER), Some("КМ00-000001"));
    assert_eq!(calls(&script), ["GET object", "POST set", "GET object"]);
    let requests = script.requests();
    assert_eq!(
        requests[1].json(),
        json!({
            "Ref_Key": KEY, "Наименование": "Кайт", "Сумма": 450_000.0,
            "Строки": [{"LineNumber": "1", "Цена": 7}],
        })
    );
    let query = requests[0].query();
    assert_eq!(query["$format"], "json");
    assert_eq!(
        query["$select"],
        "Ref_Key,DeletionMark,Posted,Number,Наименование,Сумма,Строки"
    );
    // "обмен:секрет" in UTF-8.
    assert_eq!(
        requests[0].header("authorization"),
        Some("Basic 0L7QsdC80LXQvTrRgdC10LrRgNC10YI=")
    );
}

#[tokio::test]
async fn an_object_that_is_as_it_shall_be_is_left_alone() {
    let body = format!("\u{feff}{}", there());
    let (saved, script) = save([Reply::body(200, "application/json", body)]).await;
    saved.expect("saved");
    assert_eq!(calls(&script), ["GET object"]);
}

#[tokio::test]
async fn only_what_differs_is_changed() {
    let (saved, script) = save([
        with("Сумма", json!(400_000)),
        Reply::json(200, &there()),
        Reply::json(200, &there()),
    ])
    .await;
    saved.expect("saved");
    assert_eq!(calls(&script), ["GET object", "PATCH object", "GET object"]);
    assert_eq!(script.requests()[1].json(), json!({"Сумма": 450_000.0}));
}

#[tokio::test]
async fn a_reply_lost_after_the_write_leads_to_one_write() {
    let (lost, script) = save([absent(), Reply::drop()]).await;
    unavailable(lost);
    script.then(Reply::json(200, &there()));
    client(&script.url(), false)
        .save(&draft(), &[])
        .await
        .expect("found");
    assert_eq!(calls(&script), ["GET object", "POST set", "GET object"]);
}

#[tokio::test]
async fn a_key_that_exists_already_is_read_instead() {
    let exists = complaint(
        400,
        "15",
        "Экземпляр сущности с указанным ключом уже существует",
    );
    let (saved, script) = save([absent(), exists, Reply::json(200, &there())]).await;
    saved.expect("saved");
    assert_eq!(calls(&script), ["GET object", "POST set", "GET object"]);
}

#[tokio::test]
async fn a_cut_text_and_a_lost_row_are_refused_by_name() {
    for (field, value) in [
        ("Наименование", json!("Кай")),
        ("Строки", json!([])),
        ("Сумма", Value::Null),
    ] {
        let (saved, _) = save([absent(), created(), with(field, value)]).await;
        let (code, message) = code(saved);
        assert_eq!(code, format!("read_back:{field}"));
        assert!(
            message.contains(field) && message.contains("Проба"),
            "{message}"
        );
        assert!(!message.contains("Кайт"), "a value in {message}");
    }
}

#[tokio::test]
async fn what_people_posted_or_deleted_is_not_changed() {
    let mut posted = there();
    posted["Posted"] = json!(true);
    posted["Сумма"] = json!(1);
    let (saved, script) = save([Reply::json(200, &posted)]).await;
    let (posted, message) = code(saved);
    assert_eq!(posted, "posted");
    assert!(message.contains("Сумма"), "{message}");
    assert_eq!(calls(&script), ["GET object"]);
    let (saved, _) = save([with("DeletionMark", json!(true))]).await;
    assert_eq!(code(saved).0, "deleted");
}

#[tokio::test]
async fn the_words_of_1c_reach_the_person() {
    let text = "Ошибка при выполнении обработчика - 'ПередЗаписью'\nпо причине:\nНе заполнен ИНН";
    let (saved, _) = save([absent(), complaint(500, "-1", text)]).await;
    let (code, message) = code(saved);
    assert_eq!(code, "-1");
    assert!(
        message.ends_with("по причине: Не заполнен ИНН"),
        "{message}"
    );
}

#[tokio::test]
async fn a_lock_passes() {
    let text = "Конфликт блокировок при выполнении транзакции: превышено время ожидания";
    let (saved, _) = save([absent(), complaint(500, "-1", text)]).await;
    assert!(unavailable(saved).contains("locked"));
}

#[tokio::test]
async fn a_login_page_is_an_outage_whatever_its_status() {
    for status in [200, 401, 404, 500, 502] {
        let (saved, script) = save([Reply::html(status)]).await;
        assert!(unavailable(saved).contains("a web page"), "{status}");
        assert_eq!(script.requests().len(), 1);
    }
    // Also in place of the answer to a write.
    let (saved, _) = save([absent(), Reply::html(200)]).await;
    assert!(unavailable(saved).contains("a web page"));
}

#[tokio::test]
async fn a_base_asleep_is_an_outage() {
    let (saved, script) = save([Reply::hang()]).await;
    assert!(unavailable(saved).contains("no answer in time"));
    assert_eq!(script.requests().len(), 1);
    let away = client(&nobody(), false).save(&draft(), &[]).await;
    assert!(unavailable(away).contains("cannot connect"));
}

#[tokio::test]
async fn a_404_of_somebody_else_is_not_an_absent_object() {
    for reply in [
        Reply::status(404),
        complaint(404, "8", "Сущность \"Document_X\" не найдена"),
    ] {
        let (saved, script) = save([reply]).await;
        assert!(
            matches!(&saved, Err(PartnerError::Protocol { .. })),
            "{saved:?}"
        );
        assert_eq!(calls(&script), ["GET object"]);
    }
}

#[tokio::test]
async fn credentials_and_rights_are_refused_and_the_rest_told_apart() {
    for reply in [
        Reply::status(401),
        complaint(401, "20", "Недостаточно прав"),
    ] {
        let (saved, _) = save([reply]).await;
        assert!(
            matches!(&saved, Err(PartnerError::Rejected { .. })),
            "{saved:?}"
        );
    }
    for reply in [
        complaint(500, "18", "Ошибка инициализации"),
        complaint(500, "2", "x"),
        Reply::status(406),
        Reply::status(503),
    ] {
        unavailable(save([reply]).await.0);
    }
    let (saved, _) = save([Reply::body(200, "application/json", "{\"Ref_Key\":")]).await;
    assert!(
        matches!(&saved, Err(PartnerError::Protocol { .. })),
        "{saved:?}"
    );
}

#[tokio::test]
async fn a_session_is_kept_renewed_when_forgotten_and_ended() {
    let script = Script::start([
        Reply::json(200, &there()).header("Set-Cookie", "ibsession=abc; HttpOnly; Path=/"),
        Reply::html(400),
        absent().header("Set-Cookie", "ibsession=def; HttpOnly"),
        absent(),
        Reply::status(200),
    ])
    .await;
    let client = client(&script.url(), true);
    let get = || client.get("Document_X", KEY, &[]);
    assert!(get().await.expect("an object").is_some());
    assert!(matches!(get().await, Err(PartnerError::Unavailable { .. })));
    // A cookie does not make 1C's own "not found" a dead session.
    assert_eq!(get().await, Ok(None));
    assert_eq!(get().await, Ok(None));
    client.close().await;
    let seen: Vec<_> = script
        .requests()
        .iter()
        .map(|request| {
            (
                request.header("ibsession").map(str::to_owned),
                request.header("cookie").map(str::to_owned),
            )
        })
        .collect();
    let (start, finish) = (Some("start".to_owned()), Some("finish".to_owned()));
    let cookie = |id: &str| Some(format!("ibsession={id}"));
    assert_eq!(
        seen,
        [
            (start.clone(), None),
            (None, cookie("abc")),
            (start, None),
            (None, cookie("def")),
            (finish, cookie("def")),
        ]
    );
}

#[tokio::test]
async fn posting_looks_first_and_looks_again() {
    let script = Script::start([
        Reply::json(200, &there()),
        Reply::json(200, &json!({"odata.null": true})),
        with("Posted", json!(true)),
    ])
    .await;
    let client = client(&script.url(), false);
    client.post("Document_X", KEY).await.expect("posted");
    assert_eq!(
        calls(&script),
        ["GET object", "POST object/Post", "GET object"]
    );
    assert_eq!(
        script.requests()[1].query()["PostingModeOperational"],
        "false"
    );
    script.then(with("Posted", json!(true)));
    client.post("Document_X", KEY).await.expect("posted before");
    assert_eq!(script.requests().len(), 4);
}

#[tokio::test]
async fn a_reply_lost_after_posting_leads_to_one_posting() {
    let script = Script::start([Reply::json(200, &there()), Reply::drop()]).await;
    let client = client(&script.url(), false);
    let lost = client.post("Document_X", KEY).await;
    assert!(
        matches!(lost, Err(PartnerError::Unavailable { .. })),
        "{lost:?}"
    );
    script.then(with("Posted", json!(true)));
    client.post("Document_X", KEY).await.expect("posted");
    assert_eq!(
        calls(&script),
        ["GET object", "POST object/Post", "GET object"]
    );
}

#[tokio::test]
async fn withdrawing_unposts_marks_and_tolerates_absence() {
    let withdrawn = || with("DeletionMark", json!(true));
    let script = Script::start([
        with("Posted", json!(true)),
        Reply::json(200, &json!({"odata.null": true})),
        withdrawn(),
        withdrawn(),
    ])
    .await;
    let client = client(&script.url(), false);
    client.withdraw("Document_X", KEY).await.expect("withdrawn");
    assert_eq!(
        calls(&script),
        [
            "GET object",
            "POST object/Unpost",
            "PATCH object",
            "GET object"
        ]
    );
    assert_eq!(script.requests()[2].json(), json!({"DeletionMark": true}));
    script.then(absent());
    client
        .withdraw("Document_X", KEY)
        .await
        .expect("nothing to withdraw");
    assert_eq!(script.requests().len(), 5);
}

#[tokio::test]
async fn a_reference_is_found_once_and_never_guessed() {
    let lookup = Lookup {
        object: "Catalog_Организации".to_owned(),
        find_by: "ИНН".to_owned(),
    };
    let found = |count: u128| {
        let rows: Vec<Value> = (1..=count)
            .map(|n| json!({"Ref_Key": Uuid::from_u128(n)}))
            .collect();
        Reply::json(200, &json!({"value": rows}))
    };
    let script = Script::start([found(0), found(2), found(1)]).await;
    let client = client(&script.url(), false);
    for _ in 0..2 {
        let none = client.resolve(&lookup, "5190000010").await;
        assert!(matches!(&none, Err(PartnerError::Rejected { code, .. }) if code == "reference"));
    }
    for _ in 0..2 {
        let one = client.resolve(&lookup, "5190000010").await;
        assert_eq!(one, Ok(Uuid::from_u128(1)));
    }
    let requests = script.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        requests[0].query()["$filter"],
        "ИНН eq '5190000010' and DeletionMark eq false"
    );
    assert!(
        requests[0].target.contains("%20eq%20"),
        "{}",
        requests[0].target
    );
}

#[tokio::test]
async fn while_the_mapping_does_not_fit_nothing_is_written() {
    let edmx = |fields: &str| {
        let xml = format!(
            r#"<edmx:Edmx xmlns:edmx="x"><Schema><EntityType Name="Document_X">{fields}</EntityType></Schema></edmx:Edmx>"#
        );
        Reply::body(200, "application/xml", xml)
    };
    let script = Script::start([edmx(r#"<Property Name="Ref_Key" Type="Edm.Guid"/>"#)]).await;
    let client = client(&script.url(), false);
    let needs = [Needs::new("Document_X", ["Ref_Key", "Сумма"])];
    assert_eq!(
        client.check(&needs).await,
        Ok(vec![
            "base Проба: object Document_X has no field Сумма".to_owned()
        ])
    );
    let (code, message) = code(client.save(&draft(), &[]).await);
    assert_eq!(code, "mapping");
    assert!(
        message.contains("Document_X has no field Сумма"),
        "{message}"
    );
    assert_eq!(script.requests().len(), 1);
    script.then(edmx(
        r#"<Property Name="Ref_Key" Type="Edm.Guid"/><Property Name="Сумма" Type="Edm.Double"/>"#,
    ));
    assert_eq!(client.check(&needs).await, Ok(Vec::new()));
    script.then(Reply::json(200, &there()));
    client.save(&draft(), &[]).await.expect("saved");
}

#[tokio::test]
async fn a_base_that_does_not_describe_itself_is_an_outage_or_a_broken_one() {
    let script = Script::start([
        Reply::html(200),
        Reply::body(200, "application/xml", "<feed/>"),
    ])
    .await;
    let client = client(&script.url(), false);
    assert!(matches!(
        client.check(&[]).await,
        Err(PartnerError::Unavailable { .. })
    ));
    assert!(matches!(
        client.check(&[]).await,
        Err(PartnerError::Protocol { .. })
    ));
}
