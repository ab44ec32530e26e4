use std::time::Duration;

use prost::Message;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use temporalio_client::ClientTlsOptions;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Code;
use tonic::transport::{Server, ServerTlsConfig};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::*;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: String,
}

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let root = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            root,
        })
    }

    /// Certificate and key.
    fn issue(&self, name: &str) -> Result<(String, String), rcgen::Error> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec![name.to_owned()])?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

/// A server that is called `temporal.test` and wants a certificate of the authority's; its address.
async fn serve(authority: &Authority) -> anyhow::Result<String> {
    let (certificate, key) = authority.issue("temporal.test")?;
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(certificate, key))
        .client_ca_root(Certificate::from_pem(&authority.root));
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter
        .set_service_status("kite", tonic_health::ServingStatus::Serving)
        .await;
    let health = health
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("https://{}", listener.local_addr()?);
    let serving = Server::builder()
        .tls_config(tls)?
        .add_service(health)
        .serve_with_incoming(TcpListenerStream::new(listener));
    tokio::spawn(serving);
    Ok(address)
}

fn options(address: &str, authority: &Authority) -> anyhow::Result<ConnectionOptions> {
    let (certificate, key) = authority.issue("worker.test")?;
    let own = ClientTlsOptions::builder()
        .client_cert(certificate.into_bytes())
        .client_private_key(key.into_bytes())
        .build();
    let tls = TlsOptions::builder()
        .server_root_ca_cert(authority.root.clone().into_bytes())
        .domain("temporal.test".to_owned())
        .client_tls_options(own)
        .build();
    Ok(ConnectionOptions::new(address.parse::<url::Url>()?)
        .connect_timeout(Duration::from_secs(10))
        .tls_options(tls)
        .build())
}

fn check(service: &str) -> GrpcRequest {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    GrpcRequest {
        service: "grpc.health.v1.Health".to_owned(),
        rpc: "Check".to_owned(),
        headers: http::HeaderMap::new(),
        proto: request.encode_to_vec().into(),
    }
}

#[tokio::test]
async fn a_call_over_tls_with_a_certificate_of_ours_brings_the_bytes_of_its_answer()
-> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = Authority::new()?;
    let address = serve(&authority).await?;
    let channel = open(&options(&address, &authority)?)
        .await
        .map_err(|error| anyhow::anyhow!(error))?;
    for compression in [GrpcCompression::None, GrpcCompression::Gzip] {
        let answer = call(channel.clone(), compression, check("kite")).await?;
        let answer = HealthCheckResponse::decode(answer.proto.as_slice())?;
        assert_eq!(answer.status(), ServingStatus::Serving);
        let refused = call(channel.clone(), compression, check("another")).await;
        assert_eq!(
            refused.map(|_| ()).map_err(|status| status.code()),
            Err(Code::NotFound)
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_another_authority_vouches_for_is_not_called() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (authority, another) = (Authority::new()?, Authority::new()?);
    let address = serve(&another).await?;
    assert!(open(&options(&address, &authority)?).await.is_err());
    Ok(())
}
