//! The control port of the simulated partners: what a person would do at the portal, in 1C, in the bank.

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::papers::PlayedCar;

/// The `Ref_Key` of the treasury user who has that login.
pub fn treasury_user<'a>(users: &'a Value, login: &str) -> Option<&'a str> {
    users
        .as_array()?
        .iter()
        .find(|user| user["login"] == login)?["ref_key"]
        .as_str()
}

/// Car and owner of the catalogue as the played people know them.
pub fn played_car(car: &Value) -> anyhow::Result<PlayedCar> {
    let text = |value: &Value, what: &str| -> anyhow::Result<String> {
        Ok(value
            .as_str()
            .with_context(|| format!("the catalogue's car has no {what}"))?
            .to_owned())
    };
    let owner = &car["owner"];
    let frame = car["vin"].is_null();
    let name =
        ["surname", "name", "patronymic"].map(|part| owner[part].as_str().unwrap_or_default());
    Ok(PlayedCar {
        identifier: text(
            if frame { &car["frame"] } else { &car["vin"] },
            "VIN or frame number",
        )?,
        frame,
        mileage_km: u32::try_from(
            car["mileage_km"]
                .as_u64()
                .context("the catalogue's car has no mileage")?,
        )?,
        owner: name.join(" "),
        birthdate: text(&owner["birthdate"], "birthdate")?,
        phone: text(&owner["phone"], "phone")?,
        passport_series: text(&owner["passport"]["series"], "passport")?,
        passport_number: text(&owner["passport"]["number"], "passport")?,
    })
}

/// Speaks to the simulator's control port.
#[derive(Clone)]
pub struct Control {
    url: Url,
    http: reqwest::Client,
}

impl Control {
    pub fn new(url: Url) -> anyhow::Result<Self> {
        Ok(Self {
            url,
            http: reqwest::Client::builder().build()?,
        })
    }

    /// Where something of the control port is, for a person.
    pub fn address(&self, path: &str) -> String {
        self.url
            .join(path)
            .map_or_else(|_| self.url.to_string(), |url| url.to_string())
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.read(self.http.get(self.url.join(path)?)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.read(self.http.post(self.url.join(path)?).json(&body))
            .await
    }

    pub async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.read(self.http.delete(self.url.join(path)?)).await
    }

    async fn read(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await?;
        let (url, status) = (answer.url().clone(), answer.status());
        let body = answer.text().await?;
        if !status.is_success() {
            bail!("simulator {}: {status} {body}", url.path());
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&body).with_context(|| format!("simulator {}: {body}", url.path()))
    }

    pub async fn typed<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        Ok(serde_json::from_value(self.get(path).await?)?)
    }

    /// Effects so far, of one partner.
    pub async fn effects(&self, partner: &str) -> anyhow::Result<Vec<Value>> {
        let entries = self.get(&format!("ledger?partner={partner}")).await?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    /// Scripts one fault: for the n-th call of an operation.
    pub async fn fault(
        &self,
        partner: &str,
        operation: &str,
        when: Value,
        fault: Value,
    ) -> anyhow::Result<()> {
        let rule =
            json!({ "partner": partner, "operation": operation, "when": when, "fault": fault });
        self.post("faults", rule).await.map(|_| ())
    }
}
