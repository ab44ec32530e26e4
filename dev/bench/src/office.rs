//! People who have nothing else to do: they see a task in the moment in which it is saved and decide it through the
//! gateway at once. Deals are made and runs are started here, too.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::Utc;
use domain::buyout::start::BuyoutId;
use domain::file::{FileKind, FileRef};
use domain::staff::PersonId;
use domain::task::{HumanTask, TaskKind, TaskState};
use proto::kite::buyout::v1::StartBuyoutRequest;
use proto::kite::inspection::v1::Template;
use proto::kite::task::v1::decision::Kind;
use proto::kite::task::v1::{self as pb, DecideTaskRequest};
use serde_json::json;
use stack::papers::{self, PlayedCar};
use stack::people::Person;
use stack::portal::{self, Control};
use stack::seed;
use store::file::FileRow;
use store::{Page, Store, TaskFilter, TaskOrder};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::world::World;

const PHOTOS: usize = 6;
const PAPERS: usize = 4;
/// As large as a photo that was drawn anew.
const PHOTO_BYTES: usize = 20_000;

/// Until a start that was refused is tried again.
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
                stop: CancellationToken::new(),
            }),
        };
        tokio::spawn(office.clone().work(look));
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
        let deal = Deal {
            number,
            id: BuyoutId::new(simulator::bitrix24::MEMBER_ID, number),
            car: portal::played_car(&car)?,
            price,
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

    /// Decides whatever is open until the office closes.
    async fn work(self, look: Duration) {
        let filter = TaskFilter {
            states: vec![TaskState::Open, TaskState::Claimed],
            ..TaskFilter::default()
        };
        let page = Page {
            size: store::page::MAX_SIZE,
            cursor: None,
        };
        let seen = Arc::new(Mutex::new(HashSet::new()));
        while self
            .inner
            .stop
            .run_until_cancelled(tokio::time::sleep(look))
            .await
            .is_some()
        {
            let open = self
                .inner
                .store
                .list_tasks(&filter, TaskOrder::Deadline, &page)
                .await;
            for row in open.map(|page| page.rows).unwrap_or_default() {
                let id = row.task.id.clone();
                if !seen
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(id.clone())
                {
                    continue;
                }
                let (office, seen) = (self.clone(), seen.clone());
                tokio::spawn(async move {
                    if let Err(error) = office.decide(&row.buyout, &row.task).await {
                        if office.inner.refused.fetch_add(1, Ordering::Relaxed) == 0 {
                            eprintln!("{}: {error:#}", row.task.id.0);
                        }
                        // Another version, or somebody in between: looked at again.
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        seen.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .remove(&id);
                    }
                });
            }
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
                let photos = self.files(run, login, FileKind::Photo, PHOTOS).await?;
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
                let scans = self.files(run, "manager", FileKind::Scan, PAPERS).await?;
                (
                    "manager",
                    Kind::SubmitPapers(papers::papers(&deal.car, &scans)),
                )
            }
            TaskKind::VerifyPapers => ("verifier", Kind::VerifyPapers(papers::accepted())),
            TaskKind::SignContract => {
                let scans = self.files(run, "manager", FileKind::Scan, 2).await?;
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

    /// Ids of so many files of the run.
    async fn files(
        &self,
        run: &BuyoutId,
        login: &str,
        kind: FileKind,
        count: usize,
    ) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            let id = match self.inner.files {
                Files::Ready => self.registered(run, login, kind).await?,
                Files::Uploaded => {
                    let photo = papers::photo(rand::random());
                    self.person(login)?
                        .upload(run.as_str(), &kind.to_string(), photo)
                        .await?
                        .id
                }
            };
            ids.push(id);
        }
        Ok(ids)
    }

    async fn registered(
        &self,
        run: &BuyoutId,
        login: &str,
        kind: FileKind,
    ) -> anyhow::Result<String> {
        let id = uuid::Uuid::new_v4().to_string();
        // Unlike any other: a photo that was used before is a finding.
        let mut bytes = id.clone().into_bytes();
        bytes.resize(PHOTO_BYTES, 0);
        let object_key = format!("bench/{id}");
        let path = self.inner.objects.join(&object_key);
        tokio::fs::create_dir_all(path.parent().context("a folder")?).await?;
        tokio::fs::write(&path, &bytes).await?;
        let file = FileRow {
            file: FileRef {
                id: id.clone(),
                kind,
                content_type: "image/jpeg".to_owned(),
                size: bytes.len() as u64,
                sha256: domain::audit::sha256(&bytes),
                source_sha256: None,
                taken_at: None,
            },
            object_key,
            run: Some(run.clone()),
            uploaded_by: Some(PersonId::new(format!("u-{login}"))),
            created_at: Utc::now(),
        };
        self.inner.store.add_file(&file).await?;
        Ok(id)
    }

    /// Those of the runs that have ended, with when and how.
    pub(crate) async fn ended(&self, runs: &[BuyoutId]) -> anyhow::Result<Vec<Ended>> {
        let filter = store::BuyoutFilter {
            active: Some(false),
            ..store::BuyoutFilter::default()
        };
        let wanted: HashSet<&BuyoutId> = runs.iter().collect();
        let rows = self
            .inner
            .store
            .all_buyouts(&filter, Default::default(), u64::MAX)
            .await?;
        let rows = rows.into_iter().filter(|row| wanted.contains(&row.id));
        Ok(rows
            .filter_map(|row| {
                Some(Ended {
                    done: row.stage == domain::buyout::stage::Stage::Done,
                    took: (row.ended_at? - row.started_at)
                        .to_std()
                        .unwrap_or_default(),
                    at: row.ended_at?,
                    id: row.id,
                })
            })
            .collect())
    }
}

/// A run that is over.
pub(crate) struct Ended {
    pub(crate) id: BuyoutId,
    pub(crate) done: bool,
    /// By the run's own clock.
    pub(crate) took: Duration,
    pub(crate) at: chrono::DateTime<Utc>,
}
