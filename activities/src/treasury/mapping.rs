//! Names of the treasury base's objects and fields, see `mapping.erp.toml`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::http::SetupError;
use crate::odata::{DATE, DELETED, Lookup, NUMBER, Needs, POSTED, REF_KEY};

pub(super) const ERP: &str = include_str!("mapping.erp.toml");

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    /// The base's name for people.
    pub(super) base: String,
    pub(super) organization: Lookup,
    pub(super) request: Request,
    pub(super) status: Statuses,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) object: String,
    pub(super) organization: String,
    pub(super) amount: String,
    pub(super) purpose: String,
    pub(super) comment: String,
    pub(super) recipient: Option<String>,
    pub(super) status: String,
    pub(super) decided_by: String,
    #[serde(default)]
    pub(super) constants: Map<String, Value>,
    /// Table part that repeats the amount, where the base wants one.
    pub(super) lines: Option<Lines>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    pub(super) part: String,
    pub(super) amount: String,
    #[serde(default)]
    pub(super) constants: Map<String, Value>,
}

/// Values of the request's status by what they mean to us.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statuses {
    waiting: Vec<String>,
    approved: Vec<String>,
    rejected: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Waiting,
    Approved,
    Rejected,
}

impl Statuses {
    pub(super) fn read(&self, value: &str) -> Option<Status> {
        let Self {
            waiting,
            approved,
            rejected,
        } = self;
        [
            (approved, Status::Approved),
            (rejected, Status::Rejected),
            (waiting, Status::Waiting),
        ]
        .into_iter()
        .find(|(values, _)| values.iter().any(|known| known == value))
        .map(|(_, status)| status)
    }
}

impl Mapping {
    /// The approval is people's work in 1C: a mapping by which Kite would write it is refused.
    pub(super) fn check(&self, partner: &'static str) -> Result<(), SetupError> {
        let request = &self.request;
        for read_only in [&request.status, &request.decided_by] {
            if request.constants.contains_key(read_only) {
                return Err(SetupError::value(
                    partner,
                    "mapping",
                    format!("request.constants must not write {read_only}"),
                ));
            }
        }
        Ok(())
    }

    /// Everything that the base must have.
    pub(super) fn needs(&self) -> Vec<Needs<'_>> {
        let Self {
            base: _,
            organization,
            request,
            status,
        } = self;
        let Request {
            object,
            organization: organization_field,
            amount,
            purpose,
            comment,
            recipient,
            status: status_field,
            decided_by,
            constants,
            lines,
        } = request;
        let fields = [
            REF_KEY,
            DELETED,
            POSTED,
            NUMBER,
            DATE,
            organization_field,
            amount,
            purpose,
            comment,
            status_field,
            decided_by,
        ];
        let fields = fields
            .into_iter()
            .chain(recipient.as_deref())
            .chain(constants.keys().map(String::as_str));
        let mut request = Needs::new(object, fields);
        if let Some(Lines {
            part,
            amount,
            constants,
        }) = lines
        {
            let row = constants.keys().map(String::as_str);
            request.parts = vec![(part, row.chain([amount.as_str()]).collect())];
        }
        let Statuses {
            waiting: _,
            approved,
            rejected,
        } = status;
        let decided = approved.iter().chain(rejected).map(String::as_str);
        request.values = vec![(status_field, decided.collect())];
        vec![
            Needs::new(&organization.object, [REF_KEY, &organization.find_by]),
            request,
        ]
    }
}
