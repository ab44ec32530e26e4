//! The two databases, and values to fill them with.

use chrono::{DateTime, Duration, Utc};
use domain::buyout::projection::Projection;
use domain::buyout::start::{BuyoutId, BuyoutStart};
use domain::buyout::state::{Buyout, EventKind, ProcessEvent};
use domain::calendar::WorkingCalendar;
use domain::car::{CarClaim, Client, Deal, Visit};
use domain::dispatch::Assignment;
use domain::inspection::InspectionTemplate;
use domain::money::Money;
use domain::phone::Phone;
use domain::plate::Plate;
use domain::policy::{BuyoutPolicy, CrmStages, Deadlines, LegalEntity, Limits, Site};
use domain::staff::{PersonId, PersonRef, Role, StaffMember};
use domain::task::{HumanTask, TaskId, TaskKind, TaskState};
use domain::vin::CarIdentifier;
use tempfile::TempDir;

use crate::testing::postgres;
use crate::{Store, StoreConfig};

pub(super) const PORTAL: &str = "portal";

/// A migrated, empty database.
pub(super) struct Base {
    pub(super) store: Store,
    pub(super) url: String,
    _dir: Option<TempDir>,
}

impl Base {
    /// What another process would have: its own pool, its own queue of writers.
    pub(super) async fn another(&self) -> Store {
        open(&self.url).await
    }

    async fn new(url: String, dir: Option<TempDir>) -> Self {
        let store = open(&url).await;
        store.migrate().await.expect("a schema");
        Self {
            store,
            url,
            _dir: dir,
        }
    }
}

pub(super) async fn open(url: &str) -> Store {
    let config = StoreConfig {
        url: url.to_owned(),
        max_connections: 4,
    };
    Store::connect(&config).await.expect("a database")
}

pub(super) fn sqlite_url(dir: &TempDir) -> String {
    format!("sqlite://{}?mode=rwc", dir.path().join("kite.db").display())
}

pub(super) async fn on_both(scenario: impl AsyncFn(&Base)) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let url = sqlite_url(&dir);
    for (url, dir) in [(url, Some(dir)), (postgres().database().await, None)] {
        // Shown when the test fails.
        eprintln!("on {url}");
        let base = Base::new(url, dir).await;
        scenario(&base).await;
        base.store.close().await.expect("the pool ends");
    }
}

/// Seconds after a fixed instant.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-23T07:00:00.123456Z".parse().expect("an instant");
    start + Duration::seconds(seconds)
}

pub(super) fn person(id: &str) -> PersonRef {
    PersonRef {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
    }
}

pub(super) fn run(deal_id: u64) -> BuyoutId {
    BuyoutId::new(PORTAL, deal_id)
}

/// A run whose deal is read, without tasks, started `deal_id` seconds after the fixed instant.
pub(super) fn buyout(deal_id: u64) -> Buyout {
    let start = BuyoutStart {
        portal: PORTAL.to_owned(),
        deal_id,
        robot: None,
        started_by: None,
    };
    let seconds = i64::try_from(deal_id).expect("a small number");
    Buyout {
        version: 1,
        deal: Some(deal(deal_id, "Мурманск")),
        ..Buyout::new(&start, at(seconds))
    }
}

pub(super) fn deal(deal_id: u64, city: &str) -> Deal {
    Deal {
        deal_id,
        title: format!("Выкуп {deal_id}"),
        stage: "C9:NEW".to_owned(),
        car: CarClaim {
            identifier: CarIdentifier::parse(&format!("XTA210990Y{deal_id:07}")).expect("a VIN"),
            plate: Some(Plate::parse(&format!("А{:03}ВС51", deal_id % 999 + 1)).expect("a plate")),
            make: "Chery".to_owned(),
            model: "Tiggo 7 Pro".to_owned(),
            year: 2021,
        },
        client: Client {
            contact_id: 5,
            last_name: "Семёнов".to_owned(),
            first_name: "Пётр".to_owned(),
            middle_name: None,
            birthdate: None,
            phone: Some(Phone::parse("+7 900 000-00-01").expect("a phone")),
            email: None,
        },
        visit: Visit {
            city: city.to_owned(),
            address: "ул. Вымышленная, 1".to_owned(),
            at: None,
            place: None,
        },
        consent: true,
        responsible: Some(16),
    }
}

pub(super) fn given_to(id: &str) -> Option<Assignment> {
    Some(Assignment {
        inspector: person(id),
        by: None,
    })
}

