//! Money in whole kopecks. Rounding is named at every place where it happens.

mod words;

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};

use self::words::{number_in_words, plural};

/// Space between groups of digits, so that an amount is never broken across lines.
const GROUP: char = '\u{a0}';
/// One hundred per cent in basis points.
const WHOLE_BP: i128 = 10_000;

/// An amount of roubles, kept as kopecks; may be negative (a loss, a difference).
///
/// On the wire and in history it is an integer of kopecks. Arithmetic either says that it does not
/// fit (`checked_*`) or stops at the bound (`saturating_*`, `sum`): the bound is 92 quadrillion
/// roubles, which no limit of the business lets through, while a panic would stop a running process.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

/// Why a text is not an amount. The texts are for logs and name no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("the amount is empty")]
    Empty,
    #[error("the amount is not a decimal number")]
    NotANumber,
    #[error("the amount has more than two decimal places")]
    TooPrecise,
    #[error("the amount is out of range")]
    OutOfRange,
}

impl Money {
    pub const ZERO: Self = Self(0);

    pub const fn from_kopecks(kopecks: i64) -> Self {
        Self(kopecks)
    }

    /// Whole roubles; stops at the bound of the type.
    pub const fn from_rubles(rubles: i64) -> Self {
        Self(rubles.saturating_mul(100))
    }

    pub const fn kopecks(self) -> i64 {
        self.0
    }

    /// Whole roubles, the kopecks dropped towards the smaller amount (-0,50 ₽ gives -1).
    pub const fn rubles_rounded_down(self) -> i64 {
        self.0.div_euclid(100)
    }

    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The distance from zero.
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// How much of `whole` this is, in basis points (1 % = 100), rounded half up.
    /// `None` when `whole` is not positive, or when the share does not fit.
    pub fn percent_of(self, whole: Self) -> Option<i64> {
        if !whole.is_positive() {
            return None;
        }
        i64::try_from(div_half_up(i128::from(self.0) * WHOLE_BP, whole.0.into())).ok()
    }

    /// `basis_points` of this amount (1 % = 100), rounded half up to the kopeck; stops at the bound
    /// of the type.
    pub fn share(self, basis_points: i64) -> Self {
        let exact = div_half_up(i128::from(self.0) * i128::from(basis_points), WHOLE_BP);
        Self(exact.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }

    /// The form of partners' APIs: `320000.00`.
    pub fn to_partner(self) -> String {
        let (sign, rubles, kopecks) = self.parts("-");
        format!("{sign}{rubles}.{kopecks:02}")
    }

    /// Reads what partners and people write: `150000.00`, `1 234,56`, `150000`.
    ///
    /// Spaces (also no-break and thin ones) are accepted only between groups of three digits.
    /// Three digits after the separator are refused, as `1,000` may mean a thousand.
    pub fn parse_partner(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(MoneyError::Empty);
        }
        let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once(['.', ',']) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let rubles = ungrouped(whole)?
            .parse::<i128>()
            .map_err(|_| MoneyError::OutOfRange)?;
        let kopecks = match fraction {
            None => 0,
            Some(f) if f.is_empty() || !f.bytes().all(|b| b.is_ascii_digit()) => {
                return Err(MoneyError::NotANumber);
            }
            Some(f) if f.len() > 2 => return Err(MoneyError::TooPrecise),
            Some(f) => format!("{f:0<2}")
                .parse::<i128>()
                .map_err(|_| MoneyError::NotANumber)?,
        };
        let absolute = rubles
            .checked_mul(100)
            .and_then(|whole| whole.checked_add(kopecks))
            .ok_or(MoneyError::OutOfRange)?;
        let signed = if negative { -absolute } else { absolute };
        i64::try_from(signed)
            .map(Self)
            .map_err(|_| MoneyError::OutOfRange)
    }

    /// The amount as a contract spells it, kopecks in digits: "один миллион пятьсот двадцать девять
    /// тысяч рублей 00 копеек". Lower case; a negative amount begins with "минус".
    pub fn in_words(self) -> String {
        let (sign, rubles, kopecks) = self.parts("минус ");
        format!(
            "{sign}{} {} {kopecks:02} {}",
            number_in_words(rubles),
            plural(rubles, ["рубль", "рубля", "рублей"]),
            plural(kopecks, ["копейка", "копейки", "копеек"]),
        )
    }

