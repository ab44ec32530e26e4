//! Addresses below `odata/standard.odata`.

use uuid::Uuid;

use super::error::Fail;

const ROOT: &str = "/odata/standard.odata";

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// List of the published entity sets.
    Service,
    Metadata,
    Set {
        entity: String,
    },
    Count {
        entity: String,
    },
    Object {
        entity: String,
        key: Uuid,
    },
    Action {
        entity: String,
        key: Uuid,
        action: Action,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Post,
    Unpost,
}

/// Publication and target of a decoded path. `None` when it is outside of the interface.
pub fn parse(path: &str) -> Option<Result<(String, Target), Fail>> {
    let (publication, rest) = path.split_once(ROOT)?;
    let rest = rest.trim_matches('/');
    let publication = publication.trim_matches('/').to_owned();
    Some(target(rest).map(|target| (publication, target)))
}

fn target(rest: &str) -> Result<Target, Fail> {
    if rest.is_empty() {
        return Ok(Target::Service);
    }
    if rest == "$metadata" {
        return Ok(Target::Metadata);
    }
    let (object, tail) = match rest.find(")/") {
        Some(end) => (&rest[..=end], Some(&rest[end + 2..])),
        None => match rest.split_once('/') {
            Some((set, tail)) => (set, Some(tail)),
            None => (rest, None),
        },
    };
    match (object.split_once('('), tail) {
        (None, None) => Ok(Target::Set {
            entity: object.to_owned(),
        }),
        (None, Some("$count")) => Ok(Target::Count {
            entity: object.to_owned(),
        }),
        (None, Some(tail)) => Err(Fail::method(tail)),
        (Some((entity, key)), tail) => {
            let (entity, key) = (entity.to_owned(), key_of(key)?);
            match tail {
                None => Ok(Target::Object { entity, key }),
                Some("Post" | "Post()") => Ok(Target::Action {
                    entity,
                    key,
                    action: Action::Post,
                }),
                Some("Unpost" | "Unpost()") => Ok(Target::Action {
                    entity,
                    key,
                    action: Action::Unpost,
                }),
                Some(tail) => Err(Fail::method(tail)),
            }
        }
    }
}

/// `guid'…')` or `Ref_Key=guid'…')`.
fn key_of(text: &str) -> Result<Uuid, Fail> {
    let text = text.trim_end_matches(')').trim();
    let text = text.strip_prefix("Ref_Key=").unwrap_or(text);
    let inner = text
        .strip_prefix("guid'")
        .and_then(|rest| rest.strip_suffix('\''))
        .ok_or_else(|| Fail::key("Ref_Key"))?;
    inner.parse().map_err(|_| Fail::key("Ref_Key"))
}

/// Percent-decoding of a path or an option. `+` stays what it is: 1C does not read it as a space.
pub fn decode(raw: &str) -> String {
    let bytes = raw.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| raw.get(at + 1..at + 3))
            .flatten();
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
