//! A buyout played by people: each step as a member of staff, the client or a partner would do it. The
//! demo plays all of them in order; tests play some and then something else.

use std::time::Duration;

use anyhow::{Context, bail};
use proto::kite::task::v1 as pb;
use proto::kite::task::v1::decision::Kind;
use serde_json::{Value, json};

use crate::papers::{self, PlayedCar};
use crate::people::Person;
use crate::portal;
use crate::seed;
use crate::stack::Stack;

/// How long a step may take before the play is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// One deal in play.
pub struct Play<'a> {
    pub stack: &'a Stack,
    /// The run's workflow id.
    pub id: String,
    pub deal: u64,
    pub car: PlayedCar,
    /// Car and owner as the simulator's catalogue has them.
    pub catalogue: Value,
    pub patience: Duration,
}

/// Prices of an appraisal, in roubles.
#[derive(Debug, Clone, Copy)]
pub struct Prices {
    pub buyout: i64,
    pub stop: i64,
    pub forecast: i64,
}

impl<'a> Play<'a> {
    /// A client's deal on a car of that kind; see the simulator's catalogue for kinds.
    pub async fn deal(stack: &'a Stack, kind: &str) -> anyhow::Result<Self> {
        let catalogue = stack
            .control
            .post("catalogue/fresh", json!({ "kind": kind }))
            .await?;
        Self::deal_on(stack, catalogue, json!({})).await
    }

    /// A deal on a given car of the catalogue; `fields` override fields of the deal.
    pub async fn deal_on(
        stack: &'a Stack,
        catalogue: Value,
        fields: Value,
    ) -> anyhow::Result<Self> {
        let mut request = json!({ "car": catalogue["id"], "city": seed::CITY });
        if let (Some(request), Some(fields)) = (request.as_object_mut(), fields.as_object()) {
            request.extend(fields.clone());
        }
        let made = stack.control.post("bitrix24/deals", request).await?;
        let deal = made["deal_id"]
            .as_u64()
            .context("the portal gave no deal id")?;
        Ok(Self {
            stack,
            id: format!("buyout:{}:{deal}", simulator::bitrix24::MEMBER_ID),
            deal,
            car: portal::played_car(&catalogue)?,
            catalogue,
            patience: PATIENCE,
        })
    }

    /// The deal reaches the stage at which the portal's robot calls Kite.
    pub async fn robot_calls(&self) -> anyhow::Result<()> {
        let path = format!("bitrix24/deals/{}/stage", self.deal);
        self.stack
            .control
            .post(&path, json!({ "stage": seed::policy().stages.inspection }))
            .await?;
        Ok(())
    }

    /// Whom the run was given to.
    pub async fn inspector(&self) -> anyhow::Result<Person> {
        let head = self.stack.sign_in("head").await?;
        head.wait_for(&self.id, "INSPECT", self.patience).await?;
        let chosen = head
            .buyout(&self.id)
            .await?
            .inspector
            .context("a run without an inspector")?;
        let account = seed::ACCOUNTS
            .iter()
            .find(|account| account.name == chosen.name);
        let login = account
            .with_context(|| format!("{} has no account", chosen.name))?
            .login;
        self.stack.sign_in(login).await
    }

    /// The inspector goes there, photographs, measures, hands in.
    pub async fn inspect(&self) -> anyhow::Result<Person> {
        self.inspect_seeing(self.car.clone()).await
    }

    /// The same with another car before the camera.
    pub async fn inspect_seeing(&self, seen: PlayedCar) -> anyhow::Result<Person> {
        let inspector = self.inspector().await?;
        let task = inspector
            .wait_for(&self.id, "INSPECT", self.patience)
            .await?;
        let template = inspector.template(&self.id).await?;
        let mut photos = Vec::new();
        for number in 0..template.required_angles.len() as u32 {
            let seed = (self.deal as u32).wrapping_mul(31).wrapping_add(number);
            photos.push(
                inspector
                    .upload(&self.id, "PHOTO", papers::photo(seed))
                    .await?
                    .id,
            );
        }
        let inspection = papers::inspection(&template, &seen, &photos);
        inspector
            .decide(&task, Kind::SubmitInspection(inspection))
            .await?;
        Ok(inspector)
    }

