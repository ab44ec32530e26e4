//! A file that only a passphrase opens: Argon2id makes the key, AES-256-GCM seals the content in pieces
//! of 64 KiB. The nonce of a piece holds its number and whether it is the last one, so pieces can neither
//! change places nor be left out, and a file that was cut off does not open.
//!
//! Layout: [`MAGIC`], memory (KiB), passes and lanes of Argon2id (four bytes each, big-endian), 16 bytes of salt,
//! 7 bytes with which every nonce begins; all of that is authenticated with every piece. Then the pieces,
//! each longer than its content by a tag of 16 bytes.

use std::io::{self, Read, Write};

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, Key, KeyInit, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

/// How a sealed file begins.
pub const MAGIC: &[u8; 16] = b"kite-sealed-v1\n\0";
const SALT: usize = 16;
const PREFIX: usize = 7;
const HEADER: usize = MAGIC.len() + 12 + SALT + PREFIX;
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;
/// The most memory that a file may ask for: a hostile one must not take the machine down. KiB.
const MOST_MEMORY: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 64;
const MOST_LANES: u32 = 16;

/// How hard guessing is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// KiB.
    pub memory: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for Cost {
    /// The second recommended choice of RFC 9106.
    fn default() -> Self {
        Self {
            memory: 64 * 1024,
            passes: 3,
            lanes: 4,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("this is no sealed file of Kite, or of a version that is not known here")]
    NotSealed,
    #[error("the passphrase is another one, or the file was changed")]
    Refused,
    #[error("the file was cut off or changed at byte {0} of its content")]
    Changed(u64),
    #[error("the file is too large")]
    TooLarge,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<SealError> for io::Error {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Io(error) => error,
            other => Self::new(io::ErrorKind::InvalidData, other),
        }
    }
}

struct Cipher {
    cipher: Aes256Gcm,
    header: [u8; HEADER],
    number: u32,
}

impl Cipher {
    fn new(passphrase: &SecretString, cost: Cost, header: [u8; HEADER]) -> Result<Self, SealError> {
        let Cost {
            memory,
            passes,
            lanes,
        } = cost;
        let params =
            Params::new(memory, passes, lanes, Some(32)).map_err(|_| SealError::NotSealed)?;
        let salt = &header[HEADER - PREFIX - SALT..HEADER - PREFIX];
        let mut key = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose_secret().as_bytes(), salt, &mut key)
            .map_err(|_| SealError::NotSealed)?;
        Ok(Self {
            cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(key)),
            header,
            number: 0,
        })
    }

    fn nonce(&mut self, last: bool) -> Result<[u8; 12], SealError> {
        let mut nonce = [0; 12];
        nonce[..PREFIX].copy_from_slice(&self.header[HEADER - PREFIX..]);
        nonce[PREFIX..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(last);
        self.number = self.number.checked_add(1).ok_or(SealError::TooLarge)?;
        Ok(nonce)
    }

    fn seal(&mut self, content: &[u8], last: bool) -> Result<Vec<u8>, SealError> {
        let nonce = self.nonce(last)?;
        let payload = Payload {
            msg: content,
            aad: &self.header,
        };
        self.cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| SealError::TooLarge)
    }

    fn open(&mut self, piece: &[u8], last: bool) -> Result<Vec<u8>, SealError> {
        let number = self.number;
        let nonce = self.nonce(last)?;
        let payload = Payload {
            msg: piece,
            aad: &self.header,
        };
        self.cipher
            .decrypt(&Nonce::from(nonce), payload)
            .map_err(|_| match number {
                0 => SealError::Refused,
                _ => SealError::Changed(u64::from(number) * PIECE as u64),
            })
    }
}

/// Seals what is written to it. Without [`Writer::finish`] the file does not open.
pub struct Writer<W> {
    inner: W,
    cipher: Cipher,
    waiting: Vec<u8>,
}

impl<W: Write> Writer<W> {
    pub fn new(mut inner: W, passphrase: &SecretString, cost: Cost) -> Result<Self, SealError> {
        let mut header = [0; HEADER];
        let (magic, rest) = header.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        for (place, number) in rest
            .chunks_mut(4)
            .zip([cost.memory, cost.passes, cost.lanes])
        {
            place.copy_from_slice(&number.to_be_bytes());
        }
        header[HEADER - PREFIX - SALT..].copy_from_slice(&rand::random::<[u8; SALT + PREFIX]>());
        inner.write_all(&header)?;
        Ok(Self {
            inner,
            cipher: Cipher::new(passphrase, cost, header)?,
            waiting: Vec::with_capacity(PIECE),
        })
    }

