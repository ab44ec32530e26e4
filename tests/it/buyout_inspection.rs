//! Getting the car inspected: who goes there, what must be brought, photos that were seen before; and
//! checks that grew old by the time of the contract.

use proto::kite::inspection::v1::RecordInspectionRequest;
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use stack::papers;
use stack::play::{Play, Prices};
use tests::{Options, World};
use tonic::Code;
use tonic_types::StatusExt;

const PRICES: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_free_inspector_the_dispatcher_assigns_one_by_hand() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (one, other) = (
        domain::staff::PersonId::new("u-inspector"),
        domain::staff::PersonId::new("u-inspector2"),
    );
    // Both are absent, so the rule finds nobody.
    for (absent, substitute) in [(&one, &other), (&other, &one)] {
        world
            .stack
            .store
            .set_substitute(absent, Some(substitute))
            .await?;
    }
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let dispatcher = world.stack.sign_in("dispatcher").await?;
    let task = dispatcher
        .wait_for(&play.id, "ASSIGN_INSPECTOR", play.patience)
        .await?;
    let assign = |person: &str| {
        Kind::AssignInspector(pb::AssignInspector {
            person_id: person.to_owned(),
        })
    };
    let unknown = dispatcher
        .decide(&task, assign("u-nobody"))
        .await
        .expect_err("an unknown inspector");
    assert_eq!(unknown.code(), Code::InvalidArgument, "{unknown}");
    dispatcher.decide(&task, assign("u-inspector2")).await?;
    let inspector = play.inspect().await?;
    assert_eq!(inspector.id, "u-inspector2");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspection_that_lacks_something_is_refused_naming_it_and_reused_photos_are_told()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let first = Play::deal(&world.stack, "clean").await?;
    first.robot_calls().await?;
    let inspector = first.inspector().await?;
    let task = inspector
        .wait_for(&first.id, "INSPECT", first.patience)
        .await?;
    let template = inspector.template(&first.id).await?;
    let mut photos = Vec::new();
    for number in 0..template.required_angles.len() as u32 {
        let photo = papers::photo(7_000 + number);
        photos.push(inspector.upload(&first.id, "PHOTO", photo).await?.id);
    }
    let whole = papers::inspection(&template, &first.car, &photos);
    let record = |inspection| RecordInspectionRequest {
        task_id: task.id.clone(),
        task_version: task.version,
        inspection: Some(inspection),
    };
    let mut lacking = whole.clone();
    lacking.photos.pop();
    lacking.paint.pop();
    lacking.identifiers.pop();
    let refused = inspector
        .inspections()
        .record_inspection(record(lacking))
        .await
        .expect_err("an inspection that lacks three things");
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    let named = refused
        .get_error_details()
        .bad_request()
        .map(|request| request.field_violations.len())
        .unwrap_or_default();
    assert!(named >= 3, "{named} of three things are named: {refused:?}");
    let mut old = whole.clone();
    old.template_version += 1;
    let refused = inspector
        .inspections()
        .record_inspection(record(old))
        .await
        .expect_err("a version of the template that the run does not have");
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    inspector
        .inspections()
        .record_inspection(record(whole))
        .await?;

    // The same pictures of another car: the appraiser is told.
    let second = Play::deal(&world.stack, "clean").await?;
    second.robot_calls().await?;
    let inspector = second.inspector().await?;
    let task = inspector
        .wait_for(&second.id, "INSPECT", second.patience)
        .await?;
    let mut photos = Vec::new();
    for number in 0..template.required_angles.len() as u32 {
        let photo = papers::photo(7_000 + number);
        photos.push(inspector.upload(&second.id, "PHOTO", photo).await?.id);
    }
    let inspection = papers::inspection(&template, &second.car, &photos);
    inspector
        .decide(&task, Kind::SubmitInspection(inspection))
        .await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&second.id, "APPRAISE", second.patience)
        .await?;
    assert!(task.details.contains(&first.id), "{}", task.details);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_that_are_old_by_the_time_of_the_contract_are_asked_again() -> anyhow::Result<()> {
    let mut options = Options::default();
    // A day in the life of a dealer, a moment here.
    options.policy.limits.check_freshness_secs = 1;
    let world = World::with(options).await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await?;
    let head = world.stack.sign_in("head").await?;
    let buyout = head.buyout(&play.id).await?;
    let appraised = buyout
        .appraisal
        .and_then(|appraisal| appraisal.at)
        .expect("an appraisal");
    for kind in ["WANTED", "RESTRICTIONS", "PLEDGE", "BAILIFFS"] {
        let check = buyout
            .checks
            .iter()
            .find(|check| check.kind == kind)
            .expect("a result");
        let taken = check.taken_at.expect("a time");
        assert!(
            (taken.seconds, taken.nanos) > (appraised.seconds, appraised.nanos),
            "{kind} is as old as the appraisal"
        );
        assert_eq!(check.outcome, "CLEAR", "{check:?}");
    }
    // The price is agreed: the market is not asked for money again.
    let calls = world.stack.control.get("calls?partner=autoteka").await?;
    assert_eq!(calls["autoteka"]["valuate"], 1, "{calls}");
    world.stop().await
}
