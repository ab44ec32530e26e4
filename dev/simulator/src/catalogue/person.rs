//! Owners of the catalogue's cars: all invented.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{day, numbers};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub surname: String,
    pub name: String,
    pub patronymic: String,
    pub birthdate: NaiveDate,
    /// "79000300007": digits with the country code.
    pub phone: String,
    pub email: String,
    pub passport: Passport,
    pub address: String,
    /// Where the money goes by SBP; the phone is `phone`.
    pub sbp_bank_id: String,
    /// Where it goes by a payment order.
    pub account: String,
    pub bic: String,
    pub bank: String,
    pub correspondent_account: String,
    /// Enforcement proceedings that are not over.
    #[serde(default)]
    pub debts: Vec<Debt>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passport {
    /// "0000": no such series is issued.
    pub series: String,
    pub number: String,
    pub issued_by: String,
    pub issued_on: NaiveDate,
    pub department_code: String,
}

/// One proceeding of ФССП. Sums are kopecks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// "30696/25/77004-ИП"
    pub number: String,
    pub opened_on: NaiveDate,
    pub subject: String,
    pub amount_kopecks: u64,
    pub rest_kopecks: u64,
    pub department: String,
    pub document: String,
    pub bailiff: String,
    pub bailiff_phone: String,
}

impl Person {
    /// "Иванов Иван Иванович"
    pub fn full_name(&self) -> String {
        format!("{} {} {}", self.surname, self.name, self.patronymic)
    }

    pub(super) fn invent(kind: u64, n: u32, seed: u64) -> Self {
        let ident = numbers::ident(kind, n);
        let size = 2 * SURNAMES.len() * NAMES.len() * PATRONYMICS.len() * BIRTHDAYS as usize;
        let mut rest = numbers::shuffle(ident, size as u64, 31_415_927, seed) as usize;
        let mut take = |of: usize| {
            let taken = rest % of;
            rest /= of;
            taken
        };
        let woman = take(2) == 1;
        let pick = |pair: (&'static str, &'static str)| if woman { pair.1 } else { pair.0 };
        let surname = SURNAMES[take(SURNAMES.len())];
        let name = NAMES[take(NAMES.len())];
        let patronymic = pick(PATRONYMICS[take(PATRONYMICS.len())]);
        let birthdate = FIRST_BIRTHDAY + Days::new(take(BIRTHDAYS as usize) as u64);
        let bic = "044525999";
        Self {
            surname: if woman {
                format!("{surname}а")
            } else {
                surname.to_owned()
            },
            name: pick(name).to_owned(),
            patronymic: patronymic.to_owned(),
            birthdate,
            phone: format!("7900{kind:02}{:05}", n % 100_000),
            email: format!("owner-{kind:02}-{n:05}@example.com"),
            passport: Passport {
                series: "0000".to_owned(),
                number: format!("{:06}", numbers::shuffle(ident, 1_000_000, 271_829, seed)),
                issued_by: "ОТДЕЛОМ УФМС РОССИИ ПО ГОР. МОСКВЕ ПО РАЙОНУ ВЫДУМАННОМУ".to_owned(),
                // A passport is changed at 20 and at 45; this one is as old as the last change.
                issued_on: birthdate
                    .checked_add_days(Days::new(45 * 365 + 30))
                    .filter(|day| *day < LAST_PASSPORT)
                    .unwrap_or(birthdate + Days::new(20 * 365 + 20)),
                department_code: "000-000".to_owned(),
            },
            address: format!(
                "г. Москва, ул. Вымышленная, д. {}, кв. {}",
                ident % 97 + 1,
                ident % 311 + 1
            ),
            sbp_bank_id: "100000000111".to_owned(),
            account: numbers::account(bic, ident),
            bic: bic.to_owned(),
            bank: "АО «Вымышленный банк»".to_owned(),
            correspondent_account: "30101810000000000999".to_owned(),
            debts: Vec::new(),
        }
    }
}

const FIRST_BIRTHDAY: NaiveDate = day(1966, 1, 1);
const LAST_PASSPORT: NaiveDate = day(2026, 1, 1);
/// Days on which owners are born, from the first one on.
const BIRTHDAYS: u64 = 9000;

const SURNAMES: [&str; 24] = [
    "Агафонов",
    "Белозёров",
    "Верещагин",
    "Голубев",
    "Дроздов",
    "Ершов",
    "Жаворонков",
    "Зимин",
    "Исаков",
    "Калашников",
    "Ларионов",
    "Мельников",
    "Никитин",
    "Орехов",
    "Пахомов",
    "Родионов",
    "Савельев",
    "Терентьев",
    "Уваров",
    "Филатов",
    "Харитонов",
    "Цветков",
    "Шубин",
    "Яковлев",
];

const NAMES: [(&str, &str); 16] = [
    ("Алексей", "Анна"),
    ("Борис", "Валентина"),
    ("Виктор", "Вера"),
    ("Глеб", "Галина"),
    ("Дмитрий", "Дарья"),
    ("Егор", "Елена"),
    ("Захар", "Зоя"),
    ("Игорь", "Ирина"),
    ("Кирилл", "Кира"),
    ("Леонид", "Лидия"),
    ("Максим", "Мария"),
    ("Николай", "Нина"),
    ("Олег", "Ольга"),
    ("Павел", "Полина"),
    ("Роман", "Раиса"),
    ("Сергей", "Светлана"),
];

const PATRONYMICS: [(&str, &str); 12] = [
    ("Андреевич", "Андреевна"),
    ("Борисович", "Борисовна"),
    ("Васильевич", "Васильевна"),
    ("Григорьевич", "Григорьевна"),
    ("Денисович", "Денисовна"),
    ("Евгеньевич", "Евгеньевна"),
    ("Иванович", "Ивановна"),
    ("Львович", "Львовна"),
    ("Михайлович", "Михайловна"),
    ("Олегович", "Олеговна"),
    ("Петрович", "Петровна"),
    ("Семёнович", "Семёновна"),
];
