//! Partners, inbox and runs as ops sees them.

use domain::partner::{PartnerCalls, PartnerFailure};
use domain::staff::PersonRef;
use proto::kite::ops::v1 as pb;
use store::inbox::InboxEntry;
use store::unmatched::{Settled, UnmatchedRow};

use crate::convert::common::{person, time};
use crate::process::engine::{PendingActivity, RunDescription};

pub(crate) fn partner(
    code: &str,
    title: &str,
    calls: &PartnerCalls,
    backlog: Option<u32>,
) -> pb::Partner {
    let health = calls.health();
    let PartnerCalls {
        last_success_at,
        last_failure,
        failures_in_a_row,
        calls_last_hour,
        failures_last_hour,
    } = calls;
    let (failed_at, class, text) = match last_failure {
        Some(PartnerFailure { at, class, text }) => {
            (Some(time(*at)), class.to_string(), text.clone())
        }
        None => (None, String::new(), String::new()),
    };
    pb::Partner {
        code: code.to_owned(),
        title: title.to_owned(),
        health: health.to_string(),
        last_success_at: last_success_at.map(time),
        last_failure_at: failed_at,
        last_failure: text,
        last_failure_class: class,
        failures_in_a_row: *failures_in_a_row,
        calls_last_hour: *calls_last_hour,
        failures_last_hour: *failures_last_hour,
        backlog,
    }
}

pub(crate) fn message(entry: InboxEntry) -> pb::InboxMessage {
    let InboxEntry {
        id,
        source,
        event_id,
        state,
        attempts,
        error,
        run,
        received_at,
        next_attempt_at,
        repeats,
    } = entry;
    pb::InboxMessage {
        id: number(id),
        source,
        event_id,
        state: state.to_string(),
        attempts,
        error: error.unwrap_or_default(),
        buyout_id: run.unwrap_or_default(),
        received_at: Some(time(received_at)),
        next_attempt_at: next_attempt_at.map(time),
        repeats,
    }
}

/// `by` is who settled it, when the directory knows them.
pub(crate) fn unmatched(row: UnmatchedRow, by: Option<PersonRef>) -> pb::Unmatched {
    let UnmatchedRow {
        id,
        source,
        event_id,
        run,
        reason,
        kept_at,
        settled,
    } = row;
    let (settled_at, settlement) = match settled {
        Some(Settled { at, by: _, note }) => (Some(time(at)), note),
        None => (None, String::new()),
    };
    pb::Unmatched {
        id: number(id),
        source,
        event_id,
        buyout_id: run.map(|run| run.0).unwrap_or_default(),
        reason,
        kept_at: Some(time(kept_at)),
        settled_at,
        settlement,
        settled_by: by.as_ref().map(person),
    }
}

pub(crate) fn run(description: RunDescription, temporal_url: String) -> pb::GetRunResponse {
    let RunDescription {
        status,
        started_at,
        history_events,
        activities,
        details,
    } = description;
    pb::GetRunResponse {
        status,
        started_at: started_at.map(time),
        history_events,
        activities: activities.into_iter().map(activity).collect(),
        temporal_url,
        details,
    }
}

fn activity(activity: PendingActivity) -> pb::PendingActivity {
    let PendingActivity {
        name,
        queue,
        state,
        attempt,
        last_failure,
        next_attempt_at,
    } = activity;
    pb::PendingActivity {
        name,
        queue,
        state,
        attempt,
        last_failure,
        next_attempt_at: next_attempt_at.map(time),
    }
}

/// Numbers of rows begin at one.
fn number(id: i64) -> u64 {
    id.try_into().unwrap_or_default()
}
