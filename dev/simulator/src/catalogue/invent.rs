//! The n-th car of a kind, always the same.

use chrono::{Days, NaiveDate};

use super::car::{
    Ban, Car, Certificate, Crash, Engine, Leasing, Market, Mileage, MileageSource, Outcome,
    OwnerKind, Pledge, Registration, Source, TaxiPermit, VehiclePassport, Wanted, Wheel,
};
use super::kind::{Kind, Profile};
use super::models::{MODELS, Model};
use super::person::{Debt, Person};
use super::{day, numbers};

const COLOURS: [&str; 8] = [
    "Белый",
    "Чёрный",
    "Серый",
    "Серебристый",
    "Синий",
    "Красный",
    "Коричневый",
    "Зелёный",
];
/// The year in which the catalogue's world ends.
const PRESENT: u16 = 2026;

pub(super) fn car(kind: Kind, n: u32, seed: u64) -> Car {
    let index = kind.index();
    let ident = numbers::ident(index, n);
    let profile = kind.profile();
    let model = &MODELS[profile.model];
    let (vin, frame) = if model.wmi.is_empty() {
        (None, Some(numbers::frame(model.code, n, seed)))
    } else {
        let vin = numbers::vin(model.wmi, model.code, profile.year, index, n, seed);
        (Some(vin), None)
    };
    let body_number = vin.clone().or_else(|| frame.clone()).unwrap_or_default();
    let registrations = registrations(kind, profile.year);
    let last = registrations.last().map_or(day(2020, 1, 1), |r| r.from);
    let mut owner = Person::invent(index, n, seed);
    owner.debts = debts(kind, n);
    let mut car = Car {
        id: id(kind, n),
        kind,
        n,
        vin,
        frame,
        plate: numbers::plate(ident, seed),
        make: model.make.to_owned(),
        model: model.model.to_owned(),
        generation: model.generation.to_owned(),
        modification: model.modification.to_owned(),
        body_type: model.body_type.to_owned(),
        doors: model.doors,
        year: profile.year,
        colour: COLOURS[(ident + index) as usize % COLOURS.len()].to_owned(),
        engine: engine(model, ident),
        transmission: model.transmission.to_owned(),
        drive: model.drive.to_owned(),
        wheel: if model.wmi.is_empty() {
            Wheel::Right
        } else {
            Wheel::Left
        },
        body_number,
        net_weight_kg: model.net_weight_kg,
        max_weight_kg: model.max_weight_kg,
        passport: passport(kind, profile, n),
        certificate: Certificate {
            number: format!("99{index:02}{:06}", n % 1_000_000),
            issued_on: last,
        },
        owner,
        registrations,
        mileage_km: profile.mileage_km,
        mileages: mileages(kind, profile),
        market: market(profile, ident),
        outcome: Outcome::default(),
    };
    car.outcome = outcome(&car);
    car
}

pub(super) fn id(kind: Kind, n: u32) -> String {
    match n {
        0 => kind.slug().to_owned(),
        n => format!("{}-{n}", kind.slug()),
    }
}

fn engine(model: &Model, ident: u64) -> Engine {
    Engine {
        code: model.engine_code.to_owned(),
        number: format!("{:07}", ident % 10_000_000),
        volume_cc: model.volume_cc,
        power_hp: model.power_hp,
        fuel: "Бензин".to_owned(),
    }
}

fn passport(kind: Kind, profile: Profile, n: u32) -> VehiclePassport {
    let issued_on = day(i32::from(profile.year), 3, 14);
    // Electronic ones only are made out for new cars since November 2020.
    if profile.year >= 2020 {
        return VehiclePassport {
            electronic: true,
            number: format!("164301{:02}{:07}", kind.index(), n % 10_000_000),
            issued_on,
            issued_by: "АО «Выдуманный завод»".to_owned(),
            status: Some(match kind {
                Kind::Cancelled => "аннулированный".to_owned(),
                _ => "действующий".to_owned(),
            }),
            duplicate: false,
        };
    }
    let duplicate = kind == Kind::Duplicate;
    VehiclePassport {
        electronic: false,
        number: format!("{:02}ВЫ{:06}", 60 + kind.index(), n % 1_000_000),
        issued_on: if duplicate {
            day(2021, 9, 2)
        } else {
            issued_on
        },
        issued_by: if duplicate {
            "МО ГИБДД ТНРЭР № 0 ГУ МВД РОССИИ ПО Г. МОСКВЕ".to_owned()
        } else {
            "АО «Выдуманный завод»".to_owned()
        },
        status: None,
        duplicate,
    }
}

fn registrations(kind: Kind, year: u16) -> Vec<Registration> {
    use OwnerKind::{Company, Person};
    let year = i32::from(year);
    // Years after the first registration in which the car changed hands, and to whom it went.
    let owners: &[(i32, OwnerKind)] = match kind {
        Kind::ManyOwners => &[
            (0, Company),
            (3, Person),
            (5, Person),
            (8, Person),
            (10, Person),
        ],
        Kind::Taxi => &[(0, Company), (3, Person)],
        Kind::RolledBack | Kind::Frame | Kind::Duplicate => &[(0, Person), (4, Person)],
        _ => &[(0, Person)],
    };
    owners
        .iter()
        .enumerate()
        .map(|(index, (after, owner))| Registration {
            from: day(year + after, 4, 2),
            to: owners
                .get(index + 1)
                .map(|(next, _)| day(year + next, 3, 30)),
            owner: *owner,
            region: "г. Москва".to_owned(),
        })
        .collect()
}