    /// Seals the last piece and gives the file back.
    pub fn finish(mut self) -> Result<W, SealError> {
        let piece = self.cipher.seal(&self.waiting, true)?;
        self.inner.write_all(&piece)?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits until more comes: it may be the last one.
        if self.waiting.len() == PIECE {
            let piece = self.cipher.seal(&self.waiting, false)?;
            self.inner.write_all(&piece)?;
            self.waiting.clear();
        }
        let take = bytes.len().min(PIECE - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..take]);
        Ok(take)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Opens a sealed file; gives nothing that was not authenticated.
pub struct Reader<R> {
    inner: R,
    cipher: Cipher,
    /// The piece after the one that is being given out, still sealed.
    next: Vec<u8>,
    open: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Reader<R> {
    pub fn new(mut inner: R, passphrase: &SecretString) -> Result<Self, SealError> {
        let mut header = [0; HEADER];
        let read = fill(&mut inner, &mut header)?;
        if read < HEADER || !header.starts_with(MAGIC) {
            return Err(SealError::NotSealed);
        }
        let number = |at: usize| {
            let at = MAGIC.len() + 4 * at;
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let cost = Cost {
            memory: number(0),
            passes: number(1),
            lanes: number(2),
        };
        if cost.memory > MOST_MEMORY || cost.passes > MOST_PASSES || cost.lanes > MOST_LANES {
            return Err(SealError::NotSealed);
        }
        let cipher = Cipher::new(passphrase, cost, header)?;
        let mut reader = Self {
            next: piece(&mut inner)?,
            inner,
            cipher,
            open: Vec::new(),
            given: 0,
            ended: false,
        };
        // A wrong passphrase is told now.
        reader.advance()?;
        Ok(reader)
    }

    fn advance(&mut self) -> Result<(), SealError> {
        let after = piece(&mut self.inner)?;
        let last = after.is_empty();
        self.open = self.cipher.open(&self.next, last)?;
        self.next = after;
        self.given = 0;
        self.ended = last;
        Ok(())
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.open.len() {
            if self.ended {
                return Ok(0);
            }
            self.advance()?;
        }
        let left = &self.open[self.given..];
        let take = left.len().min(buffer.len());
        buffer[..take].copy_from_slice(&left[..take]);
        self.given += take;
        Ok(take)
    }
}

fn piece(inner: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; PIECE + TAG];
    let read = fill(inner, &mut piece)?;
    piece.truncate(read);
    Ok(piece)
}

/// Reads until the buffer is full or the file ends.
fn fill(inner: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match inner.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Cost = Cost {
        memory: 8,
        passes: 1,
        lanes: 1,
    };

    fn seal(content: &[u8], passphrase: &str) -> Vec<u8> {
        let passphrase = SecretString::from(passphrase);
        let mut writer = Writer::new(Vec::new(), &passphrase, QUICK).expect("a writer");
        writer.write_all(content).expect("written");
        writer.finish().expect("sealed")
    }

    fn open(sealed: &[u8], passphrase: &str) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        Reader::new(sealed, &SecretString::from(passphrase))?.read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn every_length_comes_back_and_nothing_of_it_is_readable() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17] {
            let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let sealed = seal(&content, "correct horse");
            assert_eq!(
                open(&sealed, "correct horse").expect("opened"),
                content,
                "{length}"
            );
            if length > 64 {
                assert!(!sealed.windows(64).any(|part| part == &content[..64]));
            }
        }
        assert_ne!(seal(b"same", "p"), seal(b"same", "p"), "salts differ");
    }

    #[test]
    fn another_passphrase_a_flipped_bit_and_a_cut_file_do_not_open() {
        let content = vec![42; PIECE + 100];
        let sealed = seal(&content, "right");
        let wrong = open(&sealed, "wrong").expect_err("a refusal").to_string();
        assert!(wrong.contains("passphrase"), "{wrong}");
        let places = (0..HEADER + 40)
            .chain((HEADER + 40..sealed.len()).step_by(997))
            .chain(sealed.len() - 20..sealed.len());
        for at in places {
            let mut changed = sealed.clone();
            changed[at] ^= 0x10;
            assert!(open(&changed, "right").is_err(), "byte {at}");
        }
        for length in [
            0,
            10,
            HEADER,
            HEADER + 1,
            HEADER + PIECE + TAG,
            sealed.len() - 1,
        ] {
            assert!(open(&sealed[..length], "right").is_err(), "{length} bytes");
        }
        // Pieces of one file in another order.
        let two = seal(&vec![1; 3 * PIECE], "right");
        let (a, b) = (HEADER, HEADER + PIECE + TAG);
        let mut swapped = two.clone();
        swapped[a..b].copy_from_slice(&two[b..b + PIECE + TAG]);
        swapped[b..b + PIECE + TAG].copy_from_slice(&two[a..b]);
        assert!(open(&swapped, "right").is_err());
    }

    #[test]
    fn a_file_that_asks_for_the_whole_memory_is_refused() {
        let mut sealed = seal(b"x", "p");
        sealed[MAGIC.len()..MAGIC.len() + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        let refused = Reader::new(sealed.as_slice(), &SecretString::from("p"));
        assert!(matches!(refused.err(), Some(SealError::NotSealed)));
    }
}
