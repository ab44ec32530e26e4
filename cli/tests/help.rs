//! The program as somebody meets it who never used it.

use std::process::{Command, Output};

fn kite(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kite"));
    // What the machine's owner has set must not answer for the test.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KITE_")) {
        command.env_remove(name);
    }
    command.args(arguments).output().expect("the program runs")
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn help_says_what_there_is_and_how_to_sign_in() {
    let help = kite(&["--help"]);
    assert!(help.status.success());
    let text = words(&help.stdout);
    for part in [
        "ops",
        "KITE_TOKEN",
        "--token-file",
        "--login",
        "KITE_PASSWORD",
        "--ca",
        "exit status",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    let ops = kite(&["ops", "--help"]);
    assert!(ops.status.success());
    let ops = words(&ops.stdout);
    for command in ["explain", "list", "hold", "resume", "retry", "note"] {
        assert!(ops.contains(command), "{command} is missing:\n{ops}");
    }
}

#[test]
fn a_gateway_that_is_away_is_one_sentence_and_status_one() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let ended = kite(&["--gateway", &address, "ops", "list"]);
    assert_eq!(ended.status.code(), Some(1));
    let text = words(&ended.stderr);
    assert!(
        text.starts_with("kite: ") && text.contains("does not answer"),
        "{text}"
    );
    assert!(ended.stdout.is_empty());
}

#[test]
fn what_is_not_understood_ends_with_status_two() {
    let ended = kite(&["ops", "dance"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(words(&ended.stderr).contains("dance"));
}
