//! People who have nothing else to do: they see a task in the moment in which it is saved and decide it through the
//! gateway at once. Deals are made and runs are started here, too.

mod files;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::Utc;
use domain::buyout::start::BuyoutId;
use domain::file::FileKind;
use domain::task::{HumanTask, TaskId, TaskKind};
use proto::kite::buyout::v1::StartBuyoutRequest;
use proto::kite::inspection::v1::Template;
use proto::kite::task::v1::decision::Kind;
use proto::kite::task::v1::{self as pb, DecideTaskRequest};
use serde_json::json;
use stack::papers::{self, PlayedCar};
use stack::people::Person;
use stack::portal::{self, Control};
use stack::seed;
use store::Store;
use store::change::Topic;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::world::World;

const PHOTOS: usize = 6;
const PAPERS: usize = 4;
const SIGNED: usize = 2;
/// Changes read in one piece.
const CHANGES: u64 = 1_000;
/// Until what was refused is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// Where photos and scans come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// They lie there already: nobody waits for them.
    Ready,
    /// Uploaded through the gateway.
    Uploaded,
}

/// A deal on the portal.
#[derive(Clone)]
pub(crate) struct Deal {
    pub(crate) number: u64,
    pub(crate) id: BuyoutId,
    car: PlayedCar,
    /// Roubles; above 500 000 the money goes by a bank order.
    price: i64,
    /// Files that lie there already.
    photos: Vec<String>,
    scans: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Office {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    control: Control,
    people: HashMap<&'static str, Person>,
    deals: Mutex<HashMap<BuyoutId, Deal>>,
    files: Files,
    /// Folder of the object store.
    objects: PathBuf,
    template: Template,
    /// Tasks that nobody expected, by kind.
    surprises: Mutex<BTreeMap<String, usize>>,
    refused: AtomicUsize,
    /// Runs that are known to have ended.
    over: Mutex<HashMap<BuyoutId, Ended>>,
    stop: CancellationToken,
}

impl Office {
    /// Looks for tasks every `look`.
    pub(crate) async fn open(world: &World, files: Files, look: Duration) -> anyhow::Result<Self> {
        let mut people = HashMap::new();
        for account in &seed::ACCOUNTS {
            people.insert(account.login, world.sign_in(account.login).await?);
        }
        let asked = seed::policy().template;
        let office = Self {
            inner: Arc::new(Inner {
                store: world.store.clone(),
                control: world.control.clone(),
                people,
                deals: Mutex::default(),
                files,
                objects: world.folder.path().join("objects"),
                template: Template {
                    code: asked.code,
                    version: asked.version,
                    required_angles: asked
                        .required_angles
                        .iter()
                        .map(ToString::to_string)
                        .collect(),
                    painted_elements: asked
                        .painted_elements
                        .iter()
                        .map(ToString::to_string)
                        .collect(),
                    ..Template::default()
                },
                surprises: Mutex::default(),
                refused: AtomicUsize::new(0),
                over: Mutex::default(),
                stop: CancellationToken::new(),
            }),
        };
        let seq = world.store.last_change().await?;
        tokio::spawn(office.clone().work(look, seq));
        Ok(office)
    }

    pub(crate) fn close(&self) {
        self.inner.stop.cancel();
    }

    fn person(&self, login: &str) -> anyhow::Result<&Person> {
        self.inner
            .people
            .get(login)
            .with_context(|| format!("nobody is {login}"))
    }

    /// A client's deal on a car that nobody else sells.
    pub(crate) async fn deal(&self, price: i64) -> anyhow::Result<Deal> {
        let control = &self.inner.control;
        let car = control
            .post("catalogue/fresh", json!({ "kind": "clean" }))
            .await?;
        let request = json!({ "car": car["id"], "city": seed::CITY });
        let made = control.post("bitrix24/deals", request).await?;
        let number = made["deal_id"]
            .as_u64()
            .context("the portal gave no deal id")?;
        let id = BuyoutId::new(simulator::bitrix24::MEMBER_ID, number);
        let (mut photos, mut scans) = (Vec::new(), Vec::new());
        if self.inner.files == Files::Ready {
            for _ in 0..PHOTOS {
                photos.push(self.registered(&id, "inspector", FileKind::Photo).await?);
            }
            for _ in 0..PAPERS + SIGNED {
                scans.push(self.registered(&id, "manager", FileKind::Scan).await?);
            }
        }
        let deal = Deal {
            number,
            id,
            car: portal::played_car(&car)?,
            price,
            photos,
            scans,
        };
        let mut deals = self
            .inner
            .deals
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        deals.insert(deal.id.clone(), deal.clone());
        Ok(deal)
    }

