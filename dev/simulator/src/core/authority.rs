//! A certificate authority of the simulator's own, kept in its folder: the portal speaks HTTPS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

const CA: &str = "ca.pem";
const CA_KEY: &str = "ca.key.pem";
const LEAF: &str = "portal.pem";
const LEAF_KEY: &str = "portal.key.pem";
/// Names that the portal's certificate is good for.
const NAMES: [&str; 3] = ["localhost", "portal.localhost", "127.0.0.1"];

/// The authority and the certificate it gave to the portal.
pub struct Authority {
    folder: PathBuf,
    certificate: String,
}

impl Authority {
    /// The authority of the folder, made on the first call.
    pub fn kept_in(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        if ![CA, CA_KEY, LEAF, LEAF_KEY]
            .iter()
            .all(|name| folder.join(name).exists())
        {
            make(folder).context("cannot make certificates")?;
        }
        let certificate = std::fs::read_to_string(folder.join(CA))?;
        Ok(Self {
            folder: folder.to_owned(),
            certificate,
        })
    }

    /// What a client has to trust, PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The same as a file.
    pub fn path(&self) -> PathBuf {
        self.folder.join(CA)
    }

    /// Server side of the portal. HTTP/1.1 only: a connection can then be dropped as a whole.
    pub(super) fn server(&self) -> anyhow::Result<Arc<ServerConfig>> {
        let chain = CertificateDer::pem_file_iter(self.folder.join(LEAF))?
            .collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_file(self.folder.join(LEAF_KEY))?;
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn make(folder: &Path) -> anyhow::Result<()> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::default();
    ca.distinguished_name
        .push(DnType::CommonName, "Kite simulator CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    let certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::from_params(&ca, &ca_key);

    let leaf_key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(NAMES.map(str::to_owned).to_vec())?;
    leaf.distinguished_name
        .push(DnType::CommonName, "Kite simulator portal");
    leaf.use_authority_key_identifier_extension = true;
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let given = leaf.signed_by(&leaf_key, &issuer)?;

    std::fs::write(folder.join(CA), certificate.pem())?;
    secret(&folder.join(CA_KEY), &ca_key.serialize_pem())?;
    std::fs::write(folder.join(LEAF), given.pem())?;
    secret(&folder.join(LEAF_KEY), &leaf_key.serialize_pem())
}

/// A file that its owner alone may read.
fn secret(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}
