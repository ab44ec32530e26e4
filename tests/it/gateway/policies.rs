//! Rules by city: versions, what is refused, and runs that keep theirs.

use domain::buyout::start::BuyoutId;
use proto::kite::common::v1::Money;
use proto::kite::policy::v1::{
    ListPoliciesRequest, ListPolicyVersionsRequest, Policy, PutPolicyRequest,
};
use stack::people::Person;
use stack::play::Play;
use stack::seed;
use tests::World;
use tonic::{Code, Status};

use super::events::Ear;
use super::{until, violations};

async fn list(person: &Person) -> Result<Vec<Policy>, Status> {
    let answer = person
        .policies()
        .list_policies(ListPoliciesRequest {})
        .await?;
    Ok(answer.into_inner().policies)
}

async fn put(person: &Person, policy: Policy) -> Result<Policy, Status> {
    let request = PutPolicyRequest {
        policy: Some(policy),
    };
    let answer = person.policies().put_policy(request).await?.into_inner();
    Ok(answer.policy.unwrap_or_default())
}

/// The limit of a version that the run captured.
async fn captured(world: &World, run: &str) -> anyhow::Result<(u32, u32)> {
    until("the run captured a policy", async || {
        let run = world.stack.store.buyout(&BuyoutId(run.to_owned())).await?;
        let policy = run.and_then(|run| run.policy);
        Ok(policy.map(|policy| (policy.version, policy.limits.bargain_rounds)))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_counts_for_new_runs_alone() -> anyhow::Result<()> {
    let world = World::start().await?;
    let admin = world.stack.sign_in("admin").await?;
    let head = world.stack.sign_in("head").await?;
    let (mut ear, _) = Ear::open(&head, "", &["POLICY"]).await?;
    let first = list(&admin).await?;
    assert_eq!(first.len(), 1);
    let default = first[0].clone();
    assert_eq!((default.city.as_str(), default.version), ("", 1));
    assert_eq!(
        (
            default.time_zone.as_str(),
            default.day_starts_min,
            default.day_ends_min
        ),
        ("Europe/Moscow", 540, 1_260)
    );
    assert_eq!(default.deadlines.len(), 23);
    let inspect = default.deadlines.iter().find(|d| d.name == "inspect_secs");
    let inspect = inspect.cloned().unwrap_or_default();
    assert_eq!(
        (inspect.title.as_str(), inspect.secs, inspect.working_time),
        ("Осмотреть автомобиль", 14_400, true)
    );

    let old = Play::deal(&world.stack, "clean").await?;
    old.robot_calls().await?;
    assert_eq!(captured(&world, &old.id).await?, (1, 3));

    // As it was read, with other rounds and hours.
    let mut wanted = default.clone();
    wanted.limits.as_mut().expect("limits").bargain_rounds = 5;
    wanted.day_ends_min = 1_440;
    wanted.comment = " Дольше торгуемся ".to_owned();
    let second = put(&admin, wanted.clone()).await?;
    assert_eq!(
        (second.version, second.comment.as_str()),
        (2, "Дольше торгуемся")
    );
    assert_eq!(
        second.created_by.as_ref().map(|by| by.id.as_str()),
        Some("u-admin")
    );
    assert_eq!(
        (second.day_ends_min, second.legal_entity.clone()),
        (1_440, default.legal_entity.clone())
    );
    ear.changes(|change| change.topic == "POLICY").await?;
    let new = Play::deal(&world.stack, "clean").await?;
    new.robot_calls().await?;
    assert_eq!(captured(&world, &new.id).await?, (2, 5));
    assert_eq!(
        captured(&world, &old.id).await?,
        (1, 3),
        "a running process keeps its own"
    );
    let template = |policy: domain::policy::BuyoutPolicy| policy.template;
    let now = world.stack.store.policy_for("").await?.map(template);
    assert_eq!(
        now,
        Some(seed::policy().template),
        "what is not edited here stays"
    );

    // Who saw the first version is told who changed it since.
    let refused = put(&admin, wanted).await.expect_err("stale");
    assert_eq!(refused.code(), Code::Aborted, "{refused}");
    assert!(refused.message().contains("Антон Коршунов"), "{refused}");

    // A city of its own, beginning with the default.
    let city = Policy {
        city: "Псков".to_owned(),
        version: 0,
        ..second.clone()
    };
    let city = put(&admin, city).await?;
    assert_eq!((city.city.as_str(), city.version), ("Псков", 1));
    assert_eq!(list(&head).await?, [second.clone(), city]);
    let versions = ListPolicyVersionsRequest {
        city: String::new(),
    };
    let versions = head
        .policies()
        .list_policy_versions(versions)
        .await?
        .into_inner()
        .policies;
    assert_eq!(versions, [second, default]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_policy_is_refused_field_by_field() -> anyhow::Result<()> {
    let world = World::start().await?;
    let admin = world.stack.sign_in("admin").await?;
    let good = list(&admin).await?.remove(0);
    let head = world.stack.sign_in("head").await?;
    let refused = put(&head, good.clone())
        .await
        .expect_err("no administrator");
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = admin
        .policies()
        .put_policy(PutPolicyRequest { policy: None })
        .await
        .expect_err("nothing");
    assert_eq!(violations(&refused), ["policy"]);

    let mut wrong = good.clone();
    let limits = wrong.limits.as_mut().expect("limits");
    limits.sbp_max = Some(Money {
        kopecks: 50_000_001,
    });
    limits.paper_rounds = 0;
    wrong.deadlines[0].secs = 0;
    let entity = wrong.legal_entity.as_mut().expect("a legal entity");
    entity.inn = "12".to_owned();
    entity.bic = "04452522x".to_owned();
    wrong.site = None;
    let refused = put(&admin, wrong).await.expect_err("wrong");
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        violations(&refused),
        [
            "policy.limits.sbp_max",
            "policy.limits.paper_rounds",
            "policy.deadlines.dispatch_secs",
            "policy.legal_entity.inn",
            "policy.legal_entity.bic",
            "policy.site.id",
            "policy.site.city",
            "policy.site.name",
            "policy.site.address"
        ]
    );

    let mut wrong = good.clone();
    wrong.time_zone = "Марс".to_owned();
    wrong.day_starts_min = 1_300;
    wrong.limits.as_mut().expect("limits").sbp_max = None;
    let extra = wrong.deadlines[1].clone();
    wrong.deadlines.remove(0);
    wrong.deadlines.push(extra);
    let refused = put(&admin, wrong).await.expect_err("wrong");
    assert_eq!(
        violations(&refused),
        [
            "policy.time_zone",
            "policy.day_ends_min",
            "policy.limits.sbp_max",
            "policy.deadlines.inspect_secs",
            "policy.deadlines.dispatch_secs"
        ]
    );
    let mut wrong = good.clone();
    wrong.deadlines[0].name = "tea_secs".to_owned();
    let refused = put(&admin, wrong).await.expect_err("wrong");
    assert_eq!(violations(&refused), ["policy.deadlines.dispatch_secs"]);
    let mut wrong = good.clone();
    let mut tea = wrong.deadlines[0].clone();
    tea.name = "tea_secs".to_owned();
    wrong.deadlines.push(tea);
    wrong.comment = "я".repeat(501);
    let refused = put(&admin, wrong.clone()).await.expect_err("wrong");
    assert_eq!(violations(&refused), ["policy.comment"]);
    wrong.comment.clear();
    let refused = put(&admin, wrong).await.expect_err("wrong");
    assert_eq!(violations(&refused), ["policy.deadlines"]);
    assert_eq!(list(&admin).await?, [good], "nothing was written");
    world.stop().await
}
