//! What people of the desk see and do beside deciding: waits in words, chat, delegation, trouble with
//! partners.

use proto::kite::buyout::v1::{CancelBuyoutRequest, PostMessageRequest};
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::json;
use stack::play::{Play, Prices};
use temporalio_client::UntypedWorkflow;
use tests::{Options, World};

const PRICES: Prices = Prices {
    buyout: 440_000,
    stop: 470_000,
    forecast: 560_000,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_shows_in_the_attributes_and_the_chat_in_the_deals_timeline() -> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    let inspector = play.inspect().await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;

    let handle = world
        .stack
        .temporal
        .get_workflow_handle::<UntypedWorkflow>(&play.id);
    let described = handle.describe(Default::default()).await?;
    let attributes = described.search_attributes();
    let keyword = |key| attributes.get(&key);
    assert_eq!(
        keyword(contracts::search_attributes::STAGE).as_deref(),
        Some("APPRAISAL")
    );
    assert_eq!(
        keyword(contracts::search_attributes::WAITING_FOR).as_deref(),
        Some("Оценить автомобиль: оценщик")
    );
    assert_eq!(
        keyword(contracts::search_attributes::CITY).as_deref(),
        Some("Мурманск")
    );
    assert_eq!(
        keyword(contracts::search_attributes::VIN).as_deref(),
        Some(play.car.identifier.as_str())
    );
    assert_eq!(
        keyword(contracts::search_attributes::DEAL),
        Some(play.deal.to_string())
    );
    let deadline = attributes
        .get(&contracts::search_attributes::DEADLINE)
        .expect("a deadline");
    assert_eq!(
        deadline.to_prost().seconds,
        task.due_at.expect("a deadline of the task").seconds
    );

    // Appraiser and desk talk on the run; the deal's timeline has it too. The same message sent twice is one.
    let manager = world.stack.sign_in("manager").await?;
    let text = "Какой пробег заявлял клиент? 🚗 <b>не жирно</b>";
    for _ in 0..2 {
        let message = PostMessageRequest {
            id: play.id.clone(),
            text: text.to_owned(),
            request_id: "m-1".to_owned(),
        };
        appraiser.buyouts().post_message(message).await?;
    }
    let answer = PostMessageRequest {
        id: play.id.clone(),
        text: "По СТО — 64 тысячи.".to_owned(),
        request_id: String::new(),
    };
    manager.buyouts().post_message(answer).await?;
    let chat = manager.buyout(&play.id).await?.chat;
    assert_eq!(
        chat.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(),
        [text, "По СТО — 64 тысячи."]
    );
    let deal = world
        .stack
        .control
        .get(&format!("bitrix24/deals/{}", play.deal))
        .await?;
    let comments = deal["comments"].to_string();
    assert!(
        comments.contains("По СТО — 64 тысячи.") && comments.contains("Какой пробег"),
        "{comments}"
    );
    // The inspector takes no part in it.
    let message = PostMessageRequest {
        id: play.id.clone(),
        text: "цена?".to_owned(),
        request_id: String::new(),
    };
    let refused = inspector
        .buyouts()
        .post_message(message)
        .await
        .expect_err("an inspector in the chat");
    assert_eq!(refused.code(), tonic::Code::PermissionDenied, "{refused}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_taken_given_back_and_delegated_with_comments() -> anyhow::Result<()> {
    let world = World::start().await?;
    let everybody = tests::staff::with_every_role(&world, "everybody").await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    let appraiser = world.stack.sign_in("appraiser").await?;
    let task = appraiser
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    let mut mine = appraiser.tasks();
    let claimed = mine
        .claim_task(pb::ClaimTaskRequest {
            id: task.id.clone(),
            version: task.version,
        })
        .await?;
    let claimed = claimed.into_inner().task.expect("a task");
    assert_eq!(
        (
            claimed.state.as_str(),
            claimed.owner.as_ref().map(|p| p.id.as_str())
        ),
        ("CLAIMED", Some("u-appraiser"))
    );
    // What somebody took is not decided by another.
    let word = || {
        Kind::Appraise(stack::papers::appraisal(
            PRICES.buyout,
            PRICES.stop,
            PRICES.forecast,
        ))
    };
    let refused = everybody
        .decide(&claimed, word())
        .await
        .expect_err("another's task");
    assert!(refused.message().contains(&appraiser.name), "{refused}");
    let comment = pb::CommentTaskRequest {
        id: task.id.clone(),
        text: "Жду фото салона.".to_owned(),
    };
    let commented = mine
        .comment_task(comment)
        .await?
        .into_inner()
        .task
        .expect("a task");
    assert_eq!(commented.comments.len(), 1);
    let released = pb::ReleaseTaskRequest {
        id: task.id.clone(),
        version: commented.version,
    };
    let released = mine
        .release_task(released)
        .await?
        .into_inner()
        .task
        .expect("a task");
    assert_eq!(released.state, "OPEN");
    let delegate = pb::DelegateTaskRequest {
        id: task.id.clone(),
        version: released.version,
        to_person_id: everybody.id.clone(),
    };
    let delegated = mine
        .delegate_task(delegate)
        .await?
        .into_inner()
        .task
        .expect("a task");
    let nobody = pb::DelegateTaskRequest {
        id: task.id.clone(),
        version: delegated.version,
        to_person_id: "u-nobody".to_owned(),
    };
    let refused = mine
        .delegate_task(nobody)
        .await
        .expect_err("an unknown colleague");
    assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    let task = everybody
        .wait_for(&play.id, "APPRAISE", play.patience)
        .await?;
    everybody.decide(&task, word()).await?;
    let head = world.stack.sign_in("head").await?;
    let appraisal = head
        .buyout(&play.id)
        .await?
        .appraisal
        .expect("an appraisal");
    assert_eq!(
        appraisal.appraiser.map(|p| p.id),
        Some(everybody.id.clone())
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_1c_refuses_reaches_accounting_in_1cs_words_and_goes_on_when_mended()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let play = Play::deal(&world.stack, "clean").await?;
    let text = "Не заполнено значение реквизита «Подразделение».";
    world
        .stack
        .control
        .post("onec_alfa/refuse_posting", json!({ "text": text }))
        .await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.up_to_payment().await?;
    play.confirm_payment().await?;
    let accountant = world.stack.sign_in("accountant").await?;
    let task = accountant
        .wait_for(&play.id, "ACCOUNTING_TROUBLE", play.patience)
        .await?;
    assert!(task.details.contains("Подразделение"), "{}", task.details);
    accountant
        .decide(
            &task,
            Kind::Retry(pb::Reason {
                text: "Заполнено.".to_owned(),
            }),
        )
        .await?;
    assert_eq!(play.end().await?, "DONE");
    world.assert_each_effect_once().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_fails_becomes_a_task_of_ops_and_the_run_says_so() -> anyhow::Result<()> {
    let mut options = Options::default();
    // The treasury is given up after seconds instead of an hour.
    options.policy.deadlines.partner_secs = 5;
    let world = World::with(options).await?;
    let play = Play::deal(&world.stack, "clean").await?;
    play.up_to_offer(PRICES).await?;
    play.client_says("ACCEPT", 0, "").await?;
    play.bring_papers().await?;
    play.verify_papers().await?;
    play.sign().await?;
    let head = world.stack.sign_in("head").await?;
    head.wait_for(&play.id, "APPROVE_PAYMENT", play.patience)
        .await?;
    for operation in ["read_request", "unpost_request", "patch_request"] {
        world
            .stack
            .control
            .fault(
                "onec_treasury",
                operation,
                json!("every"),
                json!({ "status": 503 }),
            )
            .await?;
    }
    let request = CancelBuyoutRequest {
        id: play.id.clone(),
        reason: "Клиент передумал.".to_owned(),
    };
    head.buyouts().cancel_buyout(request).await?;
    let ops = world.stack.sign_in("ops").await?;
    let task = ops
        .wait_for(&play.id, "UNDO_TROUBLE", play.patience)
        .await?;
    assert!(task.details.contains("отозвать заявку"), "{}", task.details);
    let by_hand = pb::Reason {
        text: "Заявка помечена на удаление в 1С вручную.".to_owned(),
    };
    ops.decide(&task, Kind::DoneByHand(by_hand)).await?;
    assert_eq!(play.end().await?, "CANCELLED_NEEDS_MANUAL");
    let manual = head.buyout(&play.id).await?.manual;
    assert!(
        manual.iter().any(|line| line.contains("отозвать заявку")),
        "{manual:?}"
    );
    world.record("undone_by_hand", &play).await?;
    world.stop().await
}
