//! What the workflow writes for lists and screens, in one transaction.

use serde::{Deserialize, Serialize};

use crate::buyout::state::{Buyout, ProcessEvent};

/// The run as of `buyout.version`, with the events since the last write. Writing an older version
/// after a newer one changes nothing; events are unique by (run, seq).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    pub buyout: Buyout,
    pub events: Vec<ProcessEvent>,
}
