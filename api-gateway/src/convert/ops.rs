//! Partners, inbox and runs as ops sees them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::buyout::explain::Wait;
use domain::finding::Finding;
use domain::partner::{PartnerCalls, PartnerFailure};
use domain::staff::{PersonId, PersonRef};
use proto::kite::ops::v1 as pb;
use store::finding::{Claimed, FindingEnd, FindingRow};
use store::hold::HoldRow;
use store::inbox::InboxEntry;
use store::ops_note::OpsNote;
use store::unmatched::{Settled, UnmatchedRow};

use crate::convert::common::{person, time};
use crate::process::engine::{PendingActivity, RunDescription};
use crate::process::schedule::Schedule;

pub(crate) fn partner(
    code: &str,
    title: &str,
    calls: &PartnerCalls,
    backlog: Option<u32>,
    holds: Vec<pb::Hold>,
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
        holds,
    }
}

/// `people` holds those whom the directory knows.
pub(crate) fn hold(row: HoldRow, title: &str, people: &BTreeMap<PersonId, PersonRef>) -> pb::Hold {
    let HoldRow {
        id,
        partner,
        cause,
        reason,
        since,
        held_by,
        probe_at: _,
        released_at,
        released_by,
    } = row;
    let named = |id: Option<PersonId>| id.and_then(|id| people.get(&id)).map(person);
    pb::Hold {
        id: number(id),
        partner,
        partner_title: title.to_owned(),
        cause: cause.to_string(),
        reason,
        since: Some(time(since)),
        held_by: named(held_by),
        released_at: released_at.map(time),
        released_by: named(released_by),
    }
}

pub(crate) fn wait(wait: Wait, now: DateTime<Utc>) -> pb::Wait {
    let Wait {
        kind,
        title,
        way_out,
        owner,
        roles,
        since,
        deadline,
        task,
        partner,
    } = wait;
    pb::Wait {
        kind: kind.to_string(),
        title,
        way_out,
        owner: owner.as_ref().map(person),
        roles: roles.iter().map(ToString::to_string).collect(),
        since: since.map(time),
        deadline: deadline.map(time),
        overdue: deadline.is_some_and(|due| due < now),
        task_id: task.map(|task| task.0).unwrap_or_default(),
        partner: partner.unwrap_or_default(),
    }
}

pub(crate) fn note(note: OpsNote, people: &BTreeMap<PersonId, PersonRef>) -> pb::Note {
    let OpsNote { at, by, text } = note;
    pb::Note {
        at: Some(time(at)),
        by: people.get(&by).map(person),
        text,
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
        step_attempts: _,
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

pub(crate) fn activity(activity: PendingActivity) -> pb::PendingActivity {
    let PendingActivity {
        id: _,
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

/// `people` holds those whom the directory knows.
pub(crate) fn finding(row: FindingRow, people: &BTreeMap<PersonId, PersonRef>) -> pb::Finding {
    let FindingRow {
        id,
        finding,
        found_at,
        seen_at,
        claimed,
        settled,
    } = row;
    let Finding {
        kind,
        subject: _,
        run,
        deal_id,
        system,
        ours,
        theirs,
        proposal,
    } = finding;
    let (claimed_by, claimed_at) = match claimed {
        Some(Claimed { by, at }) => (people.get(&by).map(person), Some(time(at))),
        None => (None, None),
    };
    let (settled_at, settled_by, settlement) = match settled {
        Some(FindingEnd::ByPerson(Settled { at, by, note })) => {
            (Some(time(at)), people.get(&by).map(person), note)
        }
        Some(FindingEnd::Gone { at }) => (
            Some(time(at)),
            None,
            "Расхождение исчезло: значения совпали.".to_owned(),
        ),
        None => (None, None, String::new()),
    };
    pb::Finding {
        id: number(id),
        kind: kind.to_string(),
        title: kind.title_ru().to_owned(),
        buyout_id: run.map(|run| run.0).unwrap_or_default(),
        deal_id: deal_id.unwrap_or_default(),
        system,
        ours,
        theirs,
        proposal,
        found_at: Some(time(found_at)),
        seen_at: Some(time(seen_at)),
        claimed_by,
        claimed_at,
        settled_at,
        settled_by,
        settlement,
    }
}

/// `described` is `None` before a worker has made the schedule.
pub(crate) fn sweep(code: &str, title: &str, described: Option<Schedule>) -> pb::Sweep {
    let Schedule {
        runs,
        last_started_at,
        next_at,
        running,
        paused,
        last_result,
    } = described.unwrap_or_default();
    pb::Sweep {
        code: code.to_owned(),
        title: title.to_owned(),
        runs,
        last_started_at: last_started_at.map(time),
        next_at: next_at.map(time),
        running,
        paused,
        last_result,
    }
}

/// Numbers of rows begin at one.
fn number(id: i64) -> u64 {
    id.try_into().unwrap_or_default()
}
