//! Sweeps as schedules of Temporal, brought to this worker's configuration at its start. Several workers bring
//! them to the same; an operator who pauses one in Temporal finds it paused after the next start too.

use chrono_tz::Tz;
use contracts::queues;
use contracts::sweep::{PORTALS_SCHEDULE, RECONCILE_SCHEDULE, Reconcile, SweepPortals};
use std::time::Duration;
use temporalio_client::schedules::{
    CreateScheduleOptions, ScheduleAction, ScheduleError, ScheduleOverlapPolicy, ScheduleSpec,
};
use temporalio_client::{Client, RpcOptions};
use tokio_util::sync::CancellationToken;
use workflows::reconcile::ReconcileWorkflow;
use workflows::sweep::SweepPortalsWorkflow;

use crate::config::SweepConfig;

/// Until schedules that could not be written are tried again.
const AGAIN: Duration = Duration::from_secs(30);
/// A start that was missed, with nobody there to begin it, is made up for within this time.
const CATCH_UP: Duration = Duration::from_secs(3_600);

/// A schedule as it is to be.
struct Wanted {
    id: &'static str,
    spec: ScheduleSpec,
    action: ScheduleAction,
}

/// Brings the schedules to the configuration, however often it takes.
pub(crate) async fn keep(
    client: Client,
    config: SweepConfig,
    time_zone: Tz,
    stop: CancellationToken,
) {
    loop {
        match bring(&client, &config, time_zone).await {
            Ok(()) => {
                tracing::info!("sweeps are scheduled");
                return;
            }
            Err(error) => tracing::warn!(
                %error,
                "sweeps could not be scheduled; tried again: until then lost calls and differences are not found"
            ),
        }
        if stop
            .run_until_cancelled(tokio::time::sleep(AGAIN))
            .await
            .is_none()
        {
            return;
        }
    }
}

async fn bring(client: &Client, config: &SweepConfig, time_zone: Tz) -> Result<(), ScheduleError> {
    for wanted in wanted(config, time_zone) {
        bring_one(client, wanted).await?;
    }
    Ok(())
}

async fn bring_one(client: &Client, wanted: Wanted) -> Result<(), ScheduleError> {
    let Wanted { id, spec, action } = wanted;
    let options = CreateScheduleOptions::builder()
        .action(action.clone())
        .spec(spec.clone())
        .overlap_policy(ScheduleOverlapPolicy::Skip)
        .build();
    match client.create_schedule(id, options).await {
        Ok(_) => {}
        Err(ScheduleError::Rpc(status))
            if status.code() == temporalio_client::tonic::Code::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    client
        .get_schedule_handle(id)
        .update(
            move |schedule| {
                schedule
                    .set_spec(spec)
                    .set_action(action)
                    .set_overlap_policy(ScheduleOverlapPolicy::Skip)
                    .set_catchup_window(CATCH_UP);
            },
            RpcOptions::default(),
        )
        .await
}

fn wanted(config: &SweepConfig, time_zone: Tz) -> [Wanted; 2] {
    let SweepConfig {
        portals_every_secs,
        grace_secs,
        reconcile_at,
        reconcile_days,
        patience_secs,
    } = config;
    // A schedule without times begins only when somebody asks for it.
    let every = match portals_every_secs {
        0 => ScheduleSpec::default(),
        secs => ScheduleSpec::from_interval(Duration::from_secs((*secs).into())),
    };
    let nightly = match reconcile_at {
        None => ScheduleSpec::default(),
        Some(at) => ScheduleSpec::builder()
            .cron_strings(vec![format!("{} * * *", at.format("%M %H"))])
            .timezone_name(time_zone.name())
            .build(),
    };
    let sweep = SweepPortals {
        grace_secs: (*grace_secs).into(),
    };
    let reconcile = Reconcile {
        days: *reconcile_days,
        chunk: 50,
        patience_secs: (*patience_secs).into(),
        grace_secs: (*grace_secs).into(),
    };
    [
        Wanted {
            id: PORTALS_SCHEDULE,
            spec: every,
            action: ScheduleAction::start_workflow(
                SweepPortalsWorkflow::run,
                sweep,
                queues::KITE,
                PORTALS_SCHEDULE,
            ),
        },
        Wanted {
            id: RECONCILE_SCHEDULE,
            spec: nightly,
            action: ScheduleAction::start_workflow(
                ReconcileWorkflow::run,
                reconcile,
                queues::KITE,
                RECONCILE_SCHEDULE,
            ),
        },
    ]
}
