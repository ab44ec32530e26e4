//! The gateway's certificate: given, or made on the first run for development.

use std::path::Path;
use std::sync::Arc;

use platform::config::ConfigError;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsConfig;

/// TLS settings with HTTP/2 and HTTP/1.1; `None` when TLS is off.
pub(crate) fn server_config(config: &TlsConfig) -> Result<Option<Arc<ServerConfig>>, ConfigError> {
    let (certificate, key) = match config {
        TlsConfig::Off => return Ok(None),
        TlsConfig::Files { certificate, key } => (
            read(certificate, "server.tls.certificate")?,
            read(key, "server.tls.key")?,
        ),
        TlsConfig::Development { folder } => development(folder)?,
    };
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| ConfigError::value("server.tls.certificate", error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|error| ConfigError::value("server.tls.key", error.to_string()))?;
    let mut tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| ConfigError::value("server.tls", error.to_string()))?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(Arc::new(tls)))
}

fn read(path: &Path, key: &str) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|error| ConfigError::value(key, format!("{}: {error}", path.display())))
}

/// Authority and certificate of a development machine; reused once they are there. `ca.pem` is what a
/// browser or client is told to trust.
fn development(folder: &Path) -> Result<(String, String), ConfigError> {
    let (certificate, key) = (folder.join("gateway.pem"), folder.join("gateway.key"));
    if !certificate.exists() || !key.exists() {
        make(folder).map_err(|error| ConfigError::value("server.tls.folder", error))?;
    }
    Ok((
        read(&certificate, "server.tls.folder")?,
        read(&key, "server.tls.folder")?,
    ))
}

fn make(folder: &Path) -> Result<(), String> {
    let text = |error: rcgen::Error| error.to_string();
    let io = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(io)?;
    let authority_key = KeyPair::generate().map_err(text)?;
    let mut authority = CertificateParams::new(Vec::new()).map_err(text)?;
    authority
        .distinguished_name
        .push(DnType::CommonName, "Kite development authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_certificate = authority.self_signed(&authority_key).map_err(text)?;
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().map_err(text)?;
    let names = vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ];
    let mut leaf = CertificateParams::new(names).map_err(text)?;
    leaf.distinguished_name
        .push(DnType::CommonName, "Kite gateway (development)");
    let certificate = leaf.signed_by(&key, &issuer).map_err(text)?;
    write_private(&folder.join("gateway.key"), &key.serialize_pem()).map_err(io)?;
    std::fs::write(folder.join("ca.pem"), authority_certificate.pem()).map_err(io)?;
    std::fs::write(folder.join("gateway.pem"), certificate.pem()).map_err(io)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_development_certificate_is_made_once() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().expect("a temporary folder");
        let config = TlsConfig::Development {
            folder: dir.path().join("tls"),
        };
        let made = server_config(&config).unwrap_or_else(|error| panic!("{error}"));
        assert!(made.is_some_and(|tls| tls.alpn_protocols[0] == b"h2"));
        let first =
            std::fs::read_to_string(dir.path().join("tls/gateway.pem")).expect("a certificate");
        server_config(&config).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            first,
            std::fs::read_to_string(dir.path().join("tls/gateway.pem")).expect("a certificate")
        );
    }

    #[test]
    fn a_missing_certificate_is_one_sentence() {
        let config = TlsConfig::Files {
            certificate: "/nowhere/a.pem".into(),
            key: "/nowhere/a.key".into(),
        };
        let error = server_config(&config)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default();
        assert!(
            error.contains("server.tls.certificate") && error.contains("/nowhere/a.pem"),
            "{error}"
        );
    }
}
