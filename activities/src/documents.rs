//! Documents that Kite makes: rendered from the templates, kept in the object store.

use std::sync::Arc;

use contracts::documents::{RenderDocument, markers};
use domain::document::DocumentKind;
use domain::file::{FileKind, FileRef};
use templates::TemplateError;
use templates::buyout::{Act, Contract};
use temporalio_common::ActivityError;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;

use crate::error::PartnerError;
use crate::evidence::Evidence;

pub struct DocumentActivities {
    pub evidence: Evidence,
}

#[activities]
impl DocumentActivities {
    #[activity(definition = markers::Render)]
    pub async fn render(
        self: Arc<Self>,
        _ctx: ActivityContext,
        document: RenderDocument,
    ) -> Result<FileRef, ActivityError> {
        Ok(self.make(document).await?)
    }
}

impl DocumentActivities {
    /// The same document gives the same bytes and so the same file, however often it is made.
    async fn make(&self, document: RenderDocument) -> Result<FileRef, PartnerError> {
        let buyout = document.buyout.clone();
        // Typst takes tens of milliseconds of a processor, which other activities need not wait for.
        let pdf = tokio::task::spawn_blocking(move || pdf(&document))
            .await
            .map_err(|_| PartnerError::protocol("documents render: the template engine panicked"))?
            .map_err(|error| PartnerError::protocol(format!("documents render: {error}")))?;
        self.evidence
            .keep(&buyout, FileKind::Document, "application/pdf", pdf)
            .await
    }
}

fn pdf(document: &RenderDocument) -> Result<Vec<u8>, TemplateError> {
    let RenderDocument {
        buyout: _,
        kind,
        number,
        version,
        at,
        date_local,
        time_local,
        legal_entity,
        site,
        client,
        car,
        fields,
        price,
        payment_method,
        mileage_km,
        defects,
        contract_number,
    } = document;
    match kind {
        DocumentKind::Contract => Contract {
            number,
            version: *version,
            at: *at,
            date_local,
            legal_entity,
            site,
            client,
            car,
            fields,
            price: *price,
            payment_method,
        }
        .render(),
        DocumentKind::Act => Act {
            number,
            version: *version,
            at: *at,
            date_local,
            time_local,
            contract_number,
            legal_entity,
            site,
            client,
            car,
            fields,
            mileage_km: *mileage_km,
            defects,
        }
        .render(),
    }
}

#[cfg(test)]
mod tests;
