//! What a fresh installation needs to begin: people, one per role, and a policy.

use anyhow::Context;
use api_gateway::access::Cost;
use domain::calendar::WorkingCalendar;
use domain::inspection::{BodyElement, InspectionTemplate, PhotoAngle};
use domain::money::Money;
use domain::policy::{BuyoutPolicy, CrmStages, Deadlines, LegalEntity, Limits, Site};
use domain::staff::{PersonId, Role, StaffMember};
use store::Store;
use store::staff::StaffRecord;

use crate::portal::{self, Control};

/// City of the demo.
pub const CITY: &str = "Мурманск";
/// Password of every development account.
pub const PASSWORD: &str = "kite-dev";

/// A development account: login, name, role, and the person's id on the simulated portal.
pub struct Account {
    pub login: &'static str,
    pub name: &'static str,
    pub role: Role,
    pub bitrix24_user: u64,
}

pub const ACCOUNTS: [Account; 13] = [
    Account {
        login: "inspector",
        name: "Игорь Ветров",
        role: Role::Inspector,
        bitrix24_user: 11,
    },
    Account {
        login: "inspector2",
        name: "Лев Морозов",
        role: Role::Inspector,
        bitrix24_user: 12,
    },
    Account {
        login: "dispatcher",
        name: "Дарья Зимина",
        role: Role::Dispatcher,
        bitrix24_user: 13,
    },
    Account {
        login: "appraiser",
        name: "Ольга Крылова",
        role: Role::Appraiser,
        bitrix24_user: 14,
    },
    Account {
        login: "senior",
        name: "Семён Дроздов",
        role: Role::SeniorAppraiser,
        bitrix24_user: 15,
    },
    Account {
        login: "manager",
        name: "Мария Лебедева",
        role: Role::BuyoutManager,
        bitrix24_user: 16,
    },
    Account {
        login: "verifier",
        name: "Вера Соколова",
        role: Role::Verifier,
        bitrix24_user: 17,
    },
    Account {
        login: "approver",
        name: "Павел Орлов",
        role: Role::PaymentApprover,
        bitrix24_user: 18,
    },
    Account {
        login: "security",
        name: "Борис Ястребов",
        role: Role::Security,
        bitrix24_user: 19,
    },
    Account {
        login: "head",
        name: "Глеб Чайкин",
        role: Role::BuyoutHead,
        bitrix24_user: 20,
    },
    Account {
        login: "ops",
        name: "Сергей Стрижов",
        role: Role::Ops,
        bitrix24_user: 21,
    },
    Account {
        login: "accountant",
        name: "Анна Синицына",
        role: Role::Accountant,
        bitrix24_user: 22,
    },
    Account {
        login: "admin",
        name: "Антон Коршунов",
        role: Role::Admin,
        bitrix24_user: 1,
    },
];

/// The person's record; `treasury_user` is who they are in the treasury base.
pub fn member(account: &Account, treasury_user: Option<uuid::Uuid>) -> StaffMember {
    StaffMember {
        person: PersonId::new(format!("u-{}", account.login)),
        name: account.name.to_owned(),
        roles: vec![account.role],
        cities: match account.role {
            Role::Inspector | Role::Dispatcher => vec![CITY.to_owned()],
            _ => Vec::new(),
        },
        email: Some(format!("{}@kite.example", account.login)),
        bitrix24_user: Some(account.bitrix24_user),
        treasury_user,
        substitute: None,
    }
}

/// What is stored of [`PASSWORD`].
pub async fn password_hash() -> anyhow::Result<String> {
    api_gateway::access::hash(PASSWORD.to_owned(), Cost::Public)
        .await
        .context("the machine gave no randomness")
}

/// Writes people and policy; what is there already stays.
pub async fn plant(store: &Store, control: &Control, policy: &BuyoutPolicy) -> anyhow::Result<()> {
    let users = control.get("onec_treasury/users").await?;
    // One hash for all: every development account has the same password.
    let password = password_hash().await?;
    for account in &ACCOUNTS {
        let user = portal::treasury_user(&users, account.login);
        let record = StaffRecord {
            member: member(account, user.and_then(|key| key.parse().ok())),
            login: Some(account.login.to_owned()),
            password_hash: Some(password.clone()),
            blocked: false,
        };
        store.upsert_staff(&record).await?;
    }
    match store.policy_for(CITY).await? {
        Some(known) if known.version >= policy.version => Ok(()),
        Some(_) | None => Ok(store.put_policy(None, policy).await?),
    }
}

