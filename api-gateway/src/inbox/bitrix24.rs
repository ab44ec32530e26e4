//! Robot calls and events of a portal.

use contracts::bitrix24::AnswerRobot;
use domain::buyout::decision::{Fact, FactKind};
use domain::buyout::start::{BuyoutId, BuyoutStart, RobotCall};
use store::inbox::InboxRow;

use crate::bitrix24::form::{Form, positive};
use crate::inbox::{Taken, digest, tell};
use crate::process::{ProcessError, Started};
use crate::server::App;
use crate::starts::{By, Full};

/// What of a robot's call the process needs.
pub(crate) struct Call {
    portal: String,
    deal_id: u64,
    robot: RobotCall,
}

pub(crate) fn read(form: &Form) -> Option<Call> {
    let document = form.get("document_id[2]")?;
    Some(Call {
        portal: form.get("auth[member_id]")?.to_owned(),
        deal_id: document.strip_prefix("DEAL_").and_then(positive)?,
        robot: RobotCall {
            event_token: form.get("event_token")?.to_owned(),
            workflow_id: form.get("workflow_id").unwrap_or_default().to_owned(),
            waits: form.get("use_subscription") == Some("Y"),
        },
    })
}

/// A robot starts the deal's buyout, joins the one that runs, or is answered by the one that ended.
pub(super) async fn robot(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let form = Form::parse(&row.body);
    let Some(Call {
        portal,
        deal_id,
        robot,
    }) = read(&form)
    else {
        return Ok(Taken::Unmatched(
            "the robot was not called on a deal".to_owned(),
        ));
    };
    let start = BuyoutStart {
        portal: portal.clone(),
        deal_id,
        robot: Some(robot.clone()),
        started_by: None,
    };
    let id = start.id();
    let place = match app.starts.enter(By::Inbox) {
        Ok(place) => place,
        Err(Full { wait }) => return Ok(Taken::Later(wait)),
    };
    match app.processes.start_buyout(start).await? {
        Started::New => {
            place.keep(id.clone());
            return Ok(Taken::By(id.0));
        }
        Started::Already => drop(place),
    }
    let fact = Fact {
        event_id: row.event_id.clone(),
        fact: FactKind::RobotCalled {
            robot: robot.clone(),
        },
    };
    match app.processes.tell(&id, fact).await {
        Ok(()) => Ok(Taken::By(id.0)),
        Err(ProcessError::NotRunning) => {
            let buyout = app
                .store
                .buyout(&id)
                .await
                .map_err(|error| ProcessError::Unavailable(error.to_string()))?;
            let Some((buyout, outcome)) =
                buyout.and_then(|b| b.outcome.clone().map(|outcome| (b, outcome)))
            else {
                return Ok(Taken::Unmatched(format!(
                    "{id} has ended without an outcome"
                )));
            };
            let key = digest(robot.event_token.as_bytes());
            let answer = AnswerRobot {
                portal,
                robot,
                result: buyout.stage.to_string(),
                message: outcome.sentence(),
                price: buyout.agreed_price,
                deal_id: Some(deal_id),
            };
            app.processes.answer_robot(&key, answer).await?;
            Ok(Taken::By(id.0))
        }
        Err(error) => Err(error),
    }
}

/// An event carries an id only, and comes for every task of the portal, our own changes included: the run of
/// a task that still waits for somebody is told to look, everything else is nothing to do.
pub(super) async fn event(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let form = Form::parse(&row.body);
    let event = form.get("event").unwrap_or_default().to_ascii_uppercase();
    if event != "ONTASKUPDATE" {
        return Ok(Taken::Unmatched(format!("no process listens to {event}")));
    }
    let number = form
        .get("data[FIELDS_AFTER][ID]")
        .or_else(|| form.get("data[FIELDS][ID]"));
    let Some(number) = number.and_then(|id| id.parse::<u64>().ok()) else {
        return Ok(Taken::Unmatched("the event names no task".to_owned()));
    };
    let portal = form.get("auth[member_id]").unwrap_or_default();
    let task = app
        .store
        .mirrored_task(portal, number)
        .await
        .map_err(|error| ProcessError::Unavailable(error.to_string()))?;
    let run = task
        .filter(|task| task.state.is_open())
        .and_then(|task| task.id.run().map(|run| BuyoutId(run.to_owned())));
    let Some(run) = run else {
        return Ok(Taken::Nothing);
    };
    let fact = Fact {
        event_id: row.event_id.clone(),
        fact: FactKind::Bitrix24TaskChanged { task: number },
    };
    tell(app, &run, fact).await
}
