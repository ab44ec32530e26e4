//! Search that treats Cyrillic alike on both databases: texts are folded here, not by the database,
//! since SQLite folds only ASCII and PostgreSQL folds by its locale.

use sea_orm::sea_query::{Expr, ExprTrait, IntoColumnRef, LikeExpr};

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

/// Every word of the query occurs in the column; `None` when there is nothing to look for.
pub(crate) fn contains(column: impl IntoColumnRef + Copy, query: &str) -> Option<Expr> {
    fold(query)
        .split_whitespace()
        .map(|word| Expr::col(column).like(LikeExpr::new(pattern(word)).escape('\\')))
        .reduce(|all, one| all.and(one))
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
    fn what_a_person_types_is_no_pattern() {
        assert_eq!(pattern("100%_\\"), "%100\\%\\_\\\\%");
    }
}
