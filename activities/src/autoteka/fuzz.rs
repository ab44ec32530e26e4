use std::time::Instant;

use chrono::Utc;

use super::dto::{self, Wrapped};
use super::{bought_at, client, interpret, valuation};
use crate::fuzz::raw;
use crate::http::Answer;

/// Every answer that the client reads, as if these bytes were it.
pub(crate) fn read(answer: &Answer) {
    if let Ok(token) = answer.json::<dto::Token>() {
        let _ = Instant::now() + client::held_for(token.expires_in);
    }
    let _ = answer.json::<Wrapped<dto::Ordered>>();
    let _ = answer.json::<Wrapped<dto::SpecificationOrdered>>();
    if let Ok(listed) = answer.json::<Wrapped<Vec<dto::Bought>>>() {
        for bought in listed.result {
            let _ = bought_at(&bought.created_at, Utc::now());
        }
    }
    if let Ok(fetched) = answer.json::<Wrapped<dto::Fetched>>()
        && let Some(data) = fetched.result.report.data
    {
        for inspected_km in [0, 120_000] {
            interpret::history(&data, inspected_km, Utc::now(), raw());
        }
    }
    if let Ok(fetched) = answer.json::<Wrapped<dto::SpecificationFetched>>()
        && let Some(normalized) = fetched.result.specification.normalized_specification
    {
        valuation::fuzz(normalized);
    }
    if let Ok(catalogue) = answer.json::<Wrapped<dto::Catalogue>>() {
        for field in catalogue.result.fields {
            valuation::fuzz_owners(&field.values);
        }
    }
    if let Ok(valued) = answer.json::<Wrapped<dto::Valuated>>()
        && let Some(valuation) = valued.result.valuation
    {
        interpret::market(&valuation, None, (2021, "2020"), Utc::now(), raw());
        interpret::market(&valuation, Some(2), (2021, "2021"), Utc::now(), raw());
    }
    let _ = client::refusal(answer);
}
