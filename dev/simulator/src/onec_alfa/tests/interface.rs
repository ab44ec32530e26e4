//! What is not about objects: strangers, faults, representations, sessions.

use serde_json::json;

use super::super::{PASSWORD, USER};
use super::{CAR, get, object, post};
use crate::Partner::OnecAlfa;
use crate::bench::Bench;

#[tokio::test]
async fn strangers_and_faults_get_html() {
    let bench = Bench::start().await;
    let url = bench.url(
        OnecAlfa,
        "alfa/odata/standard.odata/Catalog_Автомобили?$format=json",
    );
    let refused = bench
        .http
        .get(url.clone())
        .basic_auth(USER, Some("wrong"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused.status(), 401);
    assert!(
        refused.headers()["content-type"]
            .to_str()
            .is_ok_and(|kind| kind.starts_with("text/html"))
    );
    assert!(refused.headers().contains_key("www-authenticate"));

    bench.fault(OnecAlfa, "find_car", json!("html")).await;
    let (status, page) = get(&bench, "Catalog_Автомобили").await;
    assert_eq!(status, 200);
    assert!(
        page.as_str().is_some_and(|page| page.contains("<html")),
        "{page}"
    );
    assert_eq!(
        get(&bench, "Catalog_Автомобили").await.1["value"],
        json!([])
    );

    bench
        .fault(OnecAlfa, "create_car", json!({ "status": 500 }))
        .await;
    let (status, locked) = post(&bench, "Catalog_Автомобили", json!({ "Ref_Key": CAR })).await;
    assert_eq!(status, 500);
    assert!(
        locked["odata.error"]["message"]["value"]
            .as_str()
            .is_some_and(|text| text.contains("Конфликт блокировок"))
    );
    assert_eq!(bench.effects(OnecAlfa, "create_car", CAR).await, 0);
}

#[tokio::test]
async fn a_written_object_survives_a_lost_answer() {
    let bench = Bench::start().await;
    bench
        .fault(OnecAlfa, "create_car", json!("drop_after"))
        .await;
    let url = bench.url(OnecAlfa, "alfa/odata/standard.odata/Catalog_Автомобили");
    let lost = bench
        .http
        .post(url)
        .basic_auth(USER, Some(PASSWORD))
        .json(&json!({ "Ref_Key": CAR }))
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(get(&bench, &object("Catalog_Автомобили", CAR)).await.0, 200);
    assert_eq!(bench.effects(OnecAlfa, "create_car", CAR).await, 1);
}

#[tokio::test]
async fn without_a_wish_it_is_atom_and_the_metadata_is_edmx() {
    let bench = Bench::start().await;
    let ask = |path: &str| {
        let url = bench.url(OnecAlfa, &format!("alfa/odata/standard.odata/{path}"));
        bench.http.get(url).basic_auth(USER, Some(PASSWORD)).send()
    };
    let feed = ask("Catalog_Организации")
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a body");
    assert!(
        feed.contains("<feed ") && feed.contains("<d:ИНН>5190000010</d:ИНН>"),
        "{feed}"
    );
    let error = ask("Catalog_Нет")
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a body");
    assert!(error.contains("<m:code>8</m:code>"), "{error}");
    let edmx = ask("$metadata?$format=json")
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a body");
    for part in [
        "<EntityType Name=\"Catalog_Автомобили\">",
        "<Property Name=\"VIN\" Type=\"Edm.String\" Nullable=\"true\" MaxLength=\"17\"/>",
        "Type=\"Collection(StandardODATA.Document_ПоступлениеАвтомобилей_Автомобили_RowType)\"",
        "<Member Name=\"ФизЛицо\"/>",
        "<FunctionImport Name=\"Post\"",
    ] {
        assert!(edmx.contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_session_holds_a_licence_until_it_is_finished() {
    let bench = Bench::start().await;
    bench
        .person("onec_alfa/licences", json!({ "count": 1 }))
        .await;
    let url = bench.url(
        OnecAlfa,
        "alfa/odata/standard.odata/Catalog_Валюты?$format=json",
    );
    let ask = |cookie: Option<&str>, session: Option<&'static str>| {
        let mut request = bench.http.get(url.clone()).basic_auth(USER, Some(PASSWORD));
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie.to_owned());
        }
        if let Some(session) = session {
            request = request.header("IBSession", session);
        }
        request.send()
    };
    let started = ask(None, Some("start")).await.expect("an answer");
    let cookie = started.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .split(';')
        .next()
        .expect("a pair")
        .to_owned();
    assert_eq!(
        ask(Some(&cookie), None).await.expect("an answer").status(),
        200
    );
    assert_eq!(
        ask(None, Some("start")).await.expect("an answer").status(),
        406
    );
    assert_eq!(ask(None, None).await.expect("an answer").status(), 500);
    assert_eq!(
        ask(Some(&cookie), Some("finish"))
            .await
            .expect("an answer")
            .status(),
        200
    );
    assert_eq!(
        ask(Some(&cookie), None).await.expect("an answer").status(),
        400
    );
    assert_eq!(ask(None, None).await.expect("an answer").status(), 200);
}
