//! Bytes made from bytes: a seeded mutator that knows JSON, forms, XML, protobuf and pictures well enough to
//! get past the first check.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};

/// Longest input that is made.
const LONGEST: usize = 64 * 1024;

/// Texts that have broken readers before.
const TEXTS: [&str; 26] = [
    "",
    " ",
    "0",
    "-1",
    "1e308",
    "NaN",
    "9223372036854775807",
    "18446744073709551615",
    "-9223372036854775808",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "262143-12-31T23:59:59Z",
    "2026-02-30",
    "2026-02-29 25:61:61",
    "\u{feff}",
    "\u{0}",
    "\u{202e}имя",
    "Ёё",
    "ß",
    "İ",
    "%",
    "%00",
    "{}",
    "[]",
    "ok",
    "success",
];

const NUMBERS: [f64; 12] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e15,
    1e19,
    1e300,
    -1e300,
    4_294_967_295.0,
    253_402_300_800.0,
    8.3e12,
];

const INTEGERS: [i64; 12] = [
    0,
    1,
    -1,
    i64::MAX,
    i64::MIN,
    i64::MAX - 1,
    i64::MAX / 100,
    i64::MIN / 100,
    253_402_300_799,
    8_210_266_876_799,
    4_294_967_296,
    -62_135_596_801,
];

pub struct Mutator {
    rng: StdRng,
}

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// Something near one of the seeds, or between two of them.
    pub fn next(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let empty = Vec::new();
        let seed = seeds.choose(&mut self.rng).unwrap_or(&empty);
        let mut made = match serde_json::from_slice::<Value>(seed) {
            Ok(mut value) if self.rng.random_ratio(4, 5) => {
                for _ in 0..self.rng.random_range(1..=4) {
                    self.json(&mut value, 0);
                }
                value.to_string().into_bytes()
            }
            _ => seed.clone(),
        };
        let turns = if made == *seed {
            self.rng.random_range(1..=6)
        } else {
            self.rng.random_range(0..=1)
        };
        for _ in 0..turns {
            self.bytes(&mut made, seeds);
        }
        made.truncate(LONGEST);
        made
    }

    /// Changes one place of a tree.
    fn json(&mut self, value: &mut Value, depth: usize) {
        let deeper = depth < 24 && self.rng.random_ratio(9, 10);
        match value {
            Value::Object(fields) if deeper && !fields.is_empty() => {
                let index = self.rng.random_range(0..fields.len());
                match self.rng.random_range(0..14) {
                    0 => {
                        let name = fields.keys().nth(index).cloned();
                        name.and_then(|name| fields.remove(&name));
                    }
                    1 => {
                        let taken = fields.values().nth(index).cloned();
                        let name = fields.keys().next_back().cloned();
                        if let (Some(taken), Some(name)) = (taken, name) {
                            fields.insert(name, taken);
                        }
                    }
                    _ => {
                        if let Some((_, chosen)) = fields.iter_mut().nth(index) {
                            self.json(chosen, depth + 1);
                        }
                    }
                }
            }
            Value::Array(items) if deeper && !items.is_empty() => {
                let index = self.rng.random_range(0..items.len());
                match self.rng.random_range(0..10) {
                    0 => {
                        items.remove(index);
                    }
                    1 => {
                        let twice = items[index].clone();
                        items.push(twice);
                    }
                    2 => {
                        let many = items[index].clone();
                        items.extend(std::iter::repeat_n(many, 40));
                    }
                    _ => self.json(&mut items[index], depth + 1),
                }
            }
            _ => *value = self.leaf(value),
        }
    }

    fn leaf(&mut self, was: &Value) -> Value {
        match self.rng.random_range(0..12) {
            0 => Value::Null,
            1 => json!(self.rng.random::<bool>()),
            2..=4 => json!(INTEGERS.choose(&mut self.rng)),
            5 => json!(u64::MAX),
            6 => json!(NUMBERS.choose(&mut self.rng)),
            7 => match was {
                Value::String(text) => {
                    let mut bytes = text.clone().into_bytes();
                    self.bytes(&mut bytes, &[]);
                    json!(String::from_utf8_lossy(&bytes))
                }
                other => json!(other.to_string()),
            },
            8 => {
                let mut nested = was.clone();
                for _ in 0..self.rng.random_range(1..120) {
                    nested = json!([nested]);
                }
                nested
            }
            9 => {
                let mut fields = Map::new();
                fields.insert("id".to_owned(), was.clone());
                Value::Object(fields)
            }
            _ => json!(TEXTS.choose(&mut self.rng)),
        }
    }

    /// Changes bytes, whatever they mean.
    fn bytes(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.rng.random_range(0..=bytes.len());
        match self.rng.random_range(0..11) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.rng.random_range(0..8),
            1 if at < bytes.len() => bytes[at] = self.rng.random(),
            2 => bytes.truncate(at),
            3 if at < bytes.len() => {
                let until = (at + self.rng.random_range(1..32)).min(bytes.len());
                bytes.drain(at..until);
            }
            4 => {
                let text = TEXTS.choose(&mut self.rng).copied().unwrap_or_default();
                bytes.splice(at..at, text.bytes());
            }
            5 => {
                let until = (at + self.rng.random_range(1..64)).min(bytes.len());
                let piece = bytes[at..until].to_vec();
                for _ in 0..self.rng.random_range(1..50) {
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
            6 => {
                // A length or a number in front of what it counts.
                let number: u32 = *[0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFF_FFFF, u32::MAX]
                    .choose(&mut self.rng)
                    .unwrap_or(&0);
                let number = if self.rng.random() {
                    number.to_be_bytes()
                } else {
                    number.to_le_bytes()
                };
                let until = (at + 4).min(bytes.len());
                bytes.splice(at..until, number);
            }
            7 => {
                if let Some(other) = seeds
                    .choose(&mut self.rng)
                    .filter(|other| !other.is_empty())
                {
                    let from = self.rng.random_range(0..other.len());
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[from..]);
                }
            }
            8 => {
                let tag = ["<a>", "[", "{\"a\":", "(", "&a=", "\x0a\x08"];
                let tag = tag.choose(&mut self.rng).copied().unwrap_or_default();
                let many = tag.repeat(self.rng.random_range(1..3_000));
                bytes.splice(at..at, many.bytes());
            }
            9 => {
                let until = (at + 8).min(bytes.len());
                bytes[at..until].reverse();
            }
            _ => {
                let some: Vec<u8> = (0..self.rng.random_range(1..16))
                    .map(|_| self.rng.random())
                    .collect();
                bytes.splice(at..at, some);
            }
        }
        bytes.truncate(LONGEST);
    }
}