    /// Starts the buyout; answers how long the gateway took, also to refuse.
    pub(crate) async fn start(&self, deal: &Deal) -> (Duration, Result<(), Status>) {
        let Ok(manager) = self.person("manager") else {
            return (Duration::ZERO, Err(Status::internal("no manager")));
        };
        let request = StartBuyoutRequest {
            portal: String::new(),
            deal_id: deal.number,
        };
        let mut client = manager.buyouts();
        let began = Instant::now();
        let answer = client.start_buyout(request).await;
        (began.elapsed(), answer.map(|_| ()))
    }

    /// Starts the buyout, and comes again for as long as there is no room.
    pub(crate) async fn begin(&self, deal: &Deal) -> Result<(), Status> {
        loop {
            match self.start(deal).await {
                (_, Err(status)) if status.code() == Code::ResourceExhausted => {
                    tokio::time::sleep(AGAIN).await;
                }
                (_, started) => return started,
            }
        }
    }

    /// What went wrong at the desks, for whoever wonders why runs do not end.
    pub(crate) fn surprises(&self) -> String {
        let surprises = self
            .inner
            .surprises
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let refused = self.inner.refused.load(Ordering::Relaxed);
        format!("unexpected tasks {surprises:?}, refused decisions {refused}")
    }

    /// Where the run stands, for the same person.
    pub(crate) async fn stands(&self, run: &BuyoutId) -> String {
        let found = self.inner.store.buyout_with_row(run).await.ok().flatten();
        let stands = found.map_or_else(
            || "nobody has taken it up".to_owned(),
            |(row, run)| {
                let open: Vec<String> =
                    run.open_tasks().map(|task| task.kind.to_string()).collect();
                format!(
                    "at {}, waiting for {:?}, open {open:?}, trouble {:?}",
                    row.stage, row.waiting_for, row.trouble
                )
            },
        );
        format!("{stands}; {}", self.surprises())
    }

    /// Decides whatever is opened until the office closes. The feed tells of it, so that whoever only watches takes little
    /// from those who work, however much is open.
    async fn work(self, look: Duration, mut seq: i64) {
        let topics = [Topic::Task.to_string()];
        let mut seen = HashSet::new();
        while self
            .inner
            .stop
            .run_until_cancelled(tokio::time::sleep(look))
            .await
            .is_some()
        {
            let changes = self.inner.store.changes_after(seq, &topics, CHANGES).await;
            for change in changes.unwrap_or_default() {
                seq = change.seq;
                if let Some(run) = change.run
                    && seen.insert(change.entity.clone())
                {
                    tokio::spawn(self.clone().attend(run, TaskId(change.entity)));
                }
            }
        }
    }

