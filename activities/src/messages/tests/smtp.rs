//! A mail server for tests: takes letters, and misbehaves as scripted.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::testing::crypto;

/// What happens at a command instead of its usual reply; `"."` is the end of a letter.
#[derive(Clone, Copy)]
pub(super) enum Act {
    /// The reply, and nothing is taken.
    Say(&'static str),
    /// The connection ends before the reply; a letter at its end has been taken.
    Drop,
}

#[derive(Default)]
struct State {
    script: VecDeque<(&'static str, Act)>,
    letters: Vec<Vec<u8>>,
    /// Commands as they came, with whether the connection was encrypted.
    commands: Vec<(String, bool)>,
}

pub(super) struct Sink {
    pub(super) port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

impl Sink {
    /// Acts in order, each at the next command that begins with its word.
    pub(super) async fn start(script: impl IntoIterator<Item = (&'static str, Act)>) -> Self {
        Self::serve(script, None).await
    }

    /// With STARTTLS under a certificate for `localhost`; the certificate is written to `ca`.
    pub(super) async fn encrypted(ca: &PathBuf) -> Self {
        crypto();
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        let certificate = params.self_signed(&key).expect("a certificate");
        std::fs::write(ca, certificate.pem()).expect("written");
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("a configuration");
        Self::serve([], Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn serve(
        script: impl IntoIterator<Item = (&'static str, Act)>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State {
            script: script.into_iter().collect(),
            ..State::default()
        }));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, tls.clone(), shared.clone()));
            }
        });
        Self { port, state, task }
    }

    pub(super) fn letters(&self) -> Vec<Vec<u8>> {
        self.state.lock().expect("a lock").letters.clone()
    }

    /// Commands that begin with the word, with whether they came encrypted.
    pub(super) fn commands(&self, word: &str) -> Vec<(String, bool)> {
        let state = self.state.lock().expect("a lock");
        let of_word = |(command, _): &&(String, bool)| command.starts_with(word);
        state.commands.iter().filter(of_word).cloned().collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(Box::new(stream) as Box<dyn Io>);
    let offers = tls.is_some();
    if say(&mut stream, "220 sink ESMTP").await.is_none() {
        return;
    }
    if talk(&mut stream, offers, false, &state).await != Some(After::Encrypt) {
        return;
    }
    let Some(tls) = tls else { return };
    if let Ok(encrypted) = tls.accept(stream.into_inner()).await {
        let mut stream = BufReader::new(Box::new(encrypted) as Box<dyn Io>);
        talk(&mut stream, false, true, &state).await;
    }
}

#[derive(PartialEq)]
enum After {
    Encrypt,
    Quit,
}

/// `None`: the connection ended.
async fn talk(
    stream: &mut BufReader<Box<dyn Io>>,
    offers_tls: bool,
    encrypted: bool,
    state: &Mutex<State>,
) -> Option<After> {
    loop {
        let line = line(stream).await?;
        let command = String::from_utf8_lossy(&line).trim_end().to_owned();
        let act = {
            let mut state = state.lock().expect("a lock");
            state.commands.push((command.clone(), encrypted));
            next(&mut state, &command)
        };
        match act {
            Some(Act::Drop) => return None,
            Some(Act::Say(reply)) => {
                say(stream, reply).await?;
                continue;
            }
            None => {}
        }
        let word = command.split([' ', ':']).next().unwrap_or_default();
        match word.to_ascii_uppercase().as_str() {
            "EHLO" if offers_tls => say(stream, "250-sink\r\n250-8BITMIME\r\n250 STARTTLS").await?,
            "EHLO" => say(stream, "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await?,
            "STARTTLS" => {
                say(stream, "220 go ahead").await?;
                return Some(After::Encrypt);
            }
            "AUTH" => say(stream, "235 welcome").await?,
            "DATA" => {
                say(stream, "354 go on").await?;
                let letter = letter(stream).await?;
                let act = {
                    let mut state = state.lock().expect("a lock");
                    let act = next(&mut state, ".");
                    if !matches!(act, Some(Act::Say(_))) {
                        state.letters.push(letter);
                    }
                    act
                };
                match act {
                    Some(Act::Drop) => return None,
                    Some(Act::Say(reply)) => say(stream, reply).await?,
                    None => say(stream, "250 taken").await?,
                }
            }
            "QUIT" => {
                say(stream, "221 bye").await?;
                return Some(After::Quit);
            }
            _ => say(stream, "250 ok").await?,
        }
    }
}

/// The scripted act, if its turn has come at this command.
fn next(state: &mut State, command: &str) -> Option<Act> {
    let (word, _) = state.script.front()?;
    if !command.starts_with(word) {
        return None;
    }
    state.script.pop_front().map(|(_, act)| act)
}

async fn letter(stream: &mut BufReader<Box<dyn Io>>) -> Option<Vec<u8>> {
    let mut letter = Vec::new();
    loop {
        let line = line(stream).await?;
        if line == b".\r\n" {
            return Some(letter);
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        letter.extend_from_slice(line);
    }
}

async fn line(stream: &mut BufReader<Box<dyn Io>>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    match stream.read_until(b'\n', &mut line).await {
        Ok(read) if read > 0 => Some(line),
        Ok(_) | Err(_) => None,
    }
}

async fn say(stream: &mut BufReader<Box<dyn Io>>, reply: &str) -> Option<()> {
    let reply = format!("{reply}\r\n");
    stream.write_all(reply.as_bytes()).await.ok()?;
    stream.flush().await.ok()
}
