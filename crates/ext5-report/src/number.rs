//! Numbers for people: thousands set apart by a narrow space that does not break, the same everywhere.

/// Between groups of three digits.
const THIN: char = '\u{202f}';

/// Thousands and their powers.
const UNITS: [&str; 5] = ["", "k", "M", "G", "T"];

/// What stands for a number that is none.
const NONE: &str = "–";

/// `1 234 567`.
pub fn count(number: u64) -> String {
    group(&number.to_string())
}

/// `−1 234.50`: `digits` places after the point. `–` where it is not finite.
pub fn decimal(number: f64, digits: usize) -> String {
    if !number.is_finite() {
        return NONE.to_owned();
    }
    let plain = format!("{:.digits$}", number.abs());
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::new();
    if number < 0.0 && plain.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        text.push('−');
    }
    text.push_str(&group(whole));
    if !rest.is_empty() {
        text.push('.');
        text.push_str(rest);
    }
    text
}

/// The same with `+` before what is above 0, for differences.
pub fn signed(number: f64, digits: usize) -> String {
    let text = decimal(number, digits);
    let is_more = number > 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    if is_more && number.is_finite() {
        format!("+{text}")
    } else {
        text
    }
}

/// `12.3 %` for a share of 0.123; what is not 0 but rounds to it is `< 0.1 %`.
pub fn percent(share: f64, digits: usize) -> String {
    let text = decimal(100.0 * share, digits);
    if share > 0.0 && !text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        let least = decimal(10_f64.powi(-(digits as i32)), digits);
        return format!("<{THIN}{least}{THIN}%");
    }
    format!("{text}{THIN}%")
}

/// Three figures and a letter: `950`, `1.23 k`, `45.6 M`, `7 G`.
pub fn compact(number: f64) -> String {
    if !number.is_finite() {
        return NONE.to_owned();
    }
    let mut scaled = number;
    let mut unit = 0;
    while scaled.abs() >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    let digits = match scaled.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = decimal(scaled, digits);
    let text = match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
        None => &text,
    };
    match UNITS[unit] {
        "" => text.to_owned(),
        letter => format!("{text}{THIN}{letter}"),
    }
}

/// Sets groups of three digits apart.
fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * THIN.len_utf8());
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_of_three_digits() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1 000"),
            (1_234_567, "1 234 567"),
        ];
        for (number, expected) in cases {
            assert_eq!(count(number).replace(THIN, " "), expected);
        }
    }

    #[test]
    fn signs_and_what_is_no_number() {
        assert_eq!(decimal(-1234.5, 2).replace(THIN, " "), "−1 234.50");
        assert_eq!(decimal(-0.001, 2), "0.00");
        assert_eq!(decimal(f64::NAN, 2), "–");
        assert_eq!(compact(f64::INFINITY), "–");
    }

    #[test]
    fn a_small_share_is_not_called_none() {
        assert_eq!(percent(0.0, 1).replace(THIN, " "), "0.0 %");
        assert_eq!(percent(0.0004, 1).replace(THIN, " "), "< 0.1 %");
        assert_eq!(percent(0.0006, 1).replace(THIN, " "), "0.1 %");
        assert_eq!(percent(1.0, 0).replace(THIN, " "), "100 %");
    }

    #[test]
    fn differences_have_a_sign_and_nothing_has_none() {
        assert_eq!(signed(1.26, 1), "+1.3");
        assert_eq!(signed(-1.26, 1), "−1.3");
        assert_eq!(signed(0.04, 1), "0.0");
        assert_eq!(signed(-0.04, 1), "0.0");
        assert_eq!(signed(f64::NAN, 1), "–");
    }

    #[test]
    fn compact_numbers_have_three_figures() {
        let cases = [
            (0.0, "0"),
            (7.0, "7"),
            (12.34, "12.3"),
            (950.0, "950"),
            (999.7, "1 k"),
            (1234.0, "1.23 k"),
            (45_600_000.0, "45.6 M"),
            (7e9, "7 G"),
            (2e15, "2 000 T"),
        ];
        for (number, expected) in cases {
            assert_eq!(compact(number).replace(THIN, " "), expected);
        }
    }
}
