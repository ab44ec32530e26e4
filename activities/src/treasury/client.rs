//! The payment request in the treasury base.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use chrono_tz::Tz;
use contracts::treasury::SaveRequest;
use domain::payment::{TreasuryDecision, TreasuryRequest};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use super::mapping::{ERP, Mapping, Status};
use super::seal::{self, Sealed};
use crate::error::PartnerError;
use crate::http::SetupError;
use crate::odata::{
    self, DATE, DELETED, Draft, Field, ODataClient, POSTED, Part, Record, Settings,
};

const PARTNER: &str = "onec_treasury";

/// `[partners.onec_treasury]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The publication's address, `https://1c.example.com/erp/`; `odata/standard.odata/` is added.
    pub base_url: Url,
    pub user: String,
    pub password: SecretString,
    /// Our legal entities by id: the value by which the base finds each (ИНН in the usual mapping), or
    /// its Ref_Key.
    pub organizations: BTreeMap<String, String>,
    /// File with the names of objects and fields; absent: those of 1С:ERP.
    #[serde(default)]
    pub mapping: Option<PathBuf>,
    /// By which clock the base keeps its times.
    #[serde(default = "time_zone")]
    pub time_zone: Tz,
    /// A base that slept answers its first question after half a minute.
    #[serde(default = "read_timeout_secs")]
    pub read_timeout_secs: u64,
    #[serde(default = "write_timeout_secs")]
    pub write_timeout_secs: u64,
    /// Each call at once takes a licence of 1C.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// Asks 1C to keep one session for all calls; works only where the publication allows it.
    #[serde(default)]
    pub sessions: bool,
    #[serde(default)]
    pub extra_ca: Option<PathBuf>,
}

fn time_zone() -> Tz {
    chrono_tz::Europe::Moscow
}

fn read_timeout_secs() -> u64 {
    60
}

fn write_timeout_secs() -> u64 {
    180
}

fn concurrency() -> usize {
    2
}

pub struct TreasuryClient {
    odata: ODataClient,
    mapping: Mapping,
    organizations: BTreeMap<String, String>,
}

