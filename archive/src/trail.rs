//! An exported audit trail: a text of JSON lines, see [`domain::audit::Line`].

use std::io::{self, Read};

use domain::audit::{ChainReport, Check, Checkpoint, Line};
use domain::signing::PublicKeys;

#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    #[error("line {0} is no line of an audit trail: {1}")]
    Line(u64, serde_json::Error),
    #[error("the trail cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub chains: Vec<ChainReport>,
    /// The last good checkpoint of each chain, to be kept elsewhere until the next check.
    pub checkpoints: Vec<Checkpoint>,
}

impl Report {
    pub fn is_sound(&self) -> bool {
        self.chains.iter().all(ChainReport::is_sound)
    }
}

/// Takes a trail as it comes.
pub struct Checker {
    trusted: PublicKeys,
    check: Check,
    /// Checkpoints of the trail and those that were kept.
    checkpoints: Vec<Checkpoint>,
    /// What came of a line whose end has not come yet.
    begun: Vec<u8>,
    lines: u64,
}

impl Checker {
    /// `kept` are checkpoints of an earlier check: with them even an end that was cut off together with its
    /// checkpoints is missed.
    pub fn new(trusted: &PublicKeys, kept: &[Checkpoint]) -> Self {
        let mut check = Check::new(trusted.clone());
        for checkpoint in kept {
            check.checkpoint(checkpoint);
        }
        Self {
            trusted: trusted.clone(),
            check,
            checkpoints: kept.to_vec(),
            begun: Vec::new(),
            lines: 0,
        }
    }

    /// The next bytes; lines may begin in one piece and end in another.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), TrailError> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.begun);
                self.line(&line)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), TrailError> {
        self.lines += 1;
        let line: Line =
            serde_json::from_slice(line).map_err(|error| TrailError::Line(self.lines, error))?;
        if let Line::Checkpoint(checkpoint) = &line {
            self.checkpoints.push(checkpoint.clone());
        }
        self.check.line(&line);
        Ok(())
    }

    pub fn finish(mut self) -> Result<Report, TrailError> {
        if !self.begun.is_empty() {
            let line = std::mem::take(&mut self.begun);
            self.line(&line)?;
        }
        Ok(Report {
            chains: self.check.finish(),
            checkpoints: newest(self.checkpoints, &self.trusted),
        })
    }
}

/// Checks a whole trail; see [`Checker`].
pub fn check(
    mut trail: impl Read,
    trusted: &PublicKeys,
    kept: &[Checkpoint],
) -> Result<Report, TrailError> {
    let mut checker = Checker::new(trusted, kept);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match trail.read(&mut buffer)? {
            0 => return checker.finish(),
            read => checker.push(&buffer[..read])?,
        }
    }
}

fn newest(mut all: Vec<Checkpoint>, trusted: &PublicKeys) -> Vec<Checkpoint> {
    all.retain(|checkpoint| checkpoint.verify(trusted) == domain::signing::Verdict::Good);
    all.sort_by(|a, b| (&a.chain, b.seq).cmp(&(&b.chain, a.seq)));
    all.dedup_by(|later, first| later.chain == first.chain);
    all
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::audit::{AuditRow, GENESIS, Head, Problem};
    use domain::signing::Signers;

    use super::*;

    fn signers() -> Signers {
        Signers::new("k", [("k".to_owned(), [3; 32])]).expect("a key")
    }

    fn rows(count: u64) -> Vec<AuditRow> {
        let mut prev = GENESIS.to_owned();
        (1..=count)
            .map(|seq| {
                let row = AuditRow {
                    chain: "common".to_owned(),
                    seq,
                    at: DateTime::UNIX_EPOCH,
                    person: "u-1".to_owned(),
                    action: "session.start".to_owned(),
                    entity: "u-1".to_owned(),
                    run: None,
                    detail: serde_json::json!({}),
                    prev: prev.clone(),
                    hash: String::new(),
                }
                .sealed();
                prev = row.hash.clone();
                row
            })
            .collect()
    }

    fn checkpoint(rows: &[AuditRow]) -> Checkpoint {
        let last = rows.last().expect("a row");
        let head = Head {
            chain: last.chain.clone(),
            seq: last.seq,
            hash: last.hash.clone(),
        };
        Checkpoint::sign(&head, DateTime::UNIX_EPOCH, &signers())
    }

    fn text(checkpoints: &[Checkpoint], rows: &[AuditRow]) -> String {
        let lines = checkpoints.iter().cloned().map(Line::Checkpoint);
        lines
            .chain(rows.iter().cloned().map(Line::Row))
            .map(|line| line.write().expect("a line"))
            .collect()
    }

    #[test]
    fn what_was_kept_elsewhere_finds_a_trail_that_was_cut_off_with_its_checkpoints() {
        let rows = rows(9);
        let (early, late) = (checkpoint(&rows[..4]), checkpoint(&rows));
        let trusted = signers().public();
        let whole = text(&[early.clone(), late.clone()], &rows);
        let report = check(whole.as_bytes(), &trusted, &[]).expect("a trail");
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(report.checkpoints, [late]);

        let cut = text(&[early], &rows[..4]);
        let alone = check(cut.as_bytes(), &trusted, &[]).expect("a trail");
        assert!(alone.is_sound(), "nothing in it says that more was there");
        let with_kept = check(cut.as_bytes(), &trusted, &report.checkpoints).expect("a trail");
        assert_eq!(
            with_kept.chains[0].problems,
            [Problem::CutOff { seq: 9, last: 4 }]
        );
        assert_eq!(
            with_kept.checkpoints, report.checkpoints,
            "it is not forgotten"
        );
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let error = check("{}\n".as_bytes(), &signers().public(), &[]).expect_err("a refusal");
        assert!(error.to_string().starts_with("line 1 "), "{error}");
    }
}
