//! Licences as manifests write them: `MIT OR (Apache-2.0 AND Unicode-3.0)`.
use std::collections::BTreeSet;

/// Whether what is asked for can be fulfilled with licences of a list.
pub(super) fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    // Old manifests have a stroke where `OR` belongs.
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let is_fine = any(&mut rest, allowed);
    is_fine && rest.is_empty()
}

/// Alternatives.
fn any(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut is_fine = all(rest, allowed);
    while let ["OR", behind @ ..] = *rest {
        *rest = behind;
        is_fine |= all(rest, allowed);
    }
    is_fine
}

/// What must hold together.
fn all(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut is_fine = one(rest, allowed);
    while let ["AND", behind @ ..] = *rest {
        *rest = behind;
        is_fine &= one(rest, allowed);
    }
    is_fine
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    match *rest {
        ["(", behind @ ..] => {
            *rest = behind;
            let is_fine = any(rest, allowed);
            let is_closed = rest.first() == Some(&")");
            *rest = rest.get(1..).unwrap_or_default();
            is_fine && is_closed
        }
        [name, "WITH", exception, behind @ ..] => {
            let whole = format!("{name} WITH {exception}");
            *rest = behind;
            allowed.contains(whole.as_str())
        }
        [name, behind @ ..] => {
            *rest = behind;
            allowed.contains(name)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_they_bind() {
        let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
        for (expression, fits) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("MIT/GPL-2.0", true),
            ("MIT AND GPL-3.0-only", false),
            ("(MIT OR GPL-2.0) AND ISC", true),
            ("GPL-2.0 OR MIT AND ISC", true),
            ("MIT AND (GPL-2.0 OR ISC)", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("", false),
            ("MIT ISC", false),
            ("(MIT", false),
        ] {
            assert_eq!(is_allowed(expression, &allowed), fits, "{expression}");
        }
    }
}
