//! The end, whatever it is: undo, deal, timeline, robots' answers, the client's copies.

use std::time::Duration;

use contracts::bitrix24::{AnswerRobot, Bitrix24Activities, Comment, RobotAnswered, UpdateDeal};
use contracts::messages::{MessageActivities, SendDocuments};
use contracts::queues;
use domain::buyout::outcome::BuyoutOutcome;
use domain::buyout::state::EventKind;
use domain::file::FileRef;
use domain::task::{TaskKind, TaskState};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use temporalio_workflow::{WaitConditionOptions, WorkflowCancellationToken, join_all};

use crate::buyout::{Ctx, Exit, ask, desk, mirror, step, undo};

/// A person who posted a message sees its answer only after the portal has it.
const SOMEBODY_WAITS: Duration = Duration::from_secs(20);

pub(crate) async fn close(ctx: &Ctx, outcome: BuyoutOutcome) -> Result<BuyoutOutcome, Exit> {
    // What was accepted for cancelling is being carried out now.
    ctx.state_mut(|w| {
        w.desk.cancel = None;
        w.buyout.closing = true;
        // Whoever wanted sources asked again gets no answer any more.
        w.desk.repeats.clear();
        w.buyout.checks_running.clear();
    });
    close_open_tasks(ctx);
    match &outcome {
        BuyoutOutcome::Done { .. } => undo::keep_all(ctx).await?,
        BuyoutOutcome::DeclinedByClient { .. }
        | BuyoutOutcome::OfferExpired
        | BuyoutOutcome::RefusedLegal { .. }
        | BuyoutOutcome::RefusedFraud { .. }
        | BuyoutOutcome::NoShow
        | BuyoutOutcome::Cancelled { .. } => undo::undo_all(ctx).await?,
    }
    tell_portal(ctx, &outcome).await?;
    let at = desk::now(ctx);
    ctx.state_mut(|w| {
        w.buyout.stage = outcome.stage(!w.buyout.manual.is_empty());
        w.buyout.stage_since = at;
        w.buyout.ended_at = Some(at);
        w.buyout.outcome = Some(outcome.clone());
        w.note(EventKind::Ended, None, outcome.sentence(), at);
    });
    // The portal tells of every mirror that is closed: ours must be known as closed before.
    if ctx.state(|w| w.desk.closed_unsaved) {
        desk::save(ctx).await?;
    }
    mirror::close_all(ctx).await;
    desk::save(ctx).await?;
    // An update accepted in the last moment gets its answer before the run closes.
    let steady = WaitConditionOptions::builder()
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    ctx.wait_condition_with_options(|_| ctx.all_handlers_finished(), steady)
        .await?;
    Ok(outcome)
}

fn close_open_tasks(ctx: &Ctx) {
    let open: Vec<_> = ctx.state(|w| w.buyout.open_tasks().map(|task| task.id.clone()).collect());
    for id in open {
        ask::close(ctx, &id, TaskState::Cancelled, "сделка завершена");
    }
}

/// Deal and timeline, then the waiting robots; the client's copies beside them.
async fn tell_portal(ctx: &Ctx, outcome: &BuyoutOutcome) -> Result<(), Exit> {
    let done = matches!(outcome, BuyoutOutcome::Done { .. });
    let files: Vec<FileRef> = ctx.state(|w| {
        w.buyout
            .documents
            .iter()
            .filter(|d| !d.void)
            .flat_map(|d| std::iter::once(d.file.clone()).chain(d.signed.iter().cloned()))
            .collect()
    });
    let (update, comment) = ctx.state(|w| {
        let stages = w.buyout.policy.as_ref().map(|p| &p.stages);
        (
            UpdateDeal {
                portal: w.buyout.portal.clone(),
                deal_id: w.buyout.deal_id,
                stage: stages.map(|s| if done { s.won.clone() } else { s.lost.clone() }),
                price: w.buyout.agreed_price,
                result: Some(outcome.sentence()),
                files: if done { files.clone() } else { Vec::new() },
            },
            Comment {
                portal: w.buyout.portal.clone(),
                deal_id: w.buyout.deal_id,
                key: format!("{}/end", w.buyout.id),
                text: summary(w, outcome),
                files: if done { files.clone() } else { Vec::new() },
            },
        )
    });
    let patience = step::patience(ctx);
    let deal = async {
        let options = step::partner(ctx, queues::BITRIX24, patience, "закрыть сделку");
        step::must(
            ctx,
            TaskKind::PartnerTrouble,
            "закрытие сделки в Битрикс24",
            || Bitrix24Activities::update_deal,
            update,
            options,
        )
        .await
        .map(|_| ())
    };
    let timeline = async {
        let options = step::partner(ctx, queues::BITRIX24, patience, "итог в ленту сделки");
        step::must(
            ctx,
            TaskKind::PartnerTrouble,
            "запись в ленту сделки",
            || Bitrix24Activities::comment,
            comment,
            options,
        )
        .await
        .map(|_| ())
    };
    let copies = async {
        if done {
            send_copies(ctx, files.clone()).await;
        }
        Ok(())
    };
    let wave: Vec<LocalBoxFuture<'_, Result<(), Exit>>> = vec![
        deal.boxed_local(),
        timeline.boxed_local(),
        copies.boxed_local(),
    ];
    for result in join_all(wave).await {
        result?;
    }
    answer_robots(ctx, outcome).await
}

