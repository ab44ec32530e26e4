//! Who knows the secret of the callbacks, and who only nearly does.

use axum::extract::Query;
use http::{HeaderValue, Uri, header};

use super::*;

const SECRET: &str = "callbacks-of-the-tests";
/// How many wrong secrets are tried.
const FORGERIES: u64 = 100_000;

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

fn query(uri: &str) -> BTreeMap<String, String> {
    let uri: Uri = uri.parse().expect("an address");
    Query::try_from_uri(&uri)
        .map(|Query(query)| query)
        .unwrap_or_default()
}

fn in_address(secret: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("key", secret);
    format!("/callbacks/yookassa?{}", query.finish())
}

/// The secret with something wrong about it.
fn forge(rng: &mut Rng) -> String {
    let mut bytes = SECRET.as_bytes().to_vec();
    let at = rng.below(bytes.len());
    match rng.below(8) {
        0 => bytes[at] ^= 1 << rng.below(7),
        1 => {
            bytes.remove(at);
        }
        2 => bytes.insert(at, b"a-\0 \n%"[rng.below(6)]),
        3 => bytes.truncate(at),
        4 => {
            let with = rng.below(bytes.len());
            bytes.swap(at, with);
        }
        5 => bytes[at] = bytes[at].to_ascii_uppercase(),
        6 => bytes.extend_from_slice(&SECRET.as_bytes()[..at]),
        _ => bytes.rotate_left(at),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn the_secret_opens_by_address_and_by_bearer() {
    assert!(knows(
        SECRET,
        &HeaderMap::new(),
        &query(&in_address(SECRET))
    ));
    let mut headers = HeaderMap::new();
    let bearer = HeaderValue::from_static("Bearer callbacks-of-the-tests");
    headers.insert(header::AUTHORIZATION, bearer);
    assert!(knows(SECRET, &headers, &BTreeMap::new()));
    // Who gives two keys is believed by the bearer only.
    let wrong = HeaderValue::from_static("Bearer callbacks-of-the-test");
    headers.insert(header::AUTHORIZATION, wrong);
    assert!(!knows(SECRET, &headers, &query(&in_address(SECRET))));
    assert!(!knows(SECRET, &HeaderMap::new(), &BTreeMap::new()));
}

#[test]
fn of_many_wrong_secrets_none_opens() {
    let mut rng = Rng(1);
    let mut tried = 0;
    while tried < FORGERIES {
        let forged = forge(&mut rng);
        // Spaces around a bearer are no part of it.
        if forged.trim() == SECRET {
            continue;
        }
        tried += 1;
        let by_address = knows(SECRET, &HeaderMap::new(), &query(&in_address(&forged)));
        assert!(!by_address, "{forged:?} in the address was accepted");
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {forged}")) {
            headers.insert(header::AUTHORIZATION, value);
        }
        assert!(
            !knows(SECRET, &headers, &BTreeMap::new()),
            "{forged:?} as a bearer was accepted"
        );
    }
}
