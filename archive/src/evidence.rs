//! The evidence pack of a run: a tar archive whose last two entries are a manifest with the hash of
//! everything before it, and the signature of the manifest.
//!
//! The archive's own bytes follow from names, sizes and contents ([`crate::tape`]), the contents from the
//! manifest, the manifest from the signature. So one changed byte anywhere is found without a network.

mod manifest;
mod verify;

pub use self::manifest::{
    Category, FORMAT, LegalEntity, MANIFEST, Manifest, Missing, Part, Person, Registered,
    SIGNATURE, Seal, VERSION,
};
pub use self::verify::{Flaw, Report, VerifyError, verify};

#[cfg(test)]
mod tests;
