//! The way to the gateway: its address, whom we trust, and who we are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use proto::kite::audit::v1::audit_service_client::AuditServiceClient;
use proto::kite::buyout::v1::buyout_service_client::BuyoutServiceClient;
use proto::kite::ops::v1::ops_service_client::OpsServiceClient;
use proto::kite::session::v1::SignInRequest;
use proto::kite::session::v1::session_service_client::SessionServiceClient;
use secrecy::{ExposeSecret, SecretString};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt;
use url::Url;

/// A gateway that does not take the connection within this is away.
const CONNECT: Duration = Duration::from_secs(10);
const TOKEN: &str = "KITE_TOKEN";
const PASSWORD: &str = "KITE_PASSWORD";

#[derive(Args)]
pub(crate) struct Connect {
    /// Address of the gateway.
    #[arg(
        long,
        env = "KITE_GATEWAY",
        default_value = "https://localhost:8443",
        global = true
    )]
    gateway: Url,
    /// Certificate (PEM) of the authority that signed the gateway's; without it public authorities are trusted.
    #[arg(long, env = "KITE_CA", value_name = "FILE", global = true)]
    ca: Option<PathBuf>,
    /// File with an access token; KITE_TOKEN holds one directly.
    #[arg(long, env = "KITE_TOKEN_FILE", value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
    /// Development account to sign in with, where the gateway allows them.
    #[arg(long, env = "KITE_LOGIN", value_name = "NAME", global = true)]
    login: Option<String>,
    /// File with the account's password; KITE_PASSWORD holds one directly.
    #[arg(long, env = "KITE_PASSWORD_FILE", value_name = "FILE", global = true)]
    password_file: Option<PathBuf>,
}

/// A gateway at which we are signed in.
pub(crate) struct Gateway {
    channel: Channel,
    badge: Badge,
}

/// A client of one of the gateway's services that shows our badge.
pub(crate) type Service = InterceptedService<Channel, Badge>;

/// Puts the access token on every call; marked sensitive, so that nothing prints it.
#[derive(Clone)]
pub(crate) struct Badge(MetadataValue<Ascii>);

impl Interceptor for Badge {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.clone());
        Ok(request)
    }
}

impl Gateway {
    pub(crate) fn audit(&self) -> AuditServiceClient<Service> {
        AuditServiceClient::with_interceptor(self.channel.clone(), self.badge.clone())
    }

    pub(crate) fn buyouts(&self) -> BuyoutServiceClient<Service> {
        BuyoutServiceClient::with_interceptor(self.channel.clone(), self.badge.clone())
    }

    pub(crate) fn ops(&self) -> OpsServiceClient<Service> {
        OpsServiceClient::with_interceptor(self.channel.clone(), self.badge.clone())
    }
}

impl Connect {
    /// Connects and signs in. Fails with what is missing: an address that answers, a certificate, a name.
    pub(crate) async fn open(&self) -> anyhow::Result<Gateway> {
        let channel = self
            .endpoint()?
            .connect()
            .await
            .with_context(|| format!("the gateway at {} does not answer", self.gateway))?;
        let token = match self.token()? {
            Some(token) => token,
            None => self.sign_in(channel.clone()).await?,
        };
        let mut badge: MetadataValue<Ascii> = format!("Bearer {}", token.expose_secret())
            .parse()
            .map_err(|_| {
            anyhow::anyhow!("the access token holds characters that no token has")
        })?;
        badge.set_sensitive(true);
        Ok(Gateway {
            channel,
            badge: Badge(badge),
        })
    }

    fn endpoint(&self) -> anyhow::Result<Endpoint> {
        let endpoint = Endpoint::from_shared(self.gateway.to_string())?.connect_timeout(CONNECT);
        if self.gateway.scheme() != "https" {
            return Ok(endpoint);
        }
        let tls = match &self.ca {
            Some(file) => {
                let pem = std::fs::read(file)
                    .with_context(|| format!("--ca {}: cannot be read", file.display()))?;
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
            }
            None => {
                let public = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
                ClientTlsConfig::new().trust_anchors(public)
            }
        };
        Ok(endpoint.tls_config(tls)?)
    }

    fn token(&self) -> anyhow::Result<Option<SecretString>> {
        secret(TOKEN, "--token-file", self.token_file.as_deref())
    }

    async fn sign_in(&self, channel: Channel) -> anyhow::Result<SecretString> {
        let Some(login) = &self.login else {
            bail!(
                "who are you? Set {TOKEN} or --token-file, or give --login with {PASSWORD} or --password-file"
            );
        };
        let password = secret(PASSWORD, "--password-file", self.password_file.as_deref())?
            .with_context(|| {
                format!("the password of {login}: set {PASSWORD} or --password-file")
            })?;
        let request = SignInRequest {
            login: login.clone(),
            password: password.expose_secret().to_owned(),
        };
        let answer = SessionServiceClient::new(channel)
            .sign_in(request)
            .await
            .map_err(refusal)?;
        Ok(SecretString::from(answer.into_inner().access_token))
    }
}

/// A secret from a file, else from the environment; `None` when neither is given.
fn secret(variable: &str, flag: &str, file: Option<&Path>) -> anyhow::Result<Option<SecretString>> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("{flag} {}: cannot be read", file.display()))?,
        None => match std::env::var(variable) {
            Ok(text) => text,
            Err(_) => return Ok(None),
        },
    };
    let text = text.trim();
    Ok((!text.is_empty()).then(|| SecretString::from(text)))
}

/// The gateway's answer as a sentence: its own words, then the fields at fault.
pub(crate) fn refusal(status: Status) -> anyhow::Error {
    let fields: Vec<String> = status
        .get_details_bad_request()
        .map(|bad| {
            bad.field_violations
                .iter()
                .map(|field| format!("{}: {}", field.field, field.description))
                .collect()
        })
        .unwrap_or_default();
    let mut text = format!("{}: {}", words(status.code()), status.message());
    for field in fields {
        text.push_str("\n  ");
        text.push_str(&field);
    }
    anyhow::anyhow!(text)
}

/// What a code of gRPC means for whoever typed the command.
fn words(code: tonic::Code) -> &'static str {
    use tonic::Code;
    match code {
        Code::Unauthenticated => "not signed in",
        Code::PermissionDenied => "not allowed",
        Code::NotFound => "not found",
        Code::InvalidArgument => "not understood",
        Code::FailedPrecondition | Code::Aborted | Code::AlreadyExists => "refused",
        Code::Unavailable => "away",
        Code::ResourceExhausted => "too many calls, try again later",
        Code::DeadlineExceeded => "no answer in time",
        Code::Unimplemented => "the gateway is older than this command",
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::OutOfRange
        | Code::Internal
        | Code::DataLoss => "failed",
    }
}
