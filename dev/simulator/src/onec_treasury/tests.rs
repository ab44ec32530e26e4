//! At a real socket: a request, its approval by a person, its withdrawal.

use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, USER, user_key};
use crate::Partner::OnecTreasury;
use crate::bench::Bench;

const REQUEST: &str = "bbbbbbbb-0000-5000-8000-000000000001";
const SET: &str = "Document_ЗаявкаНаРасходованиеДенежныхСредств";

async fn send(bench: &Bench, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = bench.url(OnecTreasury, &format!("uh/odata/standard.odata/{path}"));
    let mut request = bench
        .http
        .request(method, url)
        .basic_auth(USER, Some(PASSWORD))
        .header("accept", "application/json");
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

fn address() -> String {
    format!("{SET}(guid'{REQUEST}')")
}

async fn request(bench: &Bench) -> Value {
    let (_, found) = send(
        bench,
        Method::GET,
        "Catalog_Организации?$filter=ИНН%20eq%20'5190000010'&$select=Ref_Key",
        None,
    )
    .await;
    let body = json!({
        "Ref_Key": REQUEST, "Организация_Key": found["value"][0]["Ref_Key"], "СуммаДокумента": 450_000.5,
        "НазначениеПлатежа": "Оплата по договору купли-продажи ТС № МУР-1", "ХозяйственнаяОперация": "ПрочаяВыдачаДенежныхСредств",
        "ФормаОплатыЗаявки": "Безналичная", "Комментарий": "Kite, сделка 7",
    });
    let (status, made) = send(bench, Method::POST, SET, Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

async fn posted(bench: &Bench) {
    request(bench).await;
    let (status, answer) = send(bench, Method::POST, &format!("{}/Post", address()), None).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn an_approved_request_says_who_approved() {
    let bench = Bench::start().await;
    let made = request(&bench).await;
    assert_eq!(
        (&made["Статус"], &made["Number"]),
        (&json!("НеСогласована"), &json!("КМ00-000001"))
    );
    let decision = format!("onec_treasury/requests/{REQUEST}/decision");
    let approve = json!({ "decision": "approve", "user": "approver", "comment": "" });
    // Not posted: nobody sees it yet.
    assert_eq!(bench.person_tries(&decision, approve.clone()).await.0, 409);
    send(&bench, Method::POST, &format!("{}/Post", address()), None).await;

    bench.person(&decision, approve.clone()).await;
    let (_, read) = send(
        &bench,
        Method::GET,
        &format!("{}?$select=Статус,КтоРешил_Key", address()),
        None,
    )
    .await;
    assert_eq!(
        (&read["Статус"], &read["КтоРешил_Key"]),
        (&json!("Согласована"), &json!(user_key("approver")))
    );
    assert_eq!(bench.person_tries(&decision, approve).await.0, 409);
    assert_eq!(
        bench.effects(OnecTreasury, "decide_request", REQUEST).await,
        1
    );

    let listed = bench.looks("onec_treasury/requests").await;
    assert_eq!(
        (&listed[0]["ref_key"], &listed[0]["status"]),
        (&json!(REQUEST), &json!("Согласована"))
    );
    assert_eq!(listed[0]["number"], made["Number"]);
}

#[tokio::test]
async fn a_request_is_rejected_by_key_and_refused_to_the_rightless() {
    let bench = Bench::start().await;
    posted(&bench).await;
    let decision = format!("onec_treasury/requests/{REQUEST}/decision");
    assert_eq!(
        bench
            .person_tries(&decision, json!({ "decision": "reject", "user": "ops" }))
            .await
            .0,
        409
    );
    assert_eq!(
        bench
            .person_tries(&decision, json!({ "decision": "reject", "user": "Никто" }))
            .await
            .0,
        404
    );
    let rejected = bench
        .person(
            &decision,
            json!({ "decision": "reject", "user": user_key("outsider"), "comment": "Нет лимита." }),
        )
        .await;
    assert_eq!(
        (&rejected["status"], &rejected["decided_by"]),
        (&json!("Отклонена"), &json!(user_key("outsider")))
    );
    assert_eq!(rejected["object"]["Резолюция"], "Нет лимита.");
}

#[tokio::test]
async fn a_withdrawn_request_is_unposted_and_cannot_be_decided() {
    let bench = Bench::start().await;
    posted(&bench).await;
    let (status, marked) = send(
        &bench,
        Method::PATCH,
        &address(),
        Some(json!({ "DeletionMark": true })),
    )
    .await;
    assert_eq!(
        (status, &marked["DeletionMark"], &marked["Posted"]),
        (200, &json!(true), &json!(false))
    );
    let (status, _) = send(&bench, Method::POST, &format!("{}/Post", address()), None).await;
    assert_eq!(status, 500);
    let decision = format!("onec_treasury/requests/{REQUEST}/decision");
    assert_eq!(
        bench
            .person_tries(
                &decision,
                json!({ "decision": "approve", "user": "approver" })
            )
            .await
            .0,
        409
    );
}

#[tokio::test]
async fn an_empty_request_is_not_posted() {
    let bench = Bench::start().await;
    send(
        &bench,
        Method::POST,
        SET,
        Some(json!({ "Ref_Key": REQUEST })),
    )
    .await;
    let (status, refused) =
        send(&bench, Method::POST, &format!("{}/Post()", address()), None).await;
    assert_eq!(
        (status, &refused["odata.error"]["code"]),
        (500, &json!("-1"))
    );
    let text = refused["odata.error"]["message"]["value"]
        .as_str()
        .expect("a text");
    assert!(
        text.contains("«Назначение платежа»") && text.contains("«Сумма документа»"),
        "{text}"
    );
}

#[tokio::test]
async fn the_demos_people_have_fixed_keys() {
    let bench = Bench::start().await;
    let users = bench.looks("onec_treasury/users").await;
    let approver = users
        .as_array()
        .expect("a list")
        .iter()
        .find(|user| user["login"] == "approver")
        .expect("an approver");
    assert_eq!(approver["ref_key"], json!(user_key("approver")));
    assert_eq!(
        (&approver["name"], &approver["right"]),
        (&json!("Павел Орлов"), &json!("Согласующий"))
    );
    let path = format!("Catalog_Пользователи(guid'{}')", user_key("approver"));
    assert_eq!(
        send(&bench, Method::GET, &path, None).await.1["Description"],
        "Павел Орлов"
    );
}

#[tokio::test]
async fn a_posted_request_is_edited_by_hand() {
    let bench = Bench::start().await;
    posted(&bench).await;
    let edit = format!("onec_treasury/requests/{REQUEST}/edit");
    bench.person(&edit, json!({ "СуммаДокумента": 1 })).await;
    let (_, read) = send(&bench, Method::GET, &address(), None).await;
    assert_eq!(
        (&read["СуммаДокумента"], &read["Posted"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(bench.person_tries(&edit, json!({ "Нет": 1 })).await.0, 400);
}
