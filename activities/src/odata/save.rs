//! Writing that can be repeated, and what makes sure of it.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::client::{Action, ODataClient, lock};
use super::draft::Draft;
use super::metadata::{Metadata, Needs};
use super::problem::Problem;
use super::record::Record;
use super::{DELETED, NUMBER, POSTED, REF_KEY};
use crate::error::PartnerError;

/// A catalogue in which one of our things is found by a value that people know.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    pub(crate) object: String,
    pub(crate) find_by: String,
}

impl ODataClient {
    /// Compares `$metadata` with what a mapping names; the answer is what is missing, a sentence each.
    /// From then on nothing is written until a later call finds it all.
    pub(crate) async fn check(&self, needs: &[Needs<'_>]) -> Result<Vec<String>, PartnerError> {
        let answer = self.metadata().await?;
        let broken = answer.broken("$metadata is not an EDMX document");
        let text = String::from_utf8(answer.into_body()).map_err(|_| broken.clone())?;
        let metadata = tokio::task::spawn_blocking(move || Metadata::parse(&text))
            .await
            .map_err(|_| broken.clone())?
            .ok_or(broken)?;
        let missing: Vec<String> = needs
            .iter()
            .flat_map(|needs| metadata.missing(&self.base, needs))
            .collect();
        *lock(&self.missing) = missing.clone();
        Ok(missing)
    }

    /// The object of `lookup` that `value` names: its Ref_Key, or the value by which it is found.
    /// 1C would take a reference to nothing, so it is looked for before it is written.
    pub(crate) async fn resolve(&self, lookup: &Lookup, value: &str) -> Result<Uuid, PartnerError> {
        let known = (lookup.object.clone(), value.to_owned());
        if let Some(key) = lock(&self.found).get(&known) {
            return Ok(*key);
        }
        let found: Vec<Uuid> = match value.parse::<Uuid>() {
            Ok(key) => self
                .get(&lookup.object, key, &[REF_KEY.to_owned()])
                .await?
                .map(|_| key)
                .into_iter()
                .collect(),
            Err(_) => self.find(&lookup.object, &lookup.find_by, value).await?,
        };
        let [key] = found[..] else {
            let count = if found.is_empty() {
                "нет"
            } else {
                "больше одного"
            };
            return Err(PartnerError::rejected(
                "reference",
                format!(
                    "В базе «{}» {count} объекта {} с {} = «{value}». Исправьте справочник или настройки обмена.",
                    self.base, lookup.object, lookup.find_by
                ),
            ));
        };
        lock(&self.found).insert(known, key);
        Ok(key)
    }

    /// Brings an object to its draft: reads it, creates it or changes what differs, reads it back.
    /// The answer has the fields of the draft and of `also`.
    pub(crate) async fn save(&self, draft: &Draft, also: &[&str]) -> Result<Record, PartnerError> {
        let select = draft.select(is_document(&draft.object), also);
        match self.get(&draft.object, draft.key, &select).await? {
            None => self.create(draft).await?,
            Some(there) => {
                let differing = draft.differing(&there);
                if there.flag(DELETED) {
                    return Err(self.refused(&draft.object, "deleted", "помечен на удаление"));
                }
                if differing.is_empty() {
                    return Ok(there);
                }
                if there.flag(POSTED) {
                    let what = format!("уже проведён с другими данными: {}", differing.join(", "));
                    return Err(self.refused(&draft.object, "posted", &what));
                }
                self.change(&draft.object, draft.key, &draft.change(&differing))
                    .await?;
            }
        }
        let Some(written) = self.get(&draft.object, draft.key, &select).await? else {
            return Err(PartnerError::unavailable(format!(
                "{}: {} is not there after it was written",
                self.http.partner(),
                draft.object
            )));
        };
        match draft.differing(&written).first() {
            None => Ok(written),
            Some(field) => Err(PartnerError::rejected(
                format!("read_back:{field}"),
                format!(
                    "База «{}» сохранила поле «{field}» объекта {} не так, как оно записано: обрезала или отбросила значение. Объект в 1С есть, но неполон; исправьте поле в 1С или настройки обмена и повторите.",
                    self.base, draft.object
                ),
            )),
        }
    }

    /// Saves a document and answers the number that 1C gave it.
    pub(crate) async fn save_numbered(&self, draft: &Draft) -> Result<String, PartnerError> {
        let written = self.save(draft, &[NUMBER]).await?;
        match written.text(NUMBER) {
            Some(number) if !number.is_empty() => Ok(number.to_owned()),
            Some(_) | None => Err(PartnerError::protocol(format!(
                "{}: {} was written without a number",
                self.http.partner(),
                draft.object
            ))),
        }
    }

    /// Posts a document, unless it is posted. 1C's own words reach the person when it refuses.
    pub(crate) async fn post(&self, object: &str, key: Uuid) -> Result<(), PartnerError> {
        let Some(state) = self.state(object, key).await? else {
            return Err(Problem::NotFound.into_error(&self.base));
        };
        if state.flag(POSTED) {
            return Ok(());
        }
        if state.flag(DELETED) {
            return Err(self.refused(object, "deleted", "помечен на удаление"));
        }
        self.act(object, key, Action::Post).await?;
        match self.state(object, key).await? {
            Some(state) if state.flag(POSTED) => Ok(()),
            Some(_) | None => Err(self.refused(
                object,
                "not_posted",
                "после проведения остался непроведённым",
            )),
        }
    }

    /// Takes a document out of use: its posting is taken back, then it is marked for deletion. One
    /// that never came to be is out of use already.
    pub(crate) async fn withdraw(&self, object: &str, key: Uuid) -> Result<(), PartnerError> {
        let Some(state) = self.state(object, key).await? else {
            return Ok(());
        };
        if state.flag(POSTED) {
            self.act(object, key, Action::Unpost).await?;
        }
        if !state.flag(DELETED) {
            self.change(object, key, &json!({ DELETED: true })).await?;
        }
        match self.state(object, key).await? {
            Some(state) if state.flag(POSTED) || !state.flag(DELETED) => {
                Err(self.refused(object, "not_withdrawn", "не удалось пометить на удаление"))
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn state(&self, object: &str, key: Uuid) -> Result<Option<Record>, PartnerError> {
        let select = [REF_KEY, POSTED, DELETED].map(str::to_owned);
        self.get(object, key, &select).await
    }

    pub(super) fn refuse_if_unmapped(&self) -> Result<(), PartnerError> {
        match lock(&self.missing).first() {
            None => Ok(()),
            Some(missing) => Err(PartnerError::rejected(
                "mapping",
                format!(
                    "Настройки обмена не подходят к базе «{}» ({missing}). Ничего не записано; обратитесь в сопровождение.",
                    self.base
                ),
            )),
        }
    }

    fn refused(&self, object: &str, code: &str, what: &str) -> PartnerError {
        PartnerError::rejected(
            code,
            format!(
                "Объект {object} в базе «{}» {what}. Исправьте его в 1С и повторите.",
                self.base
            ),
        )
    }
}

fn is_document(object: &str) -> bool {
    object.starts_with("Document_")
}
