//! Texts of an audit row that people read on a terminal.

/// Without characters that move a cursor, begin a line or turn the direction of writing: whoever chooses
/// a name must not choose what a log or a terminal shows.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if is_plain(c) { c } else { '\u{fffd}' })
        .collect()
}

fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for hostile in [
            "a\r\nforged line",
            "\u{1b}[2J\u{1b}[31mred",
            "\u{9b}31m",
            "a\u{2028}b\u{2029}c",
            "\u{202e}txt.exe",
            "tab\tand\u{7f}",
            "\u{0}",
        ] {
            let shown = plain(hostile);
            assert_eq!(shown.chars().count(), hostile.chars().count());
            assert!(shown.contains('\u{fffd}'), "{hostile:?}");
            assert!(shown.chars().all(is_plain), "{shown:?}");
        }
        assert_eq!(plain("Ёлкин, № 12 — «ok»"), "Ёлкин, № 12 — «ok»");
    }
}
