//! Numbers that look real, are valid where validity is defined, and never repeat.

/// Letters of Russian plates.
const PLATE_LETTERS: [char; 12] = ['А', 'В', 'Е', 'К', 'М', 'Н', 'О', 'Р', 'С', 'Т', 'У', 'Х'];
const PLATE_REGIONS: [&str; 16] = [
    "77", "97", "99", "177", "197", "199", "777", "797", "799", "50", "90", "150", "190", "750",
    "790", "250",
];
/// Letters that stand for the plant in position 11 of a VIN: one a kind, so that kinds never meet.
const PLANTS: &[u8; 17] = b"ABCDEFGHJKLMNPRST";
/// Weights of a VIN's positions (49 CFR 565).
const VIN_WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
/// Model years 2010 to 2026 in position 10.
const YEARS: &[u8; 17] = b"ABCDEFGHJKLMNPRST";

/// How many cars one kind may have.
pub(super) const PER_KIND: u64 = 1_000_000;

/// A number for the n-th car of a kind, different for all cars.
pub(super) fn ident(kind: u64, n: u32) -> u64 {
    kind * PER_KIND + u64::from(n) % PER_KIND
}

/// A one-to-one shuffle of `0..size`; `factor` has no divisor in common with `size`.
pub(super) fn shuffle(value: u64, size: u64, factor: u64, seed: u64) -> u64 {
    (value % size * factor + seed % size) % size
}

/// A VIN with a valid check digit; unique by kind and n.
pub(super) fn vin(wmi: &str, code: &str, year: u16, kind: u64, n: u32, seed: u64) -> String {
    let year = YEARS[usize::from(year.clamp(2010, 2026) - 2010)];
    let plant = PLANTS[kind as usize % PLANTS.len()];
    let serial = shuffle(u64::from(n), PER_KIND, 2_718_281, seed);
    let draft = format!(
        "{wmi}{code}0{}{}{serial:06}",
        char::from(year),
        char::from(plant)
    );
    let mut vin: Vec<u8> = draft.into_bytes();
    vin[8] = check_digit(&vin);
    vin.into_iter().map(char::from).collect()
}

/// The ninth character that the others add up to.
pub(super) fn check_digit(vin: &[u8]) -> u8 {
    let sum: u32 = vin
        .iter()
        .zip(VIN_WEIGHTS)
        .map(|(character, weight)| value(*character) * weight)
        .sum();
    match sum % 11 {
        10 => b'X',
        digit => b'0' + digit as u8,
    }
}

/// Values of 49 CFR 565: the letters run 1-9 in three rows without I, O and Q.
fn value(character: u8) -> u32 {
    u32::from(match character {
        b'0'..=b'9' => character - b'0',
        b'A'..=b'I' => character - b'A' + 1,
        b'J'..=b'R' => character - b'J' + 1,
        _ => character - b'S' + 2,
    })
}

/// "NZE161-7012345"
pub(super) fn frame(code: &str, n: u32, seed: u64) -> String {
    let serial = shuffle(u64::from(n), PER_KIND, 2_718_281, seed);
    format!("{code}-7{serial:06}")
}

/// A private car's plate; unique by `ident`.
pub(super) fn plate(ident: u64, seed: u64) -> String {
    let size = 999 * 1728 * PLATE_REGIONS.len() as u64;
    let mixed = shuffle(ident, size, 7_368_787, seed);
    let (digits, rest) = (mixed % 999 + 1, mixed / 999);
    let letter = |position: u64| PLATE_LETTERS[(rest / 12u64.pow(position as u32) % 12) as usize];
    let region = PLATE_REGIONS[(rest / 1728) as usize];
    format!("{}{digits:03}{}{}{region}", letter(0), letter(1), letter(2))
}

/// A bank account of a person (40817) with the check digit that its БИК demands.
pub(super) fn account(bic: &str, ident: u64) -> String {
    const WEIGHTS: [u32; 3] = [7, 1, 3];
    let draft = format!("408178100{ident:011}");
    let whole = format!("{}{draft}", &bic[6..]);
    let sum: u32 = whole
        .bytes()
        .enumerate()
        .map(|(index, digit)| u32::from(digit - b'0') * WEIGHTS[index % 3] % 10)
        .sum();
    let key = sum % 10 * 3 % 10;
    format!("40817810{key}{ident:011}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_rule() {
        // The sample of 49 CFR 565.
        assert_eq!(check_digit(b"1G4AH59H05G118341"), b'4');
    }

    #[test]
    fn the_account_passes_the_rule_of_the_central_bank() {
        let account = account("044525225", 12_345_678_901);
        let whole = format!("225{account}");
        let sum: u32 = whole
            .bytes()
            .zip([7, 1, 3].into_iter().cycle())
            .map(|(digit, weight)| u32::from(digit - b'0') * weight % 10)
            .sum();
        assert_eq!((account.len(), sum % 10), (20, 0));
    }
}
