//! Images are drawn anew: what is stored has pixels only, no EXIF, no foreign thumbnail, no trailing bytes. Beside
//! it lies a small version for galleries.

use std::io::Cursor;

use domain::place::GeoPoint;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use super::exif;

/// Largest side and memory of a decoded image; a phone's 50 megapixels fit.
const MAX_SIDE: u32 = 12_000;
const MAX_ALLOC: u64 = 256 * 1024 * 1024;
const QUALITY: u8 = 88;
/// Longest side of the small version, points.
const THUMB_SIDE: u32 = 480;
const THUMB_QUALITY: u8 = 80;

/// An image as it is stored, both as JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) whole: Vec<u8>,
    pub(super) thumb: Vec<u8>,
    /// Where the camera was, as far as it said so.
    pub(super) place: Option<GeoPoint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImageError {
    Broken,
    TooLarge,
}

impl ImageError {
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Broken => "Изображение повреждено. Сделайте фото ещё раз.",
            Self::TooLarge => "Изображение слишком большое: сторона больше 12 000 точек.",
        }
    }
}

/// The image turned as its orientation says, without anything else that the file held.
pub(super) fn redraw(bytes: &[u8]) -> Result<Drawn, ImageError> {
    let (drawn, place) = decoded(bytes)?;
    Ok(Drawn {
        thumb: small(&drawn)?,
        whole: jpeg(drawn, QUALITY)?,
        place,
    })
}

/// The small version of an image that was stored without one.
pub(super) fn thumb(bytes: &[u8]) -> Result<Vec<u8>, ImageError> {
    small(&decoded(bytes)?.0)
}

fn small(image: &DynamicImage) -> Result<Vec<u8>, ImageError> {
    let fits = image.width().max(image.height()) <= THUMB_SIDE;
    let small = if fits {
        image.clone()
    } else {
        image.thumbnail(THUMB_SIDE, THUMB_SIDE)
    };
    jpeg(small, THUMB_QUALITY)
}

fn jpeg(image: DynamicImage, quality: u8) -> Result<Vec<u8>, ImageError> {
    let mut jpeg = Vec::new();
    image
        .into_rgb8()
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality))
        .map_err(|_| ImageError::Broken)?;
    Ok(jpeg)
}

fn decoded(bytes: &[u8]) -> Result<(DynamicImage, Option<GeoPoint>), ImageError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| ImageError::Broken)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(classified)?;
    let (width, height) = decoder.dimensions();
    // Some decoders take limits as advice; the header is believed first.
    if width > MAX_SIDE || height > MAX_SIDE || decoder.total_bytes() > MAX_ALLOC {
        return Err(ImageError::TooLarge);
    }
    // A block that cannot be read says nothing; the picture is what is wanted.
    let exif = decoder.exif_metadata().ok().flatten();
    let place = exif.as_deref().and_then(exif::place);
    let orientation = decoder.orientation().map_err(classified)?;
    let mut drawn = DynamicImage::from_decoder(decoder).map_err(classified)?;
    drawn.apply_orientation(orientation);
    Ok((drawn, place))
}

fn classified(error: image::ImageError) -> ImageError {
    match error {
        image::ImageError::Limits(_) => ImageError::TooLarge,
        _ => ImageError::Broken,
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbImage};

    use super::*;

    fn jpeg_with_exif() -> Vec<u8> {
        let mut plain = Vec::new();
        RgbImage::from_pixel(8, 4, image::Rgb([200, 10, 10]))
            .write_with_encoder(JpegEncoder::new(&mut plain))
            .expect("a jpeg");
        // APP1 with a little-endian TIFF: one entry, orientation 6 (turn right).
        let tiff: &[u8] =
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let mut with = plain[..2].to_vec();
        with.extend([0xFF, 0xE1]);
        with.extend(((tiff.len() + 2) as u16).to_be_bytes());
        with.extend(tiff);
        with.extend(&plain[2..]);
        with.extend(b"<script>alert(1)</script>");
        with
    }

    #[test]
    fn metadata_and_trailing_bytes_are_gone_and_the_picture_is_turned() {
        let Drawn {
            whole,
            thumb,
            place: _,
        } = redraw(&jpeg_with_exif()).expect("an image");
        for drawn in [whole, thumb] {
            assert!(!drawn.windows(4).any(|w| w == b"Exif"));
            assert!(!drawn.windows(8).any(|w| w == b"<script>"));
            assert_eq!(size(&drawn), (4, 8), "a small one stays as it is");
        }
    }

    fn size(jpeg: &[u8]) -> (u32, u32) {
        let image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).expect("a jpeg");
        (image.width(), image.height())
    }

    #[test]
    fn the_small_version_fits_into_a_square_and_keeps_the_shape() {
        for (from, to) in [((1_600, 1_200), (480, 360)), ((300, 960), (150, 480))] {
            let mut png = Vec::new();
            RgbImage::new(from.0, from.1)
                .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
                .expect("a png");
            let Drawn {
                whole,
                thumb,
                place: _,
            } = redraw(&png).expect("an image");
            assert_eq!((size(&whole), size(&thumb)), (from, to));
            assert_eq!(super::thumb(&whole).map(|later| size(&later)), Ok(to));
        }
    }

    #[test]
    fn a_huge_header_is_refused_before_any_pixel() {
        let mut png = Vec::new();
        RgbImage::new(1, 1)
            .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
            .expect("a png");
        // IHDR width and height, then its checksum.
        png[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
        png[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
        let crc = crc(&png[12..29]);
        png[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(redraw(&png), Err(ImageError::TooLarge));
    }

    #[test]
    fn cut_and_false_images_are_refused() {
        let whole = jpeg_with_exif();
        assert_eq!(redraw(&whole[..60]), Err(ImageError::Broken));
        assert_eq!(
            redraw(b"\x89PNG\r\n\x1a\nnot a png at all"),
            Err(ImageError::Broken)
        );
        assert_eq!(redraw(b""), Err(ImageError::Broken));
    }

    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 {
                    (crc >> 1) ^ 0xEDB8_8320
                } else {
                    crc >> 1
                };
            }
        }
        !crc
    }
}
