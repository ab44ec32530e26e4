//! A portal with the application installed, and the application's ear.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::bench::Bench;

/// A form as pairs, later ones of a name win.
pub(super) type Told = BTreeMap<String, String>;

pub(super) struct Portal {
    pub(super) bench: Bench,
    /// Trusts the portal's authority.
    https: reqwest::Client,
    /// Below it everything that is posted is heard.
    pub(super) app: String,
    heard: mpsc::UnboundedReceiver<(String, Vec<(String, String)>)>,
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Portal {
    pub(super) async fn installed() -> Self {
        let bench = Bench::start().await;
        let (tell, heard) = mpsc::unbounded_channel();
        let router = Router::new().route(
            "/{what}",
            post(move |Path(what): Path<String>, body: String| {
                let form = url::form_urlencoded::parse(body.as_bytes())
                    .into_owned()
                    .collect();
                let _ = tell.send((what, form));
                async { "ok" }
            }),
        );
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let app = format!("http://{}", socket.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(socket, router).await });

        let ca = std::fs::read(bench.simulator.authority()).expect("a certificate");
        let ca = reqwest::Certificate::from_pem(&ca).expect("PEM");
        let https = reqwest::Client::builder()
            .tls_certs_only([ca])
            .build()
            .expect("a client");
        bench
            .person(
                "bitrix24/install",
                json!({ "handler": format!("{app}/install") }),
            )
            .await;
        let mut portal = Self {
            bench,
            https,
            app,
            heard,
            access: String::new(),
            refresh: String::new(),
        };
        let form = portal.told("install").await;
        portal.access = form["auth[access_token]"].clone();
        portal.refresh = form["auth[refresh_token]"].clone();
        portal
    }

    /// The next form posted to that path, in order.
    pub(super) async fn told_pairs(&mut self, what: &str) -> Vec<(String, String)> {
        let next = tokio::time::timeout(Duration::from_secs(20), self.heard.recv()).await;
        let (path, form) = next.expect("a form in time").expect("a form");
        assert_eq!(path, what);
        form
    }

    pub(super) async fn told(&mut self, what: &str) -> Told {
        self.told_pairs(what).await.into_iter().collect()
    }

    /// A call of the application in JSON over HTTPS.
    pub(super) async fn call(&self, method: &str, mut params: Value) -> (u16, Value) {
        params["auth"] = json!(self.access);
        let url = self
            .bench
            .url(crate::Partner::Bitrix24, &format!("rest/{method}"));
        let answer = self
            .https
            .post(url)
            .json(&params)
            .send()
            .await
            .expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// A call that must succeed; its result.
    pub(super) async fn result(&self, method: &str, params: Value) -> Value {
        let (status, answer) = self.call(method, params).await;
        assert_eq!(status, 200, "{method}: {answer}");
        answer["result"].clone()
    }

    /// A call that must be refused; status and code.
    pub(super) async fn refused(&self, method: &str, params: Value) -> (u16, String) {
        let (status, answer) = self.call(method, params).await;
        assert!(answer.get("result").is_none(), "{method}: {answer}");
        (status, answer["error"].as_str().expect("a code").to_owned())
    }

    /// A page of the portal's own.
    pub(super) async fn page(&self, path: &str) -> String {
        let url = self.bench.url(crate::Partner::Bitrix24, path);
        let answer = self.https.get(url).send().await.expect("an answer");
        answer.text().await.expect("text")
    }

    pub(super) async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let url = self.bench.url(crate::Partner::Bitrix24, "oauth/token/");
        let answer = self
            .https
            .post(url)
            .form(form)
            .send()
            .await
            .expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    pub(super) async fn deal(&self, more: Value) -> u64 {
        let mut deal = json!({ "car": "clean" });
        for (name, value) in more.as_object().expect("a map") {
            deal[name] = value.clone();
        }
        self.bench.person("bitrix24/deals", deal).await["deal_id"]
            .as_u64()
            .expect("a deal")
    }

    pub(super) async fn card(&self, deal: u64) -> Value {
        self.bench.looks(&format!("bitrix24/deals/{deal}")).await
    }

    pub(super) fn effects(&self, operation: &str) -> usize {
        self.bench
            .simulator
            .sim()
            .ledger()
            .count(crate::Partner::Bitrix24, operation)
    }

    pub(super) async fn behave(&self, change: Value) {
        self.bench.person("bitrix24/behaviour", change).await;
    }
}
