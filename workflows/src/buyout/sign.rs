//! Step 10: contract and act as PDF, the client's link to read them, signed scans.

use std::convert::Infallible;

use contracts::documents::{DocumentActivities, RenderDocument};
use contracts::messages::{ClientNotice, SendNotice};
use contracts::records::{NextNumber, RecordActivities};
use domain::buyout::decision::Decision;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::signing::ContractRef;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::buyout::undo::Undo;
use domain::document::{DocumentKind, MadeDocument};
use domain::file::FileRef;
use domain::money::Money;
use domain::offer::MessageChannel;
use domain::payment::{PaymentRail, rail};
use domain::task::TaskKind;
use futures_util::FutureExt;
use futures_util::future::Either;
use temporalio_workflow::{join, join_all};

use crate::buyout::ask::{self, Ask};
use crate::buyout::intake::move_deal;
use crate::buyout::reach::{self, Reached};
use crate::buyout::{BuyoutWorkflow, Ctx, Exit, desk, step};

/// How the client's link is called in what people read.
const LINK: &str = "Ссылка на договор";
/// What the manager reads when the client has no link.
const UNREACHED: &str =
    "⚠ Ссылка на договор до клиента не дошла: дайте ему прочитать документы до подписания.";

pub(crate) async fn sign(ctx: &Ctx, price: Money) -> Result<(), Exit> {
    desk::enter(ctx, Stage::Signing)?;
    let stage = ctx.state(|w| w.buyout.policy.as_ref().map(|p| p.stages.signing.clone()));
    ctx.state_mut(|w| w.desk.undo.register(Undo::VoidDocuments));
    make_documents(ctx, price).await?;
    // The page behind the link is drawn from what is saved: it must know the papers before the client does.
    desk::save(ctx).await?;
    let (_, link) = join!(
        move_deal(ctx, stage, Some(price), None),
        send_link(ctx, price)
    );
    loop {
        let (details, due) = ctx.state(|w| task(w, link.is_some()));
        let asked = Ask::new(TaskKind::SignContract, details, due);
        // The client's word on their page is no decision: it only comes to the task.
        let decision = match &link {
            Some(link) => ask::ask_until(ctx, asked, |_| link.second_way(ctx)).await?,
            None => Either::Left(ask::ask(ctx, asked).await?),
        };
        let Either::Left(decision) = decision;
        match decision {
            Decision::Signed { scans } => {
                ctx.state_mut(|w| {
                    for scan in scans {
                        let made = w
                            .buyout
                            .documents
                            .iter_mut()
                            .rev()
                            .find(|d| d.kind == scan.kind && !d.void);
                        if let Some(made) = made {
                            made.signed.push(scan.file);
                        }
                    }
                });
                return Ok(());
            }
            Decision::RefusedToSign { reason } => {
                return Err(Exit::Ended(BuyoutOutcome::DeclinedByClient { reason }));
            }
            // Nothing else answers this kind of task, see `Decision::answers`.
            _ => {}
        }
    }
}

/// What the manager reads on their task, and how long they have.
fn task(w: &BuyoutWorkflow, has_link: bool) -> (String, u64) {
    let numbers: Vec<String> = w
        .buyout
        .documents
        .iter()
        .filter(|d| !d.void)
        .map(|d| format!("{} № {}", d.kind.title_ru(), d.number))
        .collect();
    let read = if has_link {
        "Клиент получил ссылку, чтобы прочитать их заранее; его слово появится здесь."
    } else {
        UNREACHED
    };
    let mut details = format!(
        "Распечатайте и подпишите с клиентом: {}. Загрузите сканы подписанных документов.\n\n{read}",
        numbers.join(", ")
    );
    // A client may have read them before we heard that the link had arrived.
    for said in w
        .buyout
        .contract()
        .iter()
        .flat_map(|contract| w.buyout.signing_answers_to(contract))
    {
        details.push_str("\n\n");
        details.push_str(&said.word.sentence());
    }
    let due = w
        .buyout
        .policy
        .as_ref()
        .map_or(0, |p| p.deadlines.sign_secs);
    (details, due)
}

/// The link to the papers, as it went by the messenger or the mail.
struct Link {
    notice: SendNotice,
    reached: Reached,
}

/// The client reads the papers before they come to sign; best effort.
async fn send_link(ctx: &Ctx, price: Money) -> Option<Link> {
    let notice = ctx.state(|w| {
        let deal = w.buyout.deal.as_ref()?;
        let contract = w.buyout.document(DocumentKind::Contract)?;
        Some(SendNotice {
            buyout: w.buyout.id.clone(),
            client_name: deal.client.first_name.clone(),
            car: deal.car.title(),
            notice: ClientNotice::Signing {
                contract: ContractRef::from(contract),
                made_at: contract.made_at,
                price,
            },
        })
    })?;
    let Some(reached) = reach::reach(ctx, LINK, notice.clone()).await else {
        let line = format!("{LINK}: отправить не удалось.");
        desk::note(ctx, EventKind::Message, None, line);
        return None;
    };
    let line = format!("{LINK} отправлена: {}.", reached.channel.title_ru());
    desk::note(ctx, EventKind::Message, None, line);
    Some(Link { notice, reached })
}

