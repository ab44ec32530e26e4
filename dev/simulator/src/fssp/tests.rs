//! At a real socket: a person with debts, without, unknown; faults in 200.

use serde_json::{Value, json};

use crate::Partner::Fssp;
use crate::bench::Bench;
use crate::catalogue::{Kind, Person};

async fn ask(bench: &Bench, query: &[(&str, &str)]) -> Value {
    let mut url = bench.url(Fssp, "api");
    url.query_pairs_mut().extend_pairs(query);
    let answer = bench.http.get(url).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

async fn search(bench: &Bench, name: &str, person: &Person) -> Value {
    let born = person.birthdate.format("%d.%m.%Y").to_string();
    ask(bench, &[("fio", name), ("dataR", &born), ("key", "k")]).await
}

fn owner(bench: &Bench, kind: Kind) -> Person {
    bench.simulator.sim().catalogue().fresh(kind, 1).owner
}

#[tokio::test]
async fn proceedings_are_answered_under_the_name_that_was_asked() {
    let bench = Bench::start().await;
    let person = owner(&bench, Kind::Debtor);
    let name = person.full_name();
    let answer = search(&bench, &name, &person).await;
    let list = answer[&name]["ip"].as_array().expect("a list");
    assert_eq!(list.len(), 2);
    assert_eq!(list[1]["nomer"], person.debts[1].number);
    assert_eq!(list[1]["ddd"], "13.10.2025");
    // Two ways of writing a sum.
    assert_eq!(list[1]["summa"], "1234.56");
    assert_eq!(list[1]["ostatok"], "1 234,56");

    let by_number = [
        ("nomer", person.debts[0].number.as_str()),
        ("proizv", "1"),
        ("key", "k"),
    ];
    let card = ask(&bench, &by_number).await;
    let first = &card[&person.debts[0].number]["ip"][0];
    assert_eq!(first["predmet"], person.debts[0].subject);
}

#[tokio::test]
async fn nothing_is_told_apart_from_nobody() {
    let bench = Bench::start().await;
    let person = owner(&bench, Kind::Clean);
    let name = person.full_name();
    let answer = search(&bench, &name, &person).await;
    assert_eq!(answer, json!({ name: { "ip": [] } }));
    let answer = search(&bench, "Никто Никем Никемович", &person).await;
    assert_eq!(answer, json!({ "status": "Ничего не найдено" }));
}

#[tokio::test]
async fn a_paid_search_is_in_the_ledger_without_the_person() {
    let bench = Bench::start().await;
    let person = owner(&bench, Kind::Clean);
    search(&bench, &person.full_name(), &person).await;
    let entries = bench.looks("ledger?partner=fssp").await;
    assert_eq!(entries.as_array().map(Vec::len), Some(1));
    assert_eq!(entries[0]["operation"], "search_person");
    assert!(!entries.to_string().contains(&person.surname));
}

#[tokio::test]
async fn faults_come_as_texts_with_status_200_and_are_not_charged() {
    let bench = Bench::start().await;
    let person = owner(&bench, Kind::Clean);
    let name = person.full_name();
    let keyless = ask(&bench, &[("fio", &name), ("dataR", "01.01.1980")]).await;
    assert_eq!(keyless, json!({ "error": "Неверный ключ" }));
    let dateless = ask(&bench, &[("fio", &name), ("key", "k")]).await;
    assert!(
        dateless["error"]
            .as_str()
            .expect("a text")
            .starts_with("Некорректный")
    );
    let settings = json!({ "key": "right" });
    bench.person("fssp/settings", settings).await;
    let wrong = search(&bench, &name, &person).await;
    assert_eq!(wrong, json!({ "error": "Неверный ключ" }));

    bench.person("fssp/settings", json!({ "quota": 1 })).await;
    search(&bench, &name, &person).await;
    let beyond = search(&bench, &name, &person).await;
    assert_eq!(
        beyond,
        json!({ "error": "Превышен лимит запросов по тарифу" })
    );
    let state = bench.looks("fssp/settings").await;
    assert_eq!(state["searches"], 1);
}
