//! Answers a robot that called after its deal's process had already ended: the same answer again. When
//! the robot no longer waits, the answer goes to the deal's timeline.

use std::time::Duration;

use contracts::bitrix24::{AnswerRobot, Bitrix24Activities, Comment, RobotAnswered};
use contracts::queues;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ActivityCloseTimeouts, ActivityOptions, WorkflowContext, WorkflowContextView, WorkflowResult,
};

use crate::buyout::step::HEARTBEAT;
use crate::hold;

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
            .heartbeat_timeout(HEARTBEAT)
            .summary("ответ роботу".to_owned())
            .build();
        let answering = || Bitrix24Activities::answer_robot;
        let answered = hold::call(ctx, answering, answer.clone(), options.clone()).await?;
        if let (RobotAnswered::Gone, Some(deal_id)) = (&answered, answer.deal_id) {
            let AnswerRobot {
                portal,
                robot,
                message,
                ..
            } = answer;
            let comment = Comment {
                portal,
                deal_id,
                key: format!("robot/{}", robot.workflow_id),
                text: format!("Робот больше не ждёт ответа. Итог выкупа: {message}"),
                files: Vec::new(),
            };
            hold::call(ctx, || Bitrix24Activities::comment, comment, options).await?;
        }
        Ok(answered)
    }
}
