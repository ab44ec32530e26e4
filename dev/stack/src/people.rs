//! A member of staff at work: signs in, waits for a task, decides it. What the demo and the tests play
//! with; the same calls that the staff UI makes.

use std::time::Duration;

use anyhow::{Context, bail};
use proto::kite::audit::v1::audit_service_client::AuditServiceClient;
use proto::kite::buyout::v1::buyout_service_client::BuyoutServiceClient;
use proto::kite::buyout::v1::{self as buyout_pb, GetBuyoutRequest};
use proto::kite::event::v1::event_service_client::EventServiceClient;
use proto::kite::inspection::v1::inspection_service_client::InspectionServiceClient;
use proto::kite::inspection::v1::{self as inspection_pb};
use proto::kite::notification::v1::notification_service_client::NotificationServiceClient;
use proto::kite::ops::v1::ops_service_client::OpsServiceClient;
use proto::kite::policy::v1::policy_service_client::PolicyServiceClient;
use proto::kite::report::v1::report_service_client::ReportServiceClient;
use proto::kite::session::v1::SignInRequest;
use proto::kite::session::v1::session_service_client::SessionServiceClient;
use proto::kite::staff::v1::staff_service_client::StaffServiceClient;
use proto::kite::task::v1::task_service_client::TaskServiceClient;
use proto::kite::task::v1::{self as pb, DecideTaskRequest, GetTaskRequest, ListTasksRequest};
use proto::kite::template::v1::template_service_client::TemplateServiceClient;
use proto::kite::view::v1::view_service_client::ViewServiceClient;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(100);

/// How to reach a gateway: its channel, and its address for uploads.
#[derive(Clone)]
pub struct Door {
    pub channel: Channel,
    pub http: reqwest::Client,
    pub url: url::Url,
    /// How long a decision that could not be brought to its process is sent again, as the same request.
    pub patience: Duration,
}

/// Puts the access token on every call.
#[derive(Clone)]
pub struct Badge(MetadataValue<tonic::metadata::Ascii>);

impl Interceptor for Badge {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.clone());
        Ok(request)
    }
}

type Service = InterceptedService<Channel, Badge>;

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    pub name: String,
    pub id: String,
    pub token: String,
    door: Door,
    badge: Badge,
}

/// A file that was uploaded.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Uploaded {
    pub id: String,
    pub sha256: String,
}

impl Person {
    pub async fn sign_in(door: &Door, login: &str, password: &str) -> anyhow::Result<Self> {
        let mut sessions = SessionServiceClient::new(door.channel.clone());
        let request = SignInRequest {
            login: login.to_owned(),
            password: password.to_owned(),
        };
        let answer = sessions
            .sign_in(request)
            .await
            .with_context(|| format!("{login} could not sign in"))?
            .into_inner();
        let person = answer
            .session
            .and_then(|s| s.person)
            .context("a session without a person")?;
        let badge = Badge(format!("Bearer {}", answer.access_token).parse()?);
        Ok(Self {
            name: person.name,
            id: person.id,
            token: answer.access_token,
            door: door.clone(),
            badge,
        })
    }

