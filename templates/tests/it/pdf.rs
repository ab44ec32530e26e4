//! A PDF as a person sees it: its pages by `pdftoppm`, its words by `pdftotext` (poppler).

use std::path::Path;
use std::process::Command;

/// A page of A4 in grey, one byte a pixel.
pub(crate) struct Page {
    width: usize,
    pixels: Vec<u8>,
}

pub(crate) struct Read {
    pub(crate) pages: Vec<Page>,
    /// Lines of each page without empty ones; every space is a plain one.
    pub(crate) text: Vec<String>,
}

/// Dots per inch: enough to see where ink is.
const RESOLUTION: usize = 50;
const MM_PER_INCH: usize = 254;

pub(crate) fn read(pdf: &[u8]) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("document.pdf");
    std::fs::write(&file, pdf).unwrap();
    run(Command::new("pdftoppm")
        .args(["-gray", "-r", &RESOLUTION.to_string()])
        .arg(&file)
        .arg(folder.path().join("page")));
    let mut images: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pgm"))
        .collect();
    images.sort();
    let words = run(Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8"])
        .arg(&file)
        .arg("-"));
    Read {
        pages: images.iter().map(|path| page(path)).collect(),
        text: words
            .trim_end_matches('\u{c}')
            .split('\u{c}')
            .map(lines)
            .collect(),
    }
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .expect("poppler-utils is installed by dev/tools/packages.sh");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A portable graymap: "P5", width, height, 255, then the bytes.
fn page(path: &Path) -> Page {
    let bytes = std::fs::read(path).unwrap();
    let mut header = bytes.splitn(4, |b| b.is_ascii_whitespace());
    assert_eq!(header.next(), Some(b"P5".as_slice()));
    let mut number = || {
        std::str::from_utf8(header.next().unwrap())
            .unwrap()
            .parse::<usize>()
            .unwrap()
    };
    let (width, height) = (number(), number());
    let pixels = bytes[bytes.len() - width * height..].to_vec();
    Page { width, pixels }
}

fn lines(text: &str) -> String {
    text.lines()
        .map(spaced)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn spaced(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('\u{200b}', "")
}

impl Page {
    pub(crate) fn has_ink(&self) -> bool {
        self.pixels.iter().any(|pixel| *pixel < 128)
    }

    /// Whether the outermost millimetres of the sheet are empty: nothing is cut off in print.
    pub(crate) fn has_clear_edge(&self, millimetres: usize) -> bool {
        let edge = millimetres * 10 * RESOLUTION / MM_PER_INCH;
        self.pixels.chunks(self.width).all(|row| {
            row[..edge]
                .iter()
                .chain(&row[self.width - edge..])
                .all(|pixel| *pixel > 250)
        })
    }
}

impl Read {
    /// All text without spaces and hyphens: a value is found wherever its line breaks.
    pub(crate) fn letters(&self) -> String {
        letters(&self.text.join("\n"))
    }

    pub(crate) fn says(&self, value: &str) -> bool {
        self.letters().contains(&letters(value))
    }
}

fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{ad}' | '\u{200b}'))
        .collect()
}
