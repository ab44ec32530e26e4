//! Step 8: papers are collected and verified one by one.

use domain::buyout::decision::Decision;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::stage::Stage;
use domain::task::TaskKind;

use crate::buyout::ask::{self, Ask};
use crate::buyout::{Ctx, Exit, desk};

/// Ends with a set of papers of which the verifier accepted each one.
pub(crate) async fn collect_and_verify(ctx: &Ctx) -> Result<(), Exit> {
    let mut remarks = String::new();
    let rounds = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(3, |p| p.limits.paper_rounds)
    });
    for _ in 0..rounds {
        desk::enter(ctx, Stage::Documents)?;
        collect(ctx, &remarks).await?;
        match verify(ctx).await? {
            None => return Ok(()),
            Some(returned) => remarks = returned,
        }
    }
    Err(Exit::Ended(BuyoutOutcome::RefusedFraud {
        reason: format!("документы не приняты верификатором {rounds} раза. {remarks}"),
    }))
}

async fn collect(ctx: &Ctx, remarks: &str) -> Result<(), Exit> {
    let due = ctx.state(|w| {
        w.buyout
            .policy
            .as_ref()
            .map_or(0, |p| p.deadlines.papers_secs)
    });
    let mut details =
        "Нужны сканы: паспорт продавца, ПТС или выписка ЭПТС, СТС, согласие на обработку данных; данные для договора; реквизиты для выплаты (получатель — сам продавец).".to_owned();
    if !remarks.is_empty() {
        details = format!("**Замечания верификатора:** {remarks}\n\n{details}");
    }
    loop {
        if let Decision::SubmitPapers { papers } =
            ask::ask(ctx, Ask::new(TaskKind::CollectPapers, details.clone(), due)).await?
        {
            ctx.state_mut(|w| {
                w.buyout.papers = Some(*papers);
                w.buyout.paper_verdicts.clear();
            });
            return Ok(());
        }
    }
}

/// `Some` when something was returned, with the remarks.
async fn verify(ctx: &Ctx) -> Result<Option<String>, Exit> {
    let (details, due) = ctx.state(|w| {
        let price = w.buyout.agreed_price.map(|p| p.to_string()).unwrap_or_default();
        (
            format!("Сверьте документы с полями и продавца с собственником. Согласованная цена: {price}."),
            w.buyout.policy.as_ref().map_or(0, |p| p.deadlines.verify_secs),
        )
    });
    loop {
        let decision =
            ask::ask(ctx, Ask::new(TaskKind::VerifyPapers, details.clone(), due)).await?;
        let sentence = decision.sentence();
        if let Decision::VerifyPapers { verdicts } = decision {
            let accepted = verdicts.iter().all(|v| v.accepted);
            ctx.state_mut(|w| w.buyout.paper_verdicts = verdicts);
            return Ok((!accepted).then_some(sentence));
        }
    }
}
