//! A whole stack for one test: real Temporal, simulated partners, worker, gateway, and a database.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use anyhow::{Context, bail};
use domain::policy::BuyoutPolicy;
use serde_json::Value;
use stack::seed;
use stack::settings::{GatewayOptions, Keys, Ports, Programs, Settings};
use stack::stack::Stack;
use tempfile::TempDir;
use temporalio_client::{Connection, ConnectionOptions};
use temporalio_common::protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_common::protos::temporal::api::operatorservice::v1::{
    AddSearchAttributesRequest, ListSearchAttributesRequest,
};
use temporalio_common::protos::temporal::api::workflowservice::v1::RegisterNamespaceRequest;

use crate::{ports, wait};

/// Operations whose key in the ledger is the thing that changes: a notice replaces the former one of its task, a
/// task is opened again as often as it is ticked off.
pub const MANY_BY_NATURE: [&str; 5] = [
    "crm.item.update",
    "crm.deal.update",
    "im.notify.system.add",
    "tasks.task.renew",
    "bizproc.robot.update",
];

/// Sweeps begin when a test asks for one, and never in the middle of something else.
pub const QUIET: &str = "[sweep]\nportals_every_secs = 0\nreconcile_at = \"\"\n";

/// How a test's stack differs from the usual one.
pub struct Options {
    pub policy: BuyoutPolicy,
    pub postgres: bool,
    /// Another database than one that is made for the test.
    pub database: Option<String>,
    pub gateway: GatewayOptions,
    /// Sections of the worker's file, see [`Settings::worker`].
    pub worker: String,
    /// Another Temporal than the shared one, without namespaces of its own.
    pub temporal: Option<String>,
    /// Gateway and worker as processes of their own.
    pub programs: Option<Programs>,
    /// Calls a minute that we allow ourselves of each partner but the portal; `None`: as documented.
    pub partners_per_minute: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: quick(),
            postgres: on_postgres(),
            database: None,
            gateway: GatewayOptions::default(),
            worker: QUIET.to_owned(),
            temporal: None,
            programs: None,
            partners_per_minute: None,
        }
    }
}

/// Tests whose matter is what partners say, whatever our data is in.
const OF_PARTNERS: [&str; 5] = ["cancel", "identity", "intake", "payout", "sources"];

/// Buyouts have their data in PostgreSQL, as a dealer's do; everything else has it in SQLite. `KITE_TEST_DATABASE` puts
/// all of it into `postgres` or `sqlite`.
fn on_postgres() -> bool {
    if let Ok(database) = std::env::var("KITE_TEST_DATABASE") {
        return database == "postgres";
    }
    // The thread of a test has its name.
    let thread = std::thread::current();
    let module = thread.name().and_then(|name| name.split("::").next());
    module
        .and_then(|module| module.strip_prefix("buyout_"))
        .is_some_and(|matter| !OF_PARTNERS.contains(&matter))
}

/// The demo's policy with the shortest pause between questions to a partner.
pub fn quick() -> BuyoutPolicy {
    let mut policy = seed::policy();
    policy.deadlines.poll_secs = 1;
    policy
}

pub struct World {
    pub stack: Stack,
    // After the stack: it is stopped before its folder goes.
    folder: TempDir,
}

