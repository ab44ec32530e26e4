//! "Why is it stuck": the answer at several moments of a run, for several people.

use proto::kite::ops::v1 as pb;
use serde_json::json;
use stack::play::Play;
use tests::World;
use tonic::Code;

use super::{explain, until};

fn action<'a>(why: &'a pb::ExplainResponse, code: &str) -> &'a pb::AllowedAction {
    let found = why.actions.iter().find(|action| action.code == code);
    found.unwrap_or_else(|| panic!("no action {code} in {:?}", why.actions))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_what_holds_it_up_and_who_may_do_what() -> anyhow::Result<()> {
    let world = World::start().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let play = Play::deal(stack, "clean").await?;
    play.robot_calls().await?;
    let inspector = play.inspector().await?;

    // A person is to act: named, with a deadline, and who else may.
    let why = explain(&ops, &play.id).await?;
    assert_eq!(
        (why.deal_id, why.stage.as_str(), why.engine_status.as_str()),
        (play.deal, "INSPECTION", "RUNNING")
    );
    assert_eq!(why.told_by, "PROCESS");
    let wait = &why.waits[0];
    assert_eq!(wait.kind, "TASK");
    assert_eq!(
        wait.owner.as_ref().map(|owner| owner.id.as_str()),
        Some(inspector.id.as_str())
    );
    assert!(wait.deadline.is_some() && !wait.overdue, "{wait:?}");
    assert!(
        why.summary
            .starts_with("Ждём решения по задаче «Осмотреть автомобиль»"),
        "{}",
        why.summary
    );
    let cancel = action(&why, "CANCEL");
    assert!(cancel.mine, "{cancel:?}");
    assert_eq!(
        cancel.roles,
        ["BUYOUT_MANAGER", "SECURITY", "BUYOUT_HEAD", "OPS"]
    );
    let decide = action(&why, "DECIDE_TASK");
    assert!(!decide.mine && !decide.refusal.is_empty(), "{decide:?}");
    let repeat = action(&why, "REPEAT_CHECKS");
    assert!(
        !repeat.mine && repeat.refusal.contains("Проверки начнутся сами"),
        "{repeat:?}"
    );
    assert!(why.actions.is_sorted_by_key(|action| !action.mine));
    assert_eq!(why.inbox.len(), 1, "the robot's call: {:?}", why.inbox);

    // A partner fails: named, with its reason in words, the attempt, and what it says to others.
    let away = json!({ "status": 500 });
    stack
        .control
        .fault("fssp", "search_person", json!({ "first": 4 }), away)
        .await?;
    play.inspect().await?;
    let why = until("the failing partner holds the run up", async || {
        let why = explain(&ops, &play.id).await?;
        let fails = why.waits[0].title.contains("не удалась");
        Ok(fails.then_some(why))
    })
    .await?;
    let wait = &why.waits[0];
    assert_eq!(
        (wait.kind.as_str(), wait.partner.as_str()),
        ("PARTNER", "fssp")
    );
    assert_eq!(wait.roles, ["OPS"]);
    assert!(
        why.failures[0].activity == "fssp.search_person"
            && why.failures[0].text.contains("HTTP 500"),
        "{:?}",
        why.failures
    );
    let fssp = why.partners.iter().find(|partner| partner.code == "fssp");
    assert!(
        fssp.is_some_and(|partner| partner.last_failure_class == "UNAVAILABLE"),
        "{:?}",
        why.partners
    );
    assert!(action(&why, "RETRY").mine);
    assert!(!format!("{why:?}").contains(&play.car.owner));

    // What ops found out stays with the run.
    let note = |text: &str| pb::NoteRunRequest {
        buyout_id: play.id.clone(),
        text: text.to_owned(),
    };
    let noted = ops.ops().note_run(note("ФССП обещает к обеду.")).await?;
    assert_eq!(noted.into_inner().notes.len(), 1);
    let refused = ops.ops().note_run(note("  ")).await;
    let refused = refused.expect_err("a note of nothing");
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    let noted = explain(&ops, &play.id).await?.notes;
    assert_eq!(
        (
            noted[0].text.as_str(),
            noted[0].by.as_ref().map(|by| by.id.clone())
        ),
        ("ФССП обещает к обеду.", Some(ops.id.clone()))
    );

    // Nobody is there to answer for the run: what it wrote last is shown.
    stack.stop_worker().await?;
    let why = explain(&ops, &play.id).await?;
    assert_eq!(why.told_by, "RECORD");
    assert!(!why.stage.is_empty());
    stack.start_worker().await?;

    let head = stack.sign_in("head").await?;
    let refused = explain(&head, &play.id)
        .await
        .expect_err("a head is not ops");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    let absent = explain(&ops, "buyout:nobody:1").await.expect_err("no run");
    assert_eq!(absent.code(), Code::NotFound, "{absent}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_broken_off_says_so() -> anyhow::Result<()> {
    let world = World::start().await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let play = Play::deal(stack, "clean").await?;
    play.robot_calls().await?;
    play.inspector().await?;
    stack
        .temporal
        .get_workflow_handle::<temporalio_client::UntypedWorkflow>(&play.id)
        .terminate(Default::default())
        .await?;
    let why = until("the engine tells of the end", async || {
        let why = explain(&ops, &play.id).await?;
        Ok((why.engine_status == "TERMINATED").then_some(why))
    })
    .await?;
    assert_eq!(why.waits[0].kind, "DEFECT");
    assert_eq!(why.waits[0].roles, ["OPS", "ADMIN"]);
    assert!(
        why.summary.contains("прерван в Temporal"),
        "{}",
        why.summary
    );
    let codes: Vec<&str> = why
        .actions
        .iter()
        .map(|action| action.code.as_str())
        .collect();
    assert_eq!(codes, ["NOTE"], "nothing else is taken by a run that ended");
    world.stop().await
}
