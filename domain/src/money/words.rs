//! Russian numerals and the nouns that follow them.

/// The form of a noun that Russian uses with `count`: [1 рубль, 2 рубля, 5 рублей].
pub(super) fn plural(count: u64, [one, few, many]: [&'static str; 3]) -> &'static str {
    match (count % 10, count % 100) {
        (_, 11..=14) => many,
        (1, _) => one,
        (2..=4, _) => few,
        (_, _) => many,
    }
}

const UNITS: [&str; 20] = [
    "",
    "один",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
];
const TENS: [&str; 10] = [
    "",
    "",
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
];
const HUNDREDS: [&str; 10] = [
    "",
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
];
/// Names of the powers of a thousand; the thousand itself is feminine.
const SCALES: [(u64, [&str; 3]); 5] = [
    (
        1_000_000_000_000_000,
        ["квадриллион", "квадриллиона", "квадриллионов"],
    ),
    (1_000_000_000_000, ["триллион", "триллиона", "триллионов"]),
    (1_000_000_000, ["миллиард", "миллиарда", "миллиардов"]),
    (1_000_000, ["миллион", "миллиона", "миллионов"]),
    (THOUSAND, ["тысяча", "тысячи", "тысяч"]),
];
const THOUSAND: u64 = 1_000;

/// Any number that [`super::Money`] can hold, masculine ("один рубль").
pub(super) fn number_in_words(number: u64) -> String {
    if number == 0 {
        return "ноль".to_owned();
    }
    let mut words = Vec::new();
    let mut rest = number;
    for (scale, names) in SCALES {
        let group = rest / scale;
        rest %= scale;
        if group > 0 {
            push_group(&mut words, group, scale == THOUSAND);
            words.push(plural(group, names));
        }
    }
    push_group(&mut words, rest, false);
    words.join(" ")
}

/// Words of 0..=999; nothing for zero.
fn push_group(words: &mut Vec<&'static str>, group: u64, feminine: bool) {
    let group = group as usize;
    let (hundreds, below_hundred) = (group / 100, group % 100);
    let (tens, units) = if below_hundred < 20 {
        (0, below_hundred)
    } else {
        (below_hundred / 10, group % 10)
    };
    let unit = match (units, feminine) {
        (1, true) => "одна",
        (2, true) => "две",
        (other, _) => UNITS[other],
    };
    words.extend(
        [HUNDREDS[hundreds], TENS[tens], unit]
            .into_iter()
            .filter(|w| !w.is_empty()),
    );
}
