//! Rows of a year's work, as the version before `m0011_speed` wrote them; made by the databases themselves, so that
//! many of them take seconds.

use domain::buyout::state::Buyout;
use domain::task::HumanTask;
use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::MigratorTrait;

use crate::Store;
use crate::migration::Migrator;
use crate::search;

pub const CITIES: [&str; 6] = ["Мурманск", "Псков", "Тула", "Орёл", "Казань", "Пермь"];
/// Bytes of a run's document beside what the test's own run has: as large as those of real runs.
const PADDING: usize = 12_000;

/// How many rows, and what stands in them.
pub struct Size {
    runs: u32,
    /// Of them, a task each.
    active: u32,
    run: Buyout,
    task: HumanTask,
}

impl Size {
    /// Every run and task has the document of these.
    pub fn of(runs: u32, run: Buyout, task: HumanTask) -> Self {
        Self {
            runs,
            active: runs / 5,
            run,
            task,
        }
    }
}

/// A database of the former schema with rows in it; [`Store::migrate`] brings it to this version.
///
/// # Panics
/// When the database refuses.
pub async fn filled(store: &Store, size: &Size) {
    let before = Migrator::migrations()
        .iter()
        .position(|step| step.name() == "m0011_speed")
        .expect("the step");
    let steps = u32::try_from(before).expect("a small number");
    Migrator::up(&store.db, Some(steps))
        .await
        .expect("the former schema");
    let write = store.write().await.expect("a transaction");
    for statement in statements(store.db.get_database_backend(), size) {
        write
            .tx
            .execute_unprepared(&statement)
            .await
            .unwrap_or_else(|error| {
                panic!(
                    "{error}: {}",
                    statement.chars().take(2_000).collect::<String>()
                )
            });
    }
    write.commit().await.expect("committed");
}

/// PostgreSQL learns of the rows by itself within minutes; SQLite knows nothing of them.
///
/// # Panics
/// When the database refuses.
pub async fn analyzed(store: &Store) {
    if store.db.get_database_backend() == DbBackend::Postgres {
        let done = store.db.execute_unprepared("VACUUM ANALYZE").await;
        done.expect("statistics");
    }
}

/// An instant so many seconds before now, as the database holds it.
fn ago(backend: DbBackend, secs: &str) -> String {
    match backend {
        DbBackend::Postgres => {
            format!("(date_trunc('second', now()) - ({secs}) * interval '1 second')")
        }
        _ => format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', (0 - ({secs})) || ' seconds')"),
    }
}

fn choose(number: &str, texts: &[&str]) -> String {
    let cases: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| format!("WHEN {at} THEN '{text}'"))
        .collect();
    format!("CASE ({number}) % {} {} END", texts.len(), cases.join(" "))
}

fn series(to: u32) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to})")
}

fn statements(backend: DbBackend, size: &Size) -> Vec<String> {
    let Size {
        runs,
        active,
        run,
        task: _,
    } = size;
    let year = 366 * 86_400;
    // The last ones are those that still go on.
    let started = ago(backend, &format!("({runs} - i) * ({year} / {runs}) + 60"));
    let city = choose("i", &CITIES);
    let going = format!("i > {runs} - {active}");
    let stage = format!(
        "CASE WHEN {going} THEN {} ELSE {} END",
        choose(
            "i",
            &[
                "INSPECTION",
                "APPRAISAL",
                "OFFER",
                "DOCUMENTS",
                "SIGNING",
                "PAYMENT_APPROVAL",
                "CHECKING"
            ]
        ),
        choose(
            "i",
            &[
                "DONE",
                "DECLINED_BY_CLIENT",
                "DONE",
                "REFUSED_LEGAL",
                "CANCELLED",
                "DONE"
            ]
        ),
    );
    let due = format!(
        "CASE WHEN {going} THEN {} ELSE {} END",
        ago(backend, "(i * 7919) % 200000 - 150000"),
        match backend {
            DbBackend::Postgres => "timestamptz '9999-12-31 00:00:00+00'",
            _ => "'9999-12-31T00:00:00+00:00'",
        }
    );
    let document = serde_json::to_string(run)
        .expect("a document")
        .replace('\'', "''");
    let json = match backend {
        DbBackend::Postgres => "::json",
        _ => "",
    };
    let padding = "x".repeat(PADDING);
    let document = format!("'{{\"padding\":\"{padding}\",' || '{}'", &document[1..]);
    let mut all = vec![format!(
        "INSERT INTO buyout (id, version, portal, deal_id, stage, active, city, site, car, identifier, plate, \
         inspector, inspector_name, waiting_for, due_at, price, started_at, stage_since, data, time_zone, trouble)
         {series} SELECT 'buyout:portal:' || i, 9, 'portal', i, {stage}, {going}, {city}, 'Площадка',
         'Chery Tiggo 7 Pro, 2021', 'XTA210990Y' || (1000000 + i), 'А001ВС51', 'u-' || (i % 100), 'Имя', 'ждём',
         {due}, 50000000 + i, {started}, {started}, ({document}){json}, 'Europe/Moscow',
         CASE WHEN i % 12 = 0 THEN 'Автотека не отвечает' END FROM n",
        series = series(*runs),
    )];
    all.push(search_statement(*runs));
    all.extend(task_statements(
        backend, size, &started, &city, &going, json,
    ));
    all.extend(visit_statements(backend, size));
    all
}

