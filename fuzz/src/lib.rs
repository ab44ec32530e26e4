//! The targets of `tests/it/fuzz.rs`, for a fuzzer that sees which code an input reaches; see docs/testing.md.

use domain::signed_link::{KeyRing, LinkPurpose, masked};

/// An answer of a partner.
pub fn partner(name: &str, bytes: &[u8]) {
    run(&activities::fuzz::TARGETS, name, bytes);
}

/// Bytes that the gateway reads.
pub fn gateway(name: &str, bytes: &[u8]) {
    run(&api_gateway::fuzz::TARGETS, name, bytes);
}

fn run(targets: &[(&str, activities::fuzz::Target)], name: &str, bytes: &[u8]) {
    let (_, target) = targets
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a target of that name");
    target(bytes);
}

/// No text is a link of a key that signed nothing.
pub fn signed_link(bytes: &[u8]) {
    let key = ("k9".to_owned(), vec![9; 32]);
    let keys = KeyRing::new("k9", [key]).expect("a key");
    let text = String::from_utf8_lossy(bytes);
    for purpose in [LinkPurpose::Offer, LinkPurpose::Upload, LinkPurpose::Sign] {
        assert!(
            keys.verify(&text, purpose, chrono::DateTime::UNIX_EPOCH)
                .is_err()
        );
    }
    let _ = masked(&text);
}
