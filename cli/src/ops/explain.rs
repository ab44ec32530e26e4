//! `kite ops explain`.

use proto::kite::ops::v1::{
    AllowedAction, ExplainRequest, ExplainResponse, Failure, InboxMessage, Note, Partner,
    Unmatched, Wait,
};

use super::{hold, name};
use crate::connect::{Gateway, refusal};
use crate::print::{self, say};
use crate::run::id_of;

pub(super) async fn run(gateway: &Gateway, run: String) -> anyhow::Result<()> {
    let buyout_id = id_of(gateway, run).await?;
    let request = ExplainRequest { buyout_id };
    let answer = gateway.ops().explain(request).await.map_err(refusal)?;
    show(&answer.into_inner());
    Ok(())
}

fn show(explained: &ExplainResponse) {
    say!("{}\n", explained.summary);
    let engine = match explained.engine_status.as_str() {
        "" => "not known to the engine".to_owned(),
        status => status.to_lowercase(),
    };
    say!("run       {}", explained.buyout_id);
    say!("deal      {}", explained.deal_id);
    if !explained.stage.is_empty() {
        say!(
            "stage     {} ({}), since {}",
            explained.stage,
            explained.stage_title,
            print::time(explained.stage_since)
        );
    }
    say!("engine    {engine}");
    if explained.told_by == "RECORD" && explained.engine_status == "RUNNING" {
        say!("          the run does not answer: this is its last record");
    }
    if !explained.temporal_url.is_empty() {
        say!("temporal  {}", explained.temporal_url);
    }
    waits(&explained.waits);
    partners(&explained.partners);
    failures(&explained.failures);
    actions(&explained.actions);
    inbox(&explained.inbox);
    unmatched(&explained.unmatched);
    if !explained.notes.is_empty() {
        say!("\nNOTES");
        notes(&explained.notes);
    }
}

fn waits(waits: &[Wait]) {
    if waits.is_empty() {
        return;
    }
    say!("\nWAITS FOR (the first one holds it up)");
    for wait in waits {
        say!("  {:<8} {}", wait.kind, wait.title);
        say!("           {}", wait.way_out);
        let mut facts = Vec::new();
        if let Some(owner) = &wait.owner {
            facts.push(format!("owner {}", owner.name));
        } else if !wait.roles.is_empty() {
            facts.push(format!("turn of {}", wait.roles.join(", ")));
        }
        if wait.since.is_some() {
            facts.push(format!("since {}", print::time(wait.since)));
        }
        if wait.deadline.is_some() {
            let late = if wait.overdue { " (overdue)" } else { "" };
            facts.push(format!("due {}{late}", print::time(wait.deadline)));
        }
        if !wait.task_id.is_empty() {
            facts.push(format!("task {}", wait.task_id));
        }
        if !facts.is_empty() {
            say!("           {}", facts.join(" · "));
        }
    }
}

fn partners(partners: &[Partner]) {
    if partners.is_empty() {
        return;
    }
    say!("\nPARTNERS THAT IT NEEDS");
    for partner in partners {
        let held = match partner.holds.first() {
            Some(_) => ", held",
            None => "",
        };
        say!(
            "  {:<14} {}{held} · {} of {} calls failed within the hour · last answer {}",
            partner.code,
            partner.health,
            partner.failures_last_hour,
            partner.calls_last_hour,
            print::ago(partner.last_success_at)
        );
        if !partner.last_failure.is_empty() {
            say!("                 {}", partner.last_failure);
        }
        for held in &partner.holds {
            say!("                 {}", hold::line(held));
        }
    }
}

fn failures(failures: &[Failure]) {
    if failures.is_empty() {
        return;
    }
    say!("\nLAST FAILURES");
    for failure in failures {
        let (when, what) = match failure.activity.as_str() {
            "" => (print::time(failure.at), String::new()),
            activity => ("now".to_owned(), format!("{activity}: ")),
        };
        say!("  {when:<19}  {what}{}", failure.text);
    }
}

fn actions(actions: &[AllowedAction]) {
    if actions.is_empty() {
        return;
    }
    say!("\nWHAT MAY BE DONE");
    for action in actions {
        let mine = if action.mine { "you" } else { "-" };
        say!(
            "  {:<4} {} ({}) · {}",
            mine,
            action.title,
            action.code,
            action.roles.join(", ")
        );
        if !action.refusal.is_empty() {
            say!("       {}", action.refusal);
        }
    }
}

fn inbox(messages: &[InboxMessage]) {
    if messages.is_empty() {
        return;
    }
    say!("\nARRIVED LAST");
    for message in messages {
        say!(
            "  {}  {} {} {}",
            print::time(message.received_at),
            message.source,
            message.state,
            message.error
        );
    }
}

fn unmatched(facts: &[Unmatched]) {
    if facts.is_empty() {
        return;
    }
    say!("\nFITS NOWHERE");
    for fact in facts {
        say!(
            "  {}  {} {}: {}",
            print::time(fact.kept_at),
            fact.source,
            fact.event_id,
            fact.reason
        );
    }
}

pub(super) fn notes(notes: &[Note]) {
    for note in notes {
        say!(
            "  {}  {}: {}",
            print::time(note.at),
            name(note.by.as_ref()),
            note.text
        );
    }
}
