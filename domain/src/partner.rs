//! Partners as those see them who keep the engine running: what calls brought, and what that means.

use chrono::{DateTime, Utc};
use strum::{Display, EnumString};

/// So many failures one after another are no accident.
const FAILURES_IN_A_ROW: u32 = 3;
/// Fewer calls in an hour say nothing about a share.
const CALLS_FOR_A_SHARE: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum PartnerHealth {
    Well,
    /// Three failures in a row, or half of the last hour's calls.
    Failing,
    /// Not called within the last hour, but before.
    Silent,
    /// Never called.
    Unused,
}

/// How a call failed, by what can be done about it. A refusal of one request is no failure: the partner
/// answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureClass {
    /// Away, busy, or said nothing.
    Unavailable,
    /// It broke its own contract.
    Protocol,
    /// It does not let us in: credentials, rights, an app that is not installed.
    Locked,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerFailure {
    pub at: DateTime<Utc>,
    pub class: FailureClass,
    /// Words for a person; no personal data.
    pub text: String,
}

/// How calls to one partner went, over all workers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerCalls {
    pub last_success_at: Option<DateTime<Utc>>,
    pub last_failure: Option<PartnerFailure>,
    /// Since the last success.
    pub failures_in_a_row: u32,
    pub calls_last_hour: u32,
    pub failures_last_hour: u32,
}

impl PartnerCalls {
    pub fn health(&self) -> PartnerHealth {
        let Self {
            last_success_at,
            last_failure,
            failures_in_a_row,
            calls_last_hour,
            failures_last_hour,
        } = self;
        if *calls_last_hour == 0 {
            return match (last_success_at, last_failure) {
                (None, None) => PartnerHealth::Unused,
                (Some(_), _) | (_, Some(_)) => PartnerHealth::Silent,
            };
        }
        let half =
            *calls_last_hour >= CALLS_FOR_A_SHARE && failures_last_hour * 2 >= *calls_last_hour;
        if half || *failures_in_a_row >= FAILURES_IN_A_ROW {
            PartnerHealth::Failing
        } else {
            PartnerHealth::Well
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(in_a_row: u32, calls: u32, failures: u32) -> PartnerCalls {
        PartnerCalls {
            last_success_at: Some(DateTime::UNIX_EPOCH),
            last_failure: None,
            failures_in_a_row: in_a_row,
            calls_last_hour: calls,
            failures_last_hour: failures,
        }
    }

    #[test]
    fn three_in_a_row_or_half_of_an_hour_is_failing() {
        let cases = [
            (calls(0, 1, 0), PartnerHealth::Well),
            (calls(2, 2, 2), PartnerHealth::Well),
            (calls(3, 3, 3), PartnerHealth::Failing),
            (calls(0, 4, 2), PartnerHealth::Well),
            (calls(0, 5, 2), PartnerHealth::Well),
            (calls(0, 6, 3), PartnerHealth::Failing),
            (calls(1, 5, 3), PartnerHealth::Failing),
        ];
        for (calls, health) in cases {
            assert_eq!(calls.health(), health, "{calls:?}");
        }
    }

    #[test]
    fn whom_nobody_called_lately_is_silent_and_whom_nobody_ever_called_is_unused() {
        assert_eq!(calls(5, 0, 0).health(), PartnerHealth::Silent);
        let failed = PartnerCalls {
            last_success_at: None,
            last_failure: Some(PartnerFailure {
                at: DateTime::UNIX_EPOCH,
                class: FailureClass::Unavailable,
                text: String::new(),
            }),
            ..calls(1, 0, 0)
        };
        assert_eq!(failed.health(), PartnerHealth::Silent);
        assert_eq!(PartnerCalls::default().health(), PartnerHealth::Unused);
    }
}
