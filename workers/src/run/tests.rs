use std::time::Duration;

use super::*;
use crate::config::tests::{REQUIRED, load};

/// Serves our own database's queue only, against a Temporal at which nobody listens.
fn config() -> Config {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = nobody.local_addr().expect("an address");
    let file = format!(
        "{REQUIRED}[queues]\nserve = [\"kite\"]\n[temporal]\naddress = \"{address}\"\nnamespace = \"kite\"\n"
    );
    load(&file).expect("a configuration")
}

#[tokio::test]
async fn a_worker_that_waits_for_temporal_lives_is_not_ready_and_stops_at_once() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let look = async {
        let status = |path: &'static str| async move {
            let answer = reqwest::get(format!("http://{address}{path}")).await;
            answer.expect("an answer").status().as_u16()
        };
        assert_eq!(status("/healthz").await, 200);
        assert_eq!(status("/readyz").await, 503);
        stop.cancel();
    };
    let running = async { tokio::join!(run(config(), socket, stop.clone()), look).0 };
    let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
    ended
        .expect("it stops before its wait is over")
        .expect("a clean end");
}

#[tokio::test]
async fn a_wrong_configuration_ends_before_anything_begins() {
    let mut config = config();
    config.queues.serve.push("partner.bank".to_owned());
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let ended = run(config, socket, CancellationToken::new()).await;
    let error = ended.expect_err("a refusal").to_string();
    assert!(
        error.starts_with("configuration: partners.bank: is required"),
        "{error}"
    );
}
