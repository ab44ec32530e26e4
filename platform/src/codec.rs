//! Payloads are encrypted before they leave the process: Temporal stores what it cannot read. Large ones are compressed
//! before, since the SDK keeps what a run said in memory until the run leaves it, and the history for good.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aes_gcm::aead::{Aead, Payload as AeadPayload};
use aes_gcm::{Aes256Gcm, Key, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use futures::FutureExt;
use futures::future::BoxFuture;
use prost::Message;
use temporalio_common::data_converters::{
    DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConversionError, PayloadConverter,
    SerializationContextData,
};
use temporalio_common::protos::temporal::api::common::v1::Payload;

use crate::config::ConfigError;
use crate::keys::KeysConfig;

const ENCODING: &str = "encoding";
const ENCRYPTED: &[u8] = b"binary/encrypted";
/// Of what is within an encrypted payload: the Protobuf bytes of the payload, as one Zstandard frame.
const COMPRESSED: &[u8] = b"binary/zstd";
/// Bytes of a payload below which compression saves nothing that anybody would notice.
const LARGE: usize = 2 * 1024;
/// The quickest: what a run says is the same names again and again.
const LEVEL: i32 = 1;
/// Nothing larger is compressed, so nothing that expands to more is ours.
const EXPANDED_CAP: usize = 16 * 1024 * 1024;
const KEY_ID: &str = "encryption-key-id";
const CIPHER: &str = "encryption-cipher";
const CIPHER_NAME: &[u8] = b"AES-256-GCM";
const NONCE_BYTES: usize = 12;
/// Before a sealed text; no token of a partner begins so.
const SEALED: &str = "kite-sealed:";

/// AES-256-GCM with a key ring. The namespace is authenticated data: a payload copied into another
/// namespace does not open.
#[derive(Clone)]
pub struct Codec {
    inner: Arc<Inner>,
}

struct Inner {
    namespace: String,
    current: String,
    ciphers: BTreeMap<String, Aes256Gcm>,
}

/// Why a payload does not open. No content in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("payload is encrypted with key \"{0}\", which is not in the key ring")]
    UnknownKey(String),
    #[error("payload does not open: wrong key, other namespace or changed bytes")]
    Forged,
    #[error("payload is cut short")]
    Short,
    #[error("payload could not be encrypted")]
    Encrypt,
    #[error("payload could not be compressed or expanded")]
    Compression,
}

impl Codec {
    pub fn new(namespace: &str, keys: &KeysConfig) -> Result<Self, ConfigError> {
        let ciphers = keys
            .decode("codec")?
            .into_iter()
            .map(|(id, key)| (id, Aes256Gcm::new(&Key::<Aes256Gcm>::from(key))))
            .collect();
        Ok(Self {
            inner: Arc::new(Inner {
                namespace: namespace.to_owned(),
                current: keys.current.clone(),
                ciphers,
            }),
        })
    }

    /// The converter that clients and workers use: payloads and failure texts are encrypted alike.
    pub fn data_converter(&self) -> DataConverter {
        DataConverter::new(
            PayloadConverter::default(),
            DefaultFailureConverter::new(true),
            self.clone(),
        )
    }

    pub fn encrypt(&self, payload: &Payload) -> Result<Payload, CodecError> {
        let inner = &self.inner;
        let cipher = inner
            .ciphers
            .get(&inner.current)
            .ok_or_else(|| CodecError::UnknownKey(inner.current.clone()))?;
        let nonce: [u8; NONCE_BYTES] = rand::random();
        // Protobuf bytes of the whole payload, as the other SDKs' encryption keeps it.
        let plain = compressed(payload.encode_to_vec())?;
        let sealed = cipher
            .encrypt(
                &Nonce::from(nonce),
                AeadPayload {
                    msg: &plain,
                    aad: inner.namespace.as_bytes(),
                },
            )
            .map_err(|_| CodecError::Encrypt)?;
        let mut data = nonce.to_vec();
        data.extend(sealed);
        Ok(Payload {
            metadata: HashMap::from([
                (ENCODING.to_owned(), ENCRYPTED.to_vec()),
                (CIPHER.to_owned(), CIPHER_NAME.to_vec()),
                (KEY_ID.to_owned(), inner.current.clone().into_bytes()),
            ]),
            data,
            ..Default::default()
        })
    }

