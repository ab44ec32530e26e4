//! Contract and act.

use domain::car::CarClaim;
use domain::document::PaperFields;
use domain::inspection::{BodyElement, Defect, DefectKind};
use domain::money::Money;
use domain::vin::{CarIdentifier, Frame};
use templates::buyout::{Act, Contract};

use crate::pdf::{self, Read};
use crate::{HOSTILE, sample};

const NUMBER: &str = "КМ-2026-000042";

fn contract(version: u32, car: &CarClaim, fields: &PaperFields) -> Vec<u8> {
    let contract = Contract {
        number: NUMBER,
        version,
        at: sample::at(),
        date_local: "23 ноября 2026 г.",
        legal_entity: &sample::legal_entity(),
        site: &sample::site(),
        client: &sample::client(),
        car,
        fields,
        price: Money::from_rubles(1_529_000),
        payment_method: "платёжным поручением на банковский счёт Продавца",
    };
    contract.render().unwrap()
}

fn act(fields: &PaperFields, defects: &[Defect]) -> Vec<u8> {
    let act = Act {
        number: "АП-2026-000042",
        version: 1,
        at: sample::at(),
        date_local: "23 ноября 2026 г.",
        time_local: "14:05",
        contract_number: NUMBER,
        legal_entity: &sample::legal_entity(),
        site: &sample::site(),
        client: &sample::client(),
        car: &sample::car(),
        fields,
        mileage_km: 45_210,
        defects,
    };
    act.render().unwrap()
}

/// What holds for every document: pages that can be printed, numbered, each naming its document.
fn check_pages(document: &Read, short: &str) {
    let count = document.pages.len();
    assert!(count > 0);
    assert_eq!(document.text.len(), count);
    for (index, (page, text)) in document.pages.iter().zip(&document.text).enumerate() {
        assert!(page.has_ink(), "page {}", index + 1);
        assert!(page.has_clear_edge(10), "page {}", index + 1);
        assert!(text.contains(short), "page {}: {text}", index + 1);
        let numbering = format!("страница {} из {count}", index + 1);
        assert!(text.contains(&numbering), "page {}: {text}", index + 1);
    }
}

const PARTIES: [&str; 20] = [
    "Северова Дарья Ильинична",
    "04.06.1987",
    "серия 9900 № 000012",
    "отделом внутренних дел вымышленного района, 14.05.2012",
    "183000, г. Мурманск, ул. Примерная, д. 1, кв. 2",
    "+7 900 000-00-12",
    "darya@example.org",
    "ООО «Кайт Мурманск»",
    "5190000010 / 519001001",
    "1025100000010",
    "183000, г. Мурманск, ул. Вымышленная, д. 5",
    "Чайкин Глеб Андреевич",
    "доверенность № 12 от 01.02.2026",
    "40702810000000000010",
    "044525225",
    "г. Мурманск",
    "г. Мурманск, ул. Вымышленная, д. 5",
    "23 ноября 2026 г.",
    NUMBER,
    "подпись",
];

const VEHICLE: [&str; 14] = [
    "Chery Tiggo 7 Pro",
    "2021",
    "LVVDB21B0MD000001",
    "А123ВС51",
    "легковой универсал",
    "B (M1)",
    "SQRE4T15C-000001",
    "Шасси (рама) № —",
    "белый",
    "147 л. с. (108,1 кВт)",
    "164301000000001",
    "АО «Вымышленный автомобильный завод», 02.03.2021",
    "СТС 9900 000001",
    "ЭПТС",
];

#[test]
fn the_contract_says_what_a_contract_has_to_say() {
    let read = pdf::read(&contract(1, &sample::car(), &sample::fields()));
    check_pages(&read, "Договор № КМ-2026-000042, версия 1");
    for value in PARTIES.iter().chain(&VEHICLE).chain(&[
        "1 529 000,00 руб.",
        "один миллион пятьсот двадцать девять тысяч рублей 00 копеек",
        "платёжным поручением на банковский счёт Продавца",
        "ключи (2 шт.)",
        "на праве собственности",
        "не заложен",
    ]) {
        assert!(read.says(value), "{value}");
    }
    insta::assert_snapshot!("contract", read.text.join("\n---- page ----\n"));
}

#[test]
fn the_act_says_what_an_act_has_to_say() {
    let read = pdf::read(&act(&sample::fields(), &sample::defects()));
    check_pages(&read, "Акт № АП-2026-000042, версия 1");
    for value in PARTIES.iter().chain(&VEHICLE).chain(&[
        "АП-2026-000042",
        "14:05",
        "45 210 км",
        "Ключи 2 шт.",
        "Остаток топлива",
        "выписка из ЭПТС",
        "запасное колесо",
        "капот скол до грунта, 3 мм 0a1b2c3d",
        "передняя левая дверь царапина вдоль ручки, 12 см 11aa22bb",
        "22bb33cc",
        "передняя левая дверь вмятина —",
        "Претензий",
    ]) {
        assert!(read.says(value), "{value}");
    }
    insta::assert_snapshot!("act", read.text.join("\n---- page ----\n"));
}

