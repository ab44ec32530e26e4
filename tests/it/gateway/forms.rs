//! What forms ask for beside the run: banks, cities, how long an offer stands.

use anyhow::Context;
use domain::staff::Role;
use proto::kite::buyout::v1::GetBuyoutRequest;
use proto::kite::session::v1::ListCitiesRequest;
use proto::kite::task::v1::{ListPayoutBanksRequest, ListPayoutBanksResponse};
use stack::people::Person;
use stack::seed;
use tests::World;
use tonic::{Code, Status};

use super::lists::{run, save};
use super::{newcomer, until};

async fn banks(person: &Person) -> Result<ListPayoutBanksResponse, Status> {
    let answer = person
        .tasks()
        .list_payout_banks(ListPayoutBanksRequest {})
        .await?;
    Ok(answer.into_inner())
}

async fn cities(person: &Person) -> Result<Vec<(String, String)>, Status> {
    let answer = person.sessions().list_cities(ListCitiesRequest {}).await?;
    let cities = answer.into_inner().cities;
    Ok(cities
        .into_iter()
        .map(|city| {
            assert_eq!(city.code, city.title);
            (city.code, city.time_zone)
        })
        .collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_banks_are_those_that_the_payout_partner_lists() -> anyhow::Result<()> {
    let world = World::start().await?;
    let manager = world.stack.sign_in("manager").await?;
    // A process reads them, which the gateway starts by itself.
    let list = until("the banks were read", async || {
        let list = banks(&manager).await?;
        Ok((!list.banks.is_empty()).then_some(list))
    })
    .await?;
    assert!(!list.stale && list.read_at.is_some());
    let sber = list.banks.iter().find(|bank| bank.name == "Сбербанк");
    assert_eq!(sber.context("a large bank")?.id, "100000000111");
    assert!(list.banks.is_sorted_by_key(|bank| &bank.name), "{list:?}");
    let inspector = world.stack.sign_in("inspector").await?;
    let refused = banks(&inspector)
        .await
        .expect_err("no requisites of theirs");
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn cities_are_ones_own_or_all_that_are_known() -> anyhow::Result<()> {
    let world = World::start().await?;
    for deal_id in [1, 3] {
        save(&world, run(deal_id), Vec::new()).await?;
    }
    let head = world.stack.sign_in("head").await?;
    let of = |name: &str| (name.to_owned(), "Europe/Moscow".to_owned());
    let known = cities(&head).await?;
    assert!(known.is_sorted(), "{known:?}");
    for city in ["Мурманск", "Псков"] {
        assert!(known.contains(&of(city)), "{city} of {known:?}");
    }
    let local = newcomer(&world, "local", &[Role::Appraiser], &["Псков"]).await?;
    assert_eq!(cities(&local).await?, [of("Псков")]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_appraiser_knows_how_long_an_offer_will_stand() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut one = run(1);
    one.policy = Some(seed::policy());
    save(&world, one.clone(), Vec::new()).await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let request = GetBuyoutRequest {
        id: one.id.0.clone(),
    };
    let seen = appraiser.buyouts().get_buyout(request).await?.into_inner();
    let seen = seen.buyout.context("a run")?;
    assert_eq!(
        seen.limits.context("limits")?.offer_valid_secs,
        seed::policy().deadlines.offer_valid_secs
    );
    assert_eq!(
        seen.summary.context("a summary")?.time_zone,
        "Europe/Moscow"
    );
    world.stop().await
}
