use super::Outcome;
use crate::table::{number, title};

/// A `tabular` in the style of the package `booktabs`: task, metric, score, 95 % interval; a suite's average in the last row.
pub(super) fn render(outcome: &Outcome<'_>) -> String {
    let mut text = "% needs \\usepackage{booktabs}\n\\begin{tabular}{llrr}\n\\toprule\n\
                    Task & Metric & Score & 95\\,\\% interval \\\\\n\\midrule\n"
        .to_owned();
    for report in outcome.reports {
        for (place, score) in report.scores.iter().enumerate() {
            let task = if place == 0 {
                escaped(&report.task)
            } else {
                String::new()
            };
            let interval = score.interval.map_or("--".to_owned(), |it| {
                format!(
                    "{} to {}",
                    signed(&number(Some(it.low))),
                    signed(&number(Some(it.high)))
                )
            });
            text.push_str(&format!(
                "{task} & {} & {} & {interval} \\\\\n",
                escaped(&title(&score.metric, &score.name)),
                signed(&number(score.value)),
            ));
        }
    }
    if let Some(suite) = outcome.suite {
        let partial = if suite.partial { ", partial" } else { "" };
        text.push_str(&format!(
            "\\midrule\n{} & average of {} of {} tasks{partial} & {} & \\\\\n",
            escaped(&suite.suite),
            suite.counted,
            suite.expected,
            signed(&number(suite.average)),
        ));
    }
    text + "\\bottomrule\n\\end{tabular}\n"
}

/// A number as mathematics writes it: a hyphen is no minus; what is not there is a dash.
fn signed(number: &str) -> String {
    match number.strip_prefix('-') {
        Some("") => "--".to_owned(),
        Some(rest) => format!("$-${rest}"),
        None => number.to_owned(),
    }
}

/// Text that TeX sets as it is written.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', letter]),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_tex_is_escaped() {
        let text = "a_b & 5% of $x^2$ {~} \\ #1 <p>\n";
        let wanted = "a\\_b \\& 5\\% of \\$x\\textasciicircum{}2\\$ \\{\\textasciitilde{}\\} \\textbackslash{} \\#1 \
                      \\textless{}p\\textgreater{} ";
        assert_eq!(escaped(text), wanted);
        assert_eq!(
            ["-1.20", "-", "3.00"].map(signed),
            ["$-$1.20", "--", "3.00"]
        );
    }
}
