//! EventService: one stream of changed entities with a resume token.

use std::pin::Pin;
use std::time::Duration;

use chrono::Utc;
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::Actor;
use futures::Stream;
use proto::kite::event::v1 as pb;
use proto::kite::event::v1::event_service_server::EventService;
use proto::kite::event::v1::subscribe_response::Event;
use store::change::Topic;
use store::{Change, Store, StoreError};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::access::{NotAdmitted, TokenError, actor_of, bearer, refused};
use crate::convert::common::time;
use crate::server::App;
use crate::status;

/// Changes read at once; a client that is further behind reads its lists again.
const BATCH: u64 = 200;
const MOST_BEHIND: i64 = 10_000;
/// How often the table is looked at, once for all streams; a change is seen after at most this long.
const PAUSE: Duration = Duration::from_millis(250);
/// A stream that is silent longer is dead; with each beat the person's right to listen is checked again.
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct Events {
    pub(crate) app: App,
}

type Responses = Pin<Box<dyn Stream<Item = Result<pb::SubscribeResponse, Status>> + Send>>;

#[tonic::async_trait]
impl EventService for Events {
    type SubscribeStream = Responses;

    async fn subscribe(
        &self,
        request: Request<pb::SubscribeRequest>,
    ) -> Result<Response<Responses>, Status> {
        let actor = actor_of(&request)?;
        let token = bearer(&request.metadata().clone().into_headers()).map(str::to_owned);
        let token = token.ok_or_else(|| refused(NotAdmitted::NoToken))?;
        let pb::SubscribeRequest {
            resume_token,
            topics,
        } = request.into_inner();
        known(&topics)?;
        let Position {
            seq,
            last: _,
            reset,
        } = position(&self.app, &resume_token).await?;
        let (sender, receiver) = mpsc::channel(32);
        let feed = Feed {
            app: self.app.clone(),
            actor,
            token,
            seq,
            topics,
            sender,
        };
        tokio::spawn(feed.run(reset));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn list_changes(
        &self,
        request: Request<pb::ListChangesRequest>,
    ) -> Result<Response<pb::ListChangesResponse>, Status> {
        let actor = actor_of(&request)?;
        let pb::ListChangesRequest {
            resume_token,
            topics,
        } = request.into_inner();
        known(&topics)?;
        let Position { seq, last, reset } = position(&self.app, &resume_token).await?;
        let changes = self.app.store.changes_after(seq, &topics, BATCH).await;
        let changes = changes.map_err(status::store)?;
        let token = match changes.last() {
            Some(newest) if changes.len() as u64 == BATCH => newest.seq,
            // Changes of other topics are behind the client too: the token must not grow old over them.
            Some(newest) => newest.seq.max(last),
            None => last,
        };
        let changes = changes
            .into_iter()
            .filter(|seen| sees(&self.app, &actor, seen))
            .map(change)
            .collect();
        Ok(Response::new(pb::ListChangesResponse {
            resume_token: token.to_string(),
            changes,
            reset,
        }))
    }
}

/// Refuses topics that there are not.
fn known(topics: &[String]) -> Result<(), Status> {
    let wrong: Vec<FieldViolation> = topics
        .iter()
        .filter(|topic| topic.parse::<Topic>().is_err())
        .map(|topic| FieldViolation::new("topics", format!("Неизвестная тема «{topic}».")))
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(status::refused(&Refusal::invalid(wrong)))
    }
}

/// Where a client stands.
struct Position {
    /// The last change that it knows of.
    seq: i64,
    /// The newest change.
    last: i64,
    /// The token leads nowhere: it must read its lists again and goes on from `seq`.
    reset: bool,
}

async fn position(app: &App, resume_token: &str) -> Result<Position, Status> {
    let last = app.store.last_change().await.map_err(status::store)?;
    let pruned = app.store.change_horizon().await.map_err(status::store)?;
    let (seq, reset) = match resume_token.parse::<i64>() {
        Ok(seq) if (pruned.max(last - MOST_BEHIND)..=last).contains(&seq) => (seq, false),
        Ok(_) => (last, true),
        Err(_) => (last, !resume_token.is_empty()),
    };
    Ok(Position { seq, last, reset })
}

/// What happens in cities that are not theirs does not concern them, and what arrives from outside is for
/// those who settle it. Within a city everybody hears of every run: a message has ids only, and who lost a
/// run must learn that too.
fn sees(app: &App, actor: &Actor, change: &Change) -> bool {
    let theirs = |unknown: bool| {
        change
            .city
            .as_deref()
            .map_or(unknown, |city| actor.works_in(city))
    };
    match change.topic {
        // As in the lists: a run whose city is not known yet is in none.
        Topic::Buyout => theirs(actor.cities.is_empty()),
        Topic::Task | Topic::Staff | Topic::Policy => theirs(true),
        // What a person is told is nobody else's.
        Topic::Notification => change.entity == actor.person.0,
        // A filter may be shared with anybody; whose lists have it learns that by reading them.
        Topic::View => true,
        Topic::Unmatched => app.access.sees_every_task(actor),
        // How the engine and its partners are is for those who keep them running.
        Topic::Inbox | Topic::Partner | Topic::Finding => app.access.reads_inbox(actor),
    }
}

