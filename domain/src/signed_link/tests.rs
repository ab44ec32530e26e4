use chrono::Duration;
use proptest::prelude::*;

use super::*;

fn key(id: &str, byte: u8) -> (String, Vec<u8>) {
    (id.to_owned(), vec![byte; MIN_KEY_BYTES])
}

fn ring() -> KeyRing {
    KeyRing::new("k1", [key("k1", 1), key("k2", 2)]).unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-23T11:05:00Z".parse().unwrap()
}

fn claims() -> LinkClaims {
    LinkClaims {
        purpose: LinkPurpose::Offer,
        subject: "buyout:demo:1042".to_owned(),
        party: "client".to_owned(),
        expires_at: now() + Duration::hours(72),
        id: "AAECAwQFBgcICQoLDA0ODw".to_owned(),
    }
}

#[test]
fn the_form_of_a_token_is_permanent() {
    let token = ring().sign(&claims());
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts[..2], ["v1", "k1"]);
    assert_eq!(
        String::from_utf8(URL_SAFE_NO_PAD.decode(parts[2]).unwrap()).unwrap(),
        r#"{"p":"offer","s":"buyout:demo:1042","a":"client","e":1795691100,"i":"AAECAwQFBgcICQoLDA0ODw"}"#
    );
    assert_eq!(parts[3], "ruGI1tU_susV-FDY-fkmfWipbX8nsoebCGh1_uhdGLk");
}

#[test]
fn a_link_gives_back_its_claims_until_it_expires() {
    let token = ring().sign(&claims());
    assert_eq!(
        ring().verify(&token, LinkPurpose::Offer, now()),
        Ok(claims())
    );
    let at = claims().expires_at;
    let before = at - Duration::seconds(1);
    assert_eq!(
        ring().verify(&token, LinkPurpose::Offer, before),
        Ok(claims())
    );
    assert_eq!(
        ring().verify(&token, LinkPurpose::Offer, at),
        Err(LinkError::Expired { at })
    );
}

#[test]
fn a_link_serves_its_purpose_only() {
    let token = ring().sign(&claims());
    for purpose in [LinkPurpose::Upload, LinkPurpose::Sign] {
        assert_eq!(
            ring().verify(&token, purpose, now()),
            Err(LinkError::WrongPurpose)
        );
    }
}

#[test]
fn an_old_key_verifies_until_it_is_removed() {
    let token = ring().sign(&claims());
    let rotated = KeyRing::new("k3", [key("k1", 1), key("k3", 3)]).unwrap();
    assert_eq!(
        rotated.verify(&token, LinkPurpose::Offer, now()),
        Ok(claims())
    );
    assert!(rotated.sign(&claims()).starts_with("v1.k3."));
    let removed = KeyRing::new("k3", [key("k3", 3)]).unwrap();
    assert_eq!(
        removed.verify(&token, LinkPurpose::Offer, now()),
        Err(LinkError::UnknownKey)
    );
}

#[test]
fn a_key_id_cannot_be_exchanged() {
    let token = ring().sign(&claims()).replacen("v1.k1.", "v1.k2.", 1);
    assert_eq!(
        ring().verify(&token, LinkPurpose::Offer, now()),
        Err(LinkError::BadSignature)
    );
    let same_key = KeyRing::new("k1", [key("k1", 1), key("k2", 1)]).unwrap();
    assert_eq!(
        same_key.verify(&token, LinkPurpose::Offer, now()),
        Err(LinkError::BadSignature),
        "the id is signed too"
    );
}

#[test]
fn texts_that_are_no_links_are_refused() {
    let token = ring().sign(&claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    for text in [
        String::new(),
        "...".to_owned(),
        signed.to_owned(),
        format!("{signed}."),
        format!("{signed}.{}", &signature[..40]),
        format!("{token}.x"),
        format!("{token}="),
        format!("{token} "),
        token.replacen("v1", "v2", 1),
        format!("{signed}.{}", "A".repeat(MAX_TOKEN)),
    ] {
        let refused = ring().verify(&text, LinkPurpose::Offer, now());
        assert!(
            matches!(refused, Err(LinkError::Malformed | LinkError::BadSignature)),
            "{text}: {refused:?}"
        );
    }
}

#[test]
fn weak_and_ambiguous_keys_are_refused() {
    let short = ("k1".to_owned(), vec![1; MIN_KEY_BYTES - 1]);
    let refused = |current: &str, keys: Vec<(String, Vec<u8>)>| {
        KeyRing::new(current, keys)
            .map(|ring| format!("{ring:?}"))
            .unwrap_err()
    };
    assert_eq!(
        refused("k1", vec![short]),
        KeyRingError::ShortKey {
            id: "k1".to_owned()
        }
    );
    assert_eq!(refused("k.1", vec![key("k.1", 1)]), KeyRingError::KeyId);
    assert_eq!(refused("", vec![key("", 1)]), KeyRingError::KeyId);
    assert_eq!(
        refused("k1", vec![key("k1", 1), key("k1", 2)]),
        KeyRingError::DuplicateKey {
            id: "k1".to_owned()
        }
    );
    assert_eq!(
        refused("k9", vec![key("k1", 1)]),
        KeyRingError::NoCurrentKey {
            id: "k9".to_owned()
        }
    );
}

#[test]
fn logs_see_neither_keys_nor_tokens() {
    let shown = format!("{:?}", ring());
    assert_eq!(shown, r#"KeyRing { current: "k1", keys: ["k1", "k2"] }"#);

    let token = ring().sign(&claims());
    let hidden = masked(&token);
    assert!(
        hidden.starts_with("v1.k1.#") && hidden.len() == "v1.k1.#".len() + 8,
        "{hidden}"
    );
    let payload = token.split('.').nth(2).unwrap();
    assert!(!hidden.contains(&payload[..8]));
    let forged = masked("v1.injected\nline.x.y");
    assert!(
        forged.starts_with("malformed.#") && !forged.contains("injected"),
        "{forged}"
    );
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let token = ring().sign(&claims());
    for index in 0..token.len() {
        for byte in 0x20_u8..0x7f {
            let mut forged = token.clone().into_bytes();
            if forged[index] == byte {
                continue;
            }
            forged[index] = byte;
            let forged = String::from_utf8(forged).unwrap();
            let answer = ring().verify(&forged, LinkPurpose::Offer, now());
            assert!(answer.is_err(), "byte {index} as {byte} was accepted");
        }
    }
}

proptest! {
    #[test]
    fn any_claims_survive_and_no_changed_byte_does(
        subject in ".{0,60}",
        party in "[a-z]{1,12}",
        seconds in 1_i64..10_000_000,
        place in any::<prop::sample::Index>(),
        byte in 0_u8..0x80,
    ) {
        let expires_at = now() + Duration::seconds(seconds);
        let claims = LinkClaims { subject, party, expires_at, ..claims() };
        let token = ring().sign(&claims);
        prop_assert_eq!(ring().verify(&token, LinkPurpose::Offer, now()), Ok(claims));

        let mut forged = token.clone().into_bytes();
        let index = place.index(forged.len());
        prop_assume!(forged[index] != byte);
        forged[index] = byte;
        let forged = String::from_utf8(forged).unwrap();
        prop_assert!(ring().verify(&forged, LinkPurpose::Offer, now()).is_err());
    }

    #[test]
    fn any_text_is_refused_without_panic(text in ".{0,200}") {
        prop_assert!(ring().verify(&text, LinkPurpose::Sign, now()).is_err());
        prop_assert!(!masked(&text).is_empty());
    }
}
