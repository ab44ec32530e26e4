//! Lists of runs in every order, what is counted over them, and by what one may look for a run.

use std::collections::BTreeSet;

use anyhow::Context;
use chrono::{Duration, Utc};
use domain::buyout::stage::Stage;
use domain::buyout::state::{Buyout, EventKind, ProcessEvent};
use domain::dispatch::Assignment;
use domain::phone::Phone;
use domain::staff::{PersonId, PersonRef, Role};
use domain::task::{TaskId, TaskKind};
use proto::kite::buyout::v1::{BuyoutSummary, CountBuyoutsRequest, ListBuyoutsRequest, StageCount};
use stack::people::Person;
use stack::seed;
use tests::World;
use tonic::{Code, Status};

use super::lists::{PORTAL, began, fill, list, page, run, save, total};
use super::tasks::task;
use super::{newcomer, violations};

/// A run that is at its stage since another moment than it began, and waits for an appraisal until then.
fn waiting(deal_id: u64, due_in_hours: i64) -> Buyout {
    let mut run = run(deal_id);
    run.stage = Stage::Appraisal;
    run.ended_at = None;
    run.outcome = None;
    run.stage_since = began() - Duration::minutes((deal_id / 3) as i64);
    let id = TaskId::new(run.id.as_str(), 1);
    let due = Utc::now() + Duration::hours(due_in_hours) + Duration::minutes(30);
    run.tasks
        .insert(id.clone(), task(id, TaskKind::Appraise, run.city(), due));
    run
}

fn seconds(at: &Option<prost_types::Timestamp>) -> i64 {
    at.as_ref().map_or(i64::MAX, |at| at.seconds)
}

async fn all(person: &Person, request: &ListBuyoutsRequest) -> anyhow::Result<Vec<BuyoutSummary>> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListBuyoutsRequest {
            page: page(9, &cursor),
            ..request.clone()
        };
        let answer = list(person, request).await?;
        seen.extend(answer.buyouts);
        cursor = answer.page.context("a page")?.next_cursor;
        if cursor.is_empty() {
            return Ok(seen);
        }
    }
}

