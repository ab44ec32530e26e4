//! A partner for tests at the socket: it gives the scripted replies in order, one a connection, and
//! keeps the requests. Unlike a web framework it can also break the protocol.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use object_store::memory::InMemory;
use serde_json::Value;
use store::connect::{Store, StoreConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use crate::evidence::Evidence;

/// What the scripted partner does with one request.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    kind: Kind,
    headers: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
enum Kind {
    Answer {
        status: u16,
        content_type: &'static str,
        body: Vec<u8>,
    },
    /// The request is taken, the connection closed without a word.
    Drop,
    /// The request is taken and never answered.
    Hang,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::body(status, "application/json; charset=utf-8", body.to_string())
    }

    /// A page of a proxy or of a maintenance screen.
    pub(crate) fn html(status: u16) -> Self {
        Self::body(
            status,
            "text/html",
            "<!DOCTYPE html><html><body>Ведутся работы</body></html>",
        )
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::body(status, "text/plain", "")
    }

    pub(crate) fn body(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::of(Kind::Answer {
            status,
            content_type,
            body: body.into(),
        })
    }

    pub(crate) fn drop() -> Self {
        Self::of(Kind::Drop)
    }

    pub(crate) fn hang() -> Self {
        Self::of(Kind::Hang)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            headers: Vec::new(),
        }
    }
}

/// A request as the partner saw it.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// Path with the query, as sent.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Recorded {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Parameters of the query, decoded.
    pub(crate) fn query(&self) -> BTreeMap<String, String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// Fields of a form body, decoded.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the request's body is JSON")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// "GET /path", for assertions on the order of calls.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path())
    }
}

#[derive(Default)]
struct State {
    replies: VecDeque<Reply>,
    requests: Vec<Recorded>,
}

/// A running scripted partner on 127.0.0.1. Stops when dropped.
pub(crate) struct Script {
    url: Url,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Script {
    /// A request beyond the script is answered with status 599.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        crypto();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State {
            replies: replies.into_iter().collect(),
            requests: Vec::new(),
        }));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self {
            url: Url::parse(&format!("http://{address}/")).expect("a URL"),
            state,
            task,
        }
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    pub(crate) fn then(&self, reply: Reply) {
        self.state.lock().expect("a lock").replies.push_back(reply);
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.state.lock().expect("a lock").requests.clone()
    }

    /// The calls in order, as "METHOD /path".
    pub(crate) fn calls(&self) -> Vec<String> {
        self.requests().iter().map(Recorded::line).collect()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address at which nobody listens.
pub(crate) fn nobody() -> Url {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    Url::parse(&format!("http://{address}/")).expect("a URL")
}

/// An empty database in a temporary folder, which lives as long as the second value.
pub(crate) async fn store() -> (Store, TempDir) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}?mode=rwc", dir.path().join("kite.db").display());
    let store = Store::connect(&StoreConfig {
        url,
        max_connections: 2,
    })
    .await
    .expect("a database");
    store.migrate().await.expect("a schema");
    (store, dir)
}

/// An empty database and an object store in memory.
pub(crate) async fn evidence() -> (Evidence, TempDir) {
    let (store, dir) = store().await;
    let objects = Arc::new(InMemory::new());
    (Evidence { objects, store }, dir)
}

/// TLS of the whole process is on `ring`; a second call changes nothing.
pub(crate) fn crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let reply = {
        let mut state = state.lock().expect("a lock");
        state.requests.push(request);
        state.replies.pop_front()
    };
    let reply = reply.unwrap_or_else(|| Reply::status(599));
    match reply.kind {
        Kind::Drop => {}
        Kind::Hang => std::future::pending().await,
        Kind::Answer {
            status,
            content_type,
            body,
        } => {
            let mut head = format!(
                "HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n",
                body.len()
            );
            for (name, value) in &reply.headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            // The caller may have gone by now; then there is nobody to tell.
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body).await;
            let _ = stream.shutdown().await;
        }
    }
}

/// Reads one request with a `Content-Length`, which is all that our clients send.
async fn read(stream: &mut TcpStream) -> Option<Recorded> {
    let mut received = Vec::new();
    let head_end = loop {
        if let Some(end) = received.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(received[..head_end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .and_then(|value| value.parse::<usize>().ok())
        .unwrap_or_default();
    let mut body = received.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Recorded {
        method,
        target,
        headers,
        body,
    })
}
