//! The command `kite` as a process of its own, as somebody at a terminal runs it.

use std::path::PathBuf;
use std::process::Output;

use anyhow::{Context, ensure};
use serde_json::json;
use stack::play::Play;
use tests::{Options, World};

use super::{WORKER, explain, until, worker_knows_of_hold};

/// Beside the tests' own program; it is built with them.
fn program() -> anyhow::Result<PathBuf> {
    let tests = std::env::current_exe()?;
    let folder = tests.parent().and_then(|deps| deps.parent());
    let program = folder.context("a target folder")?.join("kite");
    ensure!(
        program.exists(),
        "{} is not built; run the tests of the whole workspace",
        program.display()
    );
    Ok(program)
}

async fn kite(world: &World, login: &str, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = tokio::process::Command::new(program()?);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KITE_")) {
        command.env_remove(name);
    }
    let output = command
        .arg("--gateway")
        .arg(world.stack.door.url.as_str())
        .arg("--ca")
        .arg(world.stack.settings.folder.join("tls/ca.pem"))
        .args(["--login", login])
        .env("KITE_PASSWORD", stack::seed::PASSWORD)
        .args(arguments)
        .output()
        .await?;
    Ok(output)
}

/// What it printed; it succeeded.
async fn printed(world: &World, arguments: &[&str]) -> anyhow::Result<String> {
    let output = kite(world, "ops", arguments).await?;
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    ensure!(output.status.success(), "{arguments:?}: {out}\n{err}");
    Ok(out.into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_find_out_hold_note_retry_and_release_from_a_terminal() -> anyhow::Result<()> {
    let world = World::with(Options {
        worker: WORKER.to_owned(),
        ..Options::default()
    })
    .await?;
    let stack = &world.stack;
    let ops = stack.sign_in("ops").await?;
    let listed = printed(&world, &["ops", "list"]).await?;
    assert!(
        listed.contains("PARTNER") && listed.contains("fssp") && listed.contains("UNUSED"),
        "{listed}"
    );
    let held = printed(
        &world,
        &["ops", "hold", "fssp", "--reason", "Плановые работы."],
    )
    .await?;
    assert!(
        held.contains("fssp is held") && held.contains("kite ops resume fssp"),
        "{held}"
    );
    worker_knows_of_hold(stack, "fssp").await?;
    let play = Play::deal(stack, "clean").await?;
    play.robot_calls().await?;
    play.inspect().await?;
    until("the run waits for the partner", async || {
        let why = explain(&ops, &play.id).await?;
        Ok((why.waits[0].kind == "HOLD").then_some(()))
    })
    .await?;
    let why = printed(&world, &["ops", "explain", &play.id]).await?;
    for part in [
        "ФССП остановлен сопровождением: Плановые работы.",
        "WAITS FOR",
        "stage     CHECKING",
        "RESUME",
        "you",
    ] {
        assert!(why.contains(part), "{part} is missing:\n{why}");
    }
    // Whoever knows the deal or the car need not know the id of the run.
    let deal = play.deal.to_string();
    for named in [deal.as_str(), &play.car.identifier] {
        let same = printed(&world, &["ops", "explain", named]).await?;
        assert!(same.contains(&play.id), "{named}: {same}");
    }
    let runs = printed(&world, &["ops", "list", "runs"]).await?;
    assert!(
        runs.contains(&deal) && runs.contains("CHECKING") && runs.contains(&play.car.identifier),
        "{runs}"
    );
    let late = printed(&world, &["ops", "list", "runs", "--late"]).await?;
    assert!(!late.contains(&play.car.identifier), "{late}");
    let noted = printed(&world, &["ops", "note", &play.id, "Ждём до обеда."]).await?;
    assert!(noted.contains("Ждём до обеда."), "{noted}");
    let released = printed(&world, &["ops", "resume", "fssp"]).await?;
    assert!(released.contains("fssp is released"), "{released}");
    let holds = printed(&world, &["ops", "list", "holds"]).await?;
    assert!(
        holds.contains("Плановые работы.") && holds.contains("released"),
        "{holds}"
    );
    let batch = printed(&world, &["ops", "retry", "--partner", "fssp", "--dry-run"]).await?;
    assert!(batch.contains("nothing was done"), "{batch}");

    // Refusals are one sentence and status 1; nothing of the password is ever printed.
    for (login, arguments, words) in [
        ("head", vec!["ops", "list"], "not allowed"),
        ("ops", vec!["ops", "resume", "fssp"], "refused"),
        (
            "ops",
            vec!["ops", "explain", "buyout:nobody:1"],
            "not found",
        ),
        (
            "ops",
            vec!["ops", "explain", "987654"],
            "there is no run of a deal, VIN or plate 987654",
        ),
        ("nobody", vec!["ops", "list"], "not signed in"),
    ] {
        let output = kite(&world, login, &arguments).await?;
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
        assert!(!err.contains(stack::seed::PASSWORD), "{err}");
    }
    let token = json!(ops.token);
    assert!(!why.contains(token.as_str().unwrap_or_default()));
    world.stop().await
}
