//! What tests at a socket share: a running simulator, a person at its control port, somebody who is told.

use std::time::Duration;

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use url::Url;

use crate::{Partner, Settings, Simulator, start};

/// A running simulator with clients for both of its sides.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) http: reqwest::Client,
    _folder: TempDir,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let simulator = start(Settings::in_folder(folder.path()))
            .await
            .expect("a simulator");
        Self {
            simulator,
            http: reqwest::Client::new(),
            _folder: folder,
        }
    }

    pub(crate) fn url(&self, partner: Partner, path: &str) -> Url {
        self.simulator.url(partner).join(path).expect("a path")
    }

    /// What a person does; the answer must be a success.
    pub(crate) async fn person(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.person_tries(path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    pub(crate) async fn person_tries(&self, path: &str, body: Value) -> (u16, Value) {
        let url = self.simulator.control().join(path).expect("a path");
        let answer = self
            .http
            .post(url)
            .json(&body)
            .send()
            .await
            .expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    pub(crate) async fn looks(&self, path: &str) -> Value {
        let url = self.simulator.control().join(path).expect("a path");
        self.http
            .get(url)
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON")
    }

    /// Effects of an operation under a key.
    pub(crate) async fn effects(&self, partner: Partner, operation: &str, key: &str) -> usize {
        let entries = self
            .looks(&format!(
                "ledger?partner={partner}&operation={operation}&key={key}"
            ))
            .await;
        entries.as_array().expect("a list").len()
    }

    pub(crate) async fn fault(&self, partner: Partner, operation: &str, fault: Value) {
        self.person("faults", json!({ "partner": partner, "operation": operation, "when": { "nth": 1 }, "fault": fault }))
            .await;
    }
}

/// Somebody who is told things: an address and what comes there.
pub(crate) async fn listener() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (told, heard) = mpsc::unbounded_channel();
    let router = Router::new().route(
        "/hook",
        post(move |body: Bytes| {
            let told = told.clone();
            async move {
                let _ = told.send(serde_json::from_slice(&body).unwrap_or_default());
            }
        }),
    );
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(socket, router).await });
    (format!("http://{address}/hook"), heard)
}

/// The next thing told, or a failure after a while.
pub(crate) async fn next(heard: &mut mpsc::UnboundedReceiver<Value>) -> Value {
    tokio::time::timeout(Duration::from_secs(20), heard.recv())
        .await
        .expect("nothing was told in time")
        .expect("an open ear")
}

/// Asks again until the answer fits.
pub(crate) async fn until<T, F: Future<Output = T>>(
    ask: impl Fn() -> F,
    fits: impl Fn(&T) -> bool,
) -> T {
    let patient = async {
        loop {
            let answer = ask().await;
            if fits(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), patient)
        .await
        .expect("it did not come to that in time")
}
