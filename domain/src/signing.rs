//! Signatures by which an installation stands for what it gave out: ed25519, so that whoever checks one
//! needs no secret.
//!
//! What is signed begins with a context, so that a signature over one kind of thing is none over another.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Length of a key, secret or public, in bytes.
pub const KEY_BYTES: usize = 32;

/// The installation's keys: one signs, the public halves of all of them verify.
#[derive(Clone)]
pub struct Signers {
    current: String,
    keys: BTreeMap<String, SigningKey>,
}

/// Secrets are not shown.
impl std::fmt::Debug for Signers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signers")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("there is no key \"{0}\" to sign with")]
    NoCurrent(String),
    #[error("a public key is 32 bytes in base64, as the gateway prints it")]
    Malformed,
}

/// A signature with the name of the key that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub key: String,
    /// Base64 of 64 bytes.
    pub signature: String,
}

impl Signers {
    /// `keys` are secret seeds by id; `current` is the one that signs.
    pub fn new(
        current: impl Into<String>,
        keys: impl IntoIterator<Item = (String, [u8; KEY_BYTES])>,
    ) -> Result<Self, KeyError> {
        let current = current.into();
        let keys: BTreeMap<String, SigningKey> = keys
            .into_iter()
            .map(|(id, seed)| (id, SigningKey::from_bytes(&seed)))
            .collect();
        if !keys.contains_key(&current) {
            return Err(KeyError::NoCurrent(current));
        }
        Ok(Self { current, keys })
    }

    /// Id of the key that signs.
    pub fn current(&self) -> &str {
        &self.current
    }

    pub fn sign(&self, context: &str, bytes: &[u8]) -> Signed {
        let signature = self.keys[&self.current].sign(&message(context, bytes));
        Signed {
            key: self.current.clone(),
            signature: STANDARD.encode(signature.to_bytes()),
        }
    }

    /// The public halves.
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            keys: self
                .keys
                .iter()
                .map(|(id, key)| (id.clone(), key.verifying_key()))
                .collect(),
        }
    }
}

/// Keys that somebody trusts, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicKeys {
    keys: BTreeMap<String, VerifyingKey>,
}

/// What a signature turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Not made by this key over these bytes.
    Bad,
    /// No trusted key has that id.
    UnknownKey,
}

impl PublicKeys {
    /// Adds a key as the gateway prints it: base64 of 32 bytes.
    pub fn add(&mut self, id: impl Into<String>, public: &str) -> Result<(), KeyError> {
        self.keys.insert(id.into(), read(public)?);
        Ok(())
    }

    /// Id and base64 of each key, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, String)> {
        self.keys
            .iter()
            .map(|(id, key)| (id.as_str(), STANDARD.encode(key.to_bytes())))
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn verify(&self, context: &str, bytes: &[u8], signed: &Signed) -> Verdict {
        let Signed { key, signature } = signed;
        let Some(key) = self.keys.get(key) else {
            return Verdict::UnknownKey;
        };
        let decoded = STANDARD
            .decode(signature)
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes).ok());
        // The strict check refuses the malleable forms that the plain one lets pass.
        match decoded.map(|signature| key.verify_strict(&message(context, bytes), &signature)) {
            Some(Ok(())) => Verdict::Good,
            Some(Err(_)) | None => Verdict::Bad,
        }
    }
}

fn read(public: &str) -> Result<VerifyingKey, KeyError> {
    let bytes = STANDARD
        .decode(public.trim())
        .map_err(|_| KeyError::Malformed)?;
    let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| KeyError::Malformed)?;
    VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Malformed)
}

fn message(context: &str, bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(context.len() + 1 + bytes.len());
    message.extend_from_slice(context.as_bytes());
    message.push(b'\n');
    message.extend_from_slice(bytes);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signers() -> Signers {
        Signers::new("b", [("a".to_owned(), [1; 32]), ("b".to_owned(), [2; 32])])
            .expect("a current key")
    }

    #[test]
    fn a_signature_holds_for_its_bytes_context_and_key_only() {
        let signers = signers();
        let trusted = signers.public();
        let signed = signers.sign("x", b"bytes");
        assert_eq!(trusted.verify("x", b"bytes", &signed), Verdict::Good);
        assert_eq!(trusted.verify("y", b"bytes", &signed), Verdict::Bad);
        assert_eq!(trusted.verify("x", b"bytez", &signed), Verdict::Bad);
        let by = |key: &str| Signed {
            key: key.to_owned(),
            ..signed.clone()
        };
        assert_eq!(trusted.verify("x", b"bytes", &by("a")), Verdict::Bad);
        assert_eq!(trusted.verify("x", b"bytes", &by("c")), Verdict::UnknownKey);
        for broken in [
            "",
            "not base64",
            &STANDARD.encode([0; 64]),
            &STANDARD.encode([0; 63]),
        ] {
            let signed = Signed {
                key: "b".to_owned(),
                signature: broken.to_owned(),
            };
            assert_eq!(
                trusted.verify("x", b"bytes", &signed),
                Verdict::Bad,
                "{broken}"
            );
        }
    }

    #[test]
    fn the_known_answer_of_the_standard() {
        // RFC 8032, 7.1, test 1: the public key of a published seed.
        let seed: [u8; 32] = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec,
            0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03,
            0x1c, 0xae, 0x7f, 0x60,
        ];
        let public = Signers::new("k", [("k".to_owned(), seed)])
            .expect("a key")
            .public();
        let shown: Vec<(&str, String)> = public.iter().collect();
        assert_eq!(
            shown,
            [(
                "k",
                "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_owned()
            )]
        );
        let mut read = PublicKeys::default();
        read.add("k", &shown[0].1).expect("a key");
        assert_eq!(read, public);
        assert_eq!(read.add("k", "AAAA"), Err(KeyError::Malformed));
    }

    #[test]
    fn secrets_do_not_print_and_a_missing_key_is_named() {
        assert_eq!(format!("{:?}", signers()), "Signers { current: \"b\", .. }");
        let missing = Signers::new("z", []).expect_err("a refusal");
        assert_eq!(missing.to_string(), "there is no key \"z\" to sign with");
    }
}