    /// Opens an encrypted payload; one that is not encrypted passes as it is.
    pub fn decrypt(&self, payload: &Payload) -> Result<Payload, CodecError> {
        if payload.metadata.get(ENCODING).map(Vec::as_slice) != Some(ENCRYPTED) {
            return Ok(payload.clone());
        }
        let id = payload
            .metadata
            .get(KEY_ID)
            .map(|id| String::from_utf8_lossy(id).into_owned())
            .unwrap_or_default();
        let cipher = self
            .inner
            .ciphers
            .get(&id)
            .ok_or_else(|| CodecError::UnknownKey(id.clone()))?;
        let (nonce, sealed) = payload
            .data
            .split_at_checked(NONCE_BYTES)
            .ok_or(CodecError::Short)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| CodecError::Short)?;
        let plain = cipher
            .decrypt(
                &Nonce::from(nonce),
                AeadPayload {
                    msg: sealed,
                    aad: self.inner.namespace.as_bytes(),
                },
            )
            .map_err(|_| CodecError::Forged)?;
        let plain = Payload::decode(plain.as_slice()).map_err(|_| CodecError::Forged)?;
        expanded(plain)
    }

    /// Seals a short secret for the database.
    pub fn seal_text(&self, text: &str) -> Result<String, CodecError> {
        let payload = Payload {
            data: text.as_bytes().to_vec(),
            ..Default::default()
        };
        let sealed = self.encrypt(&payload)?.encode_to_vec();
        Ok(format!("{SEALED}{}", STANDARD_NO_PAD.encode(sealed)))
    }

    /// Opens a sealed text; one that was never sealed passes as it is.
    pub fn open_text(&self, text: &str) -> Result<String, CodecError> {
        let Some(sealed) = text.strip_prefix(SEALED) else {
            return Ok(text.to_owned());
        };
        let bytes = STANDARD_NO_PAD
            .decode(sealed)
            .map_err(|_| CodecError::Forged)?;
        let sealed = Payload::decode(bytes.as_slice()).map_err(|_| CodecError::Forged)?;
        let opened = self.decrypt(&sealed)?;
        String::from_utf8(opened.data).map_err(|_| CodecError::Forged)
    }

    fn all(
        &self,
        payloads: Vec<Payload>,
        each: impl Fn(&Self, &Payload) -> Result<Payload, CodecError>,
    ) -> Result<Vec<Payload>, PayloadConversionError> {
        payloads
            .iter()
            .map(|payload| {
                each(self, payload)
                    .map_err(|error| PayloadConversionError::EncodingError(error.into()))
            })
            .collect()
    }
}

/// The bytes of a payload, or of a payload that holds them compressed when they are many and that makes them fewer.
fn compressed(plain: Vec<u8>) -> Result<Vec<u8>, CodecError> {
    if !(LARGE..=EXPANDED_CAP).contains(&plain.len()) {
        return Ok(plain);
    }
    let data = zstd::bulk::compress(&plain, LEVEL).map_err(|_| CodecError::Compression)?;
    let small = Payload {
        metadata: HashMap::from([(ENCODING.to_owned(), COMPRESSED.to_vec())]),
        data,
        ..Default::default()
    };
    let small = small.encode_to_vec();
    Ok(if small.len() < plain.len() {
        small
    } else {
        plain
    })
}

/// The payload within a compressed one; another one passes as it is.
fn expanded(payload: Payload) -> Result<Payload, CodecError> {
    if payload.metadata.get(ENCODING).map(Vec::as_slice) != Some(COMPRESSED) {
        return Ok(payload);
    }
    let size = zstd::zstd_safe::get_frame_content_size(&payload.data)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= EXPANDED_CAP)
        .ok_or(CodecError::Compression)?;
    let plain = zstd::bulk::decompress(&payload.data, size).map_err(|_| CodecError::Compression)?;
    Payload::decode(plain.as_slice()).map_err(|_| CodecError::Forged)
}

impl PayloadCodec for Codec {
    fn encode(
        &self,
        _context: &SerializationContextData,
        payloads: Vec<Payload>,
    ) -> BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>> {
        std::future::ready(self.all(payloads, Self::encrypt)).boxed()
    }

