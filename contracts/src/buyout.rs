//! Permanent names of the buyout workflow's messages; the handlers are in `workflows/src/buyout.rs`.

/// Workflow type.
pub const WORKFLOW: &str = "buyout";

/// Updates: decisions of people, refused with a [`domain::refusal::Refusal`] in wire form.
pub mod update {
    pub const DECIDE: &str = "decide";
    pub const ACT_ON_TASK: &str = "act_on_task";
    pub const ACT_ON_RUN: &str = "act_on_run";
    pub const ANSWER_OFFER: &str = "answer_offer";
    pub const ANSWER_SIGNING: &str = "answer_signing";
    pub const REQUEST_CODE: &str = "request_code";
    pub const CANCEL: &str = "cancel";
    pub const POST_MESSAGE: &str = "post_message";
}

/// Signals: facts from outside, idempotent by event id.
pub mod signal {
    pub const FACT: &str = "fact";
}

/// Queries.
pub mod query {
    pub const STATE: &str = "state";
}