#[test]
fn a_car_without_defects_has_no_drawing() {
    let read = pdf::read(&act(&sample::fields(), &[]));
    check_pages(&read, "Акт № АП-2026-000042, версия 1");
    assert!(read.says("Недостатков не найдено."));
    assert!(!read.says("Цифры на схеме"));
}

#[test]
fn every_element_of_the_body_is_on_the_drawing_and_many_defects_fit() {
    use BodyElement as E;
    let elements = [
        E::Hood,
        E::Roof,
        E::Trunk,
        E::FrontLeftFender,
        E::FrontRightFender,
        E::FrontLeftDoor,
        E::FrontRightDoor,
        E::RearLeftDoor,
        E::RearRightDoor,
        E::RearLeftFender,
        E::RearRightFender,
        E::FrontBumper,
        E::RearBumper,
        E::Windshield,
        E::Headlights,
        E::Engine,
        E::Suspension,
        E::Interior,
    ];
    let defects: Vec<Defect> = elements
        .iter()
        .cycle()
        .take(elements.len() * 8)
        .map(|element| Defect {
            element: *element,
            kind: DefectKind::RepairTraces,
            comment: "следы ремонта, ".repeat(8),
            photos: Vec::new(),
        })
        .collect();
    let read = pdf::read(&act(&sample::fields(), &defects));
    check_pages(&read, "Акт № АП-2026-000042, версия 1");
    for element in elements {
        // Eight rows of the table, and the name on the drawing.
        let named = read
            .letters()
            .matches(&element.title_ru().replace(' ', ""))
            .count();
        assert!(named >= 9, "{element} is named {named} times");
    }
}

#[test]
fn a_paper_passport_and_a_frame_number_are_called_so() {
    let fields = PaperFields {
        vehicle_passport_number: "51 ТН 000001".to_owned(),
        vehicle_passport_issued_by: None,
        vehicle_kind: None,
        body_number: None,
        ..sample::fields()
    };
    let car = CarClaim {
        identifier: CarIdentifier::Frame(Frame::parse("NZE121-3056789").unwrap()),
        plate: None,
        ..sample::car()
    };
    let read = pdf::read(&contract(1, &car, &fields));
    for value in [
        "ПТС № 51 ТН 000001, выдан: 02.03.2021",
        "паспорт транспортного средства (ПТС)",
        "вносятся в ПТС",
        "VIN отсутствует",
        "Кузов № NZE121-3056789",
        "Тип ТС —",
        "Госномер —",
    ] {
        assert!(read.says(value), "{value}");
    }
    assert!(!read.says("ЭПТС"));
}

#[test]
fn a_later_version_says_that_it_replaces_the_earlier_ones() {
    let read = pdf::read(&contract(3, &sample::car(), &sample::fields()));
    check_pages(&read, "Договор № КМ-2026-000042, версия 3");
    assert!(read.says("версия 3, заменяет составленные ранее"));
}

#[test]
fn text_of_the_data_is_never_markup() {
    let names = ["#panic() $x$ *не жирно* = Заголовок #read(\"/etc/passwd\") <ref> @ref \\ [x]"];
    for name in names.iter().chain(&HOSTILE) {
        let fields = PaperFields {
            seller_full_name: (*name).to_owned(),
            seller_address: format!("{name} {}", "ж".repeat(300)),
            engine_number: Some("W".repeat(120)),
            ..sample::fields()
        };
        let defect = Defect {
            element: BodyElement::Roof,
            kind: DefectKind::Rust,
            comment: (*name).to_owned(),
            photos: Vec::new(),
        };
        for document in [
            contract(1, &sample::car(), &fields),
            act(&fields, &[defect]),
        ] {
            let read = pdf::read(&document);
            assert!(read.pages.len() >= 2);
            assert!(
                read.pages
                    .iter()
                    .all(|page| page.has_ink() && page.has_clear_edge(10)),
                "{name}"
            );
        }
    }
    let fields = PaperFields {
        seller_full_name: names[0].to_owned(),
        ..sample::fields()
    };
    assert!(pdf::read(&contract(1, &sample::car(), &fields)).says(names[0]));
}

#[test]
fn the_same_document_is_the_same_file_of_the_archive_format() {
    let first = contract(1, &sample::car(), &sample::fields());
    assert_eq!(first, contract(1, &sample::car(), &sample::fields()));
    let text = String::from_utf8_lossy(&first);
    assert!(
        text.contains("<pdfaid:part>2</pdfaid:part>")
            && text.contains("<pdfaid:conformance>B</pdfaid:conformance>")
    );
    assert!(
        !text.contains("Северова"),
        "the file's metadata name no person"
    );
}
