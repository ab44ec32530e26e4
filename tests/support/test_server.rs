//! Temporal's test server, whose time runs ahead on demand: waits of weeks pass in seconds.
//!
//! It is a small server: it keeps no visibility and knows one namespace, `default`. Each test that needs
//! it has its own, since time is the same for everybody on it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use tempfile::TempDir;
use temporalio_client::{Connection, ConnectionOptions};
use temporalio_common::protos::temporal::api::operatorservice::v1::AddSearchAttributesRequest;
use temporalio_common::protos::temporal::api::testservice::v1::{
    LockTimeSkippingRequest, SleepRequest,
};
use tokio::process::{Child, Command};
use tonic::Request;

use crate::ports;
use crate::world::search_attributes;

/// How long the server may take to answer.
const READY: Duration = Duration::from_secs(30);

/// A server of one test. Dropping it kills the process, also when the test panics.
pub struct TestServer {
    pub address: String,
    connection: Connection,
    _process: Child,
    _folder: TempDir,
}

impl TestServer {
    /// Its time runs as everybody's until [`TestServer::advance`].
    pub async fn start() -> anyhow::Result<Self> {
        let binary = binary()?;
        let folder = tempfile::tempdir()?;
        let log = std::fs::File::create(folder.path().join("test-server.log"))?;
        let port = ports::lease()?;
        let mut process = Command::new(&binary)
            .arg(port.to_string())
            .arg("--enable-time-skipping")
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} could not be started", binary.display()))?;
        let address = format!("127.0.0.1:{port}");
        let target: url::Url = format!("http://{address}").parse()?;
        let deadline = tokio::time::Instant::now() + READY;
        let connection = loop {
            match Connection::connect(ConnectionOptions::new(target.clone()).build()).await {
                Ok(connection) => break connection,
                Err(error) => {
                    if let Some(status) = process.try_wait()? {
                        let log = std::fs::read_to_string(folder.path().join("test-server.log"))?;
                        bail!("the test server ended at once ({status}): {log}");
                    }
                    if tokio::time::Instant::now() >= deadline {
                        return Err(error).context("the test server does not answer");
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        };
        connection
            .test_service()
            .lock_time_skipping(Request::new(LockTimeSkippingRequest {}))
            .await?;
        let attributes = AddSearchAttributesRequest {
            namespace: "default".to_owned(),
            search_attributes: search_attributes(),
        };
        connection
            .operator_service()
            .add_search_attributes(Request::new(attributes))
            .await?;
        Ok(Self {
            address,
            connection,
            _process: process,
            _folder: folder,
        })
    }

    /// What the processes take for the present.
    pub async fn now(&self) -> anyhow::Result<DateTime<Utc>> {
        let answer = self
            .connection
            .test_service()
            .get_current_time(Request::new(()))
            .await?
            .into_inner();
        let time = answer.time.context("the test server gave no time")?;
        DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos)?).context("no such time")
    }

    /// Runs ahead from timer to timer; what each of them sets off in a process is done before the next.
    pub async fn advance(&self, by: Duration) -> anyhow::Result<()> {
        let mut request = Request::new(SleepRequest {
            duration: Some(by.try_into()?),
        });
        request.set_timeout(Duration::from_secs(120));
        self.connection
            .test_service()
            .unlock_time_skipping_with_sleep(request)
            .await?;
        Ok(())
    }

    /// Runs ahead to a moment, and a second past it.
    pub async fn advance_past(&self, moment: DateTime<Utc>) -> anyhow::Result<()> {
        let wait = moment - self.now().await? + chrono::Duration::seconds(1);
        self.advance(wait.to_std().context("that moment has passed")?)
            .await
    }
}

/// The pinned binary in `.kite/tools`, else the one on PATH.
fn binary() -> anyhow::Result<PathBuf> {
    let pinned = stack::temporal::root().join(".kite/tools/bin/temporal-test-server");
    if pinned.exists() {
        return Ok(pinned);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("temporal-test-server"))
        .find(|candidate| candidate.exists())
        .context("no temporal-test-server: run `make tools`, or put one on PATH")
}