async fn counts(person: &Person, filter: ListBuyoutsRequest) -> Result<Vec<StageCount>, Status> {
    let request = CountBuyoutsRequest {
        filter: Some(filter),
    };
    let answer = person.buyouts().count_buyouts(request).await?;
    Ok(answer.into_inner().counts)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_has_its_pages_and_the_counts_are_those_of_the_list() -> anyhow::Result<()> {
    let world = World::start().await?;
    fill(&world).await?;
    for deal_id in 101..=130 {
        save(&world, waiting(deal_id, deal_id as i64 % 7 - 3), Vec::new()).await?;
    }
    let head = world.stack.sign_in("head").await?;
    let request = |order: &str, ascending: bool| ListBuyoutsRequest {
        order: order.to_owned(),
        ascending,
        ..Default::default()
    };
    for order in ["", "STARTED", "DEADLINE", "STAGE_SINCE"] {
        for ascending in [false, true] {
            let rows = all(&head, &request(order, ascending)).await?;
            let keys: Vec<(i64, &str)> = rows
                .iter()
                .map(|row| {
                    let at = match order {
                        "DEADLINE" => seconds(&row.deadline),
                        "STAGE_SINCE" => seconds(&row.stage_since),
                        _ => seconds(&row.started_at),
                    };
                    (at, row.id.as_str())
                })
                .collect();
            assert_eq!(keys.len(), 120, "{order} {ascending}");
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 120);
            let sorted = if ascending {
                keys.is_sorted_by(|one, next| one < next)
            } else {
                keys.is_sorted_by(|one, next| one > next)
            };
            assert!(sorted, "{order} {ascending}: {keys:?}");
        }
    }
    let refused = list(&head, request("NONSENSE", false))
        .await
        .expect_err("an order that is none");
    assert_eq!(violations(&refused), ["order"]);
    // A cursor of one order does not open another.
    let first = ListBuyoutsRequest {
        page: page(3, ""),
        ..request("DEADLINE", true)
    };
    let cursor = list(&head, first)
        .await?
        .page
        .context("a page")?
        .next_cursor;
    let other = ListBuyoutsRequest {
        page: page(3, &cursor),
        ..request("STAGE_SINCE", true)
    };
    let refused = list(&head, other).await.expect_err("another list's cursor");
    assert_eq!(violations(&refused), ["cursor"]);

    // Late ones are late in the list, by the filter and in the counts.
    let late = ListBuyoutsRequest {
        overdue: true,
        ..Default::default()
    };
    let rows = all(&head, &late).await?;
    assert_eq!(rows.len(), 12);
    assert!(
        rows.iter()
            .all(|row| row.overdue && row.stage == "APPRAISAL")
    );
    let pskov = newcomer(&world, "pskov", &[Role::Appraiser], &["Псков"]).await?;
    let inspector = world.stack.sign_in("inspector").await?;
    for (name, person) in [
        ("head", &head),
        ("pskov", &pskov),
        ("inspector", &inspector),
    ] {
        for filter in [
            ListBuyoutsRequest::default(),
            late.clone(),
            ListBuyoutsRequest {
                active: Some(true),
                text: "tiggo".to_owned(),
                ..Default::default()
            },
        ] {
            let rows = all(person, &filter).await?;
            for count in counts(person, filter.clone()).await? {
                let of_stage: Vec<_> = rows.iter().filter(|row| row.stage == count.stage).collect();
                assert_eq!(
                    (count.count, count.overdue, count.title.as_str()),
                    (
                        of_stage.len() as u64,
                        of_stage.iter().filter(|row| row.overdue).count() as u64,
                        of_stage[0].stage_title.as_str()
                    ),
                    "{name} {filter:?}"
                );
            }
            let counted: u64 = counts(person, filter)
                .await?
                .iter()
                .map(|one| one.count)
                .sum();
            assert_eq!(counted, rows.len() as u64, "{name}");
        }
    }
    let foreign = ListBuyoutsRequest {
        city: "Мурманск".to_owned(),
        ..Default::default()
    };
    let refused = counts(&pskov, foreign).await.expect_err("another city");
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_found_by_inspector_trouble_period_and_by_the_client_where_one_may_see_clients()
-> anyhow::Result<()> {
    let world = World::start().await?;
    fill(&world).await?;
    let mut told = run(200);
    told.policy = Some(seed::policy());
    told.stage = Stage::Offer;
    told.started_at = began() + Duration::days(3);
    told.assignment = Some(Assignment {
        inspector: PersonRef {
            person: PersonId::new("u-inspector2"),
            name: "Лев Морозов".to_owned(),
        },
        by: None,
    });
    let client = &mut told.deal.as_mut().context("a deal")?.client;
    client.last_name = "Буревестников".to_owned();
    client.phone = Some(Phone::parse("+79000000012")?);
    let trouble = ProcessEvent {
        seq: 1,
        at: began(),
        kind: EventKind::Trouble,
        actor: None,
        text: "Почта не приняла предложение за 300 000 ₽".to_owned(),
    };
    save(&world, told, vec![trouble.clone()]).await?;
    let head = world.stack.sign_in("head").await?;
    let manager = world.stack.sign_in("manager").await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let dispatcher = world.stack.sign_in("dispatcher").await?;

    let deals = async |person: &Person, request: ListBuyoutsRequest| -> anyhow::Result<Vec<u64>> {
        let answer = list(person, request).await?;
        assert_eq!(total(&answer), answer.buyouts.len() as u64);
        Ok(answer.buyouts.iter().map(|row| row.deal_id).collect())
    };
    let text = |text: &str| ListBuyoutsRequest {
        text: text.to_owned(),
        ..Default::default()
    };
    for typed in [
        "буревестников",
        "79000000012",
        "+7 900 000-00-12",
        "8 (900) 000-00-12",
        "900 000 00 12",
        "000-00-12",
        "Буревестников 8 900 000 00 12",
    ] {
        assert_eq!(deals(&manager, text(typed)).await?, [200], "{typed}");
        assert_eq!(deals(&dispatcher, text(typed)).await?, [200], "{typed}");
        // Whoever may not see the client finds nobody by them, and counts and exports are no way round.
        assert_eq!(deals(&appraiser, text(typed)).await?, [0; 0], "{typed}");
        assert_eq!(counts(&appraiser, text(typed)).await?, [], "{typed}");
    }
    for typed in ["xta210990y0000200", "а200вс51", "200", "tiggo 0000200"] {
        assert_eq!(deals(&appraiser, text(typed)).await?, [200], "{typed}");
    }

    let by_inspector = ListBuyoutsRequest {
        inspector_id: "u-inspector2".to_owned(),
        ..Default::default()
    };
    assert_eq!(deals(&head, by_inspector.clone()).await?, [200]);
    // An inspector asks for a colleague's runs in vain.
    let inspector = world.stack.sign_in("inspector").await?;
    assert_eq!(deals(&inspector, by_inspector).await?, [0; 0]);
    let period = |from: Option<i64>, to: Option<i64>| ListBuyoutsRequest {
        started_from: from.map(|days| day(began() + Duration::days(days))),
        started_to: to.map(|days| day(began() + Duration::days(days))),
        ..Default::default()
    };
    assert_eq!(deals(&head, period(Some(1), None)).await?, [200]);
    assert_eq!(deals(&head, period(Some(3), Some(4))).await?, [200]);
    assert_eq!(deals(&head, period(Some(1), Some(3))).await?, [0; 0]);
    let refused = list(&head, period(Some(3), Some(1)))
        .await
        .expect_err("a period that ends before it begins");
    assert_eq!(violations(&refused), ["started_to"]);
    let no_moment = ListBuyoutsRequest {
        started_from: Some(prost_types::Timestamp {
            seconds: i64::MAX,
            nanos: -1,
        }),
        ..Default::default()
    };
    let refused = list(&head, no_moment).await.expect_err("no moment");
    assert_eq!(violations(&refused), ["started_from"]);

    let troubled = ListBuyoutsRequest {
        troubled: true,
        ..Default::default()
    };
    let row = list(&head, troubled.clone()).await?.buyouts.remove(0);
    assert_eq!(
        (
            row.deal_id,
            row.trouble.as_str(),
            row.time_zone.as_str(),
            row.inspector.map(|inspector| inspector.name).as_deref()
        ),
        (
            200,
            trouble.text.as_str(),
            "Europe/Moscow",
            Some("Лев Морозов")
        )
    );
    // A trouble is told in words that may name a price.
    let row = list(&dispatcher, troubled).await?.buyouts.remove(0);
    assert_eq!((row.deal_id, row.trouble.as_str()), (200, ""));
    let id = format!("buyout:{PORTAL}:200");
    let whole = head.buyout(&id).await?.summary.context("a summary")?;
    assert_eq!(whole.trouble, trouble.text);
    world.stop().await
}

fn day(at: chrono::DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.timestamp(),
        nanos: 0,
    }
}
