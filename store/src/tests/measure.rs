//! Ad hoc.
use std::time::Instant;

use domain::appraisal::{Appraisal, Category, SalesChannel, SetAppraisal};
use domain::money::Money;
use domain::task::TaskKind;
use sea_orm::ConnectionTrait;

use super::support::{add, at, buyout, on_both, person, run, save, task};
use crate::{BuyoutFilter, BuyoutOrder, BuyoutSort, Page, TaskFilter, TaskOrder};

const RUNS: u64 = 100_000;

#[tokio::test]
async fn measure() {
    on_both(async |base| {
        let store = &base.store;
        let lite = base.url.starts_with("sqlite");
        let mut one = buyout(1);
        one.appraisal = Some(SetAppraisal {
            appraisal: Appraisal {
                channel: SalesChannel::Retail,
                forecast_price: Money::from_rubles(1),
                buyout_price: Money::from_rubles(1),
                stop_price: Money::from_rubles(1),
                repairs: vec![],
                forecasts: vec![],
                comment: "я".repeat(3000),
            },
            appraiser: person("u"),
            at: at(1),
            category: Category::A,
            category_rule: String::new(),
        });
        add(&mut one, task(&run(1), 1, TaskKind::Appraise));
        save(store, &one, &[]).await;
        let t = Instant::now();
        let (series, stamp) = if lite {
            (
                format!("(WITH RECURSIVE s(n) AS (SELECT 2 UNION ALL SELECT n+1 FROM s WHERE n < {RUNS}) SELECT n FROM s)"),
                "strftime('%Y-%m-%dT%H:%M:%S+00:00', '2025-01-01', '+' || ((n * K) % 31000000) || ' seconds')",
            )
        } else {
            (format!("(SELECT n FROM generate_series(2, {RUNS}) n)"),
             "(timestamptz '2025-01-01' + ((n::bigint * K) % 31000000) * interval '1 second')")
        };
        let s = |k: &str| stamp.replace('K', k);
        let cast = |e: &str| if lite { format!("CAST({e} AS TEXT)") } else { format!("({e})::text") };
        let (due, started, since) = (s("7919"), s("311"), s("1237"));
        let id = format!("'buyout:portal:' || {}", cast("n"));
        let active = if lite { "n % 5 = 0" } else { "n % 5 = 0" };
        let city = format!("'Город ' || {}", cast("n % 20"));
        let hash = cast("n % 50000");
        let vin = cast("n + 1000000");
        store.db.execute_unprepared(&format!(
            "INSERT INTO buyout (id, version, portal, deal_id, stage, active, city, site, car, identifier, plate, inspector, waiting_for, outcome, due_at, price, started_at, stage_since, ended_at, data, inspector_name, time_zone, trouble, make, model, mileage_km, appraised_at, appraised_price, forecast_price, recipient_hash, phone_hash, account_hash) \
             SELECT {id}, 1, 'portal', n, CASE WHEN n % 5 = 0 THEN CASE n % 3 WHEN 0 THEN 'OFFER' WHEN 1 THEN 'APPRAISAL' ELSE 'INSPECTION' END ELSE 'DONE' END, {active}, {city}, b.site, b.car, 'XTA210990Y' || {vin}, b.plate, b.inspector, b.waiting_for, b.outcome, {due}, 1, {started}, {since}, NULL, b.data, NULL, 'Europe/Moscow', CASE WHEN n % 1000 = 0 THEN 'т' END, b.make, b.model, 1, {started}, 1, 1, {hash}, {hash}, {hash} FROM {series} x, buyout b WHERE b.id = 'buyout:portal:1'")).await.unwrap();
        store.db.execute_unprepared(&format!(
            "INSERT INTO buyout_search (run, words, client_words) SELECT {id}, {n} || ' хта210990у' || {vin} || ' а006вс51 снеrу тiggо 7 рrо, 2021', 'семенов петр ильич 7900' || {vin} FROM {series} x", n = cast("n"))).await.unwrap();
        store.db.execute_unprepared(&format!(
            "INSERT INTO task (id, run, run_started_at, version, kind, state, city, assignee, owner, due_at, bitrix24_task, data, closed_at, escalated) \
             SELECT {id} || '/' || k.k, {id}, {started}, 1, 'APPRAISE', CASE WHEN n % 5 = 0 AND k.k = '1' THEN 'OPEN' ELSE 'DONE' END, {city}, NULL, NULL, {due}, NULL, t.data, CASE WHEN n % 5 = 0 AND k.k = '1' THEN NULL ELSE {since} END, 0 \
             FROM {series} x, task t, (SELECT '1' AS k UNION ALL SELECT '2' UNION ALL SELECT '3') k WHERE t.id = 'buyout:portal:1/1'")).await.unwrap();
        store.db.execute_unprepared("INSERT INTO task_role (task, role, escalated) SELECT id, 'APPRAISER', FALSE FROM task WHERE id <> 'buyout:portal:1/1'").await.unwrap();
        if !lite { store.db.execute_unprepared("ANALYZE").await.unwrap(); }
        eprintln!("filled in {:?}", t.elapsed());
        let none = BuyoutFilter::default;
        let cities = |n: usize| (0..n).map(|n| format!("Город {n}")).collect::<Vec<_>>();
        let filters: Vec<(&str, BuyoutFilter)> = vec![
            ("all", none()),
            ("active", BuyoutFilter { active: Some(true), ..none() }),
            ("ended", BuyoutFilter { active: Some(false), ..none() }),
            ("city active", BuyoutFilter { active: Some(true), cities: cities(1), ..none() }),
            ("stage done", BuyoutFilter { stages: vec![domain::buyout::stage::Stage::Done], ..none() }),
            ("stage offer city", BuyoutFilter { stages: vec![domain::buyout::stage::Stage::Offer], cities: cities(1), ..none() }),
            ("overdue", BuyoutFilter { overdue: true, ..none() }),
            ("troubled", BuyoutFilter { troubled: true, ..none() }),
            ("text vin", BuyoutFilter { text: Some("1050000".into()), ..none() }),
            ("text phone", BuyoutFilter { text: Some("+7 900 105-00-00".into()), clients: true, ..none() }),
            ("text common", BuyoutFilter { text: Some("chery".into()), clients: true, ..none() }),
        ];
        for (name, filter) in &filters {
            for order in [BuyoutOrder::Started, BuyoutOrder::Deadline, BuyoutOrder::StageSince] {
                for ascending in [false, true] {
                    let sort = BuyoutSort { order, ascending };
                    let mut page = Page::new(50, String::new());
                    let mut times = vec![];
                    let mut total = 0;
                    for _ in 0..6 {
                        let t = Instant::now();
                        let found = store.list_buyouts(filter, sort, &page).await.unwrap();
                        times.push(t.elapsed().as_secs_f64() * 1000.0);
                        total = found.total;
                        page.cursor = found.next_cursor;
                    }
                    times.sort_by(f64::total_cmp);
                    eprintln!("{name:18} {order:?} asc={ascending} total={total} median {:.1} ms max {:.1} ms", times[3], times[5]);
                }
            }
            let t = Instant::now();
            store.count_buyouts(filter).await.unwrap();
            eprintln!("{name:18} counts {:?}", t.elapsed());
        }
        for (name, filter, order) in [
            ("open appraiser", TaskFilter { roles: vec![domain::staff::Role::Appraiser], person: Some(domain::staff::PersonId::new("u")), states: vec![domain::task::TaskState::Open, domain::task::TaskState::Claimed], ..Default::default() }, TaskOrder::Deadline),
            ("done appraiser", TaskFilter { roles: vec![domain::staff::Role::Appraiser], person: Some(domain::staff::PersonId::new("u")), states: vec![domain::task::TaskState::Done], ..Default::default() }, TaskOrder::Closed),
            ("done head", TaskFilter { states: vec![domain::task::TaskState::Done], ..Default::default() }, TaskOrder::Closed),
        ] {
            let mut page = Page::new(50, String::new());
            for _ in 0..3 {
                let t = Instant::now();
                let found = store.list_tasks(&filter, order, &page).await.unwrap();
                eprintln!("tasks {name} total={} {:?}", found.total, t.elapsed());
                page.cursor = found.next_cursor;
            }
            let t = Instant::now();
            store.count_tasks(&filter).await.unwrap();
            eprintln!("tasks {name} counts {:?}", t.elapsed());
        }
        let t = Instant::now();
        let all = store.all_buyouts(&none(), BuyoutSort::default(), 50_001).await.unwrap();
        eprintln!("export read {} {:?}", all.len(), t.elapsed());
        let t = Instant::now();
        store.analogues(&one, &[], chrono::Utc::now(), 10).await.unwrap();
        store.duplicates(&one).await.unwrap();
        eprintln!("kin {:?}", t.elapsed());
        let t = Instant::now();
        for v in 2..102 { let mut o = one.clone(); o.version = v; save(store, &o, &[super::support::event(v, "x")]).await; }
        eprintln!("100 saves {:?}", t.elapsed());
    })
    .await;
}
