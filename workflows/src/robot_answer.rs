//! Answers a robot that called after its deal's process had already ended: the same answer again.

use std::time::Duration;

use contracts::bitrix24::{AnswerRobot, Bitrix24Activities, RobotAnswered};
use contracts::queues;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ActivityCloseTimeouts, ActivityOptions, WorkflowContext, WorkflowContextView, WorkflowResult,
};

#[workflow]
pub struct RobotAnswerWorkflow {
    answer: AnswerRobot,
}

#[workflow_methods]
impl RobotAnswerWorkflow {
    #[init]
    pub fn new(_view: &WorkflowContextView, answer: AnswerRobot) -> Self {
        Self { answer }
    }

    #[run(name = "robot_answer")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<RobotAnswered> {
        let answer = ctx.state(|w| w.answer.clone());
        let options =
            ActivityOptions::with_close_timeouts(ActivityCloseTimeouts::ScheduleAndStartToClose {
                schedule_to_close: Duration::from_secs(86_400),
                start_to_close: Duration::from_secs(90),
            })
            .task_queue(queues::BITRIX24.to_owned())
            .summary("ответ роботу".to_owned())
            .build();
        Ok(ctx
            .execute_activity(Bitrix24Activities::answer_robot, answer, options)
            .await?)
    }
}
