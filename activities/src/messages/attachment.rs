//! Files that go out, under names that people understand.

use bytes::Bytes;
use domain::buyout::start::BuyoutId;
use domain::buyout::state::Buyout;
use domain::file::{FileKind, FileRef};

use crate::error::PartnerError;
use crate::evidence::Evidence;

pub(crate) struct Attachment {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
}

/// The files in order, each compared with its hash.
pub(crate) async fn load(
    evidence: &Evidence,
    run: &BuyoutId,
    files: &[FileRef],
) -> Result<Vec<Attachment>, PartnerError> {
    let buyout = evidence
        .store
        .buyout(run)
        .await
        .map_err(PartnerError::from_store)?;
    let mut attachments: Vec<Attachment> = Vec::with_capacity(files.len());
    for file in files {
        let title = buyout
            .as_ref()
            .and_then(|buyout| title(buyout, file))
            .unwrap_or_else(|| kind(file.kind).to_owned());
        let taken = |name: &str| attachments.iter().any(|there| there.name == name);
        attachments.push(Attachment {
            name: name(&title, &file.content_type, taken),
            content_type: file.content_type.clone(),
            bytes: evidence.load(file).await?,
        });
    }
    Ok(attachments)
}

/// "Договор купли-продажи № 12", with "подписан" for a scan.
fn title(buyout: &Buyout, file: &FileRef) -> Option<String> {
    buyout.documents.iter().find_map(|document| {
        let signed = document.signed.iter().any(|scan| scan.id == file.id);
        if document.file.id != file.id && !signed {
            return None;
        }
        let mut title: String = document.kind.title_ru().to_owned();
        if let Some(first) = title.chars().next() {
            let upper: String = first.to_uppercase().collect();
            title.replace_range(..first.len_utf8(), &upper);
        }
        let mark = if signed { ", подписан" } else { "" };
        Some(format!("{title} № {}{mark}", document.number))
    })
}

fn kind(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Photo => "Фото",
        FileKind::Scan => "Скан",
        FileKind::Document => "Документ",
        FileKind::PartnerAnswer => "Ответ партнёра",
    }
}

/// A file name that every system takes and that is not there yet.
fn name(title: &str, content_type: &str, taken: impl Fn(&str) -> bool) -> String {
    let clean: String = title
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .collect();
    let extension = match content_type {
        "application/pdf" => ".pdf",
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/webp" => ".webp",
        "application/json" => ".json",
        _ => "",
    };
    let mut name = format!("{clean}{extension}");
    let mut number = 2;
    while taken(&name) {
        name = format!("{clean} ({number}){extension}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_do_not_collide() {
        let pdf = "application/pdf";
        assert_eq!(name("Акт № 7/2026", pdf, |_| false), "Акт № 7-2026.pdf");
        assert_eq!(
            name("Скан", "image/jpeg", |n| n == "Скан.jpg"),
            "Скан (2).jpg"
        );
    }
}
