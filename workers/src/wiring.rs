//! Which code serves which queue.

use std::sync::Arc;

use activities::autoteka::{AutotekaActivities, AutotekaClient};
use activities::avtocod::{AvtocodActivities, AvtocodClient};
use activities::bank::{BankActivities, BankClient};
use activities::bitrix24::{Bitrix24Activities, Bitrix24Client, Sealer};
use activities::documents::DocumentActivities;
use activities::evidence::Evidence;
use activities::fssp::{FsspActivities, FsspClient};
use activities::hold::HoldActivities;
use activities::messages::{Links, Mailer, MessageActivities, SmsClient, WazzupClient};
use activities::onec::{OnecActivities, OnecClient};
use activities::records::RecordActivities;
use activities::sweep::SweepActivities;
use activities::treasury::{TreasuryActivities, TreasuryClient};
use activities::yookassa::{YookassaActivities, YookassaClient};
use anyhow::Context;
use contracts::queues;
use domain::signed_link::KeyRing;
use object_store::ObjectStore;
use platform::codec::Codec;
use secrecy::{ExposeSecret, SecretString};
use store::connect::Store;
use temporalio_client::Client;
use temporalio_sdk::WorkerOptions;
use temporalio_sdk::runtime::PollerBehavior;
use temporalio_sdk::runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder};
use workflows::buyout::BuyoutWorkflow;
use workflows::payout_banks::PayoutBanksWorkflow;
use workflows::reconcile::ReconcileWorkflow;
use workflows::robot_answer::RobotAnswerWorkflow;
use workflows::sweep::SweepPortalsWorkflow;

use crate::config::{Config, Partners};
use crate::hold::Holds;
use crate::observe::Observed;
use crate::partner_calls::PartnerCalls;

/// Questions at once that a partner's queue asks the server for work; more would only cost the server.
const PARTNER_POLLS: usize = 2;

/// The workers to be, and the clients that are looked after beside them.
pub(crate) struct Wired {
    pub(crate) workers: Vec<WorkerOptions>,
    pub(crate) bitrix24: Option<Arc<Bitrix24Client>>,
    pub(crate) onec: Option<Arc<OnecClient>>,
    pub(crate) treasury: Option<Arc<TreasuryClient>>,
    /// With the address at which it tells what becomes of messages.
    pub(crate) wazzup: Option<(WazzupClient, SecretString)>,
}

/// Tokens of portals lie in the database sealed with the codec's keys.
struct CodecSealer(Codec);

impl Sealer for CodecSealer {
    fn seal(&self, text: &str) -> Result<String, String> {
        self.0.seal_text(text).map_err(|error| error.to_string())
    }

    fn open(&self, text: &str) -> Result<String, String> {
        self.0.open_text(text).map_err(|error| error.to_string())
    }
}

pub(crate) fn wire(
    config: &Config,
    client: &Client,
    codec: &Codec,
    store: &Store,
    objects: &Arc<dyn ObjectStore>,
    calls: &PartnerCalls,
    holds: &Holds,
) -> anyhow::Result<Wired> {
    let evidence = Evidence {
        objects: objects.clone(),
        store: store.clone(),
    };
    let mut wired = Wired {
        workers: Vec::new(),
        bitrix24: None,
        onec: None,
        treasury: None,
        wazzup: None,
    };
    for queue in config.served() {
        let mut options = options(config, queue);
        options.activity_inbound_interceptor(Observed {
            counter: calls.of(queue),
            gate: holds.of(queue),
            client: client.clone(),
        });
        wired
            .register(config, codec, &evidence, queue, &mut options)
            .context("configuration, partners")?;
        wired.workers.push(options);
    }
    Ok(wired)
}

fn options(config: &Config, queue: &'static str) -> WorkerOptions {
    let limits = &config.limits;
    let (activities, per_second) = limits.of(queue);
    let tuner = TunerHolder::builder()
        .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(limits.workflow_tasks))
        .activity_task_slot_supplier(FixedSizeSlotSupplier::new(activities))
        .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(limits.local_activities))
        .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(1))
        .build();
    let polls = (queue != queues::KITE)
        .then(|| PollerBehavior::SimpleMaximum(PARTNER_POLLS.min(activities)));
    WorkerOptions::new(queue)
        .tuner(tuner)
        .max_cached_workflows(limits.cached_workflows)
        .sticky_queue_schedule_to_start_timeout(limits.sticky())
        .graceful_shutdown_period(config.grace())
        .maybe_activity_task_poller_behavior(polls)
        .maybe_max_worker_activities_per_second(per_second)
        .build()
}

