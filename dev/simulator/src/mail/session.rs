//! One conversation (RFC 5321), with STARTTLS (RFC 3207), AUTH (RFC 4954) and SIZE (RFC 1870).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncWrite};

use super::wire::Wire;
use super::{Kept, State, error_body};
use crate::core::faults::{Delay, Drip, Fault, Status};
use crate::core::{Partner, Sim};

/// Most receivers of a letter.
const RECEIVERS: usize = 100;

/// How a conversation ended.
pub(super) enum End<S> {
    Closed,
    /// To be continued encrypted.
    StartTls(S),
}

pub(super) struct Session<S> {
    sim: Sim,
    wire: Wire<S>,
    encrypted: bool,
    greeted: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

/// What the conversation does after a step.
enum Next {
    Go,
    Close,
    StartTls,
}

/// What scripted faults leave of a step.
enum Verdict {
    /// To be done.
    Clean,
    /// Refused; the conversation goes on.
    Refused,
    /// The connection ends.
    Close,
}

impl Verdict {
    /// How the step ends when it is not to be done.
    fn end(self) -> Option<Next> {
        match self {
            Self::Clean => None,
            Self::Refused => Some(Next::Go),
            Self::Close => Some(Next::Close),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn new(sim: Sim, stream: S, encrypted: bool) -> Self {
        Self {
            sim,
            wire: Wire::new(stream),
            encrypted,
            greeted: false,
            user: None,
            from: None,
            to: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) -> std::io::Result<End<S>> {
        // The greeting was said before the encryption began.
        if !self.encrypted {
            if self.played("connect").await?.end().is_some() {
                return Ok(End::Closed);
            }
            self.wire
                .say("220 mail.simulator.invalid ESMTP Kite simulator")
                .await?;
        }
        loop {
            let Some(line) = self.wire.line().await? else {
                return Ok(End::Closed);
            };
            match self.command(&line).await? {
                Next::Go => {}
                Next::Close => return Ok(End::Closed),
                Next::StartTls => {
                    // Whatever was sent along with the command must not be read as encrypted.
                    if !self.wire.is_drained() {
                        return Ok(End::Closed);
                    }
                    return Ok(End::StartTls(self.wire.into_inner()));
                }
            }
        }
    }

    async fn command(&mut self, line: &str) -> std::io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" if rest.is_empty() => self.go("501 5.5.4 Domain name required").await,
            "EHLO" => self.extended_hello().await,
            "HELO" => {
                self.reset();
                self.greeted = true;
                self.go("250 mail.simulator.invalid").await
            }
            "STARTTLS" if self.encrypted => self.go("503 5.5.1 TLS is active").await,
            "STARTTLS" => {
                self.wire.say("220 2.0.0 Ready to start TLS").await?;
                Ok(Next::StartTls)
            }
            "AUTH" => self.authenticate(rest).await,
            "MAIL" => self.mail_from(rest).await,
            "RCPT" => self.rcpt_to(rest).await,
            "DATA" => self.data().await,
            "RSET" => {
                self.reset();
                self.go("250 2.0.0 OK").await
            }
            "NOOP" => self.go("250 2.0.0 OK").await,
            "VRFY" => self.go("252 2.5.2 Cannot verify the user").await,
            "QUIT" => {
                self.wire.say("221 2.0.0 Bye").await?;
                Ok(Next::Close)
            }
            _ => self.go("500 5.5.2 Command not recognized").await,
        }
    }

    async fn extended_hello(&mut self) -> std::io::Result<Next> {
        self.reset();
        self.greeted = true;
        let size = self.sim.state::<State>().settings.size_limit;
        let mut said = vec![
            "mail.simulator.invalid".to_owned(),
            "PIPELINING".to_owned(),
            format!("SIZE {size}"),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
        ];
        if !self.encrypted {
            said.push("STARTTLS".to_owned());
        }
        said.push("AUTH PLAIN LOGIN".to_owned());
        let last = said.len() - 1;
        let lines = said.iter().enumerate().map(|(index, line)| {
            let mark = if index == last { ' ' } else { '-' };
            format!("250{mark}{line}")
        });
        let lines: Vec<String> = lines.collect();
        self.go(&lines.join("\r\n")).await
    }

    async fn authenticate(&mut self, rest: &str) -> std::io::Result<Next> {
        if let Some(end) = self.played("authenticate").await?.end() {
            return Ok(end);
        }
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let pair = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let answer = match initial {
                    "" => self.ask("").await?,
                    initial => Some(initial.to_owned()),
                };
                answer.as_deref().and_then(plain)
            }
            "LOGIN" => {
                let user = match initial {
                    "" => self.ask("VXNlcm5hbWU6").await?,
                    initial => Some(initial.to_owned()),
                };
                let password = self.ask("UGFzc3dvcmQ6").await?;
                user.zip(password)
                    .and_then(|(user, password)| Some((decoded(&user)?, decoded(&password)?)))
            }
            _ => return self.go("504 5.5.4 Mechanism not supported").await,
        };
        let Some((user, password)) = pair else {
            return self.go("501 5.5.2 Cannot decode the credentials").await;
        };
        let accepted = match &self.sim.state::<State>().settings.credentials {
            Some(own) => own.user == user && own.password == password,
            None => true,
        };
        if !accepted {
            return self
                .go("535 5.7.8 Authentication credentials invalid")
                .await;
        }
        self.user = Some(user);
        self.go("235 2.7.0 Authentication succeeded").await
    }

