//! What a policy must hold before anything runs by it. Field paths are those of the API.

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::{BuyoutPolicy, CrmStages, Deadlines, LegalEntity, Limits, Site};
use crate::calendar::WorkingCalendar;
use crate::money::Money;
use crate::refusal::FieldViolation;

/// The partner pays no more by SBP in one payout.
const SBP_MAX: Money = Money::from_rubles(500_000);
const YEAR_SECS: u64 = 366 * 86_400;
const ROUNDS_MAX: u32 = 20;
const PHOTO_KM_MAX: u32 = 1_000;
const TEXT_MAX_CHARS: usize = 500;
const END_OF_DAY: u32 = 24 * 60;
/// Shorter, and a worker that is only busy is given up; longer, and nobody waits for a dead one.
const HEARTBEAT_SECS: std::ops::RangeInclusive<u64> = 3..=120;

/// Everything that is wrong; empty when processes may run by it. Check digits are not looked at:
/// whoever writes a policy copies the numbers from the company's own papers, and the bank checks them.
pub fn check(policy: &BuyoutPolicy) -> Vec<FieldViolation> {
    let BuyoutPolicy {
        version: _,
        calendar: _,
        template: _,
        limits,
        deadlines,
        legal_entity,
        site,
        stages,
    } = policy;
    let mut wrong = Wrong::default();
    wrong.limits(limits);
    wrong.deadlines(deadlines);
    wrong.legal_entity(legal_entity);
    wrong.site(site);
    wrong.stages(stages);
    wrong.0
}

/// The calendar with another zone and other hours, as a form gives them; `ends` of 1440 is the end of
/// the day.
pub fn working_day(
    calendar: &WorkingCalendar,
    zone: &str,
    starts: u32,
    ends: u32,
) -> Result<WorkingCalendar, Vec<FieldViolation>> {
    let mut wrong = Wrong::default();
    let tz: Option<Tz> = zone.parse().ok();
    if tz.is_none() {
        wrong.fail(
            "time_zone",
            format!("Нет часового пояса «{zone}». Пример: Europe/Moscow."),
        );
    }
    let time = |minutes: u32| NaiveTime::from_hms_opt(minutes / 60 % 24, minutes % 60, 0);
    if starts >= END_OF_DAY {
        wrong.fail("day_starts_min", "День начинается между 00:00 и 23:59.");
    }
    if ends == 0 || ends > END_OF_DAY || ends <= starts {
        wrong.fail(
            "day_ends_min",
            "День кончается позже, чем начинается, не позже 24:00.",
        );
    }
    match (tz, time(starts), time(ends)) {
        (Some(tz), Some(opens), Some(closes)) if wrong.0.is_empty() => calendar
            .clone()
            .with_hours(tz, opens, closes)
            .map_err(|error| {
                vec![FieldViolation::new(
                    "policy.day_ends_min",
                    error.to_string(),
                )]
            }),
        _ => Err(wrong.0),
    }
}

#[derive(Default)]
struct Wrong(Vec<FieldViolation>);

impl Wrong {
    fn fail(&mut self, field: &str, sentence: impl Into<String>) {
        self.0
            .push(FieldViolation::new(&format!("policy.{field}"), sentence));
    }

    fn require(&mut self, holds: bool, field: &str, sentence: &str) {
        if !holds {
            self.fail(field, sentence);
        }
    }

    fn limits(&mut self, limits: &Limits) {
        let Limits {
            price_without_approval,
            market_deviation_bp,
            sbp_max,
            check_freshness_secs,
            bargain_rounds,
            paper_rounds,
            photo_km,
        } = limits;
        self.require(
            price_without_approval.kopecks() > 0,
            "limits.price_without_approval",
            "Порог второго согласования больше нуля.",
        );
        self.require(
            (1..=10_000).contains(market_deviation_bp),
            "limits.market_deviation_bp",
            "Отклонение от рынка — от 0,01 % до 100 %.",
        );
        self.require(
            sbp_max.kopecks() > 0 && *sbp_max <= SBP_MAX,
            "limits.sbp_max",
            "Предел СБП — больше нуля и не больше 500 000 ₽ (предел партнёра).",
        );
        self.require(
            (1..=YEAR_SECS).contains(check_freshness_secs),
            "limits.check_freshness_secs",
            "Свежесть проверок — больше нуля и не больше года.",
        );
        for (field, rounds) in [
            ("limits.bargain_rounds", bargain_rounds),
            ("limits.paper_rounds", paper_rounds),
        ] {
            self.require(
                (1..=ROUNDS_MAX).contains(rounds),
                field,
                "Число кругов — от 1 до 20.",
            );
        }
        self.require(
            *photo_km <= PHOTO_KM_MAX,
            "limits.photo_km",
            "Удаление фото от адреса осмотра — до 1 000 км; 0 — не проверять.",
        );
    }

