//! Step 10: contract and act as PDF, signed scans.

use contracts::documents::{DocumentActivities, RenderDocument};
use contracts::records::{NextNumber, RecordActivities};
use domain::buyout::decision::Decision;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::buyout::state::EventKind;
use domain::document::{DocumentKind, MadeDocument};
use domain::file::FileRef;
use domain::money::Money;
use domain::payment::{PaymentRail, rail};
use domain::task::TaskKind;
use futures_util::FutureExt;
use temporalio_workflow::join_all;

use crate::buyout::ask::{self, Ask};
use crate::buyout::intake::move_deal;
use crate::buyout::undo::Undo;
use crate::buyout::{BuyoutWorkflow, Ctx, Exit, desk, step};

pub(crate) async fn sign(ctx: &Ctx, price: Money) -> Result<(), Exit> {
    desk::enter(ctx, Stage::Signing)?;
    let stage = ctx.state(|w| w.buyout.policy.as_ref().map(|p| p.stages.signing.clone()));
    ctx.state_mut(|w| w.desk.undo.push(Undo::VoidDocuments));
    make_documents(ctx, price).await?;
    move_deal(ctx, stage, Some(price), None).await;
    let (details, due) = ctx.state(|w| {
        let numbers: Vec<String> = w
            .buyout
            .documents
            .iter()
            .map(|d| format!("{} № {}", d.kind.title_ru(), d.number))
            .collect();
        (
            format!(
                "Распечатайте и подпишите с клиентом: {}. Загрузите сканы подписанных документов.",
                numbers.join(", ")
            ),
            w.buyout
                .policy
                .as_ref()
                .map_or(0, |p| p.deadlines.sign_secs),
        )
    });
    loop {
        match ask::ask(ctx, Ask::new(TaskKind::SignContract, details.clone(), due)).await? {
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
            step::own(&what),
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
