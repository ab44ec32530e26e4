//! The program itself: prints its addresses, serves them, says clearly why it cannot.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

fn program(folder: &std::path::Path, base_port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kite-simulator"));
    command
        .arg("--folder")
        .arg(folder)
        .arg("--base-port")
        .arg(base_port.to_string());
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn it_prints_where_each_partner_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut running = program(folder.path(), 0).spawn().expect("a program");
    let mut lines = BufReader::new(running.stdout.take().expect("an output")).lines();
    let mut printed = Vec::new();
    while let Some(line) = lines.next_line().await.expect("a line") {
        let last = line.starts_with("CA of bitrix24");
        printed.push(line);
        if last {
            break;
        }
    }
    let of = |what: &str| {
        let line = printed
            .iter()
            .find(|line| line.starts_with(&format!("{what} ")));
        line.and_then(|line| line.split_whitespace().last())
            .expect("an address")
            .to_owned()
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let health = reqwest::get(format!("{}health", of("control")))
        .await
        .expect("an answer");
    let health: Value = health.json().await.expect("JSON");
    assert_eq!(health["status"], "ok");
    for (partner, url) in health["partners"].as_object().expect("partners") {
        assert_eq!(*url, of(partner));
    }
    assert!(std::path::Path::new(&of("CA of bitrix24")).exists());
}

#[tokio::test]
async fn a_taken_port_ends_it_with_a_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let folder = tempfile::tempdir().expect("a folder");
    let ended = program(folder.path(), port).output().await.expect("an end");
    assert!(!ended.status.success());
    let words = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        words.contains(&format!("port {port} of 127.0.0.1 cannot be taken")),
        "{words}"
    );
}
