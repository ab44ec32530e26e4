//! The client's signed link.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use contracts::messages::SendOffer;
use domain::buyout::signing::ContractRef;
use domain::buyout::start::BuyoutId;
use domain::signed_link::{KeyRing, LinkClaims, LinkPurpose};
use url::Url;

/// The page of an offer that is over still says so for this long; it no longer acts.
const AFTERLIFE: chrono::Duration = chrono::Duration::days(14);
/// Papers are read this long after they were made; by then they are signed, or nobody will.
const PAPERS: chrono::Duration = chrono::Duration::days(30);
/// The part in which the bearer acts.
const PARTY: &str = "client";

/// Makes links to the gateway's pages. The keys are the gateway's `[links]`.
pub struct Links {
    public_url: Url,
    ring: KeyRing,
}

impl Links {
    /// `public_url`: the gateway as clients reach it.
    pub fn new(public_url: Url, ring: KeyRing) -> Self {
        Self { public_url, ring }
    }

    /// The link of this round of the offer: the same however often it is asked for, while the current
    /// key stays.
    pub(super) fn offer(&self, offer: &SendOffer) -> Url {
        let id = offer
            .buyout
            .object_key(&format!("link/offer/{}", offer.round));
        self.to(&LinkClaims {
            purpose: LinkPurpose::Offer,
            subject: offer.buyout.as_str().to_owned(),
            party: PARTY.to_owned(),
            expires_at: offer.valid_until + AFTERLIFE,
            // Nobody gains by guessing it: what makes a link is the signature.
            id: URL_SAFE_NO_PAD.encode(id.as_bytes()),
        })
    }

    /// The link by which the client reads these papers.
    pub(super) fn signing(
        &self,
        run: &BuyoutId,
        contract: &ContractRef,
        made_at: DateTime<Utc>,
    ) -> Url {
        self.to(&LinkClaims {
            purpose: LinkPurpose::Sign,
            subject: run.as_str().to_owned(),
            party: PARTY.to_owned(),
            expires_at: made_at + PAPERS,
            id: contract.link_id(run),
        })
    }

    fn to(&self, claims: &LinkClaims) -> Url {
        let token = self.ring.sign(claims);
        let mut url = self.public_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["l", token.as_str()]);
        }
        url
    }
}
