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

/// How many forged tokens are tried.
const FORGERIES: u64 = 120_000;

/// SplitMix64: the same forgeries on every machine.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }
}

/// A token that nobody signed, made from two that were.
fn forge(rng: &mut Rng, token: &str, other: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let others: Vec<&str> = other.split('.').collect();
    let kind = rng.below(12);
    let mut bytes = token.as_bytes().to_vec();
    let at = rng.below(bytes.len());
    match kind {
        0 => bytes[at] ^= 1 << rng.below(7),
        1 => {
            bytes.remove(at);
        }
        2 => bytes.insert(at, b"Aa0-_.=%+/ \n"[rng.below(12)]),
        3 => bytes.truncate(at),
        4 => {
            let with = rng.below(bytes.len());
            bytes.swap(at, with);
        }
        // Parts of two tokens.
        5 => {
            let pick = |rng: &mut Rng, i: usize| [parts[i], others[i]][rng.below(2)];
            return (0..4).map(|i| pick(rng, i)).collect::<Vec<_>>().join(".");
        }
        // What the token says is changed, its signature stays: longer, for another deal, for another purpose.
        6..=8 => {
            let json = URL_SAFE_NO_PAD.decode(parts[2]).expect("a payload");
            let mut said: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
            match kind {
                6 => said["e"] = (said["e"].as_i64().unwrap_or(0) + 1 + at as i64).into(),
                7 => said["s"] = format!("buyout:demo:{at}").into(),
                _ => said["p"] = ["upload", "sign", "admin"][rng.below(3)].into(),
            }
            let payload = URL_SAFE_NO_PAD.encode(said.to_string());
            return format!("v1.{}.{payload}.{}", parts[1], parts[3]);
        }
        // Signed with the key of something else, or with none.
        9 => {
            let signed = token.rsplit_once('.').expect("parts").0;
            let key = [vec![3_u8; 32], Vec::new(), vec![0; 64]][rng.below(3)].clone();
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
            mac.update(DOMAIN.as_bytes());
            mac.update(signed.as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
            return format!("{signed}.{signature}");
        }
        // The right key over another message: without the domain, or with what follows it.
        10 => {
            let (signed, _) = token.rsplit_once('.').expect("parts");
            let mut mac = Hmac::<Sha256>::new_from_slice(&[1; 32]).expect("any length");
            mac.update(signed.as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
            return format!("{signed}.{signature}");
        }
        _ => {
            let signature = &parts[3][..rng.below(parts[3].len())];
            return format!("{}.{}.{}.{signature}", parts[0], parts[1], parts[2]);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn of_many_forgeries_none_is_accepted() {
    let ring = ring();
    let mut genuine = Vec::new();
    for number in 0..40_u8 {
        genuine.push(ring.sign(&LinkClaims {
            subject: format!("buyout:demo:{}", 2_000 + u32::from(number)),
            id: URL_SAFE_NO_PAD.encode([number; 16]),
            ..claims()
        }));
    }
    let mut rng = Rng(1);
    let mut tried = 0;
    while tried < FORGERIES {
        let token = genuine[rng.below(genuine.len())].clone();
        let other = &genuine[rng.below(genuine.len())];
        let forged = forge(&mut rng, &token, other);
        if genuine.contains(&forged) {
            continue;
        }
        tried += 1;
        for purpose in [LinkPurpose::Offer, LinkPurpose::Upload, LinkPurpose::Sign] {
            let answer = ring.verify(&forged, purpose, now());
            assert!(answer.is_err(), "forgery {tried} was accepted: {forged}");
        }
    }
}

/// Tokens that another implementation made, and what it thinks of each, see `dev/tools/link_vectors.py`.
#[derive(Deserialize)]
struct Vector {
    token: String,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
    accepted: bool,
}

#[test]
fn another_implementation_agrees_on_every_vector() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors.json")).expect("vectors");
    let accepted = vectors.iter().filter(|vector| vector.accepted).count();
    assert!(vectors.len() >= 300 && accepted >= 50, "{}", vectors.len());
    for (number, vector) in vectors.iter().enumerate() {
        let answer = ring().verify(&vector.token, vector.purpose, vector.now);
        assert_eq!(
            answer.is_ok(),
            vector.accepted,
            "vector {number}: {answer:?}"
        );
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
