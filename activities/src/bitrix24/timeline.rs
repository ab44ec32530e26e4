//! Comments in the deal's timeline, once per key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contracts::bitrix24::Comment;
use domain::buyout::start::BuyoutId;
use domain::file::FileRef;
use serde_json::json;

use super::{Bitrix24Activities, dto, marker};
use crate::error::PartnerError;
use crate::messages::attachment;

/// Pages of fifty that are looked through; a deal with more comments than this is not a person's.
const PAGES: usize = 40;

impl Bitrix24Activities {
    /// Search, add, and search again, see [`marker::settle`].
    pub(super) async fn write_comment(
        &self,
        comment: &Comment,
        attempt: u32,
    ) -> Result<u64, PartnerError> {
        let Comment {
            portal,
            deal_id,
            key,
            text,
            files,
        } = comment;
        let marker = marker::of(key);
        if let Some(id) = self.comments(portal, *deal_id, &marker).await?.first() {
            return Ok(*id);
        }
        let run = BuyoutId::new(portal, *deal_id);
        let mut fields = json!({
            "ENTITY_ID": deal_id,
            "ENTITY_TYPE": "deal",
            "COMMENT": format!("{text}\n{marker}"),
        });
        if !files.is_empty() {
            fields["FILES"] = json!(self.encoded(&run, files).await?);
        }
        let added = self
            .client
            .call::<u64>(
                portal,
                "crm.timeline.comment.add",
                json!({ "fields": fields }),
            )
            .await
            .map(|reply| reply.result);
        let search = self.comments(portal, *deal_id, &marker);
        marker::settle("comment", attempt, added, search).await
    }

    /// Ids of the comments with the marker, the oldest first.
    async fn comments(
        &self,
        portal: &str,
        deal_id: u64,
        marker: &str,
    ) -> Result<Vec<u64>, PartnerError> {
        let mut found = Vec::new();
        let mut start = 0;
        for _ in 0..PAGES {
            let query = json!({
                "filter": { "ENTITY_ID": deal_id, "ENTITY_TYPE": "deal" },
                "select": ["ID", "COMMENT"],
                "order": { "ID": "ASC" },
                "start": start,
            });
            let reply = self
                .client
                .call::<Vec<dto::TimelineComment>>(portal, "crm.timeline.comment.list", query)
                .await?;
            found.extend(reply.result.into_iter().filter_map(|comment| {
                let text = dto::as_text(&comment.comment)?;
                text.contains(marker).then_some(comment.id?)
            }));
            match reply.next {
                Some(next) => start = next,
                None => break,
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Files as the portal takes them: name and base64.
    pub(super) async fn encoded(
        &self,
        run: &BuyoutId,
        files: &[FileRef],
    ) -> Result<Vec<(String, String)>, PartnerError> {
        let loaded = attachment::load(&self.evidence, run, files).await?;
        Ok(loaded
            .into_iter()
            .map(|file| (file.name, STANDARD.encode(file.bytes)))
            .collect())
    }
}
