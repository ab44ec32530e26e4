//! People of the dealer group and what they may do.

mod member;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumIter, EnumString};

pub use self::member::{Member, MemberDraft, REASON_MAX_CHARS, check_reason, may_change};

/// Stable identity of a person, independent of roles: the subject of the access token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub String);

impl PersonId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A role gives rights; separation of duties is by person, see [`crate::task::Duties`].
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    EnumIter,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Осмотрщик
    Inspector,
    /// Диспетчер осмотров
    Dispatcher,
    /// Оценщик
    Appraiser,
    /// Старший оценщик: second approval of prices
    SeniorAppraiser,
    /// Менеджер отдела выкупа: talks to the client
    BuyoutManager,
    /// Верификатор документов и платежей
    Verifier,
    /// Согласующий платежи (казначейство)
    PaymentApprover,
    /// Бухгалтерия
    Accountant,
    /// Служба безопасности
    Security,
    /// Руководитель выкупа
    BuyoutHead,
    /// Сопровождение (ops)
    Ops,
    /// Администратор
    Admin,
}

impl Role {
    pub fn title_ru(self) -> &'static str {
        match self {
            Self::Inspector => "осмотрщик",
            Self::Dispatcher => "диспетчер осмотров",
            Self::Appraiser => "оценщик",
            Self::SeniorAppraiser => "старший оценщик",
            Self::BuyoutManager => "менеджер выкупа",
            Self::Verifier => "верификатор",
            Self::PaymentApprover => "согласующий платежи",
            Self::Accountant => "бухгалтерия",
            Self::Security => "служба безопасности",
            Self::BuyoutHead => "руководитель выкупа",
            Self::Ops => "сопровождение",
            Self::Admin => "администратор",
        }
    }
}

/// Who acts, as established by the gateway from the access token. Travels inside updates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub person: PersonId,
    pub name: String,
    pub roles: Vec<Role>,
    /// Cities the person works in; empty means every city.
    #[serde(default)]
    pub cities: Vec<String>,
    /// Absent colleagues for whom this person acts.
    #[serde(default)]
    pub substitutes_for: Vec<PersonId>,
}

impl Actor {
    pub fn has_role(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Acts as `person`, in own name or as a substitute.
    pub fn stands_for(&self, person: &PersonId) -> bool {
        self.person == *person || self.substitutes_for.contains(person)
    }

    pub fn works_in(&self, city: &str) -> bool {
        self.cities.is_empty() || self.cities.iter().any(|c| c == city)
    }
}

/// A member of staff as the directory knows them, with their names in partner systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    pub person: PersonId,
    pub name: String,
    pub roles: Vec<Role>,
    #[serde(default)]
    pub cities: Vec<String>,
    #[serde(default)]
    pub email: Option<String>,
    /// Employee id on the Bitrix24 portal.
    #[serde(default)]
    pub bitrix24_user: Option<u64>,
    /// Ref_Key of the user in the treasury base.
    #[serde(default)]
    pub treasury_user: Option<uuid::Uuid>,
    /// Substitute while absent; `Some` means absent now.
    #[serde(default)]
    pub substitute: Option<PersonId>,
}

/// A named person without rights: who did something, who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    pub person: PersonId,
    pub name: String,
}

impl From<&Actor> for PersonRef {
    fn from(actor: &Actor) -> Self {
        Self {
            person: actor.person.clone(),
            name: actor.name.clone(),
        }
    }
}

impl From<&StaffMember> for PersonRef {
    fn from(member: &StaffMember) -> Self {
        Self {
            person: member.person.clone(),
            name: member.name.clone(),
        }
    }
}
