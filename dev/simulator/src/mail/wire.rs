//! Lines and letters on the wire.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// Longest command line with its end.
const LONGEST_LINE: usize = 2048;
/// Longest silence of the client.
const PATIENCE: Duration = Duration::from_secs(300);
pub(super) struct Wire<S> {
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Whether everything that came was read.
    pub(super) fn is_drained(&self) -> bool {
        self.stream.buffer().is_empty()
    }

    pub(super) fn into_inner(self) -> S {
        self.stream.into_inner()
    }

    /// A reply, one byte at a time.
    pub(super) async fn drip(&mut self, reply: &str, pause: Duration) -> std::io::Result<()> {
        for byte in format!("{reply}\r\n").bytes() {
            tokio::time::sleep(pause).await;
            self.stream.write_all(&[byte]).await?;
            self.stream.flush().await?;
        }
        Ok(())
    }

    /// Reads a letter to its end and takes the stuffed dots away. The outer `None`: the client left; the
    /// inner one: it was larger than the limit and was thrown away.
    pub(super) async fn letter(
        &mut self,
        limit: usize,
    ) -> std::io::Result<Option<Option<Vec<u8>>>> {
        let mut letter = Vec::new();
        let mut too_large = false;
        let mut begins = true;
        loop {
            let mut line = Vec::new();
            // A line longer than the limit cannot be part of a letter that fits; it comes in pieces.
            let mut part = (&mut self.stream).take(limit as u64 + 3);
            let reading = part.read_until(b'\n', &mut line);
            match tokio::time::timeout(PATIENCE, reading).await {
                Ok(Ok(0)) | Err(_) => return Ok(None),
                Ok(read) => read?,
            };
            if begins && line == b".\r\n" {
                return Ok(Some((!too_large).then_some(letter)));
            }
            let unstuffed = line.strip_prefix(b".").filter(|_| begins);
            let content = unstuffed.unwrap_or(&line);
            begins = line.ends_with(b"\n");
            if too_large || letter.len() + content.len() > limit {
                too_large = true;
                letter.clear();
            } else {
                letter.extend_from_slice(content);
            }
        }
    }

    /// A reply in one piece: the end of a line on its own would wait until the client has acknowledged the line.
    pub(super) async fn say(&mut self, reply: &str) -> std::io::Result<()> {
        let line = format!("{reply}\r\n");
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.flush().await
    }

    /// The next line without its end; `None` when the client left.
    pub(super) async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut part = (&mut self.stream).take(LONGEST_LINE as u64);
        let reading = part.read_until(b'\n', &mut line);
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(read) => read?,
            Err(_) => 0,
        };
        match line.ends_with(b"\n") {
            true => Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned())),
            false => Ok(None),
        }
    }
}
