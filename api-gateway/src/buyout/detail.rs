//! A run with the others that have to do with it.

use chrono::Utc;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::staff::Actor;
use proto::kite::buyout::v1 as pb;
use serde_json::json;
use store::{BuyoutFilter, BuyoutSort};
use tonic::Status;

use super::{Buyouts, query};
use crate::access::{Action, Read};
use crate::convert;
use crate::convert::buyout::{Kin, Sight};
use crate::status;

/// Other runs of the same car, and runs to compare with.
const MOST_SAME_CAR: u64 = 20;
const MOST_ANALOGUES: u64 = 10;

impl Buyouts {
    /// The run, and whose data of it the person gets to see.
    pub(super) async fn detail(
        &self,
        id: &str,
        actor: &Actor,
    ) -> Result<(pb::Buyout, Read), Status> {
        let id = BuyoutId(id.to_owned());
        let (row, buyout) = self
            .app
            .store
            .buyout_with_row(&id)
            .await
            .map_err(status::store)?
            .ok_or_else(|| status::not_found("Дело"))?;
        let access = &self.app.access;
        access.see_buyout(actor, &buyout)?;
        let sight = Sight {
            prices: access.sees_prices(actor),
            client: access.allowed(actor, Action::SeeClient),
            papers: access.allowed(actor, Action::SeePapers),
            refusals: access.sees_refusals(actor),
        };
        let kin = self.kin(&buyout, actor, sight).await?;
        let detail = convert::buyout::detail(&row, &buyout, &kin, actor, sight, Utc::now());
        Ok((detail, read(&buyout, sight)))
    }

    /// The same car and analogues are shown as the list would show them. That money goes where it went
    /// before is told whatever the city, to those who work with papers.
    async fn kin(&self, buyout: &Buyout, actor: &Actor, sight: Sight) -> Result<Kin, Status> {
        let store = &self.app.store;
        let mut kin = Kin::default();
        if let Some(deal) = &buyout.deal {
            let same_car = BuyoutFilter {
                identifier: Some(deal.car.identifier.as_str().to_owned()),
                except: Some(buyout.id.clone()),
                ..query::visible(&self.app.access, actor)
            };
            kin.same_car = store
                .all_buyouts(&same_car, BuyoutSort::default(), MOST_SAME_CAR)
                .await
                .map_err(status::store)?;
        }
        if sight.papers {
            kin.duplicates = store.duplicates(buyout).await.map_err(status::store)?;
        }
        if sight.prices {
            let before = buyout
                .appraisal
                .as_ref()
                .map_or_else(Utc::now, |set| set.at);
            kin.analogues = store
                .analogues(buyout, &actor.cities, before, MOST_ANALOGUES)
                .await
                .map_err(status::store)?;
        }
        Ok(kin)
    }
}

/// Before the deal is read there is nobody whose data could be shown.
fn read(buyout: &Buyout, sight: Sight) -> Read {
    let Sight {
        prices: _,
        client,
        papers,
        refusals: _,
    } = sight;
    let client = client && buyout.deal.is_some();
    let papers = papers && buyout.papers.is_some();
    if !client && !papers {
        return Read::nothing();
    }
    let detail = json!({ "client": client, "papers": papers });
    Read::of_run("buyout.read", &buyout.id, detail)
}
