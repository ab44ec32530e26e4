//! The language of addresses and conditions, without a socket.

use serde_json::json;

use super::base::Base;
use super::error::Fail;
use super::filter::{self, Scope};
use super::path::{Action, Target, decode, parse};
use super::schema::Schema;

const KEY: &str = "11111111-2222-5333-8444-555555555555";

#[test]
fn addresses_are_read_with_and_without_brackets_and_encoding() {
    let key = KEY.parse().expect("a key");
    let object = format!("/alfa/odata/standard.odata/Document_X(guid'{KEY}')");
    let read = |path: &str| {
        parse(path)
            .expect("inside of the interface")
            .map(|(_, target)| target)
    };
    let entity = || "Document_X".to_owned();
    assert_eq!(
        read(&object),
        Ok(Target::Object {
            entity: entity(),
            key
        })
    );
    for action in ["Post", "Post()"] {
        let target = Target::Action {
            entity: entity(),
            key,
            action: Action::Post,
        };
        assert_eq!(read(&format!("{object}/{action}")), Ok(target));
    }
    assert_eq!(
        read("/odata/standard.odata/$metadata"),
        Ok(Target::Metadata)
    );
    assert_eq!(
        read("/a/odata/standard.odata/Document_X/$count"),
        Ok(Target::Count { entity: entity() })
    );
    assert_eq!(read(&format!("{object}/Fly")), Err(Fail::method("Fly")));
    assert_eq!(
        read("/a/odata/standard.odata/Document_X(guid'nothing')"),
        Err(Fail::key("Ref_Key"))
    );
    assert!(parse("/alfa/hs/x").is_none());
    assert_eq!(decode("%D0%9A%20a+b"), "К a+b");
}

fn met(condition: &str) -> Result<bool, Fail> {
    let schema = Schema::parse(
        r#"{"entities":{
            "Catalog_Марки":{"code":3,"description":20,"fields":{"Страна":"String(20)"}},
            "Document_X":{"code":5,"fields":{"Имя":"String(20)","Сумма":"Double","Марка_Key":"Ref(Catalog_Марки)","Номер":"Int64"},
                "tables":{"Строки":{"Цена":"Double"}}}}}"#,
    )
    .expect("a schema");
    let mut base = Base::default();
    let make = uuid::Uuid::from_u128(7);
    base.seed(
        &schema,
        "Catalog_Марки",
        make,
        &[("Страна", json!("Япония"))],
    );
    let row = json!({
        "Имя": "О'Хара", "Сумма": 450_000.5, "Марка_Key": make, "Date": "2026-11-23T12:00:00", "Posted": false, "Номер": "12",
        "Строки": [{ "LineNumber": "1", "Цена": 10 }, { "LineNumber": "2", "Цена": 20 }],
    });
    let scope = Scope {
        schema: &schema,
        base: &base,
        entity: "Document_X",
        row: row.as_object().expect("an object"),
        line: None,
    };
    filter::matches(scope, &filter::parse(condition)?)
}

#[test]
fn conditions_are_met_or_not() {
    for (condition, expected) in [
        ("Имя eq 'О''Хара' and Posted eq false", true),
        ("Имя eq 'о''хара'", true),
        ("Сумма gt 450000 and Сумма le 450000.5", true),
        ("Сумма add 1 lt 450001", false),
        (
            "Date ge datetime'2026-11-23T00:00:00' and year(Date) eq 2026",
            true,
        ),
        (
            "Марка_Key eq guid'00000000-0000-0000-0000-000000000007'",
            true,
        ),
        (
            "Марка_Key eq cast(guid'00000000-0000-0000-0000-000000000008', 'Catalog_Марки')",
            false,
        ),
        ("Марка/Страна eq 'Япония'", true),
        ("substringof('хар', Имя) or Posted", true),
        ("startswith(Имя, 'Х')", false),
        ("like(Имя, 'О_Х%')", true),
        ("not (Имя eq 'Нет')", true),
        ("Номер eq 12", true),
        ("Строки/any(d: d/Цена eq 20)", true),
        ("Строки/all(d: d/Цена eq 20)", false),
        ("false and false or true", true),
        ("startswith(Имя, 'x') and Сумма gt 1", false),
    ] {
        assert_eq!(met(condition), Ok(expected), "{condition}");
    }
}

#[test]
fn what_1c_does_not_know_is_an_error() {
    for condition in [
        "length(Имя) eq 3",
        "tolower(Имя) eq 'x'",
        "Имя+eq+'x'",
        "Имя eq",
        "Имя 'x'",
        "Имя eq 'x",
        "Имя",
    ] {
        assert_eq!(
            met(condition).map_err(|fail| fail.code),
            Err(14),
            "{condition}"
        );
    }
    for condition in [
        "Нет eq 1",
        "Имя eq 'x' and Нет eq 1",
        "Posted eq false or Нет eq 1",
    ] {
        assert_eq!(met(condition), Err(Fail::property("Нет")), "{condition}");
    }
}