impl TreasuryClient {
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let mapping: Mapping = odata::mapping(PARTNER, config.mapping.as_deref(), ERP)?;
        mapping.check(PARTNER)?;
        let odata = ODataClient::new(
            PARTNER,
            &mapping.base,
            &Settings {
                base_url: &config.base_url,
                user: &config.user,
                password: &config.password,
                time_zone: config.time_zone,
                read_timeout: Duration::from_secs(config.read_timeout_secs),
                write_timeout: Duration::from_secs(config.write_timeout_secs),
                concurrency: config.concurrency,
                sessions: config.sessions,
                extra_ca: config.extra_ca.as_deref(),
            },
        )?;
        Ok(Self {
            odata,
            mapping,
            organizations: config.organizations.clone(),
        })
    }

    /// Compares the mapping with what the base publishes. The answer is what is missing, an English
    /// sentence each that names base, object and field; while anything is, nothing is written.
    pub async fn check_metadata(&self) -> Result<Vec<String>, PartnerError> {
        self.odata.check(&self.mapping.needs()).await
    }

    /// Ends the session of 1C, if there is one.
    pub async fn close(&self) {
        self.odata.close().await;
    }

    /// The unposted request.
    pub(super) async fn save_request(
        &self,
        request: &SaveRequest,
    ) -> Result<TreasuryRequest, PartnerError> {
        let SaveRequest {
            ref_key,
            legal_entity,
            amount,
            purpose,
            recipient,
            comment,
        } = request;
        let names = &self.mapping.request;
        let value = self.organizations.get(legal_entity).ok_or_else(|| {
            PartnerError::rejected(
                "not_configured",
                format!("В настройках partners.{PARTNER}.organizations нет «{legal_entity}». Ничего не записано."),
            )
        })?;
        let organization = self
            .odata
            .resolve(&self.mapping.organization, value)
            .await?;
        let recipient = seal::recipient(recipient);
        let sealed = Sealed {
            ref_key: *ref_key,
            amount: *amount,
            organization,
            recipient: &recipient,
        };
        let mut fields = vec![
            (names.organization.clone(), Field::Key(organization)),
            (names.amount.clone(), Field::Amount(*amount)),
            (names.purpose.clone(), Field::text(purpose)),
            (
                names.comment.clone(),
                Field::text(sealed.comment(comment, names.recipient.is_none())),
            ),
        ];
        if let Some(name) = &names.recipient {
            fields.push((name.clone(), Field::text(&recipient)));
        }
        fields.extend(constants(&names.constants));
        let parts = names.lines.iter().map(|lines| {
            let mut row = vec![(lines.amount.clone(), Field::Amount(*amount))];
            row.extend(constants(&lines.constants));
            Part {
                name: lines.part.clone(),
                rows: vec![row],
            }
        });
        let draft = Draft {
            object: names.object.clone(),
            key: *ref_key,
            fields,
            at_creation: vec![(
                DATE.to_owned(),
                Field::moment(Utc::now(), self.odata.time_zone()),
            )],
            parts: parts.collect(),
        };
        Ok(TreasuryRequest {
            ref_key: *ref_key,
            number: self.odata.save_numbered(&draft).await?,
        })
    }

    /// Posts the request, unless it is posted: from then on it is in the approval route.
    pub(super) async fn post_request(&self, ref_key: Uuid) -> Result<(), PartnerError> {
        self.odata.post(&self.mapping.request.object, ref_key).await
    }

    /// The decision of the people in 1C, who made it; pending until there is one.
    pub(super) async fn decision(&self, ref_key: Uuid) -> Result<TreasuryDecision, PartnerError> {
        let names = &self.mapping.request;
        let mut select = vec![
            names.status.clone(),
            names.decided_by.clone(),
            names.organization.clone(),
            names.amount.clone(),
            names.comment.clone(),
        ];
        select.extend(names.recipient.clone());
        select.extend([DELETED, POSTED].map(str::to_owned));
        let Some(request) = self.odata.get(&names.object, ref_key, &select).await? else {
            return Err(PartnerError::rejected(
                "absent",
                "Заявки в 1С больше нет: её удалили. Деньги не отправлены.",
            ));
        };
        let by = request.key(&names.decided_by);
        // Whoever marks a request for deletion does not want it paid.
        if request.flag(DELETED) {
            return Ok(TreasuryDecision::Rejected {
                by: by.unwrap_or_default(),
            });
        }
        let value = request.text(&names.status).unwrap_or_default();
        let Some(status) = self.mapping.status.read(value) else {
            return Err(PartnerError::protocol(format!(
                "{PARTNER}: status \"{value}\" of a request is in no list of the mapping"
            )));
        };
        match status {
            Status::Waiting => Err(PartnerError::Pending),
            Status::Rejected => Ok(TreasuryDecision::Rejected {
                by: by.unwrap_or_default(),
            }),
            // Taken out of the approval route again.
            Status::Approved if !request.flag(POSTED) => Err(PartnerError::Pending),
            Status::Approved if !self.is_ours(ref_key, &request) => Err(PartnerError::rejected(
                "changed",
                "Заявку изменили в 1С после отправки: сумма, плательщик или получатель не те, что в сделке. Согласование не засчитано, деньги не отправлены. Верните прежние данные или отклоните заявку.",
            )),
            Status::Approved => match by {
                Some(by) => Ok(TreasuryDecision::Approved { by }),
                None => Err(PartnerError::rejected(
                    "nobody",
                    "Заявка согласована, но в 1С не указано, кем. Согласование не засчитано, деньги не отправлены. Укажите согласовавшего или отклоните заявку.",
                )),
            },
        }
    }

    /// Whether amount, payer and recipient are those that Kite wrote.
    fn is_ours(&self, ref_key: Uuid, request: &Record) -> bool {
        let names = &self.mapping.request;
        let comment = request.text(&names.comment).unwrap_or_default();
        let recipient = match &names.recipient {
            Some(field) => request.text(field),
            None => seal::recipient_of(comment),
        };
        let sealed = request
            .amount(&names.amount)
            .zip(request.key(&names.organization))
            .zip(recipient);
        sealed.is_some_and(|((amount, organization), recipient)| {
            Sealed {
                ref_key,
                amount,
                organization,
                recipient,
            }
            .fits(comment)
        })
    }

    /// Takes the request out of the approval route and marks it for deletion.
    pub(super) async fn withdraw_request(&self, ref_key: Uuid) -> Result<(), PartnerError> {
        self.odata
            .withdraw(&self.mapping.request.object, ref_key)
            .await
    }
}

fn constants(constants: &Map<String, Value>) -> impl Iterator<Item = (String, Field)> {
    constants
        .iter()
        .map(|(name, value)| (name.clone(), Field::Constant(value.clone())))
}
