//! Text to expression.

use super::{Expr, Function, Literal, Op};
use crate::odata::error::Fail;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Literal(Literal),
    Open,
    Close,
    Comma,
    Colon,
}

/// Reads the whole text; anything left over is an error (code 14).
pub fn parse(text: &str) -> Result<Expr, Fail> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
    };
    let expr = parser.or()?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(Fail::option("$filter")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Fail> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        match c {
            c if c.is_whitespace() => at += 1,
            '(' | ')' | ',' | ':' => {
                found.push(match c {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    ',' => Token::Comma,
                    _ => Token::Colon,
                });
                at += 1;
            }
            '\'' => {
                let (value, next) = quoted(&chars, at)?;
                found.push(Token::Literal(Literal::Text(value)));
                at = next;
            }
            c if c.is_ascii_digit() || c == '-' => {
                let end = run(&chars, at + 1, |c| c.is_ascii_digit() || c == '.');
                let number: String = chars[at..end].iter().collect();
                found.push(Token::Literal(Literal::Number(
                    number.parse().map_err(|_| Fail::option("$filter"))?,
                )));
                // `1L`, `1.0d`, `1m`: suffixes of OData literals.
                at = run(&chars, end, |c| "LlDdMmFf".contains(c));
            }
            c if c.is_alphabetic() || c == '_' => {
                let end = run(&chars, at, |c| {
                    c.is_alphanumeric() || c == '_' || c == '/' || c == '.'
                });
                let word: String = chars[at..end].iter().collect();
                if chars.get(end) == Some(&'\'') {
                    let (value, next) = quoted(&chars, end)?;
                    found.push(Token::Literal(prefixed(&word, value)?));
                    at = next;
                } else {
                    found.push(match word.as_str() {
                        "true" => Token::Literal(Literal::Flag(true)),
                        "false" => Token::Literal(Literal::Flag(false)),
                        "null" => Token::Literal(Literal::Null),
                        _ => Token::Word(word),
                    });
                    at = end;
                }
            }
            _ => return Err(Fail::option("$filter")),
        }
    }
    Ok(found)
}

fn run(chars: &[char], from: usize, belongs: impl Fn(char) -> bool) -> usize {
    let rest = chars.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|c| belongs(**c)).count()
}

/// A string in quotes; a quote inside is written twice.
fn quoted(chars: &[char], at: usize) -> Result<(String, usize), Fail> {
    let mut value = String::new();
    let mut at = at + 1;
    loop {
        match (chars.get(at), chars.get(at + 1)) {
            (Some('\''), Some('\'')) => {
                value.push('\'');
                at += 2;
            }
            (Some('\''), _) => return Ok((value, at + 1)),
            (Some(c), _) => {
                value.push(*c);
                at += 1;
            }
            (None, _) => return Err(Fail::option("$filter")),
        }
    }
}

fn prefixed(word: &str, value: String) -> Result<Literal, Fail> {
    match word {
        "guid" => {
            let guid: uuid::Uuid = value.parse().map_err(|_| Fail::option("$filter"))?;
            Ok(Literal::Guid(guid.to_string()))
        }
        "datetime" => Ok(Literal::Date(value)),
        _ => Err(Fail::option("$filter")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn expect(&mut self, token: &Token) -> Result<(), Fail> {
        if self.take().as_ref() == Some(token) {
            Ok(())
        } else {
            Err(Fail::option("$filter"))
        }
    }

    /// The operator that stands here, when it is one of these.
    fn operator(&mut self, of: &[(&str, Op)]) -> Option<Op> {
        let Some(Token::Word(word)) = self.peek() else {
            return None;
        };
        let op = of
            .iter()
            .find(|(name, _)| name == word)
            .map(|(_, op)| *op)?;
        self.at += 1;
        Some(op)
    }

    fn chain(
        &mut self,
        of: &[(&str, Op)],
        next: fn(&mut Self) -> Result<Expr, Fail>,
    ) -> Result<Expr, Fail> {
        let mut left = next(self)?;
        while let Some(op) = self.operator(of) {
            let right = next(self)?;
            left = Expr::Binary(op, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn or(&mut self) -> Result<Expr, Fail> {
        self.chain(&[("or", Op::Or)], Self::and)
    }

    fn and(&mut self) -> Result<Expr, Fail> {
        self.chain(&[("and", Op::And)], Self::comparison)
    }

    fn comparison(&mut self) -> Result<Expr, Fail> {
        const OPERATORS: [(&str, Op); 6] = [
            ("eq", Op::Eq),
            ("ne", Op::Ne),
            ("gt", Op::Gt),
            ("ge", Op::Ge),
            ("lt", Op::Lt),
            ("le", Op::Le),
        ];
        self.chain(&OPERATORS, Self::sum)
    }

    fn sum(&mut self) -> Result<Expr, Fail> {
        self.chain(&[("add", Op::Add), ("sub", Op::Sub)], Self::product)
    }

    fn product(&mut self) -> Result<Expr, Fail> {
        self.chain(&[("mul", Op::Mul), ("div", Op::Div)], Self::primary)
    }

    fn primary(&mut self) -> Result<Expr, Fail> {
        match self.take() {
            Some(Token::Literal(literal)) => Ok(Expr::Literal(literal)),
            Some(Token::Open) => {
                let inner = self.or()?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            Some(Token::Word(word)) if word == "not" => Ok(Expr::Not(Box::new(self.primary()?))),
            Some(Token::Word(word)) if self.peek() == Some(&Token::Open) => {
                self.at += 1;
                self.call(&word)
            }
            Some(Token::Word(word)) => Ok(Expr::Path(word.split('/').map(str::to_owned).collect())),
            Some(Token::Close | Token::Comma | Token::Colon) | None => Err(Fail::option("$filter")),
        }
    }

    /// After the opening bracket.
    fn call(&mut self, name: &str) -> Result<Expr, Fail> {
        if let Some((table, quantifier @ ("any" | "all"))) = name.rsplit_once('/') {
            let Some(Token::Word(variable)) = self.take() else {
                return Err(Fail::option("$filter"));
            };
            self.expect(&Token::Colon)?;
            let condition = Box::new(self.or()?);
            self.expect(&Token::Close)?;
            return Ok(Expr::Lines {
                all: quantifier == "all",
                table: table.to_owned(),
                variable,
                condition,
            });
        }
        let function =
            Function::named(name).ok_or_else(|| Fail::option(&format!("$filter: {name}")))?;
        let mut arguments = vec![self.or()?];
        loop {
            match self.take() {
                Some(Token::Comma) => arguments.push(self.or()?),
                Some(Token::Close) => return Ok(Expr::Call(function, arguments)),
                _ => return Err(Fail::option("$filter")),
            }
        }
    }
}
