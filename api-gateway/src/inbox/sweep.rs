//! What the sweep of a portal found: a robot that waits on a deal.

use contracts::bitrix24::AnswerRobot;
use contracts::sweep::WaitingRobot;
use domain::buyout::start::BuyoutStart;
use store::inbox::InboxRow;

use crate::inbox::{Taken, digest};
use crate::process::{ProcessError, Started};
use crate::server::App;
use crate::starts::{By, Full};

/// Starts the buyout whose call never came, or answers the robot of a run that ended. Whoever was faster has
/// done it: then there is nothing to do.
pub(super) async fn robot(app: &App, row: &InboxRow) -> Result<Taken, ProcessError> {
    let Ok(waiting) = serde_json::from_slice::<WaitingRobot>(&row.body) else {
        return Ok(Taken::Unmatched(
            "the sweep wrote a message of another shape".to_owned(),
        ));
    };
    let WaitingRobot {
        portal,
        deal_id,
        workflow_id,
    } = waiting;
    let start = BuyoutStart {
        portal: portal.clone(),
        deal_id,
        // Its token is in the call that never came.
        robot: None,
        started_by: None,
    };
    let id = start.id();
    let record = app
        .store
        .buyout(&id)
        .await
        .map_err(|error| ProcessError::Unavailable(error.to_string()))?;
    let Some(run) = record else {
        let place = match app.starts.enter(By::Inbox) {
            Ok(place) => place,
            Err(Full { wait }) => return Ok(Taken::Later(wait)),
        };
        return Ok(match app.processes.start_buyout(start).await? {
            Started::New => {
                place.keep(id.clone());
                Taken::By(id.0)
            }
            Started::Already => Taken::Nothing,
        });
    };
    let known = run
        .robots
        .iter()
        .find(|robot| robot.waits && robot.workflow_id == workflow_id);
    let (Some(outcome), Some(robot)) = (&run.outcome, known) else {
        return Ok(Taken::Nothing);
    };
    let answer = AnswerRobot {
        portal,
        robot: robot.clone(),
        result: run.stage.to_string(),
        message: outcome.sentence(),
        price: run.agreed_price,
        deal_id: Some(deal_id),
    };
    // Another day is another answer: what failed once is tried again.
    app.processes
        .answer_robot(&digest(row.event_id.as_bytes()), answer)
        .await?;
    Ok(Taken::By(id.0))
}
