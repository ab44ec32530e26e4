//! PDF documents: Typst run in memory.
//!
//! The compiler sees the embedded templates, the embedded fonts and one `/data.json`, and nothing
//! else: no file system, no packages, no clock. So the same data gives the same bytes, and text in
//! the data can neither read a file nor become markup.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::Serialize;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::error::TemplateError;

/// Families that are loaded: the text, and the one whose many scripts stand in for it.
const FAMILIES: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];
const DATA: &str = "data.json";
/// Results of the compiler's memory are kept until this many documents did not use them: what belongs to the templates
/// is reused, while the data of people does not stay. Each document leaves some five megabytes.
const MEMORY: usize = 1;

/// What a document is, apart from its content.
pub(crate) struct Identity {
    /// Stable name of this very document, from which its PDF id is made.
    pub(crate) id: String,
    /// Becomes the creation date.
    pub(crate) at: DateTime<Utc>,
}

/// Compiles `template` with `data` and writes PDF/A-2b. CPU-bound: some 40 ms, the first time 300.
pub(crate) fn render(
    template: &'static str,
    identity: &Identity,
    data: &impl Serialize,
) -> Result<Vec<u8>, TemplateError> {
    let json =
        serde_json::to_vec(data).map_err(|source| TemplateError::Data { template, source })?;
    let document = Document {
        main: file_id(template),
        data: Bytes::new(json),
    };
    let pdf = document.pdf(identity);
    comemo::evict(MEMORY);
    pdf.map_err(|complaints| TemplateError::Document {
        template,
        complaints,
    })
}

/// Whether one of the embedded fonts can draw this character.
pub(crate) fn printable(c: char) -> bool {
    ENGINE
        .fonts
        .iter()
        .any(|font| font.info().coverage.contains(u32::from(c)))
}

/// What all documents share.
struct Engine {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    sources: BTreeMap<&'static str, Source>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let fonts: Vec<Font> = typst_assets::fonts()
        .flat_map(|data| Font::iter(Bytes::new(data)))
        .filter(|font| FAMILIES.contains(&font.info().family.as_str()))
        .collect();
    let sources = [
        (
            "buyout/document.typ",
            include_str!("../buyout/document.typ"),
        ),
        (
            "buyout/contract.typ",
            include_str!("../buyout/contract.typ"),
        ),
        ("buyout/act.typ", include_str!("../buyout/act.typ")),
    ];
    Engine {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        sources: sources
            .into_iter()
            .map(|(path, text)| (path, Source::new(file_id(path), text.to_owned())))
            .collect(),
    }
});

/// Paths of all sources.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = String> {
    ENGINE.sources.keys().map(|path| (*path).to_owned())
}

fn file_id(path: &str) -> FileId {
    let path = VirtualPath::new(path).expect("the paths of embedded files are valid");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// One compilation.
struct Document {
    main: FileId,
    data: Bytes,
}

impl Document {
    fn pdf(&self, identity: &Identity) -> Result<Vec<u8>, String> {
        let compiled = typst::compile::<PagedDocument>(self);
        let pages = compiled.output.map_err(|errors| self.complaints(&errors))?;
        debug_assert!(
            compiled.warnings.is_empty(),
            "{}",
            self.complaints(&compiled.warnings)
        );
        let options = PdfOptions {
            ident: Smart::Custom(identity.id.clone()),
            creator: Smart::Custom(Some("Kite".to_owned())),
            timestamp: timestamp(identity.at),
            standards: PdfStandards::new(&[PdfStandard::A_2b])
                .map_err(|error| error.message().to_string())?,
            ..PdfOptions::default()
        };
        typst_pdf::pdf(&pages, &options).map_err(|errors| self.complaints(&errors))
    }

    fn complaints(&self, diagnostics: &[SourceDiagnostic]) -> String {
        let lines: Vec<String> = diagnostics
            .iter()
            .map(|diagnostic| {
                let place = diagnostic.span.id().and_then(|id| {
                    let source = self.source(id).ok()?;
                    let line = source
                        .lines()
                        .byte_to_line(self.range(diagnostic.span)?.start)?;
                    Some(format!("{}:{}: ", id.vpath().get_without_slash(), line + 1))
                });
                format!("{}{}", place.unwrap_or_default(), diagnostic.message)
            })
            .collect();
        lines.join("\n")
    }
}

impl World for Document {
    fn library(&self) -> &LazyHash<Library> {
        &ENGINE.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &ENGINE.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        embedded(id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == file_id(DATA) {
            return Ok(self.data.clone());
        }
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        ENGINE.fonts.get(index).cloned()
    }

    /// No clock: a document says the dates that it is given.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn embedded(id: FileId) -> Option<&'static Source> {
    match id.root() {
        VirtualRoot::Project => ENGINE.sources.get(id.vpath().get_without_slash()),
        VirtualRoot::Package(_) => None,
    }
}

/// `None` for a year that PDF cannot write.
fn timestamp(at: DateTime<Utc>) -> Option<Timestamp> {
    let part = |number: u32| u8::try_from(number).ok();
    Datetime::from_ymd_hms(
        at.year(),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )
    .map(Timestamp::new_utc)
}
