//! Why a template could not be rendered.

/// A defect of a template, not of the data: repeating the call gives the same error. The texts name
/// templates, lines and fields, never the values.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("the data for {template} cannot be written as JSON: {source}")]
    Data {
        template: &'static str,
        source: serde_json::Error,
    },
    #[error("the text template cannot be rendered: {0}")]
    Text(#[from] Box<handlebars::RenderError>),
    /// What the Typst compiler or the PDF writer object to, one complaint a line.
    #[error("the document {template} cannot be made: {complaints}")]
    Document {
        template: &'static str,
        complaints: String,
    },
}