    async fn mail_from(&mut self, rest: &str) -> std::io::Result<Next> {
        if let Some(end) = self.played("mail_from").await?.end() {
            return Ok(end);
        }
        let (tls, authenticated, limit) = {
            let settings = &self.sim.state::<State>().settings;
            (
                settings.tls_required && !self.encrypted,
                !settings.authentication_required || self.user.is_some(),
                settings.size_limit,
            )
        };
        if !self.greeted {
            return self.go("503 5.5.1 Say EHLO first").await;
        }
        if self.from.is_some() {
            return self.go("503 5.5.1 Sender was given").await;
        }
        if tls {
            return self
                .go("530 5.7.0 Must issue a STARTTLS command first")
                .await;
        }
        if !authenticated {
            return self.go("530 5.7.0 Authentication required").await;
        }
        let Some((address, parameters)) = path(rest, "FROM:") else {
            return self.go("501 5.5.4 Syntax: MAIL FROM:<address>").await;
        };
        let announced = parameters.split_whitespace().find_map(|p| {
            p.to_ascii_uppercase()
                .strip_prefix("SIZE=")?
                .parse::<usize>()
                .ok()
        });
        if announced.is_some_and(|size| size > limit) {
            return self.go("552 5.3.4 Message too big").await;
        }
        self.from = Some(address);
        self.go("250 2.1.0 OK").await
    }

    async fn rcpt_to(&mut self, rest: &str) -> std::io::Result<Next> {
        if let Some(end) = self.played("rcpt_to").await?.end() {
            return Ok(end);
        }
        if self.from.is_none() {
            return self.go("503 5.5.1 Sender is missing").await;
        }
        let Some((address, _)) = path(rest, "TO:").filter(|(address, _)| address.contains('@'))
        else {
            return self.go("501 5.1.3 Bad recipient address").await;
        };
        let unknown = self
            .sim
            .state::<State>()
            .settings
            .unknown_addresses
            .iter()
            .any(|unknown| unknown.eq_ignore_ascii_case(&address));
        if unknown {
            return self.go("550 5.1.1 No such user here").await;
        }
        if self.to.len() >= RECEIVERS {
            return self.go("452 4.5.3 Too many recipients").await;
        }
        self.to.push(address);
        self.go("250 2.1.5 OK").await
    }

