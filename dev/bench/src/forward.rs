//! The least server through which a start can go: one call over TLS, the bare SDK behind it, and nothing in between. What
//! it takes longer than the SDK alone is what any gateway takes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};

use anyhow::Context as _;
use domain::buyout::start::BuyoutStart;
use futures::future::BoxFuture;
use proto::kite::buyout::v1::{StartBuyoutRequest, StartBuyoutResponse};
use serde::{Deserialize, Serialize};
use temporalio_client::{
    Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions,
};
use temporalio_common::search_attributes::SearchAttributes;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use workflows::buyout::BuyoutWorkflow;

use crate::noop;

/// Of the server; its file in JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Of Temporal.
    pub(crate) address: String,
    pub(crate) listen: SocketAddr,
    /// With `gateway.pem` and `gateway.key`.
    pub(crate) tls: PathBuf,
}

/// A start of the buyout by the SDK alone, worded as the gateway words it.
pub(crate) async fn start(client: &Client, deal_id: u64) -> anyhow::Result<String> {
    let start = BuyoutStart {
        portal: "bare".to_owned(),
        deal_id,
        robot: None,
        started_by: None,
    };
    let id = start.id().0;
    let options = WorkflowStartOptions::new(contracts::queues::KITE, id.clone())
        .id_reuse_policy(WorkflowIdReusePolicy::RejectDuplicate)
        .id_conflict_policy(WorkflowIdConflictPolicy::Fail)
        .static_summary(format!("Выкуп, сделка {deal_id}"))
        .search_attributes(SearchAttributes::new([
            contracts::search_attributes::STAGE.value_set("NEW".to_owned()),
            contracts::search_attributes::DEAL.value_set(deal_id.to_string()),
        ]))
        .build();
    client
        .start_workflow(BuyoutWorkflow::run, start, options)
        .await?;
    Ok(id)
}

pub(crate) async fn serve(file: &Path, stop: CancellationToken) -> anyhow::Result<()> {
    let Place {
        address,
        listen,
        tls,
    } = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let read = |name: &str| {
        let path = tls.join(name);
        std::fs::read(&path).with_context(|| format!("{}", path.display()))
    };
    let identity = Identity::from_pem(read("gateway.pem")?, read("gateway.key")?);
    let forward = Forward(noop::client(&address).await?);
    Server::builder()
        .tls_config(ServerTlsConfig::new().identity(identity))?
        .add_service(forward)
        .serve_with_shutdown(listen, stop.cancelled_owned())
        .await?;
    Ok(())
}

#[derive(Clone)]
struct Forward(Client);

impl NamedService for Forward {
    const NAME: &'static str = "kite.buyout.v1.BuyoutService";
}

impl Service<http::Request<Body>> for Forward {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let start = Start(self.0.clone());
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::default());
            Ok(grpc.unary(start, request).await)
        })
    }
}

struct Start(Client);

impl UnaryService<StartBuyoutRequest> for Start {
    type Response = StartBuyoutResponse;
    type Future = BoxFuture<'static, Result<Response<StartBuyoutResponse>, Status>>;

    fn call(&mut self, request: Request<StartBuyoutRequest>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let started = start(&client, request.into_inner().deal_id).await;
            let id = started.map_err(|error| Status::unavailable(error.to_string()))?;
            Ok(Response::new(StartBuyoutResponse {
                id,
                joined: false,
                message: "Выкуп начат.".to_owned(),
            }))
        })
    }
}
