//! A buyout that somebody starts by hand.

use domain::buyout::start::{BuyoutId, BuyoutStart};
use domain::refusal::{FieldViolation, Refusal};
use domain::staff::{Actor, PersonRef};
use proto::kite::buyout::v1 as pb;
use tonic::Status;

use super::Buyouts;
use crate::process::Started;
use crate::starts::{By, Full};
use crate::status;

impl Buyouts {
    pub(super) async fn start(
        &self,
        actor: &Actor,
        request: pb::StartBuyoutRequest,
    ) -> Result<pb::StartBuyoutResponse, Status> {
        let pb::StartBuyoutRequest { portal, deal_id } = request;
        if i64::try_from(deal_id).unwrap_or_default() == 0 {
            return Err(wrong("deal_id", "Такой сделки не бывает."));
        }
        let start = BuyoutStart {
            portal: self.portal(portal).await?,
            deal_id,
            robot: None,
            started_by: Some(PersonRef::from(actor)),
        };
        let id = start.id();
        // Whoever asks for a buyout that goes on has nothing to wait for.
        if self.app.starts.knows(&id) {
            return Ok(joined(id));
        }
        let place = self.app.starts.enter(By::Call).map_err(busy)?;
        let started = self.app.processes.start_buyout(start).await;
        Ok(match started.map_err(status::process)? {
            Started::New => {
                place.keep(id.clone());
                pb::StartBuyoutResponse {
                    id: id.0,
                    joined: false,
                    message: "Выкуп начат.".to_owned(),
                }
            }
            Started::Already => joined(id),
        })
    }

    /// A portal that has the app; when there is one only, it need not be named.
    async fn portal(&self, named: String) -> Result<String, Status> {
        let mut portals = self
            .app
            .portals
            .named(&named)
            .await
            .map_err(status::store)?;
        match (portals.pop(), portals.is_empty()) {
            (Some(portal), true) => Ok(portal),
            (Some(_), false) => Err(wrong("portal", "Порталов несколько, назовите портал.")),
            (None, _) => Err(wrong(
                "portal",
                "На этом портале приложение не установлено.",
            )),
        }
    }
}

fn wrong(field: &str, sentence: &str) -> Status {
    status::refused(&Refusal::invalid(vec![FieldViolation::new(
        field, sentence,
    )]))
}

fn joined(id: BuyoutId) -> pb::StartBuyoutResponse {
    pb::StartBuyoutResponse {
        id: id.0,
        joined: true,
        message: "Выкуп этой сделки уже есть.".to_owned(),
    }
}

fn busy(Full { wait }: Full) -> Status {
    status::busy(
        "Сейчас начато слишком много выкупов сразу. Ничего не потеряно, повторите чуть позже.",
        wait,
    )
}
