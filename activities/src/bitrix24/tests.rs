//! The portal at the socket: one test per class of answer, and what happens once.

mod access;
mod deal;
mod event;
mod placement;
mod robot;
mod task;
mod tick;
mod timeline;

use std::sync::Arc;

use chrono::Utc;
use serde_json::{Value, json};
use store::connect::Store;
use store::portal::Portal;
use tempfile::TempDir;
use url::Url;

use super::{Bitrix24Activities, Bitrix24Client, Config, DealFields, Sealer};
use crate::testing::{Recorded, Reply, Script, evidence};

const PORTAL: &str = "portal";

/// Turns a text around: enough to see what was sealed.
struct Turned;

impl Sealer for Turned {
    fn seal(&self, text: &str) -> Result<String, String> {
        Ok(format!("sealed:{}", text.chars().rev().collect::<String>()))
    }

    fn open(&self, text: &str) -> Result<String, String> {
        Ok(match text.strip_prefix("sealed:") {
            Some(sealed) => sealed.chars().rev().collect(),
            None => text.to_owned(),
        })
    }
}

struct Fixture {
    activities: Bitrix24Activities,
    script: Script,
    _dir: TempDir,
}

/// An installed portal that gives these replies.
async fn fixture(replies: impl IntoIterator<Item = Reply>) -> Fixture {
    let script = Script::start(replies).await;
    let (activities, dir) = activities(&script.url()).await;
    Fixture {
        activities,
        script,
        _dir: dir,
    }
}

/// Activities on a fresh database whose portal is at `url`.
async fn activities(url: &Url) -> (Bitrix24Activities, TempDir) {
    let (evidence, dir) = evidence().await;
    let store = evidence.store.clone();
    install(&store, url, "access-1", "refresh-1").await;
    let activities = Bitrix24Activities {
        client: Arc::new(client(&store, url)),
        store,
        evidence,
    };
    (activities, dir)
}

fn client(store: &Store, url: &Url) -> Bitrix24Client {
    let config = Config {
        client_id: "local.kite".to_owned(),
        client_secret: "secret".into(),
        oauth_url: url.clone(),
        public_url: "https://kite.example/".parse().expect("a URL"),
        timeout_secs: 5,
        concurrency: 8,
        rate_per_minute: 0,
        operating_limit_secs: 480,
        extra_ca: None,
        fields: DealFields::default(),
    };
    Bitrix24Client::new(config, store.clone(), Arc::new(Turned)).expect("a client")
}

async fn install(store: &Store, url: &Url, access: &str, refresh: &str) {
    let portal = Portal {
        member_id: PORTAL.to_owned(),
        domain: "portal.example".to_owned(),
        client_endpoint: url.join("rest/").expect("a URL").to_string(),
        server_endpoint: "https://attacker.example/rest/".to_owned(),
        access_token: access.to_owned(),
        refresh_token: refresh.to_owned(),
        expires_at: Utc::now(),
        application_token: "application".to_owned(),
    };
    store.save_portal(&portal).await.expect("saved");
}

fn ok(result: Value) -> Reply {
    Reply::json(200, &json!({ "result": result, "time": time(0.1, 0) }))
}

fn time(operating: f64, reset_in: i64) -> Value {
    let reset_at = Utc::now().timestamp() + reset_in;
    json!({ "start": 1.5, "finish": 1.6, "operating": operating, "operating_reset_at": reset_at })
}

fn error(status: u16, code: &str) -> Reply {
    let body = json!({ "error": code, "error_description": "Описание" });
    Reply::json(status, &body)
}

impl Fixture {
    /// Names of the methods that were called, in order.
    fn methods(&self) -> Vec<String> {
        let called = self.script.requests();
        let name = |r: &Recorded| {
            r.path()
                .rsplit('/')
                .find(|s| !s.is_empty())
                .unwrap_or_default()
                .to_owned()
        };
        called.iter().map(name).collect()
    }

    fn body(&self, number: usize) -> Value {
        self.script.requests()[number].json()
    }
}
