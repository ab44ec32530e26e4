//! What people receive from Kite: PDF documents (Typst), pages, mail and messages (handlebars).
//!
//! The sources lie in one folder per noun beside `src/` and are compiled into the program; nothing
//! is read from disk or from the network. Each template has a struct with everything it says, so a
//! missing value is a compile error, and the data of people is text: it never becomes markup.

pub mod buyout;
pub mod catalogue;
mod clean;
mod error;
mod pdf;
mod sample;
mod text;

pub use error::TemplateError;