impl Link {
    /// While the papers are being signed: what the messenger could not deliver goes by mail. Never ends.
    async fn second_way(&self, ctx: &Ctx) -> Infallible {
        let Reached { channel, message } = &self.reached;
        match channel {
            MessageChannel::Messenger => {
                let (notice, message) = (self.notice.clone(), message.clone());
                reach::second_way(ctx, LINK, notice, message, say_unreached).await
            }
            MessageChannel::Mail | MessageChannel::Sms => std::future::pending().await,
        }
    }
}

/// The manager's task says that the client has no link; whoever has it open reads it again.
fn say_unreached(ctx: &Ctx) {
    let now = desk::now(ctx);
    ctx.state_mut(|w| {
        let id = w
            .buyout
            .open_task(TaskKind::SignContract)
            .map(|task| task.id.clone());
        if let Some(task) = id.and_then(|id| w.buyout.tasks.get_mut(&id)) {
            task.details = format!("{UNREACHED}\n\n{}", task.details);
            task.version += 1;
        }
        let line = format!("{LINK}: до клиента не дошла.");
        w.note(EventKind::Message, None, line, now);
    });
}

/// Numbers first, so that the act can name the contract; then both PDFs in one wave.
async fn make_documents(ctx: &Ctx, price: Money) -> Result<(), Exit> {
    let kinds = [DocumentKind::Contract, DocumentKind::Act];
    let mut numbers = Vec::new();
    for kind in kinds {
        let request = ctx.state(|w| NextNumber {
            legal_entity: w
                .buyout
                .policy
                .as_ref()
                .map(|p| p.legal_entity.id.clone())
                .unwrap_or_default(),
            kind,
            key: format!("{}/{kind}", w.buyout.id),
        });
        numbers.push(
            ctx.execute_local_activity(RecordActivities::next_number, request, step::record())
                .await?,
        );
    }
    let at = desk::now(ctx);
    let requests: Vec<RenderDocument> = kinds
        .into_iter()
        .zip(&numbers)
        .filter_map(|(kind, number)| {
            ctx.state(|w| request(w, kind, number, &numbers[0], price, at))
        })
        .collect();
    let calls = requests
        .iter()
        .map(|request| render(ctx, request).boxed_local());
    for (request, result) in requests.iter().zip(join_all(calls).await) {
        let file = result?;
        ctx.state_mut(|w| {
            w.buyout.documents.push(MadeDocument {
                kind: request.kind,
                number: request.number.clone(),
                version: request.version,
                file,
                made_at: at,
                void: false,
                signed: Vec::new(),
            });
        });
        desk::note(
            ctx,
            EventKind::Document,
            None,
            format!("Готов {} № {}.", request.kind.title_ru(), request.number),
        );
    }
    Ok(())
}

/// A PDF that cannot be made is a matter of ops; there is no contract without it.
async fn render(ctx: &Ctx, request: &RenderDocument) -> Result<FileRef, Exit> {
    let what = format!("PDF: {}", request.kind.title_ru());
    loop {
        let made = step::must(
            ctx,
            TaskKind::PartnerTrouble,
            &what,
            || DocumentActivities::render,
            request.clone(),
            step::own(ctx, &what),
        );
        if let Some(file) = made.await? {
            return Ok(file);
        }
    }
}

fn request(
    w: &BuyoutWorkflow,
    kind: DocumentKind,
    number: &str,
    contract_number: &str,
    price: Money,
    at: chrono::DateTime<chrono::Utc>,
) -> Option<RenderDocument> {
    let (deal, policy, papers) = (
        w.buyout.deal.as_ref()?,
        w.buyout.policy.as_ref()?,
        w.buyout.papers.as_ref()?,
    );
    let inspection = &w.buyout.last_inspection()?.inspection;
    let (date_local, time_local) = policy.calendar.date_and_time_ru(at);
    Some(RenderDocument {
        buyout: w.buyout.id.clone(),
        kind,
        number: number.to_owned(),
        version: 1,
        at,
        date_local,
        time_local,
        legal_entity: policy.legal_entity.clone(),
        site: policy.site.clone(),
        client: deal.client.clone(),
        car: deal.car.clone(),
        fields: papers.fields.clone(),
        price,
        payment_method: match rail(price, &policy.limits) {
            PaymentRail::Sbp => "по Системе быстрых платежей на номер телефона Продавца".to_owned(),
            PaymentRail::BankOrder => "платёжным поручением на банковский счёт Продавца".to_owned(),
        },
        mileage_km: inspection.mileage_km,
        defects: inspection.defects.clone(),
        contract_number: contract_number.to_owned(),
    })
}
