//! `$filter`: the subset of OData v3 that 1C's platform documents.

mod evaluate;
mod parse;

pub use evaluate::{Scope, compare, matches};
pub use parse::parse;

/// A condition or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Literal(Literal),
    /// Attribute, or an attribute of what a reference leads to (`Контрагент/ИНН`).
    Path(Vec<String>),
    Not(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Call(Function, Vec<Expr>),
    /// `Товары/any(d: …)` over a table part.
    Lines {
        all: bool,
        table: String,
        variable: String,
        condition: Box<Expr>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Text(String),
    Number(f64),
    Flag(bool),
    /// `guid'…'`, lower case.
    Guid(String),
    /// `datetime'…'`; compared as text, which is in order of time.
    Date(String),
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Or,
    And,
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Substringof,
    Startswith,
    Endswith,
    Like,
    Concat,
    Substring,
    Year,
    Month,
    Day,
    Cast,
}

impl Function {
    /// Functions that 1C does not have (`length`, `tolower`, `trim`, …) are errors, as there.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "substringof" => Self::Substringof,
            "startswith" => Self::Startswith,
            "endswith" => Self::Endswith,
            "like" => Self::Like,
            "concat" => Self::Concat,
            "substring" => Self::Substring,
            "year" => Self::Year,
            "month" => Self::Month,
            "day" => Self::Day,
            "cast" => Self::Cast,
            _ => return None,
        })
    }
}
