//! Columns that lists and look-ups take out of the document.

use chrono::{DateTime, Utc};
use domain::buyout::state::Buyout;
use sha2::{Digest, Sha256};

use crate::column;
use crate::search::fold;

pub(crate) struct Derived {
    pub(crate) inspector_name: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) make: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) mileage_km: Option<i64>,
    pub(crate) appraised_at: Option<DateTime<Utc>>,
    pub(crate) appraised_price: Option<i64>,
    pub(crate) forecast_price: Option<i64>,
    pub(crate) recipient_hash: Option<String>,
    pub(crate) phone_hash: Option<String>,
    pub(crate) account_hash: Option<String>,
}

impl Derived {
    pub(crate) fn of(buyout: &Buyout) -> Self {
        let car = buyout.deal.as_ref().map(|deal| &deal.car);
        let set = buyout.appraisal.as_ref();
        let paid_to = buyout.papers.as_ref().map(|papers| &papers.requisites);
        Self {
            inspector_name: buyout
                .assignment
                .as_ref()
                .map(|given| column::text(&given.inspector.name)),
            time_zone: buyout
                .policy
                .as_ref()
                .map(|policy| policy.calendar.tz().name().to_owned()),
            make: car.map(|car| plain(&car.make)),
            model: car.map(|car| plain(&car.model)),
            mileage_km: buyout
                .last_inspection()
                .map(|done| i64::from(done.inspection.mileage_km)),
            appraised_at: set.map(|set| column::instant(set.at)),
            appraised_price: set.map(|set| set.appraisal.buyout_price.kopecks()),
            forecast_price: set.map(|set| set.appraisal.forecast_price.kopecks()),
            recipient_hash: paid_to.map(|to| hash("recipient", &plain(&to.recipient_name))),
            phone_hash: paid_to
                .and_then(|to| to.sbp.as_ref())
                .map(|sbp| hash("phone", sbp.phone.digits())),
            account_hash: paid_to
                .and_then(|to| to.account.as_ref())
                .map(|account| hash("account", &format!("{} {}", account.bic, account.account))),
        }
    }
}

/// Case, spacing and the look of letters do not matter.
fn plain(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(fold).collect();
    words.join(" ")
}

fn hash(what: &str, value: &str) -> String {
    let digest = Sha256::digest(format!("{what}:{value}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_has_one_hash_and_another_name_another() {
        let of = |name: &str| hash("recipient", &plain(name));
        assert_eq!(of("Семёнов  Пётр Ильич"), of("СЕМЕНОВ Петр Ильич "));
        assert_ne!(of("Семёнов Пётр"), of("Семёнов Пётр Ильич"));
        assert_ne!(hash("phone", "79000000012"), hash("account", "79000000012"));
        assert!(!of("Семёнов").contains("семен"));
    }
}
