//! An activity that does nothing, and the workflow that calls it one time after another: what a worker costs by
//! itself. The same code runs in our whole worker (codec, interceptors, partners' queues, clocks) and in a bare one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions, GrpcCompression};
use temporalio_common::ActivityError;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::ActivityContext;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use temporalio_workflow::{ActivityOptions, WorkflowContext, WorkflowContextView, WorkflowResult};
use tokio_util::sync::CancellationToken;

/// Queue of the bare worker.
pub(crate) const BARE: &str = "bare";
/// As large as what a step of a buyout says.
const TEXT: usize = 1_000;

/// Of a bare worker; its file in JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) address: String,
    /// Where it says that it works.
    pub(crate) ready: std::path::PathBuf,
}

pub struct Noop;

#[activities]
impl Noop {
    #[activity(name = "bench.noop")]
    pub async fn noop(
        self: Arc<Self>,
        _ctx: ActivityContext,
        text: String,
    ) -> Result<String, ActivityError> {
        Ok(text)
    }
}

#[workflow]
pub(crate) struct Steps {
    steps: u32,
}

#[workflow_methods]
impl Steps {
    #[init]
    pub(crate) fn new(_view: &WorkflowContextView, steps: u32) -> Self {
        Self { steps }
    }

    #[run(name = "bench_steps")]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let mut text = "x".repeat(TEXT);
        for _ in 0..ctx.state(|w| w.steps) {
            let options =
                ActivityOptions::with_start_to_close_timeout(Duration::from_secs(20)).build();
            text = ctx.execute_activity(Noop::noop, text, options).await?;
        }
        Ok(())
    }
}

pub(crate) fn register(options: &mut WorkerOptions) -> anyhow::Result<()> {
    options
        .register_workflow::<Steps>()?
        .register_activities(Noop);
    Ok(())
}

/// A client as whoever begins with the SDK has it: no codec. Compression is off, as ours is on one machine.
pub(crate) async fn client(address: &str) -> anyhow::Result<Client> {
    let target: url::Url = format!("http://{address}").parse()?;
    let mut options = ConnectionOptions::new(target).build();
    options.grpc_compression = GrpcCompression::None;
    let connection = Connection::connect(options)
        .await
        .with_context(|| format!("Temporal at {address}"))?;
    Ok(Client::new(
        connection,
        ClientOptions::new("default").build(),
    )?)
}

/// The bare worker.
pub(crate) async fn serve(file: &Path, stop: CancellationToken) -> anyhow::Result<()> {
    let Place { address, ready } = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let runtime = Runtime::from_current_tokio(Default::default())?;
    let mut options = WorkerOptions::new(BARE).build();
    register(&mut options)?;
    let mut worker = Worker::new(&runtime, client(&address).await?, options)?;
    let shut = worker.shutdown_handle();
    std::fs::write(ready, "")?;
    let mut running = std::pin::pin!(worker.run());
    tokio::select! {
        ended = &mut running => return Ok(ended?),
        () = stop.cancelled() => shut(),
    }
    Ok(running.await?)
}
