//! Making people's data safe to print, whatever it is printed into.

/// One line of visible text: line breaks, tabs and other control characters become spaces, and the
/// characters that reorder the text around them (Unicode bidirectional controls) or hide in it
/// are dropped.
///
/// So a name cannot add a header to a mail, a line to a message or turn the digits of a price around.
pub(crate) fn line(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {}
            '\u{2028}' | '\u{2029}' => cleaned.push(' '),
            c if c.is_control() => cleaned.push(' '),
            c => cleaned.push(c),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_in_reading_order() {
        assert_eq!(
            line("Иван\r\nBcc: x@example.org\u{2028}\tend\0"),
            "Иван  Bcc: x@example.org  end "
        );
        assert_eq!(line("\u{202e}000 001\u{202c} руб."), "000 001 руб.");
        assert_eq!(line("1\u{a0}529\u{a0}000,00"), "1\u{a0}529\u{a0}000,00");
    }
}
