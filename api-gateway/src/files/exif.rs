//! Where a photo was taken, as its EXIF says. Read once at the upload; nothing else of the block is looked at
//! and nothing of it is stored in the image.

use domain::place::GeoPoint;

const GPS_IFD: u16 = 0x8825;
const LATITUDE_REF: u16 = 1;
const LATITUDE: u16 = 2;
const LONGITUDE_REF: u16 = 3;
const LONGITUDE: u16 = 4;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const ASCII: u16 = 2;
/// More entries than any camera writes.
const MOST_ENTRIES: u16 = 512;

/// The place in a TIFF structure, the body of an EXIF block; `None` when it names none that is whole.
pub(super) fn place(tiff: &[u8]) -> Option<GeoPoint> {
    let tiff = Tiff::of(tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff))?;
    let gps = tiff.entry(tiff.u32(4)?, GPS_IFD, LONG)?;
    let gps = tiff.u32(gps)?;
    let degrees = |value: u16, reference: u16, negative: u8| {
        let micro = tiff.degrees(tiff.entry(gps, value, RATIONAL)?)?;
        let side = *tiff.bytes.get(tiff.entry(gps, reference, ASCII)?)?;
        Some(if side == negative { -micro } else { micro })
    };
    let lat = degrees(LATITUDE, LATITUDE_REF, b'S')?;
    let lon = degrees(LONGITUDE, LONGITUDE_REF, b'W')?;
    GeoPoint::from_micro(lat, lon)
}

struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes.get(..4)? {
            b"II*\0" => false,
            b"MM\0*" => true,
            _ => return None,
        };
        Some(Self { bytes, big_endian })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes: [u8; 2] = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes: [u8; 4] = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    /// Where the value of a tag of that type begins: in its entry when it is short, else elsewhere.
    fn entry(&self, ifd: u32, tag: u16, kind: u16) -> Option<usize> {
        let ifd = usize::try_from(ifd).ok()?;
        let count = self.u16(ifd)?.min(MOST_ENTRIES);
        let entries = (0..usize::from(count)).map(|n| ifd + 2 + n * 12);
        for entry in entries {
            if (self.u16(entry)?, self.u16(entry + 2)?) != (tag, kind) {
                continue;
            }
            let inside = kind != RATIONAL;
            let value = entry + 8;
            return if inside {
                Some(value)
            } else {
                usize::try_from(self.u32(value)?).ok()
            };
        }
        None
    }

    /// Millionths of a degree of three fractions: degrees, minutes, seconds.
    fn degrees(&self, at: usize) -> Option<i64> {
        let mut micro = 0;
        for (place, parts) in [(0, 1), (8, 60), (16, 3_600)] {
            let above = i64::from(self.u32(at.checked_add(place)?)?);
            let below = i64::from(self.u32(at.checked_add(place + 4)?)?);
            if below == 0 {
                // Cameras write 0/0 for a part that they do not know.
                return None;
            }
            micro += above * 1_000_000 / (below * parts);
        }
        Some(micro)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with a GPS directory; the numbers are degrees, minutes, seconds in hundredths.
    fn block(big_endian: bool, lat: [u32; 3], south: bool, lon: [u32; 3], west: bool) -> Vec<u8> {
        let two = |n: u16| {
            if big_endian {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let four = |n: u32| {
            if big_endian {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let mut bytes = if big_endian { b"MM\0*" } else { b"II*\0" }.to_vec();
        bytes.extend(four(8));
        let entry = |bytes: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: [u8; 4]| {
            bytes.extend(two(tag));
            bytes.extend(two(kind));
            bytes.extend(four(count));
            bytes.extend(value);
        };
        bytes.extend(two(1));
        entry(&mut bytes, GPS_IFD, LONG, 1, four(26));
        bytes.extend(four(0));
        bytes.extend(two(4));
        let side = |letter: u8| [letter, 0, 0, 0];
        entry(
            &mut bytes,
            LATITUDE_REF,
            ASCII,
            2,
            side(if south { b'S' } else { b'N' }),
        );
        entry(&mut bytes, LATITUDE, RATIONAL, 3, four(80));
        entry(
            &mut bytes,
            LONGITUDE_REF,
            ASCII,
            2,
            side(if west { b'W' } else { b'E' }),
        );
        entry(&mut bytes, LONGITUDE, RATIONAL, 3, four(104));
        bytes.extend(four(0));
        for [degrees, minutes, hundredths] in [lat, lon] {
            for (above, below) in [(degrees, 1), (minutes, 1), (hundredths, 100)] {
                bytes.extend(four(above));
                bytes.extend(four(below));
            }
        }
        bytes
    }

    #[test]
    fn the_place_is_read_in_both_byte_orders_and_all_four_quarters() {
        let (lat, lon) = ([68, 57, 3060], [33, 4, 5772]);
        for big_endian in [false, true] {
            for (south, west) in [(false, false), (true, false), (false, true), (true, true)] {
                let found = place(&block(big_endian, lat, south, lon, west)).expect("a place");
                let sign = |negative: bool| if negative { "-" } else { "" };
                let wanted = GeoPoint::parse(
                    &format!("{}68.9585", sign(south)),
                    &format!("{}33.0827", sign(west)),
                );
                let metres = found.metres_to(wanted.expect("a place"));
                assert!(metres < 2, "{found:?}: {metres} m");
            }
        }
    }

    #[test]
    fn a_block_that_is_cut_or_turned_anywhere_names_no_other_place_than_its_bytes_do() {
        let whole = block(false, [68, 57, 3060], false, [33, 4, 5772], false);
        for end in 0..whole.len() {
            assert_eq!(place(&whole[..end]), None, "cut at {end}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut turned = whole.clone();
                turned[at] ^= 1 << bit;
                // Never a panic, whatever it says.
                let _ = place(&turned);
            }
        }
        let mut unknown = whole.clone();
        let last = unknown.len() - 4;
        unknown[last..].fill(0);
        assert_eq!(place(&unknown), None, "a fraction over nothing");
        let loops = b"II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x08\0\0\0".to_vec();
        assert_eq!(place(&loops), None, "a directory inside itself");
    }
}