/// Tells every stream when there is something to read. Runs until the gateway stops.
pub(crate) async fn watch(store: Store, newest: watch::Sender<i64>, stop: CancellationToken) {
    loop {
        match store.last_change().await {
            Ok(last) => {
                newest.send_if_modified(|known| std::mem::replace(known, last) != last);
            }
            Err(error) => tracing::warn!(%error, "the newest change could not be read"),
        }
        tokio::select! {
            _ = stop.cancelled() => return,
            _ = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// One client's stream.
struct Feed {
    app: App,
    actor: Actor,
    token: String,
    /// The last change that the client knows of, seen or not theirs to see.
    seq: i64,
    topics: Vec<String>,
    sender: mpsc::Sender<Result<pb::SubscribeResponse, Status>>,
}

/// The stream is over.
struct Over;

impl Feed {
    async fn run(mut self, reset: bool) {
        // An error is the last thing on a stream; the client comes back with its token and loses nothing.
        let _over: Result<(), Over> = self.serve(reset).await;
    }

    /// Sends changes until the client or the gateway goes.
    async fn serve(&mut self, reset: bool) -> Result<(), Over> {
        // The first message tells the client where it stands, so that a cut before the first change loses nothing.
        self.send(if reset {
            Event::Reset(pb::Reset {})
        } else {
            heartbeat()
        })
        .await?;
        let mut newest = self.app.newest_change.clone();
        // What came between the token and now is read at once.
        newest.mark_changed();
        let mut beat = Instant::now() + HEARTBEAT;
        loop {
            let stop = self.app.stop.clone();
            tokio::select! {
                _ = stop.cancelled() => return Err(Over),
                _ = self.sender.closed() => return Err(Over),
                changed = newest.changed() => {
                    changed.map_err(|_| Over)?;
                    let last = *newest.borrow_and_update();
                    self.catch_up(last).await?;
                }
                _ = tokio::time::sleep_until(beat) => {
                    self.admit_again().await?;
                    self.send(heartbeat()).await?;
                    beat = Instant::now() + HEARTBEAT;
                }
            }
        }
    }

    /// Sends what came after `seq`; `last` was the newest change before this began.
    async fn catch_up(&mut self, last: i64) -> Result<(), Over> {
        loop {
            let pruned = self.app.store.change_horizon().await;
            if self.read(pruned).await? > self.seq {
                self.seq = last.max(self.seq);
                self.send(Event::Reset(pb::Reset {})).await?;
            }
            let changes = self
                .app
                .store
                .changes_after(self.seq, &self.topics, BATCH)
                .await;
            let changes = self.read(changes).await?;
            let whole = (changes.len() as u64) < BATCH;
            for change in changes {
                self.seq = change.seq;
                if change.topic == Topic::Staff && change.entity == self.actor.person.0 {
                    self.admit_again().await?;
                }
                if sees(&self.app, &self.actor, &change) {
                    self.send(Event::Change(self::change(change))).await?;
                }
            }
            if whole {
                // Changes of other topics are behind us too: the token must not grow old over them.
                self.seq = self.seq.max(last);
                return Ok(());
            }
        }
    }

    /// Whoever was blocked, or whose token ran out, listens no longer; new roles and cities count.
    async fn admit_again(&mut self) -> Result<(), Over> {
        match self.app.tokens.actor(&self.token).await {
            Ok(actor) => {
                self.actor = actor;
                Ok(())
            }
            // The directory is away for a moment; the next beat asks again.
            Err(TokenError::Unavailable) => Ok(()),
            Err(error) => self.end(refused(NotAdmitted::Token(error))).await,
        }
    }

    async fn read<T>(&self, read: Result<T, StoreError>) -> Result<T, Over> {
        match read {
            Ok(value) => Ok(value),
            Err(error) => self.end(status::store(error)).await,
        }
    }

    async fn end<T>(&self, status: Status) -> Result<T, Over> {
        // A client that is gone needs no reason.
        let _ = self.sender.send(Err(status)).await;
        Err(Over)
    }

    async fn send(&self, event: Event) -> Result<(), Over> {
        let response = pb::SubscribeResponse {
            resume_token: self.seq.to_string(),
            event: Some(event),
        };
        self.sender.send(Ok(response)).await.map_err(|_| Over)
    }
}

fn change(change: Change) -> pb::Change {
    let Change {
        seq: _,
        topic,
        entity,
        run,
        city: _,
        at,
    } = change;
    pb::Change {
        topic: topic.to_string(),
        entity_id: entity,
        buyout_id: run.map(|run| run.0).unwrap_or_default(),
        at: Some(time(at)),
    }
}

fn heartbeat() -> Event {
    Event::Heartbeat(pb::Heartbeat {
        at: Some(time(Utc::now())),
    })
}
