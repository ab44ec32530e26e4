//! Reads which banks take payouts by SBP, for the forms that ask for one. Started whenever the list grows old;
//! there is one at a time, and the list that was there stays when the partner does not answer.

use std::time::Duration;

use contracts::queues;
use contracts::records::RecordActivities;
use contracts::yookassa::{BanksRefreshed, ListBanks, RefreshBanks, YookassaActivities};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{WorkflowContext, WorkflowContextView, WorkflowResult};

use crate::buyout::step;

#[workflow]
pub struct PayoutBanksWorkflow {
    refresh: RefreshBanks,
}

#[workflow_methods]
impl PayoutBanksWorkflow {
    #[init]
    pub fn new(_view: &WorkflowContextView, refresh: RefreshBanks) -> Self {
        Self { refresh }
    }

    #[run(name = "payout_banks")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<BanksRefreshed> {
        let patience = Duration::from_secs(ctx.state(|w| w.refresh.patience_secs));
        let options = step::partner_without_policy(queues::YOOKASSA, patience, "список банков СБП");
        let read = ctx
            .execute_activity(YookassaActivities::list_banks, ListBanks {}, options)
            .await;
        let list = match read {
            Ok(list) => list,
            Err(error) => {
                return Ok(BanksRefreshed::NotRead {
                    why: step::failure(&error).text,
                });
            }
        };
        let banks = list.banks.len();
        ctx.execute_local_activity(RecordActivities::save_banks, list, step::record())
            .await?;
        Ok(BanksRefreshed::Read { banks })
    }
}