impl World {
    pub async fn start() -> anyhow::Result<Self> {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> anyhow::Result<Self> {
        let Options {
            policy,
            postgres,
            database,
            gateway,
            worker,
            temporal,
            programs,
            partners_per_minute,
        } = options;
        let folder = tempfile::tempdir()?;
        let store_url = match database {
            Some(url) => url,
            None if postgres => store::testing::postgres().database().await,
            None => format!(
                "sqlite://{}?mode=rwc",
                folder.path().join("kite.db").display()
            ),
        };
        let (temporal_address, namespace) = match temporal {
            Some(address) => (address, "default".to_owned()),
            None => {
                let address = std::env::var("KITE_TEST_TEMPORAL")
                    .context("KITE_TEST_TEMPORAL is not set: run the tests with `make test`")?;
                let namespace = format!("kite-{}", uuid::Uuid::new_v4().simple());
                open_namespace(&address, &namespace).await?;
                (address, namespace)
            }
        };
        let settings = Settings {
            folder: folder.path().to_owned(),
            keys: keys(),
            ports: Ports {
                gateway: ports::lease()?,
                gateway_metrics: ports::lease()?,
                worker_metrics: ports::lease()?,
                sdk_metrics: None,
            },
            simulator_ports: simulator::Ports::default(),
            // A portal that does not hold a test up; its limits have tests of their own.
            portal_per_minute: 60_000,
            partners_per_minute,
            seed: 1,
            temporal_address,
            namespace,
            store_url,
            ui_origin: "http://127.0.0.1:8233".to_owned(),
            log_filter: std::env::var("KITE_TEST_LOG").unwrap_or_else(|_| "warn".to_owned()),
            gateway,
            worker,
            policy,
            programs,
        };
        let stack = Stack::start(settings).await?;
        Ok(Self { stack, folder })
    }

    /// Stops in order; a test that panics before leaves nothing running that outlives its process.
    pub async fn stop(self) -> anyhow::Result<()> {
        let Self { stack, folder } = self;
        stack.stop().await?;
        folder.close()?;
        Ok(())
    }

    /// Entries of the ledger of one partner and operation.
    pub async fn effects(&self, partner: &str, operation: &str) -> anyhow::Result<Vec<Value>> {
        let entries = self.stack.control.effects(partner).await?;
        Ok(entries
            .into_iter()
            .filter(|entry| entry["operation"] == operation)
            .collect())
    }

    /// Every effect of the ledger stands there once: no key was used for two effects of one operation.
    /// Changes of one deal or task are many by nature: their key names the thing, not the change.
    pub async fn assert_each_effect_once(&self) -> anyhow::Result<()> {
        match self.repeated().await?.as_slice() {
            [] => Ok(()),
            [key, ..] => bail!("an effect happened twice: {key:?}"),
        }
    }

    /// Effects of the ledger that happened more than once: partner, operation, key.
    pub async fn repeated(&self) -> anyhow::Result<Vec<[String; 3]>> {
        let entries = self.stack.control.get("ledger").await?;
        let mut seen = BTreeSet::new();
        let mut repeated = Vec::new();
        for entry in entries.as_array().into_iter().flatten() {
            let key = ["partner", "operation", "key"]
                .map(|name| entry[name].as_str().unwrap_or_default().to_owned());
            if key[2].is_empty() || MANY_BY_NATURE.contains(&key[1].as_str()) {
                continue;
            }
            if !seen.insert(key.clone()) {
                repeated.push(key);
            }
        }
        Ok(repeated)
    }
}

/// Keys that stay the same, so that recorded histories open in every run.
pub fn keys() -> Keys {
    use base64::Engine;
    let key = |byte: u8| base64::engine::general_purpose::STANDARD.encode([byte; 32]);
    Keys {
        codec: key(7),
        links: key(8),
        signing: key(10),
        tokens: key(9),
        callbacks: "callbacks-of-the-tests".to_owned(),
        codec_token: "codec-of-the-tests".to_owned(),
    }
}

/// A namespace of its own with our search attributes, ready for use.
async fn open_namespace(address: &str, namespace: &str) -> anyhow::Result<()> {
    let target: url::Url = format!("http://{address}").parse()?;
    let connection = Connection::connect(ConnectionOptions::new(target).build())
        .await
        .with_context(|| format!("Temporal at {address} does not answer"))?;
    let request = RegisterNamespaceRequest {
        namespace: namespace.to_owned(),
        workflow_execution_retention_period: Some(Duration::from_secs(86_400).try_into()?),
        ..Default::default()
    };
    connection
        .workflow_service()
        .register_namespace(tonic::Request::new(request))
        .await?;
    let attributes = search_attributes();
    let what = format!("the search attributes of {namespace} appear");
    wait::until(Duration::from_secs(30), &what, async || {
        // The server learns of a new namespace with a delay of its own, and refuses until then.
        let request = AddSearchAttributesRequest {
            namespace: namespace.to_owned(),
            search_attributes: attributes.clone(),
        };
        let _ = connection
            .operator_service()
            .add_search_attributes(tonic::Request::new(request))
            .await;
        let listed = connection
            .operator_service()
            .list_search_attributes(tonic::Request::new(ListSearchAttributesRequest {
                namespace: namespace.to_owned(),
            }))
            .await;
        let known = listed.is_ok_and(|listed| {
            let custom = &listed.get_ref().custom_attributes;
            attributes.keys().all(|name| custom.contains_key(name))
        });
        Ok(known.then_some(()))
    })
    .await
}

/// Our search attributes with their types as numbers of the protocol.
pub(crate) fn search_attributes() -> HashMap<String, i32> {
    contracts::search_attributes::ALL
        .into_iter()
        .map(|(name, kind)| {
            let kind = match kind {
                "Datetime" => IndexedValueType::Datetime,
                _ => IndexedValueType::Keyword,
            };
            (name.to_owned(), kind as i32)
        })
        .collect()
}
