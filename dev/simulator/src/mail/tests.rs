//! At a real socket: letters by a mail client and by hand, refusals, faults, the mailbox.

use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::Partner::Mail;
use crate::bench::Bench;

fn letter() -> Message {
    let pdf = b"%PDF-1.7 contract".to_vec();
    Message::builder()
        .from("Выкуп <buyout@example.com>".parse().expect("an address"))
        .to("owner@example.com".parse().expect("an address"))
        .subject("Документы по сделке")
        .message_id(Some("<letter-1@example.com>".to_owned()))
        .multipart(
            MultiPart::mixed()
                .multipart(MultiPart::alternative_plain_html(
                    "Здравствуйте!\n.\n..точки".to_owned(),
                    "<p>Здравствуйте!</p><script>alert(1)</script>".to_owned(),
                ))
                .singlepart(
                    Attachment::new("Договор № 1.pdf".to_owned())
                        .body(pdf, ContentType::parse("application/pdf").expect("a type")),
                ),
        )
        .expect("a letter")
}

/// A mail client that encrypts and authenticates.
fn client(bench: &Bench) -> AsyncSmtpTransport<Tokio1Executor> {
    let pem = std::fs::read(bench.simulator.authority()).expect("the CA");
    let tls = TlsParameters::builder("localhost".to_owned())
        .add_root_certificate(Certificate::from_pem(&pem).expect("a certificate"))
        .build()
        .expect("parameters");
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("localhost")
        .port(bench.simulator.smtp().port())
        .tls(Tls::Required(tls))
        .credentials(Credentials::new("kite".to_owned(), "right".to_owned()))
        .build()
}

/// A conversation by hand.
struct Talk(BufReader<TcpStream>);

impl Talk {
    async fn start(bench: &Bench) -> Self {
        let stream = TcpStream::connect(bench.simulator.smtp()).await;
        let mut talk = Self(BufReader::new(stream.expect("a connection")));
        assert!(talk.reply().await.starts_with("220 "));
        assert!(talk.say("EHLO kite.example.com").await.starts_with("250"));
        talk
    }

    async fn say(&mut self, line: &str) -> String {
        self.send(&format!("{line}\r\n")).await;
        self.reply().await
    }

    async fn send(&mut self, bytes: &str) {
        let sent = self.0.get_mut().write_all(bytes.as_bytes()).await;
        sent.expect("an open connection");
    }

    /// The whole reply; empty when the server left.
    async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line).await.unwrap_or_default();
            reply.push_str(&line);
            if read == 0 || line.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
        }
    }

    /// As far as the letter itself.
    async fn ready(&mut self) {
        assert!(
            self.say("MAIL FROM:<a@example.com>")
                .await
                .starts_with("250 ")
        );
        assert!(
            self.say("RCPT TO:<b@example.com>")
                .await
                .starts_with("250 ")
        );
        assert!(self.say("DATA").await.starts_with("354 "));
    }
}

#[tokio::test]
async fn a_letter_arrives_whole_over_tls() {
    let bench = Bench::start().await;
    let pair = json!({ "user": "kite", "password": "right" });
    let strict =
        json!({ "credentials": pair, "authentication_required": true, "tls_required": true });
    bench.person("mail/settings", strict).await;
    client(&bench).send(letter()).await.expect("a sent letter");
    let letters = bench.looks("mail/messages?to=owner@example.com").await;
    assert_eq!(letters.as_array().map(Vec::len), Some(1));
    let kept = &letters[0];
    assert_eq!(
        (&kept["tls"], &kept["user"]),
        (&json!(true), &json!("kite"))
    );
    let shown = &kept["letter"];
    assert_eq!(shown["subject"], "Документы по сделке");
    assert_eq!(shown["message_id"], "letter-1@example.com");
    let text = shown["text"]
        .as_str()
        .expect("a text")
        .replace("\r\n", "\n");
    assert_eq!(text.trim_end(), "Здравствуйте!\n.\n..точки");
    assert!(
        shown["html"]
            .as_str()
            .expect("HTML")
            .contains("<p>Здравствуйте!</p>")
    );
    let attached = &shown["attachments"][0];
    assert_eq!(attached["name"], "Договор № 1.pdf");
    assert_eq!(attached["content_type"], "application/pdf");
    assert_eq!(
        bench
            .effects(Mail, "send_mail", "letter-1@example.com")
            .await,
        1
    );
}

