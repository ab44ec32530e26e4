//! Whose car it is: sellers who are not its owner, cars with several owners.

use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use stack::papers;
use stack::play::{Play, Prices};
use tests::World;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const PRICES: Prices = Prices {
    buyout: 300_000,
    stop: 340_000,
    forecast: 380_000,
};

/// The fields that a refusal names, with its sentences.
fn violations(status: &Status) -> Vec<(String, String)> {
    let named = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations)
        .unwrap_or_default();
    named
        .into_iter()
        .map(|violation| (violation.field, violation.description))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_who_is_not_the_owner_or_not_the_only_one_sells_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean_cheap").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    let manager = world.stack.sign_in("manager").await?;
    let task = manager
        .wait_for(&play.id, "COLLECT_PAPERS", play.patience)
        .await?;
    let mut scans = Vec::new();
    for number in 0..4 {
        let scan = papers::photo(9_200 + number);
        scans.push(manager.upload(&play.id, "SCAN", scan).await?.id);
    }
    let whole = papers::papers(&play.car, &scans);
    let owned_by = |owner: &str| -> pb::Papers {
        let mut set = whole.clone();
        if let Some(fields) = &mut set.fields {
            fields.owner_full_name = owner.to_owned();
        }
        set
    };
    let seller = play.car.owner.clone();
    for (name, owner) in [
        ("another person", "Чужой Семён Ильич".to_owned()),
        ("two owners", format!("{seller}, Чужая Анна Ильинична")),
        ("a company", "ООО «Чужой автопарк»".to_owned()),
        ("nobody", String::new()),
    ] {
        let refused = manager
            .decide(&task, Kind::SubmitPapers(owned_by(&owner)))
            .await
            .expect_err(name);
        assert_eq!(refused.code(), Code::InvalidArgument, "{name}: {refused}");
        let named = violations(&refused);
        let field = |(field, _): &(String, String)| field.contains("owner_full_name");
        assert!(named.iter().any(field), "{name}: {named:?}");
    }
    let refused = manager
        .decide(&task, Kind::SubmitPapers(owned_by("Чужой Семён Ильич")))
        .await
        .expect_err("another person");
    let named = violations(&refused);
    assert!(
        named
            .iter()
            .any(|(_, why)| why.contains("только у собственника")),
        "{named:?}"
    );
    // The owner who sells and wants somebody else to have the money.
    let mut elsewhere = whole.clone();
    if let Some(requisites) = &mut elsewhere.requisites {
        requisites.recipient_name = "Чужой Семён Ильич".to_owned();
    }
    let refused = manager
        .decide(&task, Kind::SubmitPapers(elsewhere))
        .await
        .expect_err("money for another");
    assert!(
        violations(&refused)
            .iter()
            .any(|(field, _)| field.contains("recipient_name")),
        "{refused:?}"
    );
    // The owner's name is the seller's, whatever the spelling of ё and the case.
    let spelled = owned_by(&seller.to_uppercase().replace('Ё', "Е"));
    manager.decide(&task, Kind::SubmitPapers(spelled)).await?;
    play.verify_papers().await?;
    let run = manager.buyout(&play.id).await?;
    assert!(run.payments.is_empty(), "{:?}", run.payments);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_car_of_many_owners_is_told_to_the_appraiser_and_bought_of_the_last() -> anyhow::Result<()>
{
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "many_owners").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    for said in ["Владельцев: 5.", "Периодов владения: 5."] {
        assert!(task.details.contains(said), "{said}: {}", task.details);
    }
    let run = appraiser.buyout(&play.id).await?;
    for kind in ["HISTORY", "REGISTRATION"] {
        let check = run.checks.iter().find(|check| check.kind == kind);
        assert_eq!(check.expect(kind).outcome, "ATTENTION", "{kind}");
    }
    play.appraise(Prices {
        buyout: 380_000,
        stop: 395_000,
        forecast: 830_000,
    })
    .await?;
    let manager = world.stack.sign_in("manager").await?;
    manager
        .wait_for(&play.id, "OFFER_TO_CLIENT", play.patience)
        .await?;
    world.stop().await
}
