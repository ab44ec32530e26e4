//! Lists: filters, paging without gaps and repeats, masks, and what is refused. The rows are written as a
//! process writes its own, many more than tests could play.

use std::collections::BTreeSet;

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::projection::Projection;
use domain::buyout::stage::Stage;
use domain::buyout::start::BuyoutStart;
use domain::buyout::state::{Buyout, ProcessEvent};
use domain::car::{CarClaim, Client, Deal, Visit};
use domain::dispatch::Assignment;
use domain::money::Money;
use domain::plate::Plate;
use domain::staff::{PersonId, PersonRef};
use domain::vin::CarIdentifier;
use proto::kite::buyout::v1::{BuyoutSummary, ListBuyoutsRequest, ListBuyoutsResponse};
use proto::kite::common::v1::PageRequest;
use stack::people::Person;
use tests::World;
use tonic::{Code, Status};

use super::violations;

pub(super) const PORTAL: &str = "list-portal";
const RUNS: u64 = 90;

pub(super) fn began() -> DateTime<Utc> {
    "2026-11-20T06:00:00Z".parse().expect("an instant")
}

/// Every third run of Псков, every fourth over; five runs begin at one instant.
pub(crate) fn run(deal_id: u64) -> Buyout {
    let start = BuyoutStart {
        portal: PORTAL.to_owned(),
        deal_id,
        robot: None,
        started_by: None,
    };
    let city = if deal_id.is_multiple_of(3) {
        "Псков"
    } else {
        "Мурманск"
    };
    let mut run = Buyout::new(&start, began() + Duration::minutes((deal_id / 5) as i64));
    run.version = 1;
    run.deal = Some(Deal {
        deal_id,
        title: format!("Выкуп {deal_id}"),
        stage: "C9:NEW".to_owned(),
        car: CarClaim {
            identifier: CarIdentifier::parse(&format!("XTA210990Y{deal_id:07}")).expect("a VIN"),
            plate: Some(
                Plate::parse(&format!("А{:03}ВС51", (deal_id - 1) % 999 + 1)).expect("a plate"),
            ),
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
            phone: None,
            email: None,
        },
        visit: Visit {
            city: city.to_owned(),
            address: "ул. Вымышленная, 1".to_owned(),
            at: None,
            place: None,
        },
        consent: true,
        responsible: None,
    });
    run.stage = Stage::Offer;
    run.agreed_price = Some(Money::from_rubles(300_000));
    if deal_id.is_multiple_of(4) {
        run.stage = Stage::Cancelled;
        run.ended_at = Some(began() + Duration::days(1));
        run.outcome = Some(BuyoutOutcome::Cancelled {
            reason: "проверка".to_owned(),
            by: None,
        });
    }
    if deal_id == 7 {
        let inspector = PersonRef {
            person: PersonId::new("u-inspector"),
            name: "Игорь Ветров".to_owned(),
        };
        run.assignment = Some(Assignment {
            inspector,
            by: None,
        });
    }
    run
}

pub(crate) async fn save(
    world: &World,
    buyout: Buyout,
    events: Vec<ProcessEvent>,
) -> anyhow::Result<()> {
    world
        .stack
        .store
        .save_buyout(&Projection { buyout, events })
        .await?;
    Ok(())
}

pub(super) async fn fill(world: &World) -> anyhow::Result<()> {
    for deal_id in 1..=RUNS {
        save(world, run(deal_id), Vec::new()).await?;
    }
    Ok(())
}

pub(super) async fn list(
    person: &Person,
    request: ListBuyoutsRequest,
) -> Result<ListBuyoutsResponse, Status> {
    Ok(person.buyouts().list_buyouts(request).await?.into_inner())
}

pub(super) fn total(answer: &ListBuyoutsResponse) -> u64 {
    answer
        .page
        .as_ref()
        .map(|page| page.total)
        .unwrap_or_default()
}