    /// Until the task is decided; another version, or somebody in between, is looked at again.
    async fn attend(self, run: BuyoutId, id: TaskId) {
        loop {
            let task = self.inner.store.task(&id).await.ok().flatten();
            let Some(task) = task.filter(|task| task.state.is_open()) else {
                return;
            };
            let Err(error) = self.decide(&run, &task).await else {
                return;
            };
            if self.inner.refused.fetch_add(1, Ordering::Relaxed) == 0 {
                eprintln!("{}: {error:#}", id.0);
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn decide(&self, run: &BuyoutId, task: &HumanTask) -> anyhow::Result<()> {
        let deal = {
            let deals = self
                .inner
                .deals
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            deals.get(run).cloned()
        };
        let Some(deal) = deal else {
            return Ok(());
        };
        let (login, kind) = match task.kind {
            TaskKind::Inspect => {
                let assignee = task
                    .assignee
                    .as_ref()
                    .map(|person| person.person.0.as_str());
                let login = if assignee == Some("u-inspector2") {
                    "inspector2"
                } else {
                    "inspector"
                };
                let photos = match self.inner.files {
                    Files::Ready => deal.photos,
                    Files::Uploaded => self.upload(run, login, FileKind::Photo, PHOTOS).await?,
                };
                let inspection = papers::inspection(&self.inner.template, &deal.car, &photos);
                (login, Kind::SubmitInspection(inspection))
            }
            TaskKind::Appraise => {
                let price = deal.price;
                (
                    "appraiser",
                    Kind::Appraise(papers::appraisal(price, price + 20_000, price + 120_000)),
                )
            }
            TaskKind::ApprovePrice => {
                let word = pb::ApprovePrice {
                    approved: true,
                    comment: "Цена обоснована.".to_owned(),
                };
                ("senior", Kind::ApprovePrice(word))
            }
            TaskKind::OfferToClient => {
                let said = pb::ClientAnswer {
                    round: 1,
                    answer: "ACCEPT".to_owned(),
                    amount: None,
                    reason: String::new(),
                };
                ("manager", Kind::ClientAnswer(said))
            }
            TaskKind::CollectPapers => {
                let scans = match self.inner.files {
                    Files::Ready => deal.scans[..PAPERS].to_vec(),
                    Files::Uploaded => self.upload(run, "manager", FileKind::Scan, PAPERS).await?,
                };
                (
                    "manager",
                    Kind::SubmitPapers(papers::papers(&deal.car, &scans)),
                )
            }
            TaskKind::VerifyPapers => ("verifier", Kind::VerifyPapers(papers::accepted())),
            TaskKind::SignContract => {
                let scans = match self.inner.files {
                    Files::Ready => deal.scans[PAPERS..].to_vec(),
                    Files::Uploaded => self.upload(run, "manager", FileKind::Scan, SIGNED).await?,
                };
                let scans = ["CONTRACT", "ACT"].into_iter().zip(scans);
                let scans = scans.map(|(kind, file_id)| pb::SignedScan {
                    kind: kind.to_owned(),
                    file_id,
                });
                let scans = scans.collect();
                ("manager", Kind::Signed(pb::Signed { scans }))
            }
            TaskKind::ConfirmPayment => {
                let word = pb::Reason {
                    text: "Получатель и сумма сверены.".to_owned(),
                };
                ("verifier", Kind::ConfirmPayment(word))
            }
            TaskKind::ApprovePayment => return self.approve_payment(run).await,
            TaskKind::SignBankOrder => return self.sign_bank_order(run).await,
            other => {
                let mut surprises = self
                    .inner
                    .surprises
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *surprises.entry(other.to_string()).or_default() += 1;
                return Ok(());
            }
        };
        let request = DecideTaskRequest {
            id: task.id.0.clone(),
            version: task.version,
            decision: Some(pb::Decision { kind: Some(kind) }),
            request_id: String::new(),
        };
        let decided = self.person(login)?.tasks().decide_task(request).await;
        match decided {
            Ok(_) => Ok(()),
            // Somebody was quicker with the same, or the run is over.
            Err(status) if status.code() == Code::FailedPrecondition => Ok(()),
            Err(status) => Err(anyhow::Error::from(status).context(task.kind.to_string())),
        }
    }

    async fn approve_payment(&self, run: &BuyoutId) -> anyhow::Result<()> {
        let payment = self
            .inner
            .store
            .buyout(run)
            .await?
            .and_then(|mut run| run.payments.pop());
        let request = payment.and_then(|payment| payment.treasury_request);
        let key = request.context("a payment without its request")?.ref_key;
        let path = format!("onec_treasury/requests/{key}/decision");
        let word = json!({ "decision": "approve", "user": "approver", "comment": "" });
        self.inner.control.post(&path, word).await.map(|_| ())
    }

    async fn sign_bank_order(&self, run: &BuyoutId) -> anyhow::Result<()> {
        let payment = self
            .inner
            .store
            .buyout(run)
            .await?
            .and_then(|mut run| run.payments.pop());
        let order = payment.and_then(|payment| payment.partner_id);
        let order = order.context("a payment without its order")?;
        self.inner
            .control
            .post(&format!("bank/orders/{order}/sign"), json!({}))
            .await
            .map(|_| ())
    }

    /// Those of the runs that have ended, with when and how.
    pub(crate) async fn ended(&self, runs: &[BuyoutId]) -> anyhow::Result<Vec<Ended>> {
        let going_on: Vec<BuyoutId> = {
            let over = self.over();
            let going_on = runs.iter().filter(|run| !over.contains_key(run));
            going_on.cloned().collect()
        };
        for (run, ended) in self.inner.store.recorded(&going_on).await? {
            if ended && let Some((row, _)) = self.inner.store.buyout_with_row(&run).await? {
                let ended = Ended {
                    done: row.stage == domain::buyout::stage::Stage::Done,
                    took: (row.ended_at.unwrap_or(row.started_at) - row.started_at)
                        .to_std()
                        .unwrap_or_default(),
                    at: row.ended_at.unwrap_or(row.started_at),
                    id: row.id,
                };
                self.over().insert(run, ended);
            }
        }
        let over = self.over();
        Ok(runs
            .iter()
            .filter_map(|run| over.get(run).cloned())
            .collect())
    }

    fn over(&self) -> MutexGuard<'_, HashMap<BuyoutId, Ended>> {
        self.inner
            .over
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that is over.
#[derive(Clone)]
pub(crate) struct Ended {
    pub(crate) id: BuyoutId,
    pub(crate) done: bool,
    /// By the run's own clock.
    pub(crate) took: Duration,
    pub(crate) at: chrono::DateTime<Utc>,
}