#[tokio::test]
async fn the_mailbox_shows_a_letter_as_its_receiver_sees_it() {
    let bench = Bench::start().await;
    client(&bench).send(letter()).await.expect("a sent letter");
    let page = async |path: &str| {
        let url = bench.simulator.control().join(path).expect("a path");
        bench.http.get(url).send().await.expect("a page")
    };
    let list = page("mail/").await.text().await.expect("a page");
    assert!(list.contains("Документы по сделке") && list.contains("/mail/1"));
    let opened = page("mail/1").await.text().await.expect("a page");
    assert!(opened.contains("sandbox=\"allow-popups") && opened.contains("Договор № 1.pdf"));
    assert!(!opened.contains("<script>"));
    let html = page("mail/1/html").await;
    let policy = html.headers()["content-security-policy"]
        .to_str()
        .expect("a policy");
    assert!(policy.starts_with("sandbox") && policy.contains("default-src 'none'"));
    let attachment = page("mail/1/attachments/0").await;
    let disposition = attachment.headers()["content-disposition"]
        .to_str()
        .expect("a name");
    assert!(disposition.starts_with("attachment; filename*=UTF-8''%D0%94"));
    assert_eq!(
        attachment.bytes().await.expect("a body"),
        "%PDF-1.7 contract"
    );
    let source = page("mail/1/source").await.text().await.expect("a source");
    assert!(source.contains("Message-ID: <letter-1@example.com>"));
    assert_eq!(page("mail/2").await.status(), 404);
}

#[tokio::test]
async fn stuffed_dots_are_taken_away_and_a_dot_alone_ends_the_letter() {
    let bench = Bench::start().await;
    let mut talk = Talk::start(&bench).await;
    talk.ready().await;
    let reply = talk
        .say("Subject: points\r\n\r\n..one\r\n...two\r\n.")
        .await;
    assert!(reply.starts_with("250 "), "{reply}");
    let text = bench.looks("mail/messages/1").await["letter"]["text"].clone();
    assert_eq!(text, ".one\r\n..two\r\n");
    assert!(talk.say("QUIT").await.starts_with("221 "));
}

#[tokio::test]
async fn authentication_by_both_mechanisms() {
    let bench = Bench::start().await;
    let settings = json!({ "credentials": { "user": "kite", "password": "right" } });
    bench.person("mail/settings", settings).await;
    let mut talk = Talk::start(&bench).await;
    assert!(
        talk.say("AUTH PLAIN AGtpdGUAd3Jvbmc=")
            .await
            .starts_with("535 ")
    );
    assert!(talk.say("AUTH PLAIN ???").await.starts_with("501 "));
    assert!(talk.say("AUTH CRAM-MD5").await.starts_with("504 "));
    assert!(
        talk.say("AUTH PLAIN AGtpdGUAcmlnaHQ=")
            .await
            .starts_with("235 ")
    );
    assert!(talk.say("AUTH LOGIN").await.starts_with("334 VXNlcm5hbWU6"));
    assert!(talk.say("a2l0ZQ==").await.starts_with("334 UGFzc3dvcmQ6"));
    assert!(talk.say("cmlnaHQ=").await.starts_with("235 "));
}