/// An open task that is due `number` minutes after the fixed instant.
pub(super) fn task(run: &BuyoutId, number: u32, kind: TaskKind) -> HumanTask {
    HumanTask {
        id: TaskId::new(run.as_str(), number),
        number,
        kind,
        title: kind.title_ru().to_owned(),
        details: String::new(),
        version: 1,
        state: TaskState::Open,
        role: kind.role(),
        city: Some("Мурманск".to_owned()),
        assignee: None,
        owner: None,
        excluded: Vec::new(),
        created_at: at(0),
        due_at: at(i64::from(number) * 60),
        escalation: kind.escalation(),
        escalated: 0,
        reminders: 0,
        comments: Vec::new(),
        closed_by: None,
        closed_at: None,
        result: None,
        bitrix24_task: None,
        waits_for: None,
        due_unheld: None,
    }
}

pub(super) fn add(buyout: &mut Buyout, task: HumanTask) {
    buyout.tasks.insert(task.id.clone(), task);
}

pub(super) fn event(seq: u64, text: &str) -> ProcessEvent {
    ProcessEvent {
        seq,
        at: at(100),
        kind: EventKind::Stage,
        actor: Some(person("u-1")),
        text: text.to_owned(),
    }
}

pub(super) async fn save(store: &Store, buyout: &Buyout, events: &[ProcessEvent]) {
    let projection = Projection {
        buyout: buyout.clone(),
        events: events.to_vec(),
    };
    store.save_buyout(&projection).await.expect("saved");
}

pub(super) fn member(id: &str, roles: &[Role], cities: &[&str]) -> StaffMember {
    StaffMember {
        person: PersonId::new(id),
        name: format!("Имя {id}"),
        roles: roles.to_vec(),
        cities: cities.iter().map(|city| (*city).to_owned()).collect(),
        email: None,
        bitrix24_user: None,
        treasury_user: None,
        substitute: None,
    }
}

pub(super) fn policy(version: u32, site: &str) -> BuyoutPolicy {
    BuyoutPolicy {
        version,
        calendar: WorkingCalendar::dealer(chrono_tz::Europe::Moscow),
        template: InspectionTemplate {
            code: "standard".to_owned(),
            version: 1,
            title: "Стандартный осмотр".to_owned(),
            required_angles: Vec::new(),
            painted_elements: Vec::new(),
            paint_min_um: 20,
            paint_max_um: 3_000,
            min_identifiers: 2,
        },
        limits: Limits {
            price_without_approval: Money::from_rubles(400_000),
            market_deviation_bp: 1_500,
            sbp_max: Money::from_rubles(500_000),
            check_freshness_secs: 86_400,
            bargain_rounds: 3,
            photo_km: 5,
            paper_rounds: 3,
        },
        deadlines: Deadlines {
            dispatch_secs: 1,
            inspect_secs: 2,
            no_show_secs: 3,
            appraise_secs: 4,
            approve_price_secs: 5,
            offer_call_secs: 6,
            offer_valid_secs: 7,
            offer_last_reminder_secs: 8,
            signing_grace_secs: 9,
            papers_secs: 10,
            verify_secs: 11,
            sign_secs: 12,
            approve_payment_secs: 13,
            confirm_payment_secs: 14,
            ops_secs: 15,
            removal_secs: 16,
            escalation_step_secs: 17,
            source_secs: 18,
            partner_secs: 19,
            poll_secs: 20,
            courtesy_secs: 300,
            question_secs: 2_592_000,
            heartbeat_secs: 20,
        },
        legal_entity: LegalEntity {
            id: "kite-test".to_owned(),
            name: "ООО «Кайт»".to_owned(),
            inn: "5190000010".to_owned(),
            kpp: "519001001".to_owned(),
            ogrn: "1265100000001".to_owned(),
            address: "ул. Вымышленная, 1".to_owned(),
            signatory: "Чайкин Глеб Андреевич".to_owned(),
            signatory_basis: "доверенность № 12".to_owned(),
            account: "40702810000000000010".to_owned(),
            bic: "044525225".to_owned(),
        },
        site: Site {
            id: site.to_owned(),
            city: "Мурманск".to_owned(),
            name: site.to_owned(),
            address: "ул. Вымышленная, 1".to_owned(),
        },
        stages: CrmStages {
            inspection: "C9:1".to_owned(),
            appraisal: "C9:2".to_owned(),
            offer: "C9:3".to_owned(),
            signing: "C9:4".to_owned(),
            payment: "C9:5".to_owned(),
            won: "C9:WON".to_owned(),
            lost: "C9:LOSE".to_owned(),
        },
    }
}
