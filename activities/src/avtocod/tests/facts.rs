//! What the report's facts mean.

use super::*;

/// The result of one kind after a change of the clean report.
async fn changed(kind: CheckKind, change: impl FnOnce(&mut Value)) -> CheckResult {
    let mut content = clean();
    change(&mut content);
    let found = checks(sources(|_| "OK"), content).await;
    for other in found.iter().filter(|result| result.kind != kind) {
        assert_eq!(other.outcome, CheckOutcome::Clear, "{other:?}");
    }
    let result = found.into_iter().find(|result| result.kind == kind);
    result.expect("a result of the kind")
}

#[tokio::test]
async fn what_a_block_does_not_say_is_not_clean() {
    for (kind, pointer) in [
        (CheckKind::Wanted, "/stealings"),
        (
            CheckKind::Restrictions,
            "/restrictions/registration_actions",
        ),
        (CheckKind::Accidents, "/accidents"),
        (CheckKind::Registration, "/ownership/history"),
        (CheckKind::Pledge, "/pledges"),
        (CheckKind::Epts, "/additional_info/vehicle/passport"),
        (CheckKind::Epts, "/additional_info/vehicle/passport/status"),
        (CheckKind::Taxi, "/taxi"),
    ] {
        let result = changed(kind, |content| {
            *content.pointer_mut(pointer).expect("a field") = Value::Null;
        })
        .await;
        assert_eq!(result.outcome, CheckOutcome::Unknown, "{pointer}");
    }
    let flagless = json!([{"number": "2013-001", "type": "Возникновение"}]);
    let result = changed(CheckKind::Pledge, |c| c["pledges"]["items"] = flagless).await;
    assert_eq!(result.outcome, CheckOutcome::Unknown);
    let stealings = |c: &mut Value| c["stealings"] = json!({"is_wanted": null});
    let result = changed(CheckKind::Wanted, stealings).await;
    assert_eq!(result.outcome, CheckOutcome::Unknown);
}

#[tokio::test]
async fn facts_are_told_in_words_with_what_they_mean() {
    let wanted = json!({"is_wanted": true, "items": [
        {"date": {"stealing": "2014-02-06 00:00:00"}, "geo": {"region": "Калужская"}},
    ]});
    let ban = |kind: &str| {
        json!([{
            "date": {"start": "2015-07-13 00:00:00", "end": null},
            "initiator": {"name": "Судебные органы"},
            "restrict": {"type": kind, "executive_procedure": "90129308/0060-ИП", "reason": "Иванов"},
        }])
    };
    type Change = Box<dyn FnOnce(&mut Value)>;
    let ordinary = ban("Запрет на регистрационные действия");
    let disposal = ban("Утилизация");
    let cases: Vec<(CheckKind, Change, CheckOutcome, &str)> = vec![
        (
            CheckKind::Wanted,
            Box::new(move |c| c["stealings"] = wanted),
            CheckOutcome::Fatal,
            "Автомобиль в розыске с 06.02.2014 (Калужская).",
        ),
        (
            CheckKind::Restrictions,
            Box::new(move |c| c["restrictions"]["registration_actions"]["items"] = ordinary),
            CheckOutcome::Removable,
            "Запрет на регистрационные действия с 13.07.2015, наложил: Судебные органы, производство 90129308/0060-ИП.",
        ),
        (
            CheckKind::Restrictions,
            Box::new(move |c| c["restrictions"]["registration_actions"]["items"] = disposal),
            CheckOutcome::Fatal,
            "Утилизация с 13.07.2015, наложил: Судебные органы, производство 90129308/0060-ИП.",
        ),
        (
            CheckKind::Accidents,
            Box::new(|c| {
                c["accidents"]["history"]["items"] = json!([{
                    "accident": {"date": "2018-02-14 05:24:00"}, "type": "Столкновение",
                    "state": null, "damage": {"raw": "Перед справа"},
                }]);
            }),
            CheckOutcome::Attention,
            "ДТП 14.02.2018, Столкновение, Перед справа.",
        ),
        (
            CheckKind::Registration,
            Box::new(|c| c["utilizations"] = json!({"was_utilized": true})),
            CheckOutcome::Fatal,
            "Автомобиль утилизирован.",
        ),
        (
            CheckKind::Registration,
            Box::new(|c| {
                c["ownership"]["history"]["items"][0]["date"]["end"] = json!("2020-01-01 00:00:00");
            }),
            CheckOutcome::Attention,
            "Открытого периода владения нет: автомобиль может быть снят с учёта.",
        ),
        (
            CheckKind::Pledge,
            Box::new(|c| {
                c["pledges"]["items"] = json!([{
                    "date": {"event": "2013-05-30 00:00:00"}, "number": "2013-001", "in_pledge": true,
                }]);
            }),
            CheckOutcome::Fatal,
            "Автомобиль в залоге, уведомление 2013-001 от 30.05.2013.",
        ),
        (
            CheckKind::Pledge,
            Box::new(|c| c["pledges_nbki"] = json!({"items": [{"in_pledge": true}]})),
            CheckOutcome::Fatal,
            "Автомобиль в залоге по данным НБКИ.",
        ),
        (
            CheckKind::Taxi,
            Box::new(|c| {
                c["taxi"] = json!({"used_in_taxi": true, "history": {"items": [{
                    "date": {"start": "2016-03-24 00:00:00", "end": "2017-03-24 00:00:00"},
                    "city": {"name": "Самара"},
                }]}});
            }),
            CheckOutcome::Attention,
            "Работал в такси (Самара) с 24.03.2016 до 24.03.2017.",
        ),
    ];
    for (kind, change, outcome, text) in cases {
        let result = changed(kind, change).await;
        assert_eq!(result.outcome, outcome, "{text}");
        assert_eq!(result.findings[0].text, text);
    }
}

#[tokio::test]
async fn the_passports_state_decides() {
    for (status, outcome) in [
        ("незавершённый", CheckOutcome::Removable),
        ("аннулированный", CheckOutcome::Fatal),
        ("утилизированный", CheckOutcome::Fatal),
        ("невиданный", CheckOutcome::Unknown),
    ] {
        let result = changed(CheckKind::Epts, |content| {
            content["additional_info"]["vehicle"]["passport"]["status"] = json!(status);
        })
        .await;
        assert_eq!(result.outcome, outcome, "{status}");
    }
    let customs = |c: &mut Value| {
        c["additional_info"]["vehicle"]["restriction"]["customs"] = json!("Запрет отчуждения");
    };
    let result = changed(CheckKind::Epts, customs).await;
    assert_eq!(result.outcome, CheckOutcome::Removable);
    let paper = |c: &mut Value| {
        c["additional_info"]["vehicle"] = json!({
            "passport": {"type": "Паспорт транспортного средства", "has_dublicate": true},
        });
    };
    let result = changed(CheckKind::Epts, paper).await;
    assert_eq!(result.outcome, CheckOutcome::Attention);
    assert_eq!(result.findings[0].code, "papers.duplicate");
}

#[tokio::test]
async fn a_fatal_fact_counts_though_its_source_reports_an_error() {
    let mut content = clean();
    content["stealings"]["is_wanted"] = json!(true);
    let found = checks(sources(|_| "ERROR"), content).await;
    assert_eq!(found[0].outcome, CheckOutcome::Fatal);
    assert!(
        found[1..]
            .iter()
            .all(|r| r.outcome == CheckOutcome::Unknown)
    );
}
