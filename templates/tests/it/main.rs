//! What people receive, as they receive it: each template as a snapshot, each PDF read page by page.

mod documents;
mod install_page;
mod mail;
mod message;
mod notice;
mod offer_page;
mod page;
mod pdf;
mod placement_page;
mod sample;
mod signing_page;

/// What a person with bad intentions, or a merely unusual name, puts into a field.
const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>\"><img src=x onerror=alert(1)>",
    "Константин-Александр Оглы-Архангельский-Преображенский фон дер Веттерштайн-Залесский",
    "Дарья 🚗👩\u{200d}🔧",
    "\u{202e}דריה\u{202c} محمد\r\nBcc: x@example.org",
];
