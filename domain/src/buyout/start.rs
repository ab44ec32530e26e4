//! What starts a buyout.

use serde::{Deserialize, Serialize};

use crate::staff::PersonRef;

/// `buyout:<portal>:<deal>`: the workflow id and the key of everything a run owns. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BuyoutId(pub String);

impl BuyoutId {
    pub fn new(portal: &str, deal_id: u64) -> Self {
        Self(format!("buyout:{portal}:{deal_id}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Deterministic UUID of an object that this run owns in a partner's base:
    /// version 5 over our namespace, so that a repeat names the same object.
    pub fn object_key(&self, what: &str) -> uuid::Uuid {
        let namespace = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, b"urn:kite:object");
        uuid::Uuid::new_v5(&namespace, format!("{}/{what}", self.0).as_bytes())
    }
}

impl std::fmt::Display for BuyoutId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A robot of the portal that waits for our answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotCall {
    /// Opaque token that `bizproc.event.send` wants back; no lifetime of its own.
    pub event_token: String,
    /// The portal's own workflow instance.
    pub workflow_id: String,
    /// The robot waits (`use_subscription=Y`); otherwise nobody reads the answer.
    pub waits: bool,
}

/// Input of the buyout workflow. The policy is captured by the first step, since it depends on the
/// city, which only the deal knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuyoutStart {
    /// Stable key of the portal (`member_id`).
    pub portal: String,
    pub deal_id: u64,
    #[serde(default)]
    pub robot: Option<RobotCall>,
    /// Whoever started it by hand; `None`: the portal did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<PersonRef>,
}

impl BuyoutStart {
    pub fn id(&self) -> BuyoutId {
        BuyoutId::new(&self.portal, self.deal_id)
    }
}
