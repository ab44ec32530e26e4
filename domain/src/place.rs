//! Points on Earth, as cameras and the portal name them, and how far they are from each other.

use serde::{Deserialize, Serialize};

/// Millionths of a degree, about a tenth of a metre.
const MICRO: i64 = 1_000_000;
/// Metres in a degree of latitude.
const DEGREE_M: i64 = 111_195;

/// A latitude and a longitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeoPoint {
    lat_e6: i32,
    lon_e6: i32,
}

impl GeoPoint {
    /// `None` for what is no place on Earth; 0, 0 is what cameras write that do not know where they are.
    pub fn from_micro(lat_e6: i64, lon_e6: i64) -> Option<Self> {
        let on_earth = lat_e6.abs() <= 90 * MICRO && lon_e6.abs() <= 180 * MICRO;
        if !on_earth || (lat_e6, lon_e6) == (0, 0) {
            return None;
        }
        Some(Self {
            lat_e6: i32::try_from(lat_e6).ok()?,
            lon_e6: i32::try_from(lon_e6).ok()?,
        })
    }

    /// "68.9585" and "33.0827", as the portal writes them.
    pub fn parse(lat: &str, lon: &str) -> Option<Self> {
        Self::from_micro(micro(lat)?, micro(lon)?)
    }

    /// "68958500,33082700", for a column.
    pub fn to_text(self) -> String {
        format!("{},{}", self.lat_e6, self.lon_e6)
    }

    pub fn from_text(text: &str) -> Option<Self> {
        let (lat, lon) = text.split_once(',')?;
        Self::from_micro(lat.parse().ok()?, lon.parse().ok()?)
    }

    /// Metres, by whole numbers alone so that every machine finds the same. Right to a hundredth within a few
    /// hundred kilometres; what is farther is far in any case.
    pub fn metres_to(self, other: Self) -> u64 {
        let lat = i64::from(self.lat_e6) - i64::from(other.lat_e6);
        let mut lon = (i64::from(self.lon_e6) - i64::from(other.lon_e6)).abs();
        lon = lon.min(360 * MICRO - lon);
        let middle = (i64::from(self.lat_e6) + i64::from(other.lat_e6)) / 2;
        let north = lat * DEGREE_M / MICRO;
        let east = lon * DEGREE_M / MICRO * cosine(middle) / MICRO;
        (north * north + east * east).unsigned_abs().isqrt()
    }
}

/// Millionths of the cosine of an angle between -90 and 90 degrees (Bhaskara I).
fn cosine(angle_e6: i64) -> i64 {
    // Hundredths of a degree are as good here, and their squares fit.
    let square = (angle_e6 / 10_000) * (angle_e6 / 10_000);
    let whole = 32_400 * 10_000;
    (whole - 4 * square) * MICRO / (whole + square)
}

/// Millionths of a decimal number; digits beyond are dropped.
fn micro(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !are_digits(whole) || !are_digits(rest) {
        return None;
    }
    let padded: String = rest.chars().chain("000000".chars()).take(6).collect();
    let value = whole.parse::<i64>().ok()? * MICRO + padded.parse::<i64>().ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: &str, lon: &str) -> GeoPoint {
        GeoPoint::parse(lat, lon).expect("a place")
    }

    #[test]
    fn distances_are_those_of_the_map() {
        let murmansk = at("68.9585", "33.0827");
        for (other, km, tolerance) in [
            (at("68.9585", "33.0827"), 0, 0),
            // Кола, a town beside it.
            (at("68.8786", "33.0262"), 9, 1),
            // Апатиты.
            (at("67.5640", "33.4031"), 156, 2),
            (at("59.9386", "30.3141"), 1_012, 12),
        ] {
            let found = i64::try_from(murmansk.metres_to(other)).unwrap() / 1_000;
            assert!((found - km).abs() <= tolerance, "{other:?}: {found} km");
            assert_eq!(murmansk.metres_to(other), other.metres_to(murmansk));
        }
        // Across the date line it is near.
        let metres = at("66.0", "179.999").metres_to(at("66.0", "-179.999"));
        assert!(metres < 200, "{metres}");
    }

    #[test]
    fn what_is_no_place_is_none() {
        for (lat, lon) in [
            ("0", "0"),
            ("0.0", "-0.0"),
            ("91", "10"),
            ("10", "181"),
            ("", "1"),
            ("a", "1"),
            ("1e3", "1"),
            ("١", "1"),
            ("1", "--1"),
        ] {
            assert_eq!(GeoPoint::parse(lat, lon), None, "{lat} {lon}");
        }
        let place = at("-33.8688", "151.2093");
        assert_eq!(GeoPoint::from_text(&place.to_text()), Some(place));
        assert_eq!(GeoPoint::from_text("1"), None);
    }
}