    /// Sign, whole roubles and kopecks of the distance from zero.
    fn parts(self, minus: &'static str) -> (&'static str, u64, u64) {
        let absolute = self.0.unsigned_abs();
        (
            if self.0 < 0 { minus } else { "" },
            absolute / 100,
            absolute % 100,
        )
    }
}

impl fmt::Display for Money {
    /// For people: "1 529 000,00 ₽", every space a no-break one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, rubles, kopecks) = self.parts("\u{2212}");
        let digits = rubles.to_string();
        let mut grouped = String::with_capacity(digits.len() * 2);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push(GROUP);
            }
            grouped.push(digit);
        }
        f.pad(&format!("{sign}{grouped},{kopecks:02}{GROUP}₽"))
    }
}

impl Sum for Money {
    /// Stops at the bounds of the type.
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

impl<'a> Sum<&'a Money> for Money {
    fn sum<I: Iterator<Item = &'a Money>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

/// Division by a positive number; a half goes towards the greater result.
fn div_half_up(dividend: i128, divisor: i128) -> i128 {
    (2 * dividend + divisor).div_euclid(2 * divisor)
}

/// Digits of a whole number with its spaces removed, if they stand where groups end.
fn ungrouped(whole: &str) -> Result<String, MoneyError> {
    let groups: Vec<&str> = whole.split(char::is_whitespace).collect();
    let digits_only = groups
        .iter()
        .all(|g| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit()));
    let well_grouped =
        groups.len() == 1 || groups[0].len() <= 3 && groups[1..].iter().all(|g| g.len() == 3);
    if digits_only && well_grouped {
        Ok(groups.concat())
    } else {
        Err(MoneyError::NotANumber)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_written_for_people_with_no_break_spaces() {
        assert_eq!(
            Money::from_rubles(1_529_000).to_string(),
            "1\u{a0}529\u{a0}000,00\u{a0}₽"
        );
        assert_eq!(Money::from_kopecks(5).to_string(), "0,05\u{a0}₽");
        assert_eq!(
            Money::from_kopecks(-123_456).to_string(),
            "\u{2212}1\u{a0}234,56\u{a0}₽"
        );
        assert_eq!(Money::from_rubles(999).to_string(), "999,00\u{a0}₽");
    }

    #[test]
    fn is_an_integer_of_kopecks_on_the_wire() {
        let json = serde_json::to_string(&Money::from_rubles(320_000)).unwrap();
        assert_eq!(json, "32000000");
        assert_eq!(
            serde_json::from_str::<Money>(&json).unwrap(),
            Money::from_rubles(320_000)
        );
        assert!(serde_json::from_str::<Money>("1.5").is_err());
    }

    #[test]
    fn reads_what_partners_and_people_write() {
        for (text, kopecks) in [
            ("150000.00", 15_000_000),
            ("150000", 15_000_000),
            ("150000.5", 15_000_050),
            ("1 234,56", 123_456),
            ("1\u{a0}529\u{a0}000,00", 152_900_000),
            (" -0.01 ", -1),
            ("\u{2212}12", -1_200),
            ("92233720368547758.07", i64::MAX),
            ("-92233720368547758.08", i64::MIN),
        ] {
            assert_eq!(
                Money::parse_partner(text),
                Ok(Money::from_kopecks(kopecks)),
                "{text}"
            );
        }
        for (text, error) in [
            ("", MoneyError::Empty),
            ("  ", MoneyError::Empty),
            ("-", MoneyError::NotANumber),
            ("1e3", MoneyError::NotANumber),
            ("+5", MoneyError::NotANumber),
            (".50", MoneyError::NotANumber),
            ("5.", MoneyError::NotANumber),
            ("12 34", MoneyError::NotANumber),
            ("1234 567", MoneyError::NotANumber),
            ("1,234,567.89", MoneyError::NotANumber),
            ("1 234,5 6", MoneyError::NotANumber),
            ("1,000", MoneyError::TooPrecise),
            ("150000 ₽", MoneyError::NotANumber),
            ("٣", MoneyError::NotANumber),
            ("92233720368547758.08", MoneyError::OutOfRange),
            (
                "999999999999999999999999999999999999999999",
                MoneyError::OutOfRange,
            ),
        ] {
            assert_eq!(Money::parse_partner(text), Err(error), "{text}");
        }
    }

    #[test]
    fn is_spelled_as_in_a_contract() {
        for (kopecks, words) in [
            (0, "ноль рублей 00 копеек"),
            (101, "один рубль 01 копейка"),
            (202, "два рубля 02 копейки"),
            (110_011, "одна тысяча сто рублей 11 копеек"),
            (200_000, "две тысячи рублей 00 копеек"),
            (1_100_000, "одиннадцать тысяч рублей 00 копеек"),
            (
                2_102_121,
                "двадцать одна тысяча двадцать один рубль 21 копейка",
            ),
            (
                152_900_000,
                "один миллион пятьсот двадцать девять тысяч рублей 00 копеек",
            ),
            (
                10_200_201_200,
                "сто два миллиона две тысячи двенадцать рублей 00 копеек",
            ),
            (100_000_000, "один миллион рублей 00 копеек"),
            (
                99_999_999_999_999,
                "девятьсот девяносто девять миллиардов девятьсот девяносто девять миллионов \
                 девятьсот девяносто девять тысяч девятьсот девяносто девять рублей 99 копеек",
            ),
            (-300, "минус три рубля 00 копеек"),
        ] {
            assert_eq!(Money::from_kopecks(kopecks).in_words(), words);
        }
    }

    #[test]
    fn halves_round_up() {
        assert_eq!(Money::from_kopecks(1).share(5_000), Money::from_kopecks(1));
        assert_eq!(Money::from_kopecks(-1).share(5_000), Money::ZERO);
        assert_eq!(Money::from_kopecks(1).share(4_999), Money::ZERO);
        assert_eq!(
            Money::from_rubles(200_000).share(1_250),
            Money::from_rubles(25_000)
        );
        assert_eq!(
            Money::from_kopecks(i64::MAX).share(20_000),
            Money::from_kopecks(i64::MAX)
        );

        assert_eq!(
            Money::from_rubles(1).percent_of(Money::from_rubles(3)),
            Some(3_333)
        );
        assert_eq!(
            Money::from_rubles(2).percent_of(Money::from_rubles(3)),
            Some(6_667)
        );
        assert_eq!(
            Money::from_rubles(-1).percent_of(Money::from_rubles(4)),
            Some(-2_500)
        );
        assert_eq!(Money::from_rubles(1).percent_of(Money::ZERO), None);
        assert_eq!(
            Money::from_kopecks(i64::MAX).percent_of(Money::from_kopecks(1)),
            None
        );
    }

    #[test]
    fn whole_rubles_drop_towards_the_smaller_amount() {
        assert_eq!(Money::from_kopecks(199).rubles_rounded_down(), 1);
        assert_eq!(Money::from_kopecks(-50).rubles_rounded_down(), -1);
    }

    #[test]
    fn sums_stop_at_the_bound_instead_of_wrapping() {
        let most = Money::from_kopecks(i64::MAX);
        assert_eq!([most, Money::from_rubles(1)].iter().sum::<Money>(), most);
        assert_eq!(Money::from_rubles(i64::MAX), most);
        assert_eq!(most.checked_add(Money::from_kopecks(1)), None);
        assert_eq!(
            Money::from_rubles(3).checked_sub(Money::from_rubles(5)),
            Some(Money::from_rubles(-2))
        );
    }

    proptest! {
        #[test]
        fn the_partners_form_is_read_back(kopecks in any::<i64>()) {
            let money = Money::from_kopecks(kopecks);
            prop_assert_eq!(Money::parse_partner(&money.to_partner()), Ok(money));
        }

        #[test]
        fn the_peoples_form_is_read_back(kopecks in any::<i64>()) {
            let money = Money::from_kopecks(kopecks);
            let shown = money.to_string();
            prop_assert_eq!(Money::parse_partner(shown.trim_end_matches('₽')), Ok(money));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            if let Ok(money) = Money::parse_partner(&text) {
                prop_assert_eq!(Money::parse_partner(&money.to_partner()), Ok(money));
            }
        }

        #[test]
        fn two_complementary_shares_differ_from_the_whole_by_at_most_one_kopeck(
            kopecks in -1_000_000_000_000_i64..1_000_000_000_000,
            basis_points in 0_i64..=10_000,
        ) {
            let whole = Money::from_kopecks(kopecks);
            let parts = whole.share(basis_points).saturating_add(whole.share(10_000 - basis_points));
            let excess = parts.kopecks() - whole.kopecks();
            prop_assert!((0..=1).contains(&excess), "excess of {} kopecks", excess);
        }

        #[test]
        fn different_amounts_have_different_words(a in any::<i64>(), b in any::<i64>()) {
            let words = |kopecks| Money::from_kopecks(kopecks).in_words();
            prop_assert_eq!(words(a) == words(b), a == b);
            prop_assert!(!words(a).contains("  "));
        }
    }
}
