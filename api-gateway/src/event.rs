//! EventService: one stream of changed entities with a resume token.

use std::pin::Pin;
use std::time::Duration;

use chrono::Utc;
use domain::staff::Actor;
use futures::Stream;
use proto::kite::event::v1 as pb;
use proto::kite::event::v1::event_service_server::EventService;
use proto::kite::event::v1::subscribe_response::Event;
use store::{Change, StoreError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::access::actor_of;
use crate::convert::common::time;
use crate::server::App;
use crate::status;

/// Changes read at once; a client that is further behind reads its lists again.
const BATCH: u64 = 200;
const MOST_BEHIND: i64 = 10_000;
/// How often the table is read; a change is seen after at most this long.
const PAUSE: Duration = Duration::from_millis(250);
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct Events {
    pub(crate) app: App,
}

type Responses = Pin<Box<dyn Stream<Item = Result<pb::SubscribeResponse, Status>> + Send>>;

#[tonic::async_trait]
impl EventService for Events {
    type SubscribeStream = Responses;

    async fn subscribe(&self, request: Request<pb::SubscribeRequest>) -> Result<Response<Responses>, Status> {
        let actor = actor_of(&request)?;
        let pb::SubscribeRequest { resume_token, topics } = request.into_inner();
        let last = self.app.store.last_change().await.map_err(status::store)?;
        let asked = resume_token.parse::<i64>().ok();
        let (from, reset) = match asked {
            Some(seq) if seq <= last && last - seq <= MOST_BEHIND => (seq, false),
            Some(_) => (last, true),
            None => (last, !resume_token.is_empty()),
        };
        let (sender, receiver) = mpsc::channel(32);
        let app = self.app.clone();
        tokio::spawn(async move { feed(app, actor, from, reset, topics, sender).await });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// Sends changes until the client or the gateway goes.
async fn feed(
    app: App,
    actor: Actor,
    mut seq: i64,
    reset: bool,
    topics: Vec<String>,
    sender: mpsc::Sender<Result<pb::SubscribeResponse, Status>>,
) {
    // The first message tells the client where it stands, so that a cut before the first change loses nothing.
    let first = if reset { Event::Reset(pb::Reset {}) } else { heartbeat() };
    if sender.send(Ok(response(seq, first))).await.is_err() {
        return;
    }
    let mut heart = tokio::time::Instant::now();
    loop {
        tokio::select! {
            _ = app.stop.cancelled() => return,
            _ = sender.closed() => return,
            _ = tokio::time::sleep(PAUSE) => {}
        }
        let changes: Result<Vec<Change>, StoreError> = app.store.changes_after(seq, &topics, BATCH).await;
        let changes = match changes {
            Ok(changes) => changes,
            Err(error) => {
                // The client comes back with its token; nothing is lost.
                let _ = sender.send(Err(status::store(error))).await;
                return;
            }
        };
        for change in changes {
            seq = change.seq;
            // What happens in cities that are not theirs does not concern them, and its ids are not theirs to know.
            if change.city.as_deref().is_some_and(|city| !actor.works_in(city)) {
                continue;
            }
            let event = Event::Change(pb::Change {
                topic: change.topic.to_string(),
                entity_id: change.entity,
                buyout_id: change.run.map(|run| run.0).unwrap_or_default(),
                at: Some(time(change.at)),
            });
            if sender.send(Ok(response(seq, event))).await.is_err() {
                return;
            }
            heart = tokio::time::Instant::now();
        }
        if heart.elapsed() >= HEARTBEAT {
            heart = tokio::time::Instant::now();
            if sender.send(Ok(response(seq, heartbeat()))).await.is_err() {
                return;
            }
        }
    }
}

fn heartbeat() -> Event {
    Event::Heartbeat(pb::Heartbeat { at: Some(time(Utc::now())) })
}

fn response(seq: i64, event: Event) -> pb::SubscribeResponse {
    pb::SubscribeResponse { resume_token: seq.to_string(), event: Some(event) }
}
