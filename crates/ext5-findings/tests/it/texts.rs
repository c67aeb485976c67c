use ext5_findings::{Findings, Results, report};

use crate::synthetic::{QUESTIONS, findings, results};

fn studies() -> Vec<(Results, Findings)> {
    let all = QUESTIONS.map(|(question, name)| results(question, name));
    all.into_iter()
        .map(|it| {
            let found = findings(&it);
            (it, found)
        })
        .collect()
}

#[test]
fn a_report_is_four_files() {
    let (results, findings) = studies().swap_remove(3);
    let files = report::files(&results, &findings);
    let names: Vec<&str> = files.iter().map(|file| file.0).collect();
    assert_eq!(
        names,
        ["report.html", "report.json", "report.csv", "report.md"]
    );
    assert!(
        files
            .iter()
            .all(|file| std::str::from_utf8(&file.1).is_ok() && file.1.ends_with(b"\n"))
    );
}

#[test]
fn json_holds_all_and_reads_back() {
    for (results, findings) in studies() {
        let value: serde_json::Value =
            serde_json::from_str(&report::json(&results, &findings)).unwrap();
        assert_eq!(
            serde_json::from_value::<Results>(value["results"].clone()).unwrap(),
            results
        );
        assert_eq!(
            serde_json::from_value::<Findings>(value["findings"].clone()).unwrap(),
            findings
        );
    }
}

#[test]
fn every_score_is_a_line_of_the_csv() {
    for (mut results, _) in studies() {
        results.conditions[0].label = "a, \"b\"\nc".to_owned();
        results.scores[0].value = 0.1 + 0.2;
        results.scores[1].condition = "not in the grid".to_owned();
        let text = report::csv(&results);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        let place = |name: &str| header.iter().position(|it| it == name).unwrap();
        let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), results.scores.len());
        for (line, score) in lines.iter().zip(&results.scores) {
            let of = |name: &str| &line[place(name)];
            let number = |name: &str| of(name).parse::<f64>().ok();
            assert_eq!(
                (of("condition"), of("task"), of("family")),
                (&*score.condition, &*score.task, &*score.family)
            );
            assert_eq!(of("replicate").parse::<u64>().unwrap(), score.replicate);
            assert_eq!(of("examples").parse::<u64>().unwrap(), score.examples);
            assert_eq!(of("metrics"), score.metrics.join(";"));
            assert_eq!(number("value"), Some(score.value));
            assert_eq!(
                (number("half_interval"), number("majority")),
                (score.half_interval, score.majority)
            );
            let condition = results
                .conditions
                .iter()
                .find(|it| it.id == score.condition);
            assert_eq!(of("label"), condition.map_or("", |it| &it.label));
            assert_eq!(number("x"), condition.and_then(|it| it.x));
        }
    }
}

/// Bars of a line of a Markdown table that separate cells.
fn bars(line: &str) -> usize {
    line.replace("\\\\", "")
        .replace("\\|", "")
        .matches('|')
        .count()
}

#[test]
fn markdown_has_answer_tables_and_command() {
    for (results, findings) in studies() {
        let text = report::markdown(&results, &findings);
        let expected = [
            "## Answer",
            "**Reproduced**",
            "**Not reproduced**",
            "**Undecided**",
            "## Numbers",
            "Not ours",
            "recalled",
        ];
        for words in expected {
            assert!(text.contains(words), "{}: {words}", results.name);
        }
        assert!(!text.contains(".."), "{}", results.name);
        assert!(text.ends_with(&format!("```console\n{}\n```\n", results.command)));
        for mean in &findings.means {
            assert!(text.contains(&format!(" {:.2} |", mean.mean)));
        }
    }
}

#[test]
fn no_name_breaks_a_table_of_the_markdown() {
    for (mut results, findings) in studies() {
        for condition in &mut results.conditions {
            condition.label =
                "a | b\\| `c`\n| d <img src=x onerror=alert(1)> [x](javascript:y) *z*".to_owned();
        }
        results.name = "# <b>\n## Answer".to_owned();
        results.command = "echo ``` > x".to_owned();
        let text = report::markdown(&results, &findings);
        assert_eq!(text.matches("\n## Answer\n").count(), 1);
        assert!(text.contains("\n````console\necho ``` > x\n````\n"));
        let lines: Vec<&str> = text.lines().collect();
        let mut width = 0;
        for line in &lines {
            match (line.starts_with('|'), width) {
                (false, _) => width = 0,
                (true, 0) => width = bars(line),
                (true, _) => assert_eq!(bars(line), width, "{line}"),
            }
        }
        let mut unescaped = text
            .as_bytes()
            .windows(2)
            .filter(|pair| pair[1] == b'<' && pair[0] != b'\\');
        assert!(unescaped.next().is_none());
    }
}