pub(super) fn page(size: u32, cursor: &str) -> Option<PageRequest> {
    Some(PageRequest {
        size,
        cursor: cursor.to_owned(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_through_all_rows_once_while_rows_are_added() -> anyhow::Result<()> {
    let world = World::start().await?;
    fill(&world).await?;
    let head = world.stack.sign_in("head").await?;
    let mut seen: Vec<BuyoutSummary> = Vec::new();
    let mut cursor = String::new();
    loop {
        let request = ListBuyoutsRequest {
            page: page(7, &cursor),
            ..Default::default()
        };
        let answer = list(&head, request).await?;
        // Each page, somebody starts one more run: it stands before the first page and moves nothing.
        let late = RUNS + 1 + seen.len() as u64;
        assert_eq!(total(&answer), RUNS + seen.len().div_ceil(7) as u64);
        save(&world, run(late), Vec::new()).await?;
        assert!(answer.buyouts.len() <= 7);
        seen.extend(answer.buyouts);
        cursor = answer.page.context("a page")?.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    let deals: Vec<u64> = seen.iter().map(|row| row.deal_id).collect();
    assert_eq!(
        deals.iter().collect::<BTreeSet<_>>().len(),
        RUNS as usize,
        "gaps or repeats: {deals:?}"
    );
    let keys: Vec<(i64, &str)> = seen
        .iter()
        .map(|row| {
            (
                row.started_at
                    .as_ref()
                    .map(|at| at.seconds)
                    .unwrap_or_default(),
                row.id.as_str(),
            )
        })
        .collect();
    assert!(
        keys.is_sorted_by(|one, next| one > next),
        "not the latest first: {keys:?}"
    );

    // Sizes: nought is the usual fifty, too many are two hundred.
    for (asked, given) in [(0, 50), (1_000, RUNS as usize + 13)] {
        let answer = list(
            &head,
            ListBuyoutsRequest {
                page: page(asked, ""),
                ..Default::default()
            },
        )
        .await?;
        assert_eq!(answer.buyouts.len(), given, "size {asked}");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_masks_keep_what_was_asked_and_name_what_is_wrong() -> anyhow::Result<()> {
    let world = World::start().await?;
    fill(&world).await?;
    let head = world.stack.sign_in("head").await?;
    let all = || ListBuyoutsRequest {
        page: page(200, ""),
        ..Default::default()
    };
    let text = |text: &str| ListBuyoutsRequest {
        text: text.to_owned(),
        ..all()
    };
    for (name, request, expected) in [
        ("all", all(), 90),
        (
            "a city",
            ListBuyoutsRequest {
                city: "Псков".to_owned(),
                ..all()
            },
            30,
        ),
        (
            "a stage",
            ListBuyoutsRequest {
                stages: vec!["CANCELLED".to_owned()],
                ..all()
            },
            22,
        ),
        (
            "two stages",
            ListBuyoutsRequest {
                stages: vec!["CANCELLED".to_owned(), "OFFER".to_owned()],
                ..all()
            },
            90,
        ),
        (
            "a stage of nobody",
            ListBuyoutsRequest {
                stages: vec!["DONE".to_owned()],
                ..all()
            },
            0,
        ),
        (
            "running",
            ListBuyoutsRequest {
                active: Some(true),
                ..all()
            },
            68,
        ),
        (
            "ended",
            ListBuyoutsRequest {
                active: Some(false),
                ..all()
            },
            22,
        ),
        (
            "ended in a city",
            ListBuyoutsRequest {
                active: Some(false),
                city: "Псков".to_owned(),
                ..all()
            },
            7,
        ),
        ("a VIN", text("XTA210990Y0000042"), 1),
        ("a VIN in small letters", text("xta210990y0000042"), 1),
        ("the end of a VIN", text("0000042"), 1),
        ("a plate on a Latin keyboard", text("a042bc51"), 1),
        ("a make and a plate", text("chery А042"), 1),
        ("a client", text("семенов"), 90),
        ("percent is no pattern", text("%"), 0),
        ("blank", text("   "), 90),
    ] {
        let answer = list(&head, request).await?;
        assert_eq!(
            (total(&answer), answer.buyouts.len()),
            (expected, expected as usize),
            "{name}"
        );
    }

    let mask = |paths: &[&str]| {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        ListBuyoutsRequest {
            fields: Some(prost_types::FieldMask { paths }),
            ..text("0000042")
        }
    };
    let row = list(&head, mask(&["stage", "city"]))
        .await?
        .buyouts
        .remove(0);
    let expected = BuyoutSummary {
        id: format!("buyout:{PORTAL}:42"),
        stage: "OFFER".to_owned(),
        city: "Псков".to_owned(),
        ..BuyoutSummary::default()
    };
    assert_eq!(row, expected);
    let whole = list(&head, mask(&[])).await?.buyouts.remove(0);
    assert_eq!(
        (whole.car.as_str(), whole.plate.as_str()),
        ("Chery Tiggo 7 Pro, 2021", "А042ВС51")
    );
    assert_eq!(whole.price.map(|price| price.kopecks), Some(30_000_000));

    for (name, request, field) in [
        (
            "a stage",
            ListBuyoutsRequest {
                stages: vec!["NONSENSE".to_owned()],
                ..all()
            },
            "stages",
        ),
        ("a mask", mask(&["stage", "nonsense"]), "fields"),
        (
            "a mask over no rows",
            ListBuyoutsRequest {
                text: "no such car".to_owned(),
                ..mask(&["nonsense"])
            },
            "fields",
        ),
        (
            "a cursor",
            ListBuyoutsRequest {
                page: page(5, "nonsense"),
                ..all()
            },
            "cursor",
        ),
        (
            "a cursor of another list",
            ListBuyoutsRequest {
                page: page(5, "due.1.x"),
                ..all()
            },
            "cursor",
        ),
    ] {
        let refused = list(&head, request).await.expect_err(name);
        assert_eq!(
            (refused.code(), violations(&refused)),
            (Code::InvalidArgument, vec![field.to_owned()]),
            "{name}"
        );
        assert!(!refused.message().is_empty(), "{name}");
    }
    world.stop().await
}