    fn decode(
        &self,
        _context: &SerializationContextData,
        payloads: Vec<Payload>,
    ) -> BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>> {
        std::future::ready(self.all(payloads, Self::decrypt)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(current: &str) -> KeysConfig {
        KeysConfig {
            current: current.to_owned(),
            keys: BTreeMap::from([
                (
                    "2025".to_owned(),
                    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".into(),
                ),
                (
                    "2026".to_owned(),
                    "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=".into(),
                ),
            ]),
        }
    }

    fn codec(namespace: &str, current: &str) -> Codec {
        Codec::new(namespace, &keys(current)).expect("a codec")
    }

    fn secret() -> Payload {
        Payload {
            metadata: HashMap::from([(ENCODING.to_owned(), b"json/plain".to_vec())]),
            data: "\"паспорт 4509 123456\"".as_bytes().to_vec(),
            ..Default::default()
        }
    }

    #[test]
    fn a_payload_of_the_former_key_opens_after_rotation() {
        let sealed = codec("kite", "2025").encrypt(&secret()).expect("sealed");
        assert!(!sealed.data.windows(4).any(|w| w == b"4509"));
        assert_eq!(codec("kite", "2026").decrypt(&sealed), Ok(secret()));
    }

    #[test]
    fn another_namespace_a_lost_key_and_any_changed_byte_are_refused() {
        let sealed = codec("kite", "2026").encrypt(&secret()).expect("sealed");
        assert_eq!(
            codec("other", "2026").decrypt(&sealed),
            Err(CodecError::Forged)
        );
        let mut ring = keys("2025");
        ring.keys.remove("2026");
        assert_eq!(
            Codec::new("kite", &ring).expect("a codec").decrypt(&sealed),
            Err(CodecError::UnknownKey("2026".to_owned()))
        );
        for index in 0..sealed.data.len() {
            let mut forged = sealed.clone();
            forged.data[index] ^= 1;
            assert_eq!(
                codec("kite", "2026").decrypt(&forged),
                Err(CodecError::Forged),
                "byte {index}"
            );
        }
        let short = Payload {
            data: vec![1, 2, 3],
            ..sealed
        };
        assert_eq!(
            codec("kite", "2026").decrypt(&short),
            Err(CodecError::Short)
        );
    }

    #[test]
    fn a_large_payload_is_a_fraction_and_comes_back_unchanged() {
        let large = Payload {
            data: "{\"task\":\"INSPECT\",\"state\":\"OPEN\"},"
                .repeat(1_000)
                .into(),
            ..secret()
        };
        let sealed = codec("kite", "2026").encrypt(&large).expect("sealed");
        assert!(
            sealed.data.len() < large.data.len() / 6,
            "{}",
            sealed.data.len()
        );
        assert_eq!(codec("kite", "2026").decrypt(&sealed), Ok(large));
    }

    #[test]
    fn what_no_compression_makes_smaller_stays_as_it_is() {
        let noise: Vec<u8> = (0..LARGE).map(|_| rand::random()).collect();
        let noise = Payload {
            data: noise,
            ..secret()
        };
        let sealed = codec("kite", "2026").encrypt(&noise).expect("sealed");
        assert!(sealed.data.len() < noise.data.len() + 128);
        assert_eq!(codec("kite", "2026").decrypt(&sealed), Ok(noise));
    }

    #[test]
    fn what_would_expand_to_too_much_is_not_compressed() {
        let plain = vec![0; EXPANDED_CAP + 1];
        assert_eq!(compressed(plain.clone()), Ok(plain));
    }

    #[test]
    fn a_large_payload_from_before_compression_opens() {
        let large = Payload {
            data: vec![b'x'; 2 * LARGE],
            ..secret()
        };
        let plain = large.encode_to_vec();
        assert!(compressed(plain.clone()).expect("compressed").len() < plain.len());
        assert_eq!(
            expanded(Payload::decode(plain.as_slice()).expect("a payload")),
            Ok(large)
        );
    }

    #[test]
    fn a_frame_that_is_cut_or_says_too_much_is_refused() {
        let frame = |data| Payload {
            metadata: HashMap::from([(ENCODING.to_owned(), COMPRESSED.to_vec())]),
            data,
            ..Default::default()
        };
        let whole = zstd::bulk::compress(&[b'x'; LARGE], LEVEL).expect("a frame");
        for cut in 0..whole.len() {
            assert_eq!(
                expanded(frame(whole[..cut].to_vec())),
                Err(CodecError::Compression),
                "{cut}"
            );
        }
        let bomb = zstd::bulk::compress(&vec![0; EXPANDED_CAP + 1], LEVEL).expect("a frame");
        assert_eq!(expanded(frame(bomb)), Err(CodecError::Compression));
    }

    #[test]
    fn what_was_never_encrypted_passes() {
        assert_eq!(codec("kite", "2026").decrypt(&secret()), Ok(secret()));
    }

    #[test]
    fn a_sealed_text_opens_after_rotation_and_a_plain_one_passes() {
        let sealed = codec("kite", "2025").seal_text("token").expect("sealed");
        assert!(!sealed.contains("token"));
        assert_eq!(
            codec("kite", "2026").open_text(&sealed),
            Ok("token".to_owned())
        );
        assert_eq!(
            codec("other", "2026").open_text(&sealed),
            Err(CodecError::Forged)
        );
        assert_eq!(
            codec("kite", "2026").open_text("token"),
            Ok("token".to_owned())
        );
    }

    #[test]
    fn a_ring_without_its_current_key_is_a_sentence() {
        let error = Codec::new("kite", &keys("2027"))
            .err()
            .map(|e| e.to_string());
        assert_eq!(
            error.as_deref(),
            Some("configuration: codec.current: there is no key \"2027\" in codec.keys")
        );
    }
}