    fn deadlines(&mut self, deadlines: &Deadlines) {
        for deadline in deadlines.named() {
            self.require(
                (1..=YEAR_SECS).contains(&deadline.secs),
                &format!("deadlines.{}", deadline.name),
                "Срок — больше нуля и не больше года.",
            );
        }
        self.require(
            HEARTBEAT_SECS.contains(&deadlines.heartbeat_secs),
            "deadlines.heartbeat_secs",
            "Молчание обработчика — от 3 секунд до 2 минут.",
        );
        self.require(
            deadlines.offer_last_reminder_secs < deadlines.offer_valid_secs,
            "deadlines.offer_last_reminder_secs",
            "Последнее напоминание — раньше, чем кончается предложение.",
        );
    }

    fn legal_entity(&mut self, entity: &LegalEntity) {
        let LegalEntity {
            id,
            name,
            inn,
            kpp,
            ogrn,
            address,
            signatory,
            signatory_basis,
            account,
            bic,
        } = entity;
        for (field, text) in [
            ("legal_entity.id", id),
            ("legal_entity.name", name),
            ("legal_entity.address", address),
            ("legal_entity.signatory", signatory),
            ("legal_entity.signatory_basis", signatory_basis),
        ] {
            self.line(field, text);
        }
        // A sole proprietor has 12 digits of INN, 15 of OGRN and no KPP.
        let person = inn.len() == 12;
        self.require(
            digits(inn, &[10, 12]),
            "legal_entity.inn",
            "ИНН — 10 цифр, у предпринимателя 12.",
        );
        self.require(
            digits(kpp, &[9]) || person && kpp.is_empty(),
            "legal_entity.kpp",
            "КПП — 9 цифр; нет только у предпринимателя.",
        );
        self.require(
            digits(ogrn, if person { &[15] } else { &[13] }),
            "legal_entity.ogrn",
            "ОГРН — 13 цифр, ОГРНИП — 15.",
        );
        self.require(
            digits(account, &[20]),
            "legal_entity.account",
            "Расчётный счёт — 20 цифр.",
        );
        self.require(digits(bic, &[9]), "legal_entity.bic", "БИК — 9 цифр.");
    }

    fn site(&mut self, site: &Site) {
        let Site {
            id,
            city,
            name,
            address,
        } = site;
        for (field, text) in [
            ("site.id", id),
            ("site.city", city),
            ("site.name", name),
            ("site.address", address),
        ] {
            self.line(field, text);
        }
    }

    fn stages(&mut self, stages: &CrmStages) {
        let CrmStages {
            inspection,
            appraisal,
            offer,
            signing,
            payment,
            won,
            lost,
        } = stages;
        for (field, text) in [
            ("stages.inspection", inspection),
            ("stages.appraisal", appraisal),
            ("stages.offer", offer),
            ("stages.signing", signing),
            ("stages.payment", payment),
            ("stages.won", won),
            ("stages.lost", lost),
        ] {
            self.line(field, text);
        }
    }

    fn line(&mut self, field: &str, text: &str) {
        self.require(
            !text.trim().is_empty()
                && text.chars().count() <= TEXT_MAX_CHARS
                && !text.chars().any(char::is_control),
            field,
            "Заполните поле: одна строка до 500 знаков.",
        );
    }
}