impl Wired {
    fn register(
        &mut self,
        config: &Config,
        codec: &Codec,
        evidence: &Evidence,
        queue: &'static str,
        options: &mut WorkerOptions,
    ) -> anyhow::Result<()> {
        let partners = &config.partners;
        let (store, evidence) = (evidence.store.clone(), evidence.clone());
        match queue {
            queues::KITE => {
                options
                    .register_workflow::<BuyoutWorkflow>()?
                    .register_workflow::<RobotAnswerWorkflow>()?
                    .register_workflow::<SweepPortalsWorkflow>()?
                    .register_workflow::<ReconcileWorkflow>()?
                    .register_activities(SweepActivities {
                        store: store.clone(),
                    })
                    .register_activities(HoldActivities {
                        store: store.clone(),
                    })
                    .register_workflow::<PayoutBanksWorkflow>()?
                    .register_activities(RecordActivities {
                        store,
                        inspector_capacity: config.records.inspector_capacity,
                        time_zone: config.records.time_zone,
                    })
                    .register_activities(DocumentActivities { evidence });
            }
            queues::BITRIX24 => {
                let section = section(&partners.bitrix24, queue)?.clone();
                let sealer = Arc::new(CodecSealer(codec.clone()));
                let client = Arc::new(Bitrix24Client::new(section, store.clone(), sealer)?);
                self.bitrix24 = Some(client.clone());
                options.register_activities(Bitrix24Activities {
                    client,
                    store,
                    evidence,
                });
            }
            queues::ONEC_ALFA => {
                let client = Arc::new(OnecClient::new(section(&partners.onec_alfa, queue)?)?);
                self.onec = Some(client.clone());
                options.register_activities(OnecActivities { client });
            }
            queues::ONEC_TREASURY => {
                let section = section(&partners.onec_treasury, queue)?;
                let client = Arc::new(TreasuryClient::new(section)?);
                self.treasury = Some(client.clone());
                options.register_activities(TreasuryActivities { client });
            }
            queues::AUTOTEKA => {
                let client = AutotekaClient::new(section(&partners.autoteka, queue)?)?;
                options.register_activities(AutotekaActivities {
                    client,
                    store,
                    evidence,
                });
            }
            queues::AVTOCOD => {
                let mut section = section(&partners.avtocod, queue)?.clone();
                let webhook = || callback(config, "avtocod");
                section.webhook_url = Some(section.webhook_url.unwrap_or_else(webhook));
                options.register_activities(AvtocodActivities {
                    client: AvtocodClient::new(&section)?,
                    store,
                    evidence,
                });
            }
            queues::FSSP => {
                let client = FsspClient::new(section(&partners.fssp, queue)?)?;
                options.register_activities(FsspActivities { client, evidence });
            }
            queues::YOOKASSA => {
                let client = YookassaClient::new(section(&partners.yookassa, queue)?)?;
                options.register_activities(YookassaActivities { client, store });
            }
            queues::BANK => {
                let client = BankClient::new(section(&partners.bank, queue)?)?;
                options.register_activities(BankActivities { client, store });
            }
            queues::MESSAGES => {
                let client = WazzupClient::new(section(&partners.wazzup, queue)?)?;
                self.wazzup = Some((client, callback(config, "wazzup")));
                options.register_activities(messages(config, partners, evidence)?);
            }
            other => anyhow::bail!("nothing serves the queue {other}"),
        }
        Ok(())
    }
}

fn messages(
    config: &Config,
    partners: &Partners,
    evidence: Evidence,
) -> anyhow::Result<MessageActivities> {
    let queue = queues::MESSAGES;
    let keys = config.links.decode("links")?;
    let ring = KeyRing::new(
        config.links.current.clone(),
        keys.into_iter().map(|(id, key)| (id, key.to_vec())),
    )
    .context("links.keys")?;
    Ok(MessageActivities {
        wazzup: WazzupClient::new(section(&partners.wazzup, queue)?)?,
        sms: SmsClient::new(section(&partners.sms, queue)?)?,
        mailer: Mailer::new(section(&partners.mail, queue)?)?,
        links: Links::new(config.gateway.public_url.clone(), ring),
        company: config.messages.company.clone(),
        store: evidence.store.clone(),
        evidence,
    })
}

/// [`Config::check`] has made sure of it; said again for whoever did not call it.
fn section<'a, T>(section: &'a Option<T>, queue: &str) -> anyhow::Result<&'a T> {
    section
        .as_ref()
        .with_context(|| format!("the section of {queue} is required"))
}

/// Where a partner without signatures calls the gateway back; holds our secret.
fn callback(config: &Config, partner: &str) -> SecretString {
    let mut url = config.gateway.public_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["callbacks", partner]);
    }
    url.query_pairs_mut()
        .append_pair("key", config.gateway.callbacks_secret.expose_secret());
    SecretString::from(String::from(url))
}
