//! An empty workflow of a given shape, the workers that serve it on queues as many as ours, and whoever plays its
//! people and partners: they decide and call back in the moment in which they learn of it.
//!
//! The same run can be played with the least work that each record and each call of any process has, see [`Least`].

use std::fs::File;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use anyhow::Context;
use contracts::search_attributes as sa;
use futures::future::join_all;
use stack::portal::Control;
use temporalio_client::{Client, WorkflowExecuteUpdateOptions, WorkflowStartOptions};
use temporalio_common::ActivityError;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::ActivityContext;
use temporalio_sdk::runtime::PollerBehavior;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use temporalio_workflow::common::search_attributes::Timestamp;
use temporalio_workflow::{
    ActivityOptions, LocalActivityOptions, RetryPolicy, SyncWorkflowContext, TimerOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowContextView, WorkflowResult,
};
use tokio::sync::mpsc;

use crate::shape::{Command, Next, Shape, Step};

const DAY: Duration = Duration::from_secs(86_400);
/// As our worker asks for work of a partner's queue.
const PARTNER_POLLS: usize = 2;
/// Bytes of a small run's record.
const RECORD: usize = 8 * 1024;

type UpdateError = Box<dyn std::error::Error + Send + Sync>;
type Ended = Pin<Box<dyn Future<Output = ()>>>;

/// The empty worker's own queue for ours.
fn queue(ours: &str) -> String {
    format!("empty.{ours}")
}

/// Tells the outside that its turn has come.
pub struct Empty {
    turns: mpsc::UnboundedSender<Next>,
    least: Arc<Least>,
}

/// What no process can do without: a record is on the disk before the run goes on, and a call asks a partner once. No
/// database, no encryption, no key that makes a repeat safe.
pub(crate) struct Least {
    wanted: AtomicBool,
    disk: Mutex<File>,
    partner: Control,
}

impl Least {
    pub(crate) fn new(folder: &Path, partner: Control) -> anyhow::Result<Self> {
        Ok(Self {
            wanted: AtomicBool::new(false),
            disk: Mutex::new(File::create(folder.join("records"))?),
            partner,
        })
    }

    fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    async fn record(self: Arc<Self>) -> anyhow::Result<()> {
        tokio::task::spawn_blocking(move || {
            let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
            disk.write_all(&[0; RECORD])?;
            disk.sync_data()
        })
        .await??;
        Ok(())
    }
}

#[activities]
impl Empty {
    #[activity(name = "empty.record")]
    pub async fn record(
        self: Arc<Self>,
        _ctx: ActivityContext,
        next: Next,
    ) -> Result<(), ActivityError> {
        if self.least.is_wanted() {
            self.least.clone().record().await?;
        }
        self.turn(next);
        Ok(())
    }

    #[activity(name = "empty.call")]
    pub async fn call(
        self: Arc<Self>,
        ctx: ActivityContext,
        attempts: u32,
        next: Next,
    ) -> Result<(), ActivityError> {
        if ctx.info().attempt < attempts {
            return Err(anyhow::anyhow!("not yet").into());
        }
        if self.least.is_wanted() {
            self.least.partner.get("bitrix24/placements").await?;
        }
        self.turn(next);
        Ok(())
    }
}

impl Empty {
    fn turn(&self, next: Next) {
        if next != Next::Nothing {
            // Nobody listens any more when the run is over.
            let _ = self.turns.send(next);
        }
    }
}

#[workflow]
pub(crate) struct EmptyRun {
    shape: Shape,
    updates: u32,
    signals: u32,
    answered: u32,
}

/// A call or a timer under way.
struct Call {
    ended: Option<Ended>,
    token: WorkflowCancellationToken,
}

#[workflow_methods]
impl EmptyRun {
    #[init]
    pub(crate) fn new(_view: &WorkflowContextView, shape: Shape) -> Self {
        Self {
            shape,
            updates: 0,
            signals: 0,
            answered: 0,
        }
    }

