//! Saved filters of lists.

use std::str::FromStr;

use strum::{Display, EnumIter, EnumString};

use crate::refusal::FieldViolation;
use crate::staff::{PersonId, PersonRef, Role};

/// The lists that can be filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum ViewList {
    Tasks,
    Buyouts,
}

/// Longest name and query in characters; most views of one person over all lists.
pub const NAME_MAX_CHARS: usize = 60;
pub const QUERY_MAX_CHARS: usize = 2_000;
pub const VIEWS_MAX: u64 = 50;

/// A filter under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub id: String,
    pub list: ViewList,
    pub name: String,
    /// The query part of the list's address, without "?".
    pub query: String,
    /// Whose holders see it beside the owner.
    pub shared_with: Option<Role>,
    pub owner: PersonRef,
}

/// What a person asks to be kept; without an id: a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewDraft {
    pub id: Option<String>,
    pub list: ViewList,
    pub name: String,
    pub query: String,
    pub shared_with: Option<Role>,
}

impl ViewDraft {
    /// Reads what a person typed; `roles` are theirs: a view is shared with one's own colleagues only.
    pub fn read(
        id: &str,
        list: &str,
        name: &str,
        query: &str,
        shared_with: &str,
        roles: &[Role],
    ) -> Result<Self, Vec<FieldViolation>> {
        let mut wrong = Vec::new();
        let mut fail = |field: &str, sentence: String| {
            wrong.push(FieldViolation::new(field, sentence));
        };
        let known = ViewList::from_str(list);
        if known.is_err() {
            fail("view.list", format!("Неизвестный список «{list}»."));
        }
        let name = name.trim();
        let chars = name.chars().count();
        if name.is_empty() {
            fail("view.name", "Назовите фильтр.".to_owned());
        } else if chars > NAME_MAX_CHARS || name.chars().any(char::is_control) {
            fail(
                "view.name",
                format!("Название — одна строка до {NAME_MAX_CHARS} знаков."),
            );
        }
        let chars = query.chars().count();
        if chars > QUERY_MAX_CHARS {
            fail(
                "view.query",
                format!("Фильтр слишком длинный: {chars} знаков при пределе {QUERY_MAX_CHARS}."),
            );
        } else if query.starts_with('?')
            || query
                .chars()
                .any(|c| c == '#' || c.is_control() || c.is_whitespace())
        {
            fail(
                "view.query",
                "Фильтр — часть адреса после «?», без пробелов и «#».".to_owned(),
            );
        }
        let role = match shared_with {
            "" => None,
            role => match role.parse::<Role>() {
                Ok(role) if roles.contains(&role) => Some(role),
                Ok(role) => {
                    let sentence = format!(
                        "Поделиться можно со своей ролью, а роли «{}» у вас нет.",
                        role.title_ru()
                    );
                    fail("view.shared_with", sentence);
                    None
                }
                Err(_) => {
                    fail("view.shared_with", format!("Неизвестная роль «{role}»."));
                    None
                }
            },
        };
        match known {
            Ok(list) if wrong.is_empty() => Ok(Self {
                id: (!id.is_empty()).then(|| id.to_owned()),
                list,
                name: name.to_owned(),
                query: query.to_owned(),
                shared_with: role,
            }),
            Ok(_) | Err(_) => Err(wrong),
        }
    }
}

impl View {
    /// Whether the person sees it in their lists.
    pub fn shows_to(&self, person: &PersonId, roles: &[Role]) -> bool {
        self.owner.person == *person || self.shared_with.is_some_and(|role| roles.contains(&role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str, name: &str, query: &str, role: &str) -> Result<ViewDraft, Vec<String>> {
        ViewDraft::read("", list, name, query, role, &[Role::Appraiser])
            .map_err(|wrong| wrong.into_iter().map(|violation| violation.field).collect())
    }

    #[test]
    fn every_field_at_fault_is_named_at_once() {
        let draft = read(
            "tasks",
            " Мои горящие ",
            "overdue=true&city=%D0%9F",
            "APPRAISER",
        )
        .unwrap();
        assert_eq!(
            (draft.id, draft.list, draft.name.as_str(), draft.shared_with),
            (None, ViewList::Tasks, "Мои горящие", Some(Role::Appraiser))
        );
        assert_eq!(read("buyouts", "x", "", "").unwrap().shared_with, None);
        let fields =
            |list, name: &str, query: &str, role| read(list, name, query, role).unwrap_err();
        assert_eq!(
            fields("cars", "  ", "?a=1", "KING"),
            ["view.list", "view.name", "view.query", "view.shared_with"]
        );
        assert_eq!(fields("tasks", "x", "", "OPS"), ["view.shared_with"]);
        assert_eq!(fields("tasks", &"я".repeat(61), "", ""), ["view.name"]);
        assert_eq!(fields("tasks", "a\nb", "", ""), ["view.name"]);
        assert_eq!(fields("tasks", "x", &"q".repeat(2_001), ""), ["view.query"]);
        assert!(read("tasks", &"я".repeat(60), &"q".repeat(2_000), "").is_ok());
        for query in ["a b", "a#b", "a\u{0}"] {
            assert_eq!(fields("tasks", "x", query, ""), ["view.query"]);
        }
    }
}