    pub fn audit(&self) -> AuditServiceClient<Service> {
        AuditServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn tasks(&self) -> TaskServiceClient<Service> {
        TaskServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn buyouts(&self) -> BuyoutServiceClient<Service> {
        BuyoutServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn inspections(&self) -> InspectionServiceClient<Service> {
        InspectionServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn sessions(&self) -> SessionServiceClient<Service> {
        SessionServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn ops(&self) -> OpsServiceClient<Service> {
        OpsServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn events(&self) -> EventServiceClient<Service> {
        EventServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn notifications(&self) -> NotificationServiceClient<Service> {
        NotificationServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn views(&self) -> ViewServiceClient<Service> {
        ViewServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn reports(&self) -> ReportServiceClient<Service> {
        ReportServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn staff(&self) -> StaffServiceClient<Service> {
        StaffServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn policies(&self) -> PolicyServiceClient<Service> {
        PolicyServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub fn templates(&self) -> TemplateServiceClient<Service> {
        TemplateServiceClient::with_interceptor(self.door.channel.clone(), self.badge.clone())
    }

    pub async fn buyout(&self, id: &str) -> anyhow::Result<buyout_pb::Buyout> {
        let answer = self
            .buyouts()
            .get_buyout(GetBuyoutRequest { id: id.to_owned() })
            .await?;
        answer
            .into_inner()
            .buyout
            .context("an answer without a buyout")
    }

    /// What an inspection of the run must bring.
    pub async fn template(&self, buyout: &str) -> anyhow::Result<inspection_pb::Template> {
        let request = inspection_pb::GetInspectionRequest {
            buyout_id: buyout.to_owned(),
        };
        let answer = self
            .inspections()
            .get_inspection(request)
            .await?
            .into_inner();
        answer.template.context("a run without a template")
    }

    /// Waits until the run has an open task of that kind that this person sees.
    pub async fn wait_for(
        &self,
        buyout: &str,
        kind: &str,
        patience: Duration,
    ) -> anyhow::Result<pb::Task> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let request = ListTasksRequest {
                buyout_id: buyout.to_owned(),
                kind: kind.to_owned(),
                ..Default::default()
            };
            let found = self.tasks().list_tasks(request).await?.into_inner().tasks;
            if let Some(task) = found.into_iter().next() {
                let task = self
                    .tasks()
                    .get_task(GetTaskRequest { id: task.id })
                    .await?
                    .into_inner()
                    .task;
                return task.context("an answer without a task");
            }
            if tokio::time::Instant::now() >= deadline {
                let now = self.buyout(buyout).await.ok().and_then(|b| b.summary);
                let (stage, waiting) = now.map(|s| (s.stage, s.waiting_for)).unwrap_or_default();
                bail!(
                    "{}: no task {kind} in {buyout} after {patience:?}; stage {stage}, waiting for: {waiting}",
                    self.name
                );
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    pub async fn decide(
        &self,
        task: &pb::Task,
        kind: pb::decision::Kind,
    ) -> Result<pb::DecideTaskResponse, Status> {
        let request = DecideTaskRequest {
            id: task.id.clone(),
            version: task.version,
            decision: Some(pb::Decision { kind: Some(kind) }),
            request_id: uuid::Uuid::new_v4().to_string(),
        };
        let deadline = tokio::time::Instant::now() + self.door.patience;
        loop {
            match self.tasks().decide_task(request.clone()).await {
                Err(status)
                    if status.code() == Code::Unavailable
                        && tokio::time::Instant::now() < deadline =>
                {
                    tokio::time::sleep(LOOK).await;
                }
                answer => return Ok(answer?.into_inner()),
            }
        }
    }

    /// Waits for the task and decides it.
    pub async fn answer(
        &self,
        buyout: &str,
        kind: &str,
        decision: pb::decision::Kind,
        patience: Duration,
    ) -> anyhow::Result<pb::Task> {
        let task = self.wait_for(buyout, kind, patience).await?;
        self.decide(&task, decision)
            .await
            .with_context(|| format!("{} could not decide {kind}", self.name))?;
        Ok(task)
    }

    /// Brings a file into the run: ticket, then bytes.
    pub async fn upload(
        &self,
        buyout: &str,
        kind: &str,
        bytes: Vec<u8>,
    ) -> anyhow::Result<Uploaded> {
        #[derive(serde::Deserialize)]
        struct Answer {
            file: Uploaded,
        }
        let request = inspection_pb::CreateUploadTicketRequest {
            buyout_id: buyout.to_owned(),
            kind: kind.to_owned(),
        };
        let ticket = self
            .inspections()
            .create_upload_ticket(request)
            .await?
            .into_inner();
        let url = self.door.url.join(&ticket.upload_path)?;
        let answer = self
            .door
            .http
            .put(url)
            .bearer_auth(&self.token)
            .body(bytes)
            .send()
            .await?;
        let status = answer.status();
        let body = answer.text().await?;
        if !status.is_success() {
            bail!("{} could not upload a {kind}: {status} {body}", self.name);
        }
        Ok(serde_json::from_str::<Answer>(&body)?.file)
    }

    /// Waits until the run is in a final stage or `patience` is over; answers the run as it is then.
    pub async fn wait_for_end(
        &self,
        buyout: &str,
        patience: Duration,
    ) -> anyhow::Result<buyout_pb::Buyout> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            // A run that has just begun is not in the lists yet.
            let now = self.buyout(buyout).await;
            let ended = now
                .as_ref()
                .is_ok_and(|b| b.summary.as_ref().is_some_and(|s| s.ended_at.is_some()));
            if ended || tokio::time::Instant::now() >= deadline {
                return now;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
