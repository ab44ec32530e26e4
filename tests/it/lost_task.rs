//! The server forgets a workflow task that a worker has in hand: what comes next reaches the run all the same.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use contracts::queues;
use platform::temporal::{TemporalConfig, connect, connect_worker};
use stack::temporal::{Options, Temporal};
use temporalio_client::{
    UntypedWorkflow, WorkflowExecuteUpdateOptions, WorkflowSignalOptions, WorkflowStartOptions,
};
use temporalio_common::ActivityError;
use temporalio_common::protos::temporal::api::enums::v1::PendingWorkflowTaskState;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::ActivityContext;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use temporalio_workflow::{
    LocalActivityOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView, WorkflowResult,
};
use tests::histories::{self, Recorded};
use tests::{ports, wait};
use tokio::sync::Semaphore;

use crate::replay::replay_by;

const PATIENCE: Duration = Duration::from_secs(60);

/// A record that is written only when the test says so.
pub(crate) struct Held {
    begun: Semaphore,
    released: Semaphore,
}

pub(crate) struct Records(Arc<Held>);

#[activities]
impl Records {
    #[activity(name = "test.write")]
    pub(crate) async fn write(
        self: Arc<Self>,
        _ctx: ActivityContext,
        held: bool,
    ) -> Result<(), ActivityError> {
        if held {
            self.0.begun.add_permits(1);
            self.0.released.acquire().await?.forget();
        }
        Ok(())
    }
}

/// Ends when it was told of a fact and of a decision.
#[workflow]
pub(crate) struct Listener {
    held: bool,
    facts: Vec<String>,
    decided: u32,
}

#[workflow_methods]
impl Listener {
    #[init]
    pub(crate) fn new(_view: &WorkflowContextView, held: bool) -> Self {
        Self {
            held,
            facts: Vec::new(),
            decided: 0,
        }
    }

    #[run(name = "listener")]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Vec<String>> {
        ctx.wait_condition(|w| !w.facts.is_empty() && w.decided > 0)
            .await?;
        Ok(ctx.state(|w| w.facts.clone()))
    }

    #[update(name = "decide")]
    pub(crate) async fn decide(
        ctx: &mut WorkflowContext<Self>,
        _why: String,
    ) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        let held = ctx.state(|w| w.held);
        let options = LocalActivityOptions::builder()
            .start_to_close_timeout(PATIENCE)
            .build();
        ctx.execute_local_activity(Records::write, held, options)
            .await?;
        Ok(ctx.state_mut(|w| {
            w.decided += 1;
            w.decided
        }))
    }

    #[signal(name = "tell")]
    pub(crate) fn tell(&mut self, _ctx: &mut SyncWorkflowContext<Self>, fact: String) {
        self.facts.push(fact);
    }
}

fn start(id: &str) -> WorkflowStartOptions {
    WorkflowStartOptions::new(queues::KITE, id)
        // The task in hand outlives the server that forgot it.
        .task_timeout(PATIENCE)
        .build()
}

fn decision() -> WorkflowExecuteUpdateOptions {
    WorkflowExecuteUpdateOptions::builder()
        .update_id("a decision".to_owned())
        .build()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_comes_after_a_forgotten_task_is_not_lost() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (port, ui_port) = (ports::lease()?, ports::lease()?);
    let engine = || {
        Temporal::start(Options {
            folder: folder.path(),
            port,
            ui_port,
            namespace: "default",
            codec_endpoint: "http://127.0.0.1:9/",
            durable: false,
        })
    };
    let temporal = engine().await?;
    let config = TemporalConfig {
        address: Some(temporal.address.clone()),
        namespace: Some("default".to_owned()),
        wait_secs: PATIENCE.as_secs(),
        ..TemporalConfig::default()
    };
    let keys = histories::codec_keys();
    let held = Arc::new(Held {
        begun: Semaphore::new(0),
        released: Semaphore::new(0),
    });
    let runtime = Runtime::from_current_tokio(Default::default())?;
    let mut options = WorkerOptions::new(queues::KITE).build();
    options
        .register_workflow::<Listener>()?
        .register_activities(Records(held.clone()));
    let (worker_client, _) = connect_worker(&config, &keys).await?;
    let mut worker = Worker::new(&runtime, worker_client, options)?;
    let shut = worker.shutdown_handle();

    let story = async {
        let (client, _) = connect(&config, &keys).await?;
        let run = client
            .start_workflow(Listener::run, true, start("listener"))
            .await?;
        // Its first task is answered: the next one is the update's own, which the server keeps in memory.
        let handle = client.get_workflow_handle::<UntypedWorkflow>("listener");
        wait::until(PATIENCE, "the run waits", async || {
            let now = handle.describe(Default::default()).await?.raw_description;
            Ok(now.pending_workflow_task.is_none().then_some(()))
        })
        .await?;
        // Whoever asks a dead server asks again under the same id.
        let decide = wait::until(PATIENCE, "the run has decided", async || {
            let decided = run.execute_update(Listener::decide, "an update".to_owned(), decision());
            Ok(decided.await.ok())
        });
        let forget = async {
            held.begun.acquire().await?.forget();
            temporal.stop().await;
            let temporal = engine().await?;
            let told = "a fact".to_owned();
            run.signal(Listener::tell, told, WorkflowSignalOptions::default())
                .await?;
            wait::until(PATIENCE, "the worker is given the next task", async || {
                let now = handle.describe(Default::default()).await?.raw_description;
                let next = now.pending_workflow_task;
                Ok(next
                    .is_some_and(|task| task.state() == PendingWorkflowTaskState::Started)
                    .then_some(()))
            })
            .await?;
            // Another run goes through meanwhile, over the same connection.
            let other = client
                .start_workflow(Listener::run, false, start("another"))
                .await?;
            let told = "another fact".to_owned();
            other
                .signal(Listener::tell, told, WorkflowSignalOptions::default())
                .await?;
            other
                .execute_update(Listener::decide, "another update".to_owned(), decision())
                .await?;
            other.get_result(Default::default()).await?;
            held.released.add_permits(100);
            anyhow::Ok(temporal)
        };
        let (count, temporal) = tokio::join!(decide, forget);
        let temporal = temporal?;
        assert_eq!(count?, 1);
        let facts = tokio::time::timeout(PATIENCE, run.get_result(Default::default())).await??;
        assert_eq!(facts, ["a fact"]);
        let events = handle
            .fetch_history(Default::default())
            .into_events()
            .await?;
        anyhow::Ok((events, temporal))
    };
    let mut running = std::pin::pin!(worker.run());
    let (events, temporal) = tokio::select! {
        ended = &mut running => bail!("the worker ended by itself: {ended:?}"),
        told = story => told?,
    };
    shut();
    running.await?;
    temporal.stop().await;

    let recorded = Recorded {
        namespace: "default".to_owned(),
        events,
    };
    replay_by(&recorded, |options| {
        options.register_workflow::<Listener>().expect("a workflow");
    })
    .map_err(|broken| anyhow::anyhow!("{broken:?}"))
}
