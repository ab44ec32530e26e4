//! Calls to Temporal as bytes, over a channel like the client's own: for what reads them on their way.

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use temporalio_client::callback_based::{GrpcRequest, GrpcSuccessResponse};
use temporalio_client::{ConnectionOptions, GrpcCompression, TlsOptions};
use tonic::client::Grpc;
use tonic::codec::{
    BufferSettings, Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder,
};
use tonic::metadata::MetadataMap;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Extensions, Request, Status};

use super::Failed;

/// As much as the client itself takes in one answer.
const LARGEST: usize = 128 * 1024 * 1024;

/// A channel to the server that the options name, with their TLS; opened at once. Names with several addresses
/// are not balanced.
pub(super) async fn open(options: &ConnectionOptions) -> Result<Channel, Failed> {
    let mut endpoint = Endpoint::from_shared(options.target.to_string())?;
    if let Some(timeout) = options.connect_timeout {
        endpoint = endpoint.connect_timeout(timeout);
    }
    if let Some(tls) = &options.tls_options {
        endpoint = secured(endpoint, tls)?;
    }
    if let Some(alive) = &options.keep_alive {
        endpoint = endpoint
            .keep_alive_while_idle(true)
            .http2_keep_alive_interval(alive.interval)
            .keep_alive_timeout(alive.timeout);
    }
    if let Some(origin) = options.override_origin.clone() {
        endpoint = endpoint.origin(origin);
    }
    Ok(endpoint.connect().await?)
}

fn secured(mut endpoint: Endpoint, options: &TlsOptions) -> Result<Endpoint, Failed> {
    let mut tls = ClientTlsConfig::new();
    if let Some(domain) = &options.domain {
        endpoint = endpoint.origin(format!("https://{domain}").parse()?);
        tls = tls.domain_name(domain);
    }
    tls = match (&options.server_cert_verifier, &options.server_root_ca_cert) {
        (Some(_), _) => tls,
        (None, Some(root)) => tls.ca_certificate(Certificate::from_pem(root)),
        (None, None) => tls.with_native_roots(),
    };
    if let Some(own) = &options.client_tls_options {
        tls = tls.identity(Identity::from_pem(
            &own.client_cert,
            &own.client_private_key,
        ));
    }
    Ok(match &options.server_cert_verifier {
        Some(verifier) => endpoint.tls_config_with_verifier(tls, verifier.clone())?,
        None => endpoint.tls_config(tls)?,
    })
}

/// Makes the call as the client worded it.
pub(super) async fn call(
    channel: Channel,
    compression: GrpcCompression,
    request: GrpcRequest,
) -> Result<GrpcSuccessResponse, Status> {
    let GrpcRequest {
        service,
        rpc,
        headers,
        proto,
    } = request;
    let path = PathAndQuery::try_from(format!("/{service}/{rpc}"))
        .map_err(|error| Status::internal(error.to_string()))?;
    let mut grpc = Grpc::new(channel).max_decoding_message_size(LARGEST);
    if compression == GrpcCompression::Gzip {
        grpc = grpc
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip);
    }
    grpc.ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let metadata = MetadataMap::from_headers(headers);
    let request = Request::from_parts(metadata, Extensions::new(), proto);
    let (metadata, proto, _) = grpc.unary(request, path, Raw).await?.into_parts();
    Ok(GrpcSuccessResponse {
        headers: metadata.into_headers(),
        proto: proto.into(),
    })
}

/// Messages stay the bytes that they are.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

#[cfg(test)]
mod tests;
