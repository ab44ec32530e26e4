//! Members of staff as administrators write them, and what an administrator may not do.

use super::{PersonId, PersonRef, Role, StaffMember};
use crate::refusal::{FieldViolation, Refusal, RefusalCode};

/// Longest name, id, login, city and address of mail, characters.
const TEXT_MAX_CHARS: usize = 200;
const CITIES_MAX: usize = 200;
/// Longest reason of a block, characters.
pub const REASON_MAX_CHARS: usize = 500;

/// A member with how they log in and whether they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub staff: StaffMember,
    /// Unique whatever its case.
    pub login: Option<String>,
    pub blocked: bool,
    /// Grows with each change by an administrator.
    pub version: u32,
    /// Who stands in while the person is absent.
    pub substitute: Option<PersonRef>,
}

/// What an administrator writes. Password, absence and block are none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDraft {
    pub person: PersonId,
    pub name: String,
    pub login: Option<String>,
    pub roles: Vec<Role>,
    /// Empty: every city.
    pub cities: Vec<String>,
    pub email: Option<String>,
    pub bitrix24_user: Option<u64>,
    pub treasury_user: Option<uuid::Uuid>,
}

impl MemberDraft {
    /// Trims, sorts out repeats, and says what is wrong, field by field.
    pub fn tidy(mut self) -> Result<Self, Vec<FieldViolation>> {
        let mut wrong = Vec::new();
        let mut fail =
            |field: &str, sentence: &str| wrong.push(FieldViolation::new(field, sentence));
        self.name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        self.login = self
            .login
            .map(|login| login.trim().to_lowercase())
            .filter(|login| !login.is_empty());
        self.email = self
            .email
            .map(|email| email.trim().to_owned())
            .filter(|email| !email.is_empty());
        self.roles.sort();
        self.roles.dedup();
        self.cities = self
            .cities
            .iter()
            .map(|city| city.trim().to_owned())
            .collect();
        self.cities.sort();
        self.cities.dedup();
        if !is_word(&self.person.0) {
            fail(
                "member.person.id",
                "Нужен идентификатор без пробелов: логин или имя у провайдера входа.",
            );
        }
        if self.name.is_empty() || !is_line(&self.name) {
            fail("member.person.name", "Укажите имя и фамилию одной строкой.");
        }
        if self.login.as_deref().is_some_and(|login| !is_word(login)) {
            fail("member.login", "Логин — одно слово без пробелов.");
        }
        if self.roles.is_empty() {
            fail("member.roles", "Выберите хотя бы одну роль.");
        }
        if self.cities.len() > CITIES_MAX
            || self
                .cities
                .iter()
                .any(|city| city.is_empty() || !is_line(city))
        {
            fail("member.cities", "Название города — непустая строка.");
        }
        if self.email.as_deref().is_some_and(|email| !is_email(email)) {
            fail("member.email", "Это не адрес почты.");
        }
        if self
            .bitrix24_user
            .is_some_and(|user| i64::try_from(user).is_err())
        {
            fail(
                "member.bitrix24_user",
                "Такого номера сотрудника Битрикс24 не бывает.",
            );
        }
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= TEXT_MAX_CHARS && !text.chars().any(char::is_control)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && is_line(text) && !text.contains(char::is_whitespace) && !text.contains('/')
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    is_word(text)
        && parts.is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.contains('@') && !host.ends_with('.')
        })
}

/// Whether the change leaves an administrator who can undo it. `by` acts; `others` is how many
/// administrators there are beside the person who is changed; `stays` says whether that person is one
/// afterwards, blocked people being none.
pub fn may_change(by: &PersonId, before: &Member, stays: bool, others: u64) -> Result<(), Refusal> {
    let was = !before.blocked && before.staff.roles.contains(&Role::Admin);
    if !was || stays {
        return Ok(());
    }
    if before.staff.person == *by {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Нельзя заблокировать себя или снять с себя роль администратора. Попросите другого администратора.",
        ));
    }
    if others == 0 {
        return Err(Refusal::new(
            RefusalCode::WrongState,
            "Это последний администратор. Сначала назначьте другого.",
        ));
    }
    Ok(())
}

/// The reason of a block goes to the audit trail, so there must be one.
pub fn check_reason(reason: &str) -> Result<(), Refusal> {
    let chars = reason.trim().chars().count();
    if chars == 0 {
        return Err(Refusal::invalid(vec![FieldViolation::new(
            "reason",
            "Напишите, почему блокируете.",
        )]));
    }
    if chars > REASON_MAX_CHARS {
        return Err(Refusal::invalid(vec![FieldViolation::new(
            "reason",
            format!("Причина длиннее {REASON_MAX_CHARS} знаков."),
        )]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> MemberDraft {
        MemberDraft {
            person: PersonId::new("u-new"),
            name: "  Нина   Чайкина ".to_owned(),
            login: Some(" Nina ".to_owned()),
            roles: vec![Role::Ops, Role::Admin, Role::Ops],
            cities: vec![
                "Псков ".to_owned(),
                "Мурманск".to_owned(),
                "Псков".to_owned(),
            ],
            email: Some(String::new()),
            bitrix24_user: None,
            treasury_user: None,
        }
    }

    #[test]
    fn a_draft_is_tidied() {
        let tidy = draft().tidy().unwrap();
        assert_eq!(tidy.name, "Нина Чайкина");
        assert_eq!(tidy.login.as_deref(), Some("nina"));
        assert_eq!(tidy.roles, [Role::Ops, Role::Admin]);
        assert_eq!(tidy.cities, ["Мурманск", "Псков"]);
        assert_eq!(tidy.email, None);
    }

    #[test]
    fn every_field_at_fault_is_named_at_once() {
        let wrong = MemberDraft {
            person: PersonId::new("u new"),
            name: " ".to_owned(),
            login: Some("a b".to_owned()),
            roles: Vec::new(),
            cities: vec![" ".to_owned()],
            email: Some("nina@".to_owned()),
            bitrix24_user: Some(u64::MAX),
            treasury_user: None,
        };
        let fields: Vec<String> = wrong
            .tidy()
            .unwrap_err()
            .into_iter()
            .map(|v| v.field)
            .collect();
        assert_eq!(
            fields,
            [
                "member.person.id",
                "member.person.name",
                "member.login",
                "member.roles",
                "member.cities",
                "member.email",
                "member.bitrix24_user"
            ]
        );
        for email in ["a@b.ru", "a.b@c.d.example"] {
            assert!(is_email(email), "{email}");
        }
        for email in ["a", "@b.ru", "a@b", "a@b@c.ru", "a b@c.ru", "a@b."] {
            assert!(!is_email(email), "{email}");
        }
    }

    #[test]
    fn an_administrator_always_stays() {
        let admin = Member {
            staff: StaffMember {
                person: PersonId::new("u-1"),
                name: "Антон".to_owned(),
                roles: vec![Role::Admin],
                cities: Vec::new(),
                email: None,
                bitrix24_user: None,
                treasury_user: None,
                substitute: None,
            },
            login: None,
            blocked: false,
            version: 1,
            substitute: None,
        };
        let [own, other] = ["u-1", "u-2"].map(PersonId::new);
        assert!(may_change(&own, &admin, true, 0).is_ok(), "another name");
        assert!(may_change(&other, &admin, false, 1).is_ok());
        for (by, others) in [(&own, 5), (&other, 0)] {
            let refusal = may_change(by, &admin, false, others).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::WrongState, "{refusal}");
        }
        let blocked = Member {
            blocked: true,
            ..admin
        };
        assert!(
            may_change(&own, &blocked, false, 0).is_ok(),
            "was none before"
        );
    }
}
