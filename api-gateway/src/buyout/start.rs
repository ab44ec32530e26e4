//! A buyout that somebody starts by hand.

use domain::buyout::start::BuyoutStart;
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
        // Before anything that takes time: whoever has to wait learns it at once.
        let place = self.app.starts.enter(By::Call).map_err(full)?;
        let start = BuyoutStart {
            portal: self.portal(portal).await?,
            deal_id,
            robot: None,
            started_by: Some(PersonRef::from(actor)),
        };
        let id = start.id();
        let started = self.app.processes.start_buyout(start).await;
        let (joined, message) = match started.map_err(status::process)? {
            Started::New => {
                place.keep(id.clone());
                (false, "Выкуп начат.")
            }
            Started::Already => (true, "Выкуп этой сделки уже есть."),
        };
        Ok(pb::StartBuyoutResponse {
            id: id.0,
            joined,
            message: message.to_owned(),
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

fn full(Full { wait }: Full) -> Status {
    status::busy(
        "Сейчас начато слишком много выкупов сразу. Ничего не потеряно, повторите чуть позже.",
        wait,
    )
}