    async fn data(&mut self) -> std::io::Result<Next> {
        if self.to.is_empty() {
            return self.go("503 5.5.1 Recipients are missing").await;
        }
        self.wire.say("354 End data with <CR><LF>.<CR><LF>").await?;
        let limit = self.sim.state::<State>().settings.size_limit;
        let Some(letter) = self.wire.letter(limit).await? else {
            return Ok(Next::Close);
        };
        let faults = self.sim.called(Partner::Mail, "send_mail");
        if let Some(end) = self.before(&faults).await?.end() {
            self.reset();
            return Ok(end);
        }
        let Some(letter) = letter else {
            self.reset();
            return self.go("552 5.3.4 Message too big").await;
        };
        let id = self.keep(&letter)?;
        self.reset();
        if faults.contains(&Fault::DropAfter) {
            return Ok(Next::Close);
        }
        if faults.contains(&Fault::Garbage) {
            return self.go("2").await;
        }
        let drip = faults.iter().find_map(|fault| match fault {
            Fault::Drip(Drip { drip_ms }) => Some(Duration::from_millis(*drip_ms)),
            _ => None,
        });
        let said = format!("250 2.0.0 OK queued as {id}");
        match drip {
            None => self.go(&said).await,
            Some(pause) => {
                self.wire.drip(&said, pause).await?;
                Ok(Next::Go)
            }
        }
    }

    fn keep(&self, letter: &[u8]) -> std::io::Result<u64> {
        let sha256 = self.sim.keep(letter)?;
        let key = super::letter::message_id(letter).unwrap_or_else(|| sha256.clone());
        let mut state = self.sim.state::<State>();
        let id = state.letters.last().map_or(1, |last| last.id + 1);
        state.letters.push(Kept {
            id,
            from: self.from.clone().unwrap_or_default(),
            to: self.to.clone(),
            received_at: self.sim.now(),
            sha256,
            size: letter.len(),
            tls: self.encrypted,
            user: self.user.clone(),
        });
        self.sim
            .ledger()
            .record(Partner::Mail, "send_mail", &key, letter);
        Ok(id)
    }

    /// Counts the step and plays its faults.
    async fn played(&mut self, operation: &str) -> std::io::Result<Verdict> {
        let faults = self.sim.called(Partner::Mail, operation);
        match self.before(&faults).await? {
            Verdict::Clean if faults.contains(&Fault::DropAfter) => Ok(Verdict::Close),
            verdict => Ok(verdict),
        }
    }

    /// Faults that come instead of the deed.
    async fn before(&mut self, faults: &[Fault]) -> std::io::Result<Verdict> {
        for fault in faults {
            if let Fault::Delay(Delay { delay_ms }) = fault {
                tokio::time::sleep(Duration::from_millis(*delay_ms)).await;
            }
        }
        for fault in faults {
            match fault {
                Fault::DropBefore => return Ok(Verdict::Close),
                Fault::Html => {
                    self.wire
                        .say("<!DOCTYPE html><html><body>Технические работы</body></html>")
                        .await?;
                    return Ok(Verdict::Close);
                }
                Fault::Status(Status { status, body, .. }) => {
                    let text = match body {
                        Some(serde_json::Value::String(text)) => text.clone(),
                        Some(_) | None => error_body(*status).1,
                    };
                    self.wire.say(&format!("{status} {text}")).await?;
                    return Ok(match status {
                        421 => Verdict::Close,
                        _ => Verdict::Refused,
                    });
                }
                _ => {}
            }
        }
        Ok(Verdict::Clean)
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn ask(&mut self, challenge: &str) -> std::io::Result<Option<String>> {
        self.wire.say(&format!("334 {challenge}")).await?;
        Ok(self.wire.line().await?.filter(|answer| answer != "*"))
    }

    async fn go(&mut self, reply: &str) -> std::io::Result<Next> {
        self.wire.say(reply).await?;
        Ok(Next::Go)
    }
}

/// `FROM:<address> PARAMETERS`; an empty sender is allowed.
fn path(text: &str, prefix: &str) -> Option<(String, String)> {
    let head = text.get(..prefix.len())?;
    if !head.eq_ignore_ascii_case(prefix) {
        return None;
    }
    let rest = text[prefix.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = rest.split_once('>')?;
    Some((address.to_owned(), parameters.trim().to_owned()))
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// `\0user\0password`
fn plain(answer: &str) -> Option<(String, String)> {
    let text = decoded(answer)?;
    let mut parts = text.split('\0').skip(1);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}