/// What each run is looked up by, as the process writes it.
fn search_statement(runs: u32) -> String {
    // Put in place of these is what differs between runs.
    let (deal, number) = ("777777777", "9999999");
    let vin = format!("XTA210990Y{number}");
    let open = search::words([deal, &vin, "А001ВС51", "Chery Tiggo 7 Pro, 2021"]);
    let client = search::words(["Семёнов Пётр", "79000000012"]);
    format!(
        "INSERT INTO buyout_search (run, words, client_words)
         {series} SELECT 'buyout:portal:' || i,
         REPLACE(REPLACE('{open}', '{deal}', CAST(i AS TEXT)), '{number}', CAST(1000000 + i AS TEXT)),
         '{client}' FROM n",
        series = series(runs),
    )
}

/// Three tasks a run: the third one of those that go on is open.
fn task_statements(
    backend: DbBackend,
    size: &Size,
    started: &str,
    city: &str,
    going: &str,
    json: &str,
) -> Vec<String> {
    let open = format!("k = 3 AND {going}");
    let kind = choose(
        "i + k",
        &[
            "APPRAISE",
            "OFFER_TO_CLIENT",
            "VERIFY_PAPERS",
            "COLLECT_PAPERS",
            "INSPECT",
        ],
    );
    let role = choose(
        "i + k",
        &[
            "APPRAISER",
            "BUYOUT_MANAGER",
            "VERIFIER",
            "BUYOUT_MANAGER",
            "INSPECTOR",
        ],
    );
    let one = serde_json::to_string(&size.task)
        .expect("a task")
        .replace('\'', "''");
    let due = ago(backend, "(i * 10007 + k * 31) % 300000 - 150000");
    let closed = ago(backend, &format!("({} - i) * 3 + k", size.runs));
    let each = format!(
        "{}, k(k) AS (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3)",
        series(size.runs)
    );
    vec![
        format!(
            "INSERT INTO task (id, run, run_started_at, version, kind, state, city, assignee, owner, due_at, data, \
             closed_at, escalated)
             {each} SELECT 'buyout:portal:' || i || '/' || k, 'buyout:portal:' || i, {started}, 3, {kind},
             CASE WHEN {open} THEN CASE i % 2 WHEN 0 THEN 'OPEN' ELSE 'CLAIMED' END ELSE 'DONE' END, {city},
             CASE WHEN {kind} = 'INSPECT' THEN 'u-' || (i % 100) END,
             CASE WHEN {open} AND i % 2 = 0 THEN NULL ELSE 'u-' || ((i * 13 + k) % 100) END,
             {due}, '{one}'{json}, CASE WHEN {open} THEN NULL ELSE {closed} END,
             CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END FROM n, k"
        ),
        format!(
            "INSERT INTO task_role (task, role, escalated)
             {each} SELECT 'buyout:portal:' || i || '/' || k, {role}, FALSE FROM n, k"
        ),
        format!(
            "INSERT INTO task_role (task, role, escalated)
             {each} SELECT 'buyout:portal:' || i || '/' || k, 'BUYOUT_HEAD', TRUE FROM n, k WHERE i % 10 = 0"
        ),
        format!(
            "INSERT INTO task_excluded (task, person)
             {each} SELECT 'buyout:portal:' || i || '/' || k, 'u-' || ((i + k) % 100) FROM n, k"
        ),
    ]
}

/// The stages of runs that ended, and why those did that bought nothing.
fn visit_statements(backend: DbBackend, size: &Size) -> Vec<String> {
    let ended = size.runs - size.active;
    let stages = [
        "NEW",
        "DISPATCHING",
        "INSPECTION",
        "CHECKING",
        "APPRAISAL",
        "OFFER",
        "DOCUMENTS",
        "SIGNING",
    ];
    let steps: Vec<String> = stages
        .iter()
        .enumerate()
        .map(|(at, stage)| format!("SELECT {at}, '{stage}'"))
        .collect();
    let steps = steps.join(" UNION ALL ");
    let entered = match backend {
        DbBackend::Postgres => "b.started_at + k.k * interval '600 seconds'".to_owned(),
        _ => "strftime('%Y-%m-%dT%H:%M:%S+00:00', b.started_at, '+' || (k.k * 600) || ' seconds')"
            .to_owned(),
    };
    vec![
        format!(
            "INSERT INTO stage_visit (run, run_started_at, entered_at, stage, version, left_at, stayed_secs, \
             since_start_secs)
             WITH k(k, stage) AS ({steps})
             SELECT b.id, b.started_at, {entered}, k.stage, k.k, {entered},
             (b.deal_id * 7919 + k.k * 613) % 86400, k.k * 600
             FROM buyout b, k WHERE b.deal_id <= {ended}"
        ),
        format!(
            "INSERT INTO stage_visit (run, run_started_at, entered_at, stage, version, left_at, stayed_secs, \
             since_start_secs)
             SELECT b.id, b.started_at, {}, b.stage, 9, NULL, NULL, (b.deal_id * 7919) % 900000
             FROM buyout b WHERE b.deal_id <= {ended}",
            entered.replace("k.k", "9")
        ),
        format!(
            "INSERT INTO refusal (run, run_started_at, number, stage, reason)
             SELECT b.id, b.started_at, 1, b.stage, 'Причина ' || (b.deal_id % 500)
             FROM buyout b WHERE b.stage IN ('DECLINED_BY_CLIENT', 'REFUSED_LEGAL', 'CANCELLED')"
        ),
    ]
}
