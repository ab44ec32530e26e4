//! Step 6: the appraisal, and a second word above the limits.

use domain::appraisal::{SetAppraisal, category, second_approval_reasons};
use domain::buyout::decision::Decision;
use domain::buyout::stage::Stage;
use domain::buyout::state::{EventKind, PriceApproval};
use domain::checks::CheckOutcome;
use domain::inspection::repair_total;
use domain::staff::PersonRef;
use domain::task::TaskKind;

use crate::buyout::ask::{self, Ask};
use crate::buyout::intake::move_deal;
use crate::buyout::{Ctx, Exit, desk, inspect};

pub(crate) enum Next {
    Offer,
    /// The appraiser wants the car inspected again.
    InspectAgain,
}

pub(crate) async fn appraise(ctx: &Ctx) -> Result<Next, Exit> {
    let stage = ctx.state(|w| w.buyout.policy.as_ref().map(|p| p.stages.appraisal.clone()));
    move_deal(ctx, stage, None, None).await;
    let mut remark = String::new();
    loop {
        desk::enter(ctx, Stage::Appraisal)?;
        let (details, due) = ctx.state(|w| {
            (
                brief(w, &remark),
                w.buyout
                    .policy
                    .as_ref()
                    .map_or(0, |p| p.deadlines.appraise_secs),
            )
        });
        let decision = ask::ask(ctx, Ask::new(TaskKind::Appraise, details, due)).await?;
        let appraisal = match decision {
            Decision::Appraise { appraisal } => appraisal,
            Decision::ReturnToInspection { reason } => {
                desk::note(
                    ctx,
                    EventKind::Stage,
                    None,
                    format!("Повторный осмотр: {reason}"),
                );
                return Ok(Next::InspectAgain);
            }
            // Nothing else answers this kind of task, see `Decision::answers`.
            _ => continue,
        };
        let at = desk::now(ctx);
        let Some(appraiser) = decided_by(ctx, TaskKind::Appraise) else {
            continue;
        };
        let (category, category_rule) =
            category(repair_total(&appraisal.repairs), appraisal.forecast_price);
        desk::note(ctx, EventKind::Stage, None, category_rule.clone());
        let reasons = ctx.state_mut(|w| {
            let limits = w.buyout.policy.as_ref().map(|p| p.limits.clone());
            let reasons = limits
                .map(|l| second_approval_reasons(&appraisal, w.buyout.market.as_ref(), &l))
                .unwrap_or_default();
            w.buyout.appraisal = Some(SetAppraisal {
                appraisal,
                appraiser,
                at,
                category,
                category_rule,
            });
            w.buyout.price_approval = None;
            reasons
        });
        if reasons.is_empty() {
            return Ok(Next::Offer);
        }
        match second_word(ctx, reasons).await? {
            None => return Ok(Next::Offer),
            Some(comment) => remark = comment,
        }
    }
}

/// A second person approves or returns the price with a comment (`Some`).
async fn second_word(ctx: &Ctx, reasons: Vec<String>) -> Result<Option<String>, Exit> {
    desk::enter(ctx, Stage::PriceApproval)?;
    let (details, due) = ctx.state(|w| {
        let price = w
            .buyout
            .appraisal
            .as_ref()
            .map(|set| {
                Decision::Appraise {
                    appraisal: set.appraisal.clone(),
                }
                .sentence()
            })
            .unwrap_or_default();
        (
            format!(
                "{price}\n\nПочему нужно второе слово:\n\n{}",
                reasons
                    .iter()
                    .map(|r| format!("- {r}"))
                    .collect::<Vec<_>>()
                    .join("\n")
            ),
            w.buyout
                .policy
                .as_ref()
                .map_or(0, |p| p.deadlines.approve_price_secs),
        )
    });
    loop {
        let decision =
            ask::ask(ctx, Ask::new(TaskKind::ApprovePrice, details.clone(), due)).await?;
        let Decision::ApprovePrice { approved, comment } = decision else {
            continue;
        };
        let at = desk::now(ctx);
        let Some(by) = decided_by(ctx, TaskKind::ApprovePrice) else {
            continue;
        };
        ctx.state_mut(|w| {
            w.buyout.price_approval = Some(PriceApproval {
                reasons: reasons.clone(),
                approved,
                by,
                comment: comment.clone(),
                at,
            });
        });
        return Ok((!approved).then_some(comment));
    }
}

/// Who decided the last task of that kind.
pub(crate) fn decided_by(ctx: &Ctx, kind: TaskKind) -> Option<PersonRef> {
    ctx.state(|w| {
        w.buyout
            .tasks
            .values()
            .filter(|t| t.kind == kind)
            .max_by_key(|t| t.number)
            .and_then(|t| t.closed_by.clone())
    })
}

/// What the appraiser should know before opening the case.
fn brief(w: &crate::buyout::BuyoutWorkflow, remark: &str) -> String {
    let mut lines = Vec::new();
    if !remark.is_empty() {
        lines.push(format!("**Цена возвращена:** {remark}"));
    }
    if let Some(deal) = &w.buyout.deal {
        lines.push(deal.car.title());
    }
    if let Some(done) = w.buyout.last_inspection() {
        lines.push(format!(
            "Осмотр: пробег {} км, дефектов {}, фото {}.",
            done.inspection.mileage_km,
            done.inspection.defects.len(),
            done.inspection.photos.len()
        ));
    }
    if let Some(market) = &w.buyout.market {
        lines.push(format!(
            "Рынок: средняя {}, от {} до {}, объявлений {}.",
            market.average, market.min, market.max, market.items
        ));
    }
    for result in w
        .buyout
        .checks
        .iter()
        .filter(|r| r.outcome != CheckOutcome::Clear)
    {
        for finding in &result.findings {
            lines.push(format!("- {}: {}", result.kind.title_ru(), finding.text));
        }
    }
    for reuse in &w.buyout.photo_reuse {
        lines.push(format!(
            "- Фото уже было в другом осмотре: {}",
            reuse.buyout
        ));
    }
    for far in inspect::far(&w.buyout) {
        lines.push(format!("- {far}"));
    }
    lines.join("\n\n")
}
