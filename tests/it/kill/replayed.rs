//! What the engine has on record of each run is what the process does: another worker can go on with any of them.

use futures::future::try_join_all;
use temporalio_client::UntypedWorkflow;
use tests::histories::Recorded;
use tests::machine::Machine;
use workflows::buyout::BuyoutWorkflow;

use super::Lived;
use crate::replay::replay_by;

pub(super) async fn replayed(machine: &Machine, lives: &[Lived]) -> anyhow::Result<()> {
    let stack = &machine.world.stack;
    let histories = lives.iter().map(async |life| {
        let events = stack
            .temporal
            .get_workflow_handle::<UntypedWorkflow>(&life.id)
            .fetch_history(Default::default())
            .into_events()
            .await?;
        anyhow::Ok(Recorded {
            namespace: stack.settings.namespace.clone(),
            events,
        })
    });
    let histories = try_join_all(histories).await?;
    let broken = tokio::task::spawn_blocking(move || {
        let broken = histories.iter().map(|recorded| {
            replay_by(recorded, |options| {
                options
                    .register_workflow::<BuyoutWorkflow>()
                    .expect("a workflow");
            })
            .err()
        });
        broken.collect::<Vec<_>>()
    })
    .await?;
    for (life, broken) in lives.iter().zip(broken) {
        assert!(broken.is_none(), "{} {:?}: {broken:?}", life.id, life.fate);
    }
    Ok(())
}