    pub async fn appraise(&self, prices: Prices) -> anyhow::Result<Person> {
        let appraiser = self.stack.sign_in("appraiser").await?;
        let appraisal = papers::appraisal(prices.buyout, prices.stop, prices.forecast);
        appraiser
            .answer(
                &self.id,
                "APPRAISE",
                Kind::Appraise(appraisal),
                self.patience,
            )
            .await?;
        Ok(appraiser)
    }

    pub async fn approve_price(&self) -> anyhow::Result<Person> {
        let senior = self.stack.sign_in("senior").await?;
        let word = pb::ApprovePrice {
            approved: true,
            comment: "Цена обоснована.".to_owned(),
        };
        senior
            .answer(
                &self.id,
                "APPROVE_PRICE",
                Kind::ApprovePrice(word),
                self.patience,
            )
            .await?;
        Ok(senior)
    }

    /// The manager writes down what the client said on the telephone.
    pub async fn client_says(&self, answer: &str, amount: i64, reason: &str) -> anyhow::Result<()> {
        let manager = self.stack.sign_in("manager").await?;
        let task = manager
            .wait_for(&self.id, "OFFER_TO_CLIENT", self.patience)
            .await?;
        let buyout = manager.buyout(&self.id).await?;
        let said = pb::ClientAnswer {
            round: buyout
                .offer
                .map(|offer| offer.round)
                .context("no offer stands")?,
            answer: answer.to_owned(),
            amount: (amount > 0).then(|| papers::rubles(amount)),
            reason: reason.to_owned(),
        };
        manager.decide(&task, Kind::ClientAnswer(said)).await?;
        Ok(())
    }

    pub async fn bargain(&self, decision: &str, price: i64) -> anyhow::Result<()> {
        let manager = self.stack.sign_in("manager").await?;
        let word = pb::Bargain {
            decision: decision.to_owned(),
            price: (price > 0).then(|| papers::rubles(price)),
            reason: String::new(),
        };
        manager
            .answer(&self.id, "BARGAIN", Kind::Bargain(word), self.patience)
            .await?;
        Ok(())
    }

    /// The manager brings the client's papers as scans, with the fields read from them.
    pub async fn bring_papers(&self) -> anyhow::Result<()> {
        let manager = self.stack.sign_in("manager").await?;
        let task = manager
            .wait_for(&self.id, "COLLECT_PAPERS", self.patience)
            .await?;
        let mut scans = Vec::new();
        for number in 0..4 {
            let seed = (self.deal as u32)
                .wrapping_mul(37)
                .wrapping_add(1_000 + number);
            scans.push(
                manager
                    .upload(&self.id, "SCAN", papers::photo(seed))
                    .await?
                    .id,
            );
        }
        manager
            .decide(&task, Kind::SubmitPapers(papers::papers(&self.car, &scans)))
            .await?;
        Ok(())
    }

    pub async fn verify_papers(&self) -> anyhow::Result<Person> {
        let verifier = self.stack.sign_in("verifier").await?;
        verifier
            .answer(
                &self.id,
                "VERIFY_PAPERS",
                Kind::VerifyPapers(papers::accepted()),
                self.patience,
            )
            .await?;
        Ok(verifier)
    }

