//! What ops see and do when something does not go on, through the whole stack.

mod batch;
mod command;
mod explain;
mod hold;
mod sweep;

use std::time::Duration;

use proto::kite::buyout::v1::ListBuyoutEventsRequest;
use proto::kite::common::v1::ProcessEvent;
use proto::kite::ops::v1 as pb;
use proto::kite::task::v1::ListTasksRequest;
use stack::people::Person;
use stack::play::Play;
use stack::stack::Stack;
use tests::wait;

const PATIENCE: Duration = Duration::from_secs(60);

/// A worker that looks at holds and outages quickly enough for a test.
const WORKER: &str = "[hold]\nfailures = 3\nruns = 2\nwithin_secs = 60\nprobe_secs = 1\nwait_secs = 1\n\
                      hand_back_secs = 2\nwave_per_second = 20.0\n[sweep]\nportals_every_secs = 0\nreconcile_at = \"\"\n";

/// Looks until the condition holds, and answers what it found then.
async fn until<T>(
    what: &str,
    look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    wait::until(PATIENCE, what, look).await
}

/// A worker reads once a second who is held, and says in its metrics what it knows.
async fn worker_knows_of_hold(stack: &Stack, partner: &str) -> anyhow::Result<()> {
    let url = format!("http://{}/metrics", stack.worker_metrics);
    let says = format!("kite_partner_held{{partner=\"{partner}\"}} 1");
    until("the worker knows of the hold", async || {
        let metrics = reqwest::get(&url).await?.text().await?;
        Ok(metrics.lines().any(|line| line == says).then_some(()))
    })
    .await
}

async fn partner(ops: &Person, code: &str) -> anyhow::Result<pb::Partner> {
    let answer = ops.ops().list_partners(pb::ListPartnersRequest {}).await?;
    let partners = answer.into_inner().partners;
    let found = partners.into_iter().find(|partner| partner.code == code);
    found.ok_or_else(|| anyhow::anyhow!("no partner {code}"))
}

async fn explain(person: &Person, id: &str) -> Result<pb::ExplainResponse, tonic::Status> {
    let request = pb::ExplainRequest {
        buyout_id: id.to_owned(),
    };
    Ok(person.ops().explain(request).await?.into_inner())
}

/// Lines of the run of that kind.
async fn lines(person: &Person, play: &Play<'_>, kind: &str) -> anyhow::Result<Vec<ProcessEvent>> {
    let request = ListBuyoutEventsRequest {
        id: play.id.clone(),
        after_seq: 0,
    };
    let events = person.buyouts().list_buyout_events(request).await?;
    let events = events.into_inner().events;
    Ok(events
        .into_iter()
        .filter(|event| event.kind == kind)
        .collect())
}

/// Kinds of the run's open tasks.
async fn open(person: &Person, play: &Play<'_>) -> anyhow::Result<Vec<String>> {
    let request = ListTasksRequest {
        buyout_id: play.id.clone(),
        ..Default::default()
    };
    let tasks = person.tasks().list_tasks(request).await?.into_inner().tasks;
    Ok(tasks.into_iter().map(|task| task.kind).collect())
}
