//! Checking a trail that somebody gave out.

use std::collections::{BTreeMap, BTreeSet};

use super::{AuditRow, Checkpoint, GENESIS, Head, Line};
use crate::signing::{PublicKeys, Verdict};

/// Problems of a chain that are told one by one; a chain that is wrong throughout is told in a few lines.
const TOLD: usize = 100;

/// What does not fit, in a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("row {seq} is not what was written: its hash does not fit its content")]
    Altered { seq: u64 },
    #[error("row {seq} does not follow the row before it")]
    Broken { seq: u64 },
    #[error("rows {from} to {to} are missing")]
    Missing { from: u64, to: u64 },
    #[error("row {seq} comes after row {after}")]
    OutOfOrder { seq: u64, after: u64 },
    #[error("row {seq} is not the one that was signed: the chain was written anew")]
    Rewritten { seq: u64 },
    #[error("the chain ends with row {last}, but row {seq} was signed: its end was cut off")]
    CutOff { seq: u64, last: u64 },
    #[error("the chain ends with row {last}, but its head says {head}")]
    HeadDiffers { head: u64, last: u64 },
    #[error("the checkpoint at row {seq} is not signed by the trusted key \"{key}\"")]
    BadSignature { seq: u64, key: String },
    #[error("the checkpoint at row {seq} is signed with \"{key}\", which is not a trusted key")]
    UnknownKey { seq: u64, key: String },
    #[error("no row of the chain is under a signature of a trusted key")]
    Unsigned,
}

/// What became of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    pub chain: String,
    pub rows: u64,
    /// Number of the last row.
    pub last: u64,
    /// The last row that a good signature covers.
    pub signed: u64,
    /// Empty: the chain is as it was written.
    pub problems: Vec<Problem>,
    /// How many more problems there were.
    pub untold: u64,
}

impl ChainReport {
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Takes a trail line by line and keeps little of it.
pub struct Check {
    trusted: PublicKeys,
    chains: BTreeMap<String, Chain>,
}

#[derive(Default)]
struct Chain {
    rows: u64,
    last: u64,
    /// Of the last row; `None` before the first one.
    hash: Option<String>,
    /// Hashes that rows must have, from good checkpoints.
    expected: BTreeMap<u64, BTreeSet<String>>,
    signed: u64,
    head: Option<Head>,
    /// The row at the head's number had the head's hash.
    head_met: bool,
    problems: Vec<Problem>,
    untold: u64,
}

impl Check {
    /// `trusted`: keys that did not come with the trail itself.
    pub fn new(trusted: PublicKeys) -> Self {
        Self {
            trusted,
            chains: BTreeMap::new(),
        }
    }

    pub fn line(&mut self, line: &Line) {
        match line {
            Line::Checkpoint(checkpoint) => self.checkpoint(checkpoint),
            Line::Head(head) => {
                self.chain(&head.chain).head = Some(head.clone());
            }
            Line::Row(row) => self.chain(&row.chain).row(row),
        }
    }

    /// A checkpoint of the trail, or one that was kept elsewhere; before the rows.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint) {
        let verdict = checkpoint.verify(&self.trusted);
        let Checkpoint {
            chain,
            seq,
            hash,
            at: _,
            key,
            signature: _,
        } = checkpoint;
        let (seq, key) = (*seq, key.clone());
        let chain = self.chain(chain);
        match verdict {
            Verdict::Good => {
                chain.expected.entry(seq).or_default().insert(hash.clone());
            }
            Verdict::Bad => chain.tell(Problem::BadSignature { seq, key }),
            Verdict::UnknownKey => chain.tell(Problem::UnknownKey { seq, key }),
        }
    }

    fn chain(&mut self, name: &str) -> &mut Chain {
        self.chains.entry(name.to_owned()).or_default()
    }

    /// A report for each chain, by name.
    pub fn finish(self) -> Vec<ChainReport> {
        self.chains
            .into_iter()
            .map(|(name, chain)| chain.report(name))
            .collect()
    }
}

impl Chain {
    fn tell(&mut self, problem: Problem) {
        if self.problems.len() < TOLD {
            self.problems.push(problem);
        } else {
            self.untold += 1;
        }
    }

    fn row(&mut self, row: &AuditRow) {
        let (seq, last) = (row.seq, self.last);
        self.rows += 1;
        if row.hash != row.digest() {
            self.tell(Problem::Altered { seq });
        }
        if seq <= last {
            self.tell(Problem::OutOfOrder { seq, after: last });
            return;
        }
        if seq > last + 1 {
            self.tell(Problem::Missing {
                from: last + 1,
                to: seq - 1,
            });
        } else if row.prev != self.hash.as_deref().unwrap_or(GENESIS) {
            self.tell(Problem::Broken { seq });
        }
        if let Some(expected) = self.expected.remove(&seq) {
            if expected.iter().all(|hash| *hash == row.hash) {
                self.signed = seq;
            } else {
                self.tell(Problem::Rewritten { seq });
            }
        }
        if let Some(head) = &self.head
            && head.seq == seq
        {
            self.head_met = head.hash == row.hash;
        }
        self.last = seq;
        self.hash = Some(row.hash.clone());
    }

    fn report(mut self, chain: String) -> ChainReport {
        let last = self.last;
        // What was signed and did not come: in a gap it was told as missing, beyond the end it is cut off.
        if let Some((seq, _)) = self.expected.last_key_value()
            && *seq > last
        {
            let seq = *seq;
            self.tell(Problem::CutOff { seq, last });
        }
        if let Some(head) = self.head.take()
            && head.seq > 0
            && !self.head_met
        {
            self.tell(Problem::HeadDiffers {
                head: head.seq,
                last,
            });
        }
        if self.rows > 0 && self.signed == 0 {
            self.tell(Problem::Unsigned);
        }
        ChainReport {
            chain,
            rows: self.rows,
            last,
            signed: self.signed,
            problems: self.problems,
            untold: self.untold,
        }
    }
}