    /// Contract and act come back signed.
    pub async fn sign(&self) -> anyhow::Result<()> {
        let manager = self.stack.sign_in("manager").await?;
        let task = manager
            .wait_for(&self.id, "SIGN_CONTRACT", self.patience)
            .await?;
        let mut scans = Vec::new();
        for (number, kind) in ["CONTRACT", "ACT"].into_iter().enumerate() {
            let seed = (self.deal as u32)
                .wrapping_mul(41)
                .wrapping_add(2_000 + number as u32);
            let file = manager
                .upload(&self.id, "SCAN", papers::photo(seed))
                .await?;
            scans.push(pb::SignedScan {
                kind: kind.to_owned(),
                file_id: file.id,
            });
        }
        manager
            .decide(&task, Kind::Signed(pb::Signed { scans }))
            .await?;
        Ok(())
    }

    /// Somebody of the treasury decides the request there.
    pub async fn treasury_decides(&self, decision: &str, login: &str) -> anyhow::Result<()> {
        let head = self.stack.sign_in("head").await?;
        head.wait_for(&self.id, "APPROVE_PAYMENT", self.patience)
            .await?;
        let number = self.payment(&head).await?.treasury_number;
        let requests = self.stack.control.get("onec_treasury/requests").await?;
        let request = requests
            .as_array()
            .into_iter()
            .flatten()
            .find(|request| request["number"] == number.as_str())
            .with_context(|| format!("the treasury has no request № {number}"))?;
        let key = request["ref_key"]
            .as_str()
            .context("a request without a key")?;
        let users = self.stack.control.get("onec_treasury/users").await?;
        let user = portal::treasury_user(&users, login)
            .with_context(|| format!("no treasury user {login}"))?;
        let path = format!("onec_treasury/requests/{key}/decision");
        let body = json!({ "decision": decision, "user": user, "comment": "" });
        self.stack.control.post(&path, body).await?;
        Ok(())
    }

    /// A human signs the payment order in the bank.
    pub async fn bank_signs(&self) -> anyhow::Result<()> {
        let head = self.stack.sign_in("head").await?;
        head.wait_for(&self.id, "SIGN_BANK_ORDER", self.patience)
            .await?;
        let order = self.payment(&head).await?.partner_id;
        self.stack
            .control
            .post(&format!("bank/orders/{order}/sign"), json!({}))
            .await?;
        Ok(())
    }

    pub async fn confirm_payment(&self) -> anyhow::Result<()> {
        let verifier = self.stack.sign_in("verifier").await?;
        let word = pb::Reason {
            text: "Получатель и сумма сверены.".to_owned(),
        };
        verifier
            .answer(
                &self.id,
                "CONFIRM_PAYMENT",
                Kind::ConfirmPayment(word),
                self.patience,
            )
            .await?;
        Ok(())
    }

    /// From the robot's call to a price that the client is offered.
    pub async fn up_to_offer(&self, prices: Prices) -> anyhow::Result<()> {
        self.robot_calls().await?;
        self.inspect().await?;
        self.appraise(prices).await?;
        let limit = self.stack.settings.policy.limits.price_without_approval;
        if domain::money::Money::from_rubles(prices.stop) > limit {
            self.approve_price().await?;
        }
        Ok(())
    }

    /// From an accepted price to the approval of the payment.
    pub async fn up_to_payment(&self) -> anyhow::Result<()> {
        self.bring_papers().await?;
        self.verify_papers().await?;
        self.sign().await?;
        self.treasury_decides("approve", "approver").await
    }

    /// Waits for the end and answers its stage.
    pub async fn end(&self) -> anyhow::Result<String> {
        let head = self.stack.sign_in("head").await?;
        let ended = head.wait_for_end(&self.id, self.patience).await?;
        let summary = ended.summary.context("a buyout without a summary")?;
        if summary.ended_at.is_none() {
            bail!(
                "{} has not ended after {:?}: stage {}, waiting for: {}",
                self.id,
                self.patience,
                summary.stage,
                summary.waiting_for
            );
        }
        Ok(summary.stage)
    }

    async fn payment(&self, person: &Person) -> anyhow::Result<proto::kite::buyout::v1::Payment> {
        person
            .buyout(&self.id)
            .await?
            .payments
            .pop()
            .context("the run has no payment")
    }
}