/// The policy of the demo: real durations of a dealer, see docs/processes/buyout.md.
pub fn policy() -> BuyoutPolicy {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    BuyoutPolicy {
        version: 1,
        calendar: WorkingCalendar::dealer(chrono_tz::Europe::Moscow),
        template: template(),
        limits: Limits {
            price_without_approval: Money::from_rubles(400_000),
            market_deviation_bp: 1_500,
            sbp_max: Money::from_rubles(500_000),
            check_freshness_secs: DAY,
            bargain_rounds: 3,
            paper_rounds: 3,
            photo_km: 5,
        },
        deadlines: Deadlines {
            dispatch_secs: 30 * MINUTE,
            inspect_secs: 4 * HOUR,
            no_show_secs: 30 * MINUTE,
            appraise_secs: 30 * MINUTE,
            approve_price_secs: 20 * MINUTE,
            offer_call_secs: 15 * MINUTE,
            offer_valid_secs: 3 * DAY,
            offer_last_reminder_secs: 4 * HOUR,
            signing_grace_secs: HOUR,
            papers_secs: 4 * HOUR,
            verify_secs: 20 * MINUTE,
            sign_secs: 4 * HOUR,
            approve_payment_secs: HOUR,
            confirm_payment_secs: 15 * MINUTE,
            ops_secs: HOUR,
            removal_secs: 14 * DAY,
            escalation_step_secs: 15 * MINUTE,
            source_secs: 10 * MINUTE,
            partner_secs: HOUR,
            poll_secs: 2,
            courtesy_secs: 5 * MINUTE,
            question_secs: 30 * DAY,
            heartbeat_secs: 20,
        },
        legal_entity: LegalEntity {
            id: "kite-murmansk".to_owned(),
            name: "ООО «Кайт Мурманск»".to_owned(),
            inn: "5190000010".to_owned(),
            kpp: "519001001".to_owned(),
            ogrn: "1265100000001".to_owned(),
            address: "183000, г. Мурманск, пр. Вымышленный, д. 10".to_owned(),
            signatory: "Чайкин Глеб Андреевич".to_owned(),
            signatory_basis: "доверенность № 12 от 01.02.2026".to_owned(),
            account: "40702810000000000010".to_owned(),
            bic: "044525225".to_owned(),
        },
        site: Site {
            id: "murmansk".to_owned(),
            city: CITY.to_owned(),
            name: "Мурманск, пр. Вымышленный".to_owned(),
            address: "183000, г. Мурманск, пр. Вымышленный, д. 10".to_owned(),
        },
        stages: CrmStages {
            inspection: "C9:INSPECTION".to_owned(),
            appraisal: "C9:APPRAISAL".to_owned(),
            offer: "C9:OFFER".to_owned(),
            signing: "C9:SIGNING".to_owned(),
            payment: "C9:PAYMENT".to_owned(),
            won: "C9:WON".to_owned(),
            lost: "C9:LOSE".to_owned(),
        },
    }
}

fn template() -> InspectionTemplate {
    InspectionTemplate {
        code: "standard".to_owned(),
        version: 1,
        title: "Стандартный осмотр".to_owned(),
        required_angles: vec![
            PhotoAngle::FrontLeft,
            PhotoAngle::FrontRight,
            PhotoAngle::RearLeft,
            PhotoAngle::RearRight,
            PhotoAngle::VinPlate,
            PhotoAngle::Odometer,
        ],
        painted_elements: vec![
            BodyElement::Hood,
            BodyElement::Roof,
            BodyElement::Trunk,
            BodyElement::FrontLeftDoor,
            BodyElement::FrontRightDoor,
            BodyElement::RearLeftDoor,
            BodyElement::RearRightDoor,
        ],
        paint_min_um: 20,
        paint_max_um: 3_000,
        min_identifiers: 2,
    }
}