#[tokio::test]
async fn what_is_out_of_order_or_not_allowed_is_refused() {
    let bench = Bench::start().await;
    let settings = json!({ "size_limit": 1000, "unknown_addresses": ["gone@example.com"] });
    bench.person("mail/settings", settings).await;
    let mut talk = Talk::start(&bench).await;
    assert!(
        talk.say("RCPT TO:<b@example.com>")
            .await
            .starts_with("503 ")
    );
    assert!(talk.say("DATA").await.starts_with("503 "));
    assert!(talk.say("HOHO").await.starts_with("500 "));
    assert!(
        talk.say("MAIL FROM:<a@example.com> SIZE=1001")
            .await
            .starts_with("552 ")
    );
    assert!(
        talk.say("MAIL FROM:a@example.com")
            .await
            .starts_with("501 ")
    );
    assert!(
        talk.say("MAIL FROM:<a@example.com>")
            .await
            .starts_with("250 ")
    );
    assert!(
        talk.say("RCPT TO:<gone@example.com>")
            .await
            .starts_with("550 ")
    );
    assert!(talk.say("RCPT TO:<nobody>").await.starts_with("501 "));
    assert!(
        talk.say("RCPT TO:<b@example.com>")
            .await
            .starts_with("250 ")
    );
    assert!(talk.say("DATA").await.starts_with("354 "));
    let long = format!("Subject: x\r\n\r\n{}\r\n.", "y".repeat(3000));
    assert!(talk.say(&long).await.starts_with("552 "));
    assert_eq!(bench.looks("mail/messages").await, json!([]));

    bench
        .person("mail/settings", json!({ "tls_required": true }))
        .await;
    assert!(
        talk.say("MAIL FROM:<a@example.com>")
            .await
            .starts_with("530 ")
    );
    let demanded = json!({ "authentication_required": true });
    bench.person("mail/settings", demanded).await;
    assert!(
        talk.say("MAIL FROM:<a@example.com>")
            .await
            .starts_with("530 ")
    );
}

#[tokio::test]
async fn scripted_faults_refuse_before_or_lose_the_reply_after() {
    let bench = Bench::start().await;
    bench.fault(Mail, "rcpt_to", json!({ "status": 450 })).await;
    let mut talk = Talk::start(&bench).await;
    talk.say("MAIL FROM:<a@example.com>").await;
    assert!(
        talk.say("RCPT TO:<b@example.com>")
            .await
            .starts_with("450 4.2.1")
    );
    talk.say("RSET").await;

    bench
        .fault(
            Mail,
            "send_mail",
            json!({ "status": 451, "body": "4.7.1 Greylisted" }),
        )
        .await;
    talk.ready().await;
    assert_eq!(
        talk.say("Subject: a\r\n\r\na\r\n.").await,
        "451 4.7.1 Greylisted\r\n"
    );
    assert_eq!(bench.looks("mail/messages").await, json!([]));

    bench.fault(Mail, "send_mail", json!("drop_before")).await;
    talk.ready().await;
    assert_eq!(talk.say("Subject: a\r\n\r\na\r\n.").await, "");
    assert_eq!(bench.looks("mail/messages").await, json!([]));

    bench.fault(Mail, "send_mail", json!("drop_after")).await;
    let mut talk = Talk::start(&bench).await;
    talk.ready().await;
    assert_eq!(talk.say("Subject: a\r\n\r\na\r\n.").await, "");
    let letters = bench.looks("mail/messages").await;
    assert_eq!(letters.as_array().map(Vec::len), Some(1));

    bench.fault(Mail, "connect", json!({ "status": 421 })).await;
    let stream = TcpStream::connect(bench.simulator.smtp()).await;
    let mut refused = Talk(BufReader::new(stream.expect("a connection")));
    assert!(refused.reply().await.starts_with("421 "));
    assert_eq!(refused.reply().await, "");
}

#[tokio::test]
async fn letters_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = crate::Settings::in_folder(folder.path());
    let simulator = crate::start(settings.clone()).await.expect("a simulator");
    let stream = TcpStream::connect(simulator.smtp()).await;
    let mut talk = Talk(BufReader::new(stream.expect("a connection")));
    talk.reply().await;
    talk.say("EHLO kite.example.com").await;
    talk.ready().await;
    talk.say("Subject: kept\r\n\r\na\r\n.").await;
    simulator.stop().await;
    let simulator = crate::start(settings).await.expect("a simulator");
    let url = simulator.control().join("mail/messages").expect("a path");
    let answer = reqwest::get(url).await.expect("an answer");
    let letters: Value = answer.json().await.expect("JSON");
    assert_eq!(letters[0]["letter"]["subject"], "kept");
    simulator.stop().await;
}
