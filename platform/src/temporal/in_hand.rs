//! A run's workflow tasks one after another.
//!
//! The server keeps the workflow task of an update in memory only. When it forgets one that a worker has in hand
//! (it was restarted, the shard moved), it gives the next task of the run the same event numbers. The SDK takes
//! that task while a local activity of the forgotten one still runs, and skips its first events as seen: a fact
//! or an answer of a partner is lost for good, and the run no longer replays. So the next task of a run is kept
//! here until the one in hand is being answered. The server refuses that answer, the SDK drops what it remembers
//! of the run, and reads the whole history with the next task.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use metrics::counter;
use prost::Message;
use temporalio_client::GrpcCompression;
use temporalio_client::callback_based::{
    CallbackBasedGrpcService, GrpcRequest, GrpcSuccessResponse,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;
use tonic::transport::Channel;

use super::transport;

/// The longest that the server gives a worker for one task.
const LONGEST: Duration = Duration::from_secs(120);

type Response = Result<GrpcSuccessResponse, Status>;

/// Which workflow tasks the worker was given and has not answered.
#[derive(Clone)]
pub(super) struct InHand(Arc<Inner>);

struct Inner {
    /// By run.
    tasks: Mutex<HashMap<String, Task>>,
    /// Tasks for whichever poll comes first.
    free: mpsc::UnboundedSender<GrpcSuccessResponse>,
    freed: tokio::sync::Mutex<mpsc::UnboundedReceiver<GrpcSuccessResponse>>,
}

struct Task {
    token: Bytes,
    since: Instant,
    /// Closes when the answer is on its way.
    answered: watch::Sender<()>,
}

/// What is read of a `PollWorkflowTaskQueueResponse`.
#[derive(Clone, PartialEq, Message)]
struct Given {
    #[prost(bytes = "bytes", tag = "1")]
    token: Bytes,
    #[prost(message, optional, tag = "2")]
    execution: Option<Execution>,
    #[prost(int32, tag = "6")]
    attempt: i32,
    #[prost(bytes = "bytes", optional, tag = "10")]
    query: Option<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
struct Execution {
    #[prost(string, tag = "2")]
    run_id: String,
}

/// What is read of a `RespondWorkflowTaskCompletedRequest` or a `RespondWorkflowTaskFailedRequest`.
#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(bytes = "bytes", tag = "1")]
    token: Bytes,
}

/// What is read of a `RespondWorkflowTaskCompletedResponse`: the run's next task may come with it.
#[derive(Clone, PartialEq, Message)]
struct Answered {
    #[prost(message, optional, tag = "1")]
    next: Option<Given>,
}

impl Default for InHand {
    fn default() -> Self {
        let (free, freed) = mpsc::unbounded_channel();
        Self(Arc::new(Inner {
            tasks: Mutex::default(),
            free,
            freed: tokio::sync::Mutex::new(freed),
        }))
    }
}

impl InHand {
    /// The way of every call of a worker's client.
    pub(super) fn service(
        &self,
        channel: Channel,
        compression: GrpcCompression,
    ) -> CallbackBasedGrpcService {
        let tasks = self.clone();
        CallbackBasedGrpcService {
            callback: Arc::new(move |request| {
                let (tasks, channel) = (tasks.clone(), channel.clone());
                Box::pin(async move { tasks.call(channel, compression, request).await })
            }),
        }
    }

    async fn call(
        &self,
        channel: Channel,
        compression: GrpcCompression,
        request: GrpcRequest,
    ) -> Response {
        match request.rpc.as_str() {
            "PollWorkflowTaskQueue" => {
                self.poll(transport::call(channel, compression, request))
                    .await
            }
            // While the answer is on its way the SDK keeps the next task aside by itself.
            "RespondWorkflowTaskCompleted" => {
                self.answered(&request)?;
                let response = transport::call(channel, compression, request).await?;
                let Answered { next } =
                    Answered::decode(response.proto.as_slice()).map_err(unreadable)?;
                next.inspect(|next| self.take(next));
                Ok(response)
            }
            "RespondWorkflowTaskFailed" => {
                self.answered(&request)?;
                transport::call(channel, compression, request).await
            }
            _ => transport::call(channel, compression, request).await,
        }
    }

    /// A task of the server's, or one that was kept; an empty answer when the server's is kept.
    async fn poll(&self, call: impl Future<Output = Response> + Send + 'static) -> Response {
        let mut asked = AbortOnDropHandle::new(tokio::spawn(call));
        let response = tokio::select! {
            biased;
            Some(freed) = self.freed() => {
                // The server may have given that poll a task by now.
                let tasks = self.clone();
                tokio::spawn(async move {
                    if let Ok(Ok(response)) = asked.await
                        && let Ok(Some(response)) = tasks.admit(response)
                    {
                        tasks.set_free(response);
                    }
                });
                return Ok(freed);
            }
            response = &mut asked => response.map_err(|error| Status::internal(error.to_string()))??,
        };
        Ok(self.admit(response)?.unwrap_or_else(nothing))
    }

    async fn freed(&self) -> Option<GrpcSuccessResponse> {
        self.0.freed.lock().await.recv().await
    }

    fn set_free(&self, response: GrpcSuccessResponse) {
        // The other end is ours.
        let _ = self.0.free.send(response);
    }

    /// The answer to a poll, unless its task is kept until another one of the run is answered.
    fn admit(&self, response: GrpcSuccessResponse) -> Result<Option<GrpcSuccessResponse>, Status> {
        let given = Given::decode(response.proto.as_slice()).map_err(unreadable)?;
        // A second attempt comes after the server wrote down how the first one ended: numbers are those of before.
        let before = (given.attempt <= 1).then(|| self.before(&given)).flatten();
        let Some((mut answered, until)) = before else {
            self.take(&given);
            return Ok(Some(response));
        };
        counter!("kite_workflow_tasks_kept_total").increment(1);
        tracing::warn!(
            run = run_id(&given),
            "Temporal forgot a workflow task that is in hand; the next one of the run waits for its answer"
        );
        let tasks = self.clone();
        tokio::spawn(async move {
            // Closed or too late: the same.
            let _ = tokio::time::timeout_at(until, answered.changed()).await;
            // By then the server may have given up waiting and given it anew.
            if tasks.before(&given).is_none() {
                tasks.take(&given);
                tasks.set_free(response);
            }
        });
        Ok(None)
    }

    /// Another task of the run that is in hand, and until when that can be.
    fn before(&self, given: &Given) -> Option<(watch::Receiver<()>, Instant)> {
        let tasks = self.tasks();
        let task = tasks.get(run_id(given)?)?;
        let until = task.since + LONGEST;
        (task.token != given.token && Instant::now() < until)
            .then(|| (task.answered.subscribe(), until))
    }

    fn take(&self, given: &Given) {
        let Some(run) = run_id(given) else {
            return;
        };
        let mut tasks = self.tasks();
        tasks.retain(|_, task| task.since.elapsed() < LONGEST);
        let task = Task {
            token: given.token.clone(),
            since: Instant::now(),
            answered: watch::Sender::default(),
        };
        tasks.insert(run.to_owned(), task);
    }

    fn answered(&self, request: &GrpcRequest) -> Result<(), Status> {
        let Answer { token } = Answer::decode(request.proto.clone()).map_err(unreadable)?;
        self.tasks().retain(|_, task| task.token != token);
        Ok(())
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<String, Task>> {
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a poll answers when there is no task.
fn nothing() -> GrpcSuccessResponse {
    GrpcSuccessResponse {
        headers: http::HeaderMap::new(),
        proto: Vec::new(),
    }
}

/// The run of the task; `None` when the poll found nothing, or a mere query.
fn run_id(given: &Given) -> Option<&str> {
    if given.token.is_empty() || given.query.is_some() {
        return None;
    }
    given.execution.as_ref().map(|run| run.run_id.as_str())
}

fn unreadable(error: prost::DecodeError) -> Status {
    Status::internal(format!("a workflow task that cannot be read: {error}"))
}

#[cfg(test)]
mod tests;
