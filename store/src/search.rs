//! Search that treats Cyrillic alike on both databases: texts are folded here, not by the database,
//! since SQLite folds only ASCII and PostgreSQL folds by its locale.

use sea_orm::sea_query::{Expr, ExprTrait, IntoColumnRef, LikeExpr};

/// Fewer digits are no part of a phone that somebody looks for.
const PHONE_PART: usize = 4;

/// Lower case, ё as е, and Latin letters that look like Cyrillic ones as these: a plate or VIN is
/// found on whichever keyboard layout it was typed.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'ё' => 'е',
            'a' => 'а',
            'b' => 'в',
            'c' => 'с',
            'e' => 'е',
            'h' => 'н',
            'k' => 'к',
            'm' => 'м',
            'o' => 'о',
            'p' => 'р',
            't' => 'т',
            'x' => 'х',
            'y' => 'у',
            '\0' => ' ',
            other => other,
        })
        .collect()
}

/// The folded words that a search column holds.
pub(crate) fn words<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let folded: Vec<String> = parts.into_iter().map(fold).collect();
    folded.join(" ")
}

/// Whose words are looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    Open,
    Client,
    Both,
}

/// Every word of what was typed occurs among the open ones, or among the client's when these may be looked
/// through. Digits that are written as a phone number is, with spaces, brackets and dashes, are one word to the
/// client's. `occurs` says how one folded word is looked for. `None` when there is nothing to look for.
pub(crate) fn matches(
    typed: &str,
    clients: bool,
    occurs: impl Fn(Among, &str) -> Expr,
) -> Option<Expr> {
    let mut all: Option<Expr> = None;
    let mut and = |one: Expr| {
        all = Some(match all.take() {
            Some(others) => others.and(one),
            None => one,
        });
    };
    let among = match clients {
        true => Among::Both,
        false => Among::Open,
    };
    let tokens: Vec<String> = fold(typed).split_whitespace().map(str::to_owned).collect();
    for group in tokens.chunk_by(|one, next| phone_like(one) && phone_like(next)) {
        let words = group
            .iter()
            .map(|word| occurs(among, word))
            .reduce(|all, one| all.and(one));
        let phone = clients.then(|| phone_numbers(group)).and_then(|numbers| {
            numbers
                .iter()
                .map(|digits| occurs(Among::Client, digits))
                .reduce(|any, one| any.or(one))
        });
        match (words, phone) {
            (Some(words), Some(phone)) => and(words.or(phone)),
            (Some(words), None) => and(words),
            (None, _) => {}
        }
    }
    all
}

fn phone_like(word: &str) -> bool {
    word.chars().all(|c| {
        matches!(c, '0'..='9' | '+' | '(' | ')' | '.' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
    })
}

/// The digits of a phone, or of a part of one, as they are stored: with the country's 7 where people write 8
/// or leave it out.
fn phone_numbers(group: &[String]) -> Vec<String> {
    if !group.iter().all(|word| phone_like(word)) {
        return Vec::new();
    }
    let digits: String = group
        .iter()
        .flat_map(|word| word.chars())
        .filter(char::is_ascii_digit)
        .collect();
    if digits.len() < PHONE_PART {
        return Vec::new();
    }
    match digits.strip_prefix('8') {
        Some(rest) => vec![format!("7{rest}"), digits],
        None => vec![digits],
    }
}

/// The word occurs in the column.
pub(crate) fn like(column: impl IntoColumnRef, word: &str) -> Expr {
    has(Expr::col(column), word)
}

/// The word occurs in what the expression says.
pub(crate) fn has(text: Expr, word: &str) -> Expr {
    text.like(LikeExpr::new(pattern(word)).escape('\\'))
}

fn pattern(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_and_case_fold_to_the_same_text() {
        assert_eq!(fold("А123ВС77"), fold("a123bc77"));
        assert_eq!(fold("XTA210990Y2766389"), fold("ХТА210990У2766389"));
        assert_eq!(fold("Семёнов"), fold("СЕМЕНОВ"));
        assert_ne!(fold("Chery"), fold("Geely"));
    }

    #[test]
    fn a_phone_is_one_number_however_it_is_written() {
        let numbers = |typed: &str| {
            let tokens: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
            phone_numbers(&tokens)
        };
        for typed in [
            "+7 900 000-00-12",
            "8 (900) 000-00-12",
            "79000000012",
            "8–900–000–00–12",
        ] {
            assert!(
                numbers(typed).contains(&"79000000012".to_owned()),
                "{typed}: {:?}",
                numbers(typed)
            );
        }
        // The country may be left out: the rest occurs in the number.
        assert_eq!(numbers("900 000 00 12"), ["9000000012"]);
        assert_eq!(numbers("12 34 а"), Vec::<String>::new());
        assert_eq!(numbers("123"), Vec::<String>::new());
    }

    #[test]
    fn what_a_person_types_is_no_pattern() {
        assert_eq!(pattern("100%_\\"), "%100\\%\\_\\\\%");
    }
}
