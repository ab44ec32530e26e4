//! A stack of which every part can be killed: worker, gateway, Temporal and PostgreSQL, each a process of its own.

use std::path::PathBuf;

use anyhow::Context;
use domain::policy::BuyoutPolicy;
use stack::temporal::{self, Temporal};
use store::testing::Postgres;
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::programs::programs;
use crate::{Options, World, ports};

/// A part of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter)]
pub enum Part {
    Worker,
    Gateway,
    Temporal,
    Postgres,
}

pub struct Machine {
    pub world: World,
    postgres: Postgres,
    engine: Engine,
    /// `None` while it is dead.
    temporal: Mutex<Option<Temporal>>,
}

/// Where Temporal keeps its things and listens, each time that it is started.
struct Engine {
    folder: TempDir,
    port: u16,
    ui_port: u16,
}

impl Engine {
    async fn start(&self) -> anyhow::Result<Temporal> {
        Temporal::start(temporal::Options {
            folder: self.folder.path(),
            port: self.port,
            ui_port: self.ui_port,
            namespace: "default",
            codec_endpoint: "http://127.0.0.1:9/",
            durable: false,
        })
        .await
    }
}

impl Machine {
    /// `worker` is what its file has beside the sections of every stack.
    pub async fn start(policy: BuyoutPolicy, worker: &str) -> anyhow::Result<Self> {
        let postgres = Postgres::start();
        let engine = Engine {
            folder: tempfile::tempdir()?,
            port: ports::lease()?,
            ui_port: ports::lease()?,
        };
        let temporal = engine.start().await?;
        let world = World::with(Options {
            policy,
            database: Some(postgres.database().await),
            worker: worker.to_owned(),
            temporal: Some(temporal.address.clone()),
            programs: Some(programs(Vec::new())?),
            // So many deals at once wait for nobody's limit.
            partners_per_minute: Some(60_000),
            ..Options::default()
        })
        .await?;
        Ok(Self {
            world,
            postgres,
            engine,
            temporal: Mutex::new(Some(temporal)),
        })
    }

    /// Where Temporal keeps what it knows.
    pub fn engine_folder(&self) -> PathBuf {
        self.engine.folder.path().to_owned()
    }

    /// Kills the part where it stands.
    pub async fn kill(&self, part: Part) -> anyhow::Result<()> {
        match part {
            Part::Worker => self.world.stack.stop_worker().await?,
            Part::Gateway => self.world.stack.stop_gateway().await?,
            Part::Temporal => {
                let temporal = self.temporal.lock().await.take();
                temporal.context("Temporal is dead already")?.stop().await;
            }
            Part::Postgres => self.postgres.break_down().await,
        }
        Ok(())
    }

    /// Starts the part again; whether it works by then is for the others to find out.
    pub async fn revive(&self, part: Part) -> anyhow::Result<()> {
        match part {
            Part::Worker => self.world.stack.begin_worker()?,
            Part::Gateway => self.world.stack.begin_gateway().await?,
            Part::Temporal => *self.temporal.lock().await = Some(self.engine.start().await?),
            Part::Postgres => self.postgres.come_back().await,
        }
        Ok(())
    }

    /// What a supervisor does with programs that end by themselves; answers which ones did.
    pub async fn tend(&self) -> anyhow::Result<Vec<Part>> {
        let mut ended = Vec::new();
        if self.world.stack.worker_has_ended() {
            ended.push(Part::Worker);
        }
        if self.world.stack.gateway_has_ended() {
            ended.push(Part::Gateway);
        }
        for part in &ended {
            self.revive(*part).await?;
        }
        Ok(ended)
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.world.stop().await?;
        if let Some(temporal) = self.temporal.into_inner() {
            temporal.stop().await;
        }
        Ok(())
    }
}