fn digits(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::WorkingCalendar;
    use crate::inspection::InspectionTemplate;

    fn policy() -> BuyoutPolicy {
        let secs = Deadlines::from_named(&Default::default()).unwrap_err();
        let secs = secs.into_iter().map(|name| (name.to_owned(), 60)).collect();
        let text = || "есть".to_owned();
        let mut deadlines = Deadlines::from_named(&secs).unwrap();
        deadlines.offer_valid_secs = 600;
        BuyoutPolicy {
            version: 1,
            calendar: WorkingCalendar::dealer(chrono_tz::Europe::Moscow),
            template: InspectionTemplate {
                code: text(),
                version: 1,
                title: text(),
                required_angles: Vec::new(),
                painted_elements: Vec::new(),
                paint_min_um: 20,
                paint_max_um: 3_000,
                min_identifiers: 2,
            },
            limits: Limits {
                price_without_approval: Money::from_rubles(400_000),
                market_deviation_bp: 1_500,
                sbp_max: SBP_MAX,
                check_freshness_secs: 86_400,
                bargain_rounds: 3,
                paper_rounds: 3,
                photo_km: 5,
            },
            deadlines,
            legal_entity: LegalEntity {
                id: text(),
                name: text(),
                inn: "5190000010".to_owned(),
                kpp: "519001001".to_owned(),
                ogrn: "1265100000001".to_owned(),
                address: text(),
                signatory: text(),
                signatory_basis: text(),
                account: "40702810000000000010".to_owned(),
                bic: "044525225".to_owned(),
            },
            site: Site {
                id: text(),
                city: text(),
                name: text(),
                address: text(),
            },
            stages: CrmStages {
                inspection: text(),
                appraisal: text(),
                offer: text(),
                signing: text(),
                payment: text(),
                won: text(),
                lost: text(),
            },
        }
    }

    fn fields(policy: &BuyoutPolicy) -> Vec<String> {
        check(policy)
            .into_iter()
            .map(|violation| violation.field)
            .collect()
    }

    #[test]
    fn each_rule_names_its_field() {
        assert_eq!(fields(&policy()), [""; 0]);
        type Break = fn(&mut BuyoutPolicy);
        let cases: [(&str, Break); 13] = [
            ("limits.price_without_approval", |p| {
                p.limits.price_without_approval = Money::from_kopecks(0)
            }),
            ("limits.market_deviation_bp", |p| {
                p.limits.market_deviation_bp = 10_001
            }),
            ("limits.sbp_max", |p| {
                p.limits.sbp_max = Money::from_rubles(500_001)
            }),
            ("limits.check_freshness_secs", |p| {
                p.limits.check_freshness_secs = 0
            }),
            ("limits.bargain_rounds", |p| p.limits.bargain_rounds = 0),
            ("deadlines.verify_secs", |p| p.deadlines.verify_secs = 0),
            ("deadlines.offer_last_reminder_secs", |p| {
                p.deadlines.offer_last_reminder_secs = 600
            }),
            ("deadlines.heartbeat_secs", |p| {
                p.deadlines.heartbeat_secs = 2
            }),
            ("legal_entity.inn", |p| {
                p.legal_entity.inn = "519000001x".to_owned()
            }),
            ("legal_entity.kpp", |p| p.legal_entity.kpp.clear()),
            ("legal_entity.account", |p| {
                p.legal_entity.account = "1".to_owned()
            }),
            ("site.address", |p| p.site.address = " ".to_owned()),
            ("stages.lost", |p| p.stages.lost.clear()),
        ];
        for (field, spoil) in cases {
            let mut spoilt = policy();
            spoil(&mut spoilt);
            assert_eq!(fields(&spoilt), [format!("policy.{field}")]);
        }
        let mut proprietor = policy();
        proprietor.legal_entity.inn = "519000001012".to_owned();
        proprietor.legal_entity.kpp.clear();
        proprietor.legal_entity.ogrn = "326510000000010".to_owned();
        assert_eq!(fields(&proprietor), [""; 0]);
    }

    #[test]
    fn hours_change_and_days_stay() {
        let calendar = WorkingCalendar::dealer(chrono_tz::Europe::Moscow);
        assert_eq!(calendar.minutes(), (9 * 60, 21 * 60));
        let moved = working_day(&calendar, "Asia/Vladivostok", 10 * 60, END_OF_DAY).unwrap();
        assert_eq!(moved.minutes(), (600, END_OF_DAY));
        assert_eq!(moved.tz(), chrono_tz::Asia::Vladivostok);
        let new_year = "2027-01-01".parse().unwrap();
        assert!(!moved.is_workday(new_year), "holidays stay");
        let wrong = |zone, starts, ends| -> Vec<String> {
            working_day(&calendar, zone, starts, ends)
                .unwrap_err()
                .into_iter()
                .map(|violation| violation.field)
                .collect()
        };
        assert_eq!(
            wrong("Mars/Olympus", 1_440, 0),
            [
                "policy.time_zone",
                "policy.day_starts_min",
                "policy.day_ends_min"
            ]
        );
        assert_eq!(wrong("Europe/Moscow", 600, 600), ["policy.day_ends_min"]);
        assert_eq!(wrong("Europe/Moscow", 600, 1_441), ["policy.day_ends_min"]);
    }
}