/// A record a year, evenly up to the odometer; a rolled-back one had more before.
fn mileages(kind: Kind, profile: Profile) -> Vec<Mileage> {
    let years = u32::from(PRESENT - profile.year);
    (1..years)
        .map(|year| {
            let km = profile.mileage_km / years * year;
            let rolled_back = kind == Kind::RolledBack && (5..8).contains(&year);
            Mileage {
                on: day(i32::from(profile.year) + year as i32, 6, 18),
                km: if rolled_back { km + 96_000 } else { km },
                source: if year % 2 == 0 {
                    MileageSource::Inspection
                } else {
                    MileageSource::Service
                },
            }
        })
        .collect()
}

fn market(profile: Profile, ident: u64) -> Market {
    // 96 % to 104 %, in whole thousands; the first car of a kind has the kind's own price.
    let n = ident % numbers::PER_KIND;
    let percent = if n == 0 { 100 } else { 96 + n * 5 % 9 };
    let average_rub = profile.market_rub * percent / 100 / 1000 * 1000;
    Market {
        average_rub,
        min_rub: average_rub * 88 / 100,
        max_rub: average_rub * 113 / 100,
        items: 40 + (ident % 83) as u32,
    }
}

pub(super) fn debts(kind: Kind, n: u32) -> Vec<Debt> {
    let debt = |serial: u32, subject: &str, amount_kopecks: u64, rest_kopecks: u64| Debt {
        number: format!("{}/25/77004-ИП", 10_000 + n * 10 + serial),
        opened_on: day(2025, 10, 13),
        subject: subject.to_owned(),
        amount_kopecks,
        rest_kopecks,
        department: "Выдуманное РОСП ГУФССП России по г. Москве".to_owned(),
        document: format!("Судебный приказ от 01.09.2025 № 2-{}/2025", 100 + n),
        bailiff: "Приставов П. П.".to_owned(),
        bailiff_phone: "+7 (000) 000-00-00".to_owned(),
    };
    match kind {
        Kind::Banned => vec![debt(
            1,
            "Задолженность по кредитным платежам (кроме ипотеки)",
            18_450_000,
            12_033_045,
        )],
        Kind::Debtor => vec![
            debt(1, "Штраф ГИБДД", 50_000, 50_000),
            debt(
                2,
                "Задолженность по платежам за услуги связи",
                123_456,
                123_456,
            ),
        ],
        _ => Vec::new(),
    }
}

pub(super) fn outcome(car: &Car) -> Outcome {
    let mut outcome = Outcome {
        known: car.kind != Kind::Unknown,
        ..Outcome::default()
    };
    let region = "г. Москва".to_owned();
    match car.kind {
        Kind::Banned => {
            outcome.ban = car.owner.debts.first().map(|debt| Ban {
                since: debt.opened_on + Days::new(20),
                initiator: "Судебный пристав".to_owned(),
                region,
                document: format!("Документ: {} от 02.11.2025", 900_000_000 + car.n),
                proceeding: debt.number.clone(),
            });
        }
        Kind::Wanted => {
            outcome.wanted = Some(Wanted {
                since: day(2026, 2, 6),
                region: "Калужская область".to_owned(),
            });
        }
        Kind::Pledged => {
            outcome.pledge = Some(Pledge {
                since: day(2024, 5, 11),
                number: format!("2024-009-{:06}-001", 100_000 + car.n),
                pledgee: "АО «Вымышленный банк»".to_owned(),
            });
        }
        Kind::Taxi => {
            outcome.taxi = vec![TaxiPermit {
                number: format!("{:05}", 51_000 + car.n % 40_000),
                from: day(2024, 7, 8),
                to: None,
                region: "Москва".to_owned(),
            }];
        }
        Kind::Incomplete => outcome.silent = vec![Source::Wanted, Source::Pledge],
        Kind::ManyOwners => outcome.crashes = vec![crash(day(2018, 11, 24), false)],
        Kind::Crashed => {
            outcome.crashes = vec![crash(day(2022, 1, 15), true)];
            outcome.salvage = Some(day(2022, 3, 2));
        }
        Kind::Leased => {
            outcome.leasing = Some(Leasing {
                from: day(2023, 4, 2),
                to: day(2027, 4, 1),
                lessor: "ООО «Вымышленный лизинг»".to_owned(),
            });
        }
        Kind::Clean
        | Kind::CleanCheap
        | Kind::Expensive
        | Kind::RolledBack
        | Kind::Frame
        | Kind::Duplicate
        | Kind::Debtor
        | Kind::Cancelled
        | Kind::Unknown => {}
    }
    outcome
}

fn crash(on: NaiveDate, heavy: bool) -> Crash {
    Crash {
        on,
        kind: "Столкновение".to_owned(),
        region: "Московская область".to_owned(),
        damage: if heavy {
            "Передняя часть, правый лонжерон, подушки безопасности".to_owned()
        } else {
            "Задний бампер".to_owned()
        },
        heavy,
        paid_rub: Some(if heavy { 400_000 } else { 31_500 }),
    }
}