fn summary(w: &crate::buyout::BuyoutWorkflow, outcome: &BuyoutOutcome) -> String {
    let mut lines = vec![outcome.sentence()];
    for document in w.buyout.documents.iter().filter(|d| !d.void) {
        lines.push(format!(
            "{} № {}",
            document.kind.title_ru(),
            document.number
        ));
    }
    for (duty, person) in w.buyout.duties.holders() {
        lines.push(format!("{}: {}", duty.title_ru(), person.name));
    }
    if let Some(number) = &w.buyout.intake.receipt_number {
        lines.push(format!("1С, поступление № {number}"));
    }
    for manual in &w.buyout.manual {
        lines.push(format!("Вручную: {manual}"));
    }
    lines.join("\n")
}

/// Every robot that waits gets the same answer.
async fn answer_robots(ctx: &Ctx, outcome: &BuyoutOutcome) -> Result<(), Exit> {
    let mut answered = 0;
    // A robot may call while the others are being answered.
    while let Some(robot) = ctx.state(|w| w.buyout.robots.get(answered).cloned()) {
        answered += 1;
        if !robot.waits {
            continue;
        }
        let answer = ctx.state(|w| AnswerRobot {
            portal: w.buyout.portal.clone(),
            robot,
            result: outcome.stage(!w.buyout.manual.is_empty()).to_string(),
            message: outcome.sentence(),
            price: w.buyout.agreed_price,
            deal_id: None,
        });
        let options = step::partner(ctx, queues::BITRIX24, step::patience(ctx), "ответ роботу");
        let delivered = step::must(
            ctx,
            TaskKind::PartnerTrouble,
            "ответ роботу Битрикс24",
            || Bitrix24Activities::answer_robot,
            answer,
            options,
        )
        .await?;
        let line = match delivered {
            Some(RobotAnswered::Delivered) => "Робот получил ответ.",
            Some(RobotAnswered::Gone) => "Робот ответа уже не ждёт: итог записан в ленту сделки.",
            None => "Ответ роботу передан вручную.",
        };
        desk::note(ctx, EventKind::Message, None, line);
    }
    Ok(())
}

/// The client's own copies; best effort.
async fn send_copies(ctx: &Ctx, files: Vec<FileRef>) {
    let Some(documents) = ctx.state(|w| {
        let deal = w.buyout.deal.as_ref()?;
        Some(SendDocuments {
            buyout: w.buyout.id.clone(),
            email: deal.client.email.clone()?,
            client_name: deal.client.first_name.clone(),
            car: deal.car.title(),
            price: w.buyout.agreed_price?,
            files,
        })
    }) else {
        return;
    };
    let options = step::partner(
        ctx,
        queues::MESSAGES,
        step::courtesy(ctx),
        "документы клиенту на почту",
    );
    let send = || MessageActivities::send_documents;
    match step::call(ctx, send, documents, options).await {
        Ok(_) => desk::note(
            ctx,
            EventKind::Message,
            None,
            "Документы отправлены клиенту на почту.",
        ),
        Err(error) => {
            let text = step::failure(&error).text;
            desk::note(
                ctx,
                EventKind::Trouble,
                None,
                format!("Документы клиенту не отправлены: {text}"),
            );
        }
    }
}

/// Mirrors a chat message to the deal's timeline; best effort.
pub(crate) async fn mirror_message(ctx: &Ctx, number: u32) {
    let Some(comment) = ctx.state(|w| {
        let message = w.buyout.chat.iter().find(|m| m.number == number)?;
        Some(Comment {
            portal: w.buyout.portal.clone(),
            deal_id: w.buyout.deal_id,
            key: format!("{}/chat/{number}", w.buyout.id),
            text: format!("{}: {}", message.author.name, message.text),
            files: Vec::new(),
        })
    }) else {
        return;
    };
    let options = step::partner(
        ctx,
        queues::BITRIX24,
        step::courtesy(ctx).min(SOMEBODY_WAITS),
        "сообщение в ленту сделки",
    );
    if let Err(error) = ctx
        .execute_activity(Bitrix24Activities::comment, comment, options)
        .await
    {
        step::note_failed(ctx, &error, "Сообщение не отражено в ленте сделки");
    }
}
