//! A tar archive of which every byte follows from names, sizes and contents: an entry has no time, no
//! owner and one mode. So a reader can make each header anew and compare it, and no byte is left in which
//! something could be changed unseen. Any `tar` opens it.

use std::io::{self, Read};

use tar::{EntryType, Header};

/// Headers and contents begin at multiples of this.
pub const BLOCK: usize = 512;
/// What ends an archive: two empty blocks.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
/// Longest name that a header holds.
const NAME: usize = 100;
const CHUNK: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    #[error("\"{0}\" cannot be the name of an entry")]
    Name(String),
    #[error("the archive is cut off within \"{0}\"")]
    Cut(String),
    #[error("byte {0} and on is no header that Kite writes")]
    Header(u64),
    #[error("the bytes after \"{0}\" that fill its block are not empty")]
    Padding(String),
    #[error("the archive goes on after its end, or its end is not the one that Kite writes")]
    End,
    #[error("the archive cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// An entry as its header tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub size: u64,
}

/// The header of an entry. Names are lower-case ASCII paths without `..`.
pub fn header(name: &str, size: u64) -> Result<[u8; BLOCK], TapeError> {
    let wrong = || TapeError::Name(name.to_owned());
    let fine = (1..=NAME).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-/".contains(&b))
        && name
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    if !fine {
        return Err(wrong());
    }
    let mut header = Header::new_gnu();
    header.set_path(name).map_err(|_| wrong())?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(*header.as_bytes())
}

/// How many empty bytes follow the content.
pub fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

/// Reads an archive from its beginning, entry by entry.
pub struct Reader<R> {
    inner: R,
    at: u64,
}

impl<R: Read> Reader<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, at: 0 }
    }

    /// The next entry, whose content has to be read by [`Reader::content`] before the one after it;
    /// `None` at the end, which has been checked then.
    pub fn entry(&mut self) -> Result<Option<Entry>, TapeError> {
        let mut block = [0; BLOCK];
        let here = self.at;
        self.exact(&mut block, "its end")?;
        if block == [0; BLOCK] {
            self.exact(&mut block, "its end")?;
            let mut more = [0; 1];
            if block != [0; BLOCK] || self.inner.read(&mut more)? != 0 {
                return Err(TapeError::End);
            }
            return Ok(None);
        }
        let told = Header::from_byte_slice(&block);
        let name = String::from_utf8_lossy(&told.path_bytes()).into_owned();
        let size = told.size().map_err(|_| TapeError::Header(here))?;
        // The same name and size have one header.
        if header(&name, size).ok().as_ref() != Some(&block) {
            return Err(TapeError::Header(here));
        }
        Ok(Some(Entry { name, size }))
    }

    /// Gives the content of the entry piece by piece.
    pub fn content<E: From<TapeError>>(
        &mut self,
        entry: &Entry,
        mut piece: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut left = entry.size;
        let mut buffer = vec![0; CHUNK];
        while left > 0 {
            let take = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            self.exact(&mut buffer[..take], &entry.name)?;
            piece(&buffer[..take])?;
            left -= take as u64;
        }
        let mut rest = [0; BLOCK];
        let rest = &mut rest[..padding(entry.size)];
        self.exact(rest, &entry.name)?;
        if rest.iter().any(|byte| *byte != 0) {
            return Err(TapeError::Padding(entry.name.clone()).into());
        }
        Ok(())
    }

    /// The content as a whole, when it is not longer than `most`.
    pub fn bytes(&mut self, entry: &Entry, most: u64) -> Result<Vec<u8>, TapeError> {
        if entry.size > most {
            return Err(TapeError::Name(entry.name.clone()));
        }
        let mut bytes = Vec::new();
        self.content(entry, |piece| {
            bytes.extend_from_slice(piece);
            Ok::<(), TapeError>(())
        })?;
        Ok(bytes)
    }

    fn exact(&mut self, buffer: &mut [u8], within: &str) -> Result<(), TapeError> {
        self.inner.read_exact(buffer).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                TapeError::Cut(within.to_owned())
            } else {
                TapeError::Io(error)
            }
        })?;
        self.at += buffer.len() as u64;
        Ok(())
    }
}

/// An entry with its header and padding, for contents that are in memory.
pub fn entry(name: &str, content: &[u8]) -> Result<Vec<u8>, TapeError> {
    let size = content.len() as u64;
    let mut bytes = header(name, size)?.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len() + padding(size), 0);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut bytes = entry("a/one.txt", b"one").expect("an entry");
        bytes.extend(entry("empty", b"").expect("an entry"));
        bytes.extend(entry("b.bin", &[7; 700]).expect("an entry"));
        bytes.extend(END);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, TapeError> {
        let mut reader = Reader::new(bytes);
        let mut all = Vec::new();
        while let Some(entry) = reader.entry()? {
            let content = reader.bytes(&entry, 1_000)?;
            all.push((entry.name, content));
        }
        Ok(all)
    }

    #[test]
    fn what_was_written_is_read_by_us_and_by_others() {
        let expected = [
            ("a/one.txt".to_owned(), b"one".to_vec()),
            ("empty".to_owned(), Vec::new()),
            ("b.bin".to_owned(), vec![7; 700]),
        ];
        assert_eq!(read(&sample()).expect("an archive"), expected);
        let sample = sample();
        let mut theirs = tar::Archive::new(sample.as_slice());
        let names: Vec<String> = theirs
            .entries()
            .expect("entries")
            .map(|entry| {
                let entry = entry.expect("an entry");
                entry.path().expect("a path").to_string_lossy().into_owned()
            })
            .collect();
        assert_eq!(names, ["a/one.txt", "empty", "b.bin"]);
    }

    #[test]
    fn no_bit_outside_the_contents_can_change() {
        let good = sample();
        let contents = read(&good).expect("an archive");
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut changed = good.clone();
                changed[at] ^= 1 << bit;
                let same = read(&changed).is_ok_and(|read| read == contents);
                assert!(!same, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn an_archive_that_is_cut_or_goes_on_is_refused() {
        let good = sample();
        for length in 0..good.len() {
            assert!(read(&good[..length]).is_err(), "{length} bytes");
        }
        let mut longer = good;
        longer.push(0);
        assert!(matches!(read(&longer), Err(TapeError::End)));
    }

    #[test]
    fn names_lead_nowhere_else() {
        let long = "x".repeat(101);
        for name in [
            "", "/a", "a//b", "../a", "a/../b", "a/", "./a", "Ф", "A", "a b", "a\\b", &long,
        ] {
            assert!(
                matches!(header(name, 1), Err(TapeError::Name(_))),
                "{name:?}"
            );
        }
        // Larger than the classic field holds.
        let size = 20 * 1024 * 1024 * 1024;
        let block = header("large", size).expect("a header");
        assert_eq!(
            Header::from_byte_slice(&block).size().expect("a size"),
            size
        );
    }
}
