//! The client with a telephone: reads the messenger, opens the link, types the code from the SMS.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use url::Url;

use crate::play::Play;

const LOOK: Duration = Duration::from_millis(100);

/// The offer's page, as a browser without scripts sees it.
pub struct OfferPage {
    pub url: Url,
    pub status: u16,
    pub html: String,
}

impl Play<'_> {
    /// The link of the newest offer message to the client's phone, once there are `count` of them.
    pub async fn offer_link(&self, count: usize) -> anyhow::Result<Url> {
        let texts = self.texts("wazzup", count).await?;
        link(texts.last().context("no message")?)
    }

    /// The link of the newest letter to the client, once there are `count` of them.
    pub async fn mailed_link(&self, count: usize) -> anyhow::Result<Url> {
        let path = format!("mail/messages?to={}", self.email()?);
        let letters = self
            .inbox(&path, count, |letter| &letter["letter"]["text"])
            .await?;
        link(letters.last().context("no letter")?)
    }

    /// The client's address for mail.
    pub fn email(&self) -> anyhow::Result<&str> {
        self.catalogue["owner"]["email"]
            .as_str()
            .context("the catalogue's owner has no address for mail")
    }

    /// The newest code sent by SMS, once there are `count` of them.
    pub async fn sms_code(&self, count: usize) -> anyhow::Result<String> {
        let texts = self.texts("sms", count).await?;
        let text = texts.last().context("no SMS")?;
        let digits: String = text
            .split(|c: char| !c.is_ascii_digit())
            .find(|run| run.len() == 6)
            .map(str::to_owned)
            .with_context(|| format!("no code in the SMS: {text}"))?;
        Ok(digits)
    }

    /// Messages to the client's phone by `wazzup` or `sms`, oldest first, once there are `count` of them.
    pub async fn texts(&self, channel: &str, count: usize) -> anyhow::Result<Vec<String>> {
        let path = format!("{channel}/messages?phone={}", self.phone());
        self.inbox(&path, count, |message| &message["text"]).await
    }

    /// The client's phone in digits.
    pub fn phone(&self) -> String {
        digits(&self.car.phone)
    }

    async fn inbox(
        &self,
        path: &str,
        count: usize,
        text: impl Fn(&Value) -> &Value,
    ) -> anyhow::Result<Vec<String>> {
        let deadline = tokio::time::Instant::now() + self.patience;
        loop {
            let messages = self.stack.control.get(path).await?;
            let texts: Vec<String> = messages
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|message| text(message).as_str())
                .map(str::to_owned)
                .collect();
            if texts.len() >= count {
                return Ok(texts);
            }
            if tokio::time::Instant::now() >= deadline {
                bail!(
                    "{path}: {} of {count} messages after {:?}",
                    texts.len(),
                    self.patience
                );
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    pub async fn open(&self, url: &Url) -> anyhow::Result<OfferPage> {
        let answer = self.stack.door.http.get(self.here(url)?).send().await?;
        Ok(OfferPage {
            url: url.clone(),
            status: answer.status().as_u16(),
            html: answer.text().await?,
        })
    }

    /// Sends the page's form.
    pub async fn submit(
        &self,
        page: &OfferPage,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<OfferPage> {
        let mut form: BTreeMap<&str, String> = fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        form.entry("round")
            .or_insert_with(|| page.round().unwrap_or_default());
        let answer = self
            .stack
            .door
            .http
            .post(self.here(&page.url)?)
            .form(&form)
            .send()
            .await?;
        Ok(OfferPage {
            url: page.url.clone(),
            status: answer.status().as_u16(),
            html: answer.text().await?,
        })
    }

    /// Opens the offer, asks for the code, types it and accepts.
    pub async fn client_accepts(&self) -> anyhow::Result<OfferPage> {
        self.accepts_at(&self.offer_link(1).await?).await
    }

    /// The same by a link that came in another way.
    pub async fn accepts_at(&self, link: &Url) -> anyhow::Result<OfferPage> {
        let page = self.open(link).await?;
        if page.status != 200 {
            bail!("the offer's page answered {}", page.status);
        }
        let page = self.submit(&page, &[("answer", "request_code")]).await?;
        let code = self.sms_code(1).await?;
        let page = self
            .submit(&page, &[("answer", "accept"), ("code", &code)])
            .await?;
        if page.status != 200 {
            bail!(
                "the acceptance was answered {}: {}",
                page.status,
                page.text()
            );
        }
        Ok(page)
    }

    /// The message names the public address; the play reaches the gateway where it really listens.
    fn here(&self, url: &Url) -> anyhow::Result<Url> {
        Ok(self.stack.door.url.join(url.path())?)
    }
}

impl OfferPage {
    /// The round that the page's forms carry.
    pub fn round(&self) -> Option<String> {
        let (_, rest) = self.html.split_once("name=\"round\" value=\"")?;
        rest.split('"').next().map(str::to_owned)
    }

    /// What a person reads: the page without its markup.
    pub fn text(&self) -> String {
        let body = self
            .html
            .split_once("<body")
            .map_or(self.html.as_str(), |(_, body)| body);
        let mut text = String::new();
        let mut inside = false;
        for c in body.chars() {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    text.push(' ');
                }
                _ if !inside => text.push(c),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The link to the offer in a text.
fn link(text: &str) -> anyhow::Result<Url> {
    let link = text
        .split_whitespace()
        .find(|word| word.contains("/l/"))
        .with_context(|| format!("no link in the message: {text}"))?;
    Ok(link.trim_end_matches(['.', ',', ')']).parse()?)
}

fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}