    #[run(name = "empty_run")]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        let steps = ctx.state(|w| w.shape.steps.clone());
        let (mut calls, mut timers) = (Vec::new(), Vec::new());
        let (mut updates, mut signals) = (0, 0);
        for step in steps {
            updates += step.updates;
            signals += step.signals;
            let told = (updates, signals);
            Self::until(ctx, &mut calls, &mut timers, &step, told).await;
            for command in step.commands {
                Self::obey(ctx, command, &mut calls, &mut timers).await?;
            }
        }
        Ok(())
    }

    /// Until everything has happened that had happened before this step.
    async fn until(
        ctx: &WorkflowContext<Self>,
        calls: &mut [Call],
        timers: &mut [Call],
        step: &Step,
        (updates, signals): (u32, u32),
    ) {
        let mut told =
            Box::pin(ctx.wait_condition(|w| w.updates >= updates && w.signals >= signals));
        let mut is_told = false;
        poll_fn(|cx| {
            is_told = is_told || told.as_mut().poll(cx).is_ready();
            for call in calls.iter_mut().chain(timers.iter_mut()) {
                if let Some(ended) = &mut call.ended
                    && ended.as_mut().poll(cx).is_ready()
                {
                    call.ended = None;
                }
            }
            let open = |of: &[Call], number: &usize| {
                of.get(*number).is_none_or(|call| call.ended.is_some())
            };
            let waits = step.calls.iter().any(|number| open(calls, number))
                || step.timers.iter().any(|number| open(timers, number));
            if is_told && !waits {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    async fn obey(
        ctx: &mut WorkflowContext<Self>,
        command: Command,
        calls: &mut Vec<Call>,
        timers: &mut Vec<Call>,
    ) -> WorkflowResult<()> {
        match command {
            Command::Record(next) => {
                let options = LocalActivityOptions::builder()
                    .start_to_close_timeout(DAY)
                    .build();
                ctx.execute_local_activity(Empty::record, next, options)
                    .await?;
            }
            Command::Call {
                queue,
                attempts,
                pause,
                next,
            } => {
                let token = WorkflowCancellationToken::new();
                let retry = RetryPolicy::builder()
                    .initial_interval(pause.max(Duration::from_millis(1)))
                    .backoff_coefficient(1.0)
                    .build();
                let options = ActivityOptions::with_start_to_close_timeout(DAY)
                    .task_queue(self::queue(&queue))
                    .retry_policy(retry)
                    .cancellation_token(token.clone())
                    .build();
                let own = ctx.clone();
                let ended: Ended = Box::pin(async move {
                    // One that is given up ends as cancelled.
                    let _ = own
                        .execute_activity(Empty::call, (attempts, next), options)
                        .await;
                });
                calls.push(Call {
                    ended: Some(ended),
                    token,
                });
            }
            Command::GiveUp(number) => {
                if let Some(call) = calls.get(number) {
                    call.token.cancel();
                }
            }
            Command::Show => ctx.upsert_search_attributes([
                sa::STAGE.value_set("NEW".to_owned()),
                sa::WAITING_FOR.value_set("Осмотр: осмотрщик".to_owned()),
                sa::DEADLINE.value_set(Timestamp::from(std::time::SystemTime::UNIX_EPOCH + DAY)),
            ]),
            Command::Timer(length) => {
                let token = WorkflowCancellationToken::new();
                let options = TimerOptions::builder(length)
                    .cancellation_token(token.clone())
                    .build();
                let own = ctx.clone();
                let ended: Ended = Box::pin(async move {
                    let _ = own.timer(options).await;
                });
                timers.push(Call {
                    ended: Some(ended),
                    token,
                });
            }
            Command::StopTimer(number) => {
                if let Some(timer) = timers.get(number) {
                    timer.token.cancel();
                }
            }
            Command::Answer => ctx.state_mut(|w| w.answered += 1),
        }
        Ok(())
    }

    #[update(name = "decide")]
    pub(crate) async fn decide(
        ctx: &mut WorkflowContext<Self>,
        _what: u32,
    ) -> Result<(), UpdateError> {
        let mine = ctx.state_mut(|w| {
            w.updates += 1;
            w.updates
        });
        ctx.wait_condition(|w| w.answered >= mine)
            .await
            .map_err(|error| error.to_string())?;
        Ok(())
    }

    #[signal(name = "fact")]
    pub(crate) fn fact(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _what: u32) {
        self.signals += 1;
    }
}

/// Workers of the empty workflow, one for each queue of ours, on a thread of their own.
pub(crate) struct EmptyWorkers {
    turns: mpsc::UnboundedReceiver<Next>,
    least: Arc<Least>,
    stop: tokio_util::sync::CancellationToken,
    thread: std::thread::JoinHandle<anyhow::Result<()>>,
}

impl EmptyWorkers {
    pub(crate) fn start(address: String, least: Least) -> Self {
        let least = Arc::new(least);
        let (sender, turns) = mpsc::unbounded_channel();
        let stop = tokio_util::sync::CancellationToken::new();
        let cancel = stop.clone();
        let works = least.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()?;
            runtime.block_on(serve(address, sender, works, cancel))
        });
        Self {
            turns,
            least,
            stop,
            thread,
        }
    }

    /// Runs one of that shape; answers when its history says that it ended. `least`: with the least work instead of none.
    pub(crate) async fn play(
        &mut self,
        client: &Client,
        id: &str,
        shape: &Shape,
        least: bool,
    ) -> anyhow::Result<()> {
        self.least.wanted.store(least, Ordering::Relaxed);
        while self.turns.try_recv().is_ok() {}
        let options =
            WorkflowStartOptions::new(queue(contracts::queues::KITE), id.to_owned()).build();
        let run = client
            .start_workflow(EmptyRun::run, shape.clone(), options)
            .await?;
        let mut ended = std::pin::pin!(run.get_result(Default::default()));
        loop {
            let next = tokio::select! {
                ended = &mut ended => return Ok(ended?),
                next = self.turns.recv() => next.context("the empty worker ended")?,
            };
            let run = client.get_workflow_handle::<EmptyRun>(id);
            tokio::spawn(async move {
                let done = match next {
                    Next::Update => run
                        .execute_update(
                            EmptyRun::decide,
                            1_u32,
                            WorkflowExecuteUpdateOptions::builder().build(),
                        )
                        .await
                        .map_err(anyhow::Error::from),
                    Next::Signal => run
                        .signal(EmptyRun::fact, 1_u32, Default::default())
                        .await
                        .map_err(anyhow::Error::from),
                    Next::Nothing => Ok(()),
                };
                if let Err(error) = done {
                    eprintln!("the empty run was not told: {error:#}");
                }
            });
        }
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        tokio::task::spawn_blocking(move || self.thread.join())
            .await?
            .map_err(|_| anyhow::anyhow!("the empty worker panicked"))?
    }
}

async fn serve(
    address: String,
    turns: mpsc::UnboundedSender<Next>,
    least: Arc<Least>,
    stop: tokio_util::sync::CancellationToken,
) -> anyhow::Result<()> {
    let runtime = Runtime::from_current_tokio(Default::default())?;
    let client = crate::noop::client(&address).await?;
    let mut workers = Vec::new();
    for ours in contracts::queues::ALL {
        let polls = (ours != contracts::queues::KITE)
            .then_some(PollerBehavior::SimpleMaximum(PARTNER_POLLS));
        let mut options = WorkerOptions::new(queue(ours))
            .maybe_activity_task_poller_behavior(polls)
            .build();
        options.register_activities(Empty {
            turns: turns.clone(),
            least: least.clone(),
        });
        if ours == contracts::queues::KITE {
            options.register_workflow::<EmptyRun>()?;
        }
        workers.push(Worker::new(&runtime, client.clone(), options)?);
    }
    let shut: Vec<_> = workers.iter().map(Worker::shutdown_handle).collect();
    let runs = join_all(workers.iter_mut().map(Worker::run));
    let stopping = async {
        stop.cancelled().await;
        for shut in shut {
            shut();
        }
    };
    let (ended, ()) = tokio::join!(runs, stopping);
    for ended in ended {
        ended?;
    }
    Ok(())
}
