use ext5_findings::{
    CellState, Findings, Question, Results, analyse, analyse_beside, paper, report,
};
use serde_json::Value;

use crate::markup::{Read, Tag, read};
use crate::synthetic::{QUESTIONS, findings, results};

/// A study of every question.
fn studies() -> Vec<(Results, Findings)> {
    let all = QUESTIONS.map(|(question, name)| results(question, name));
    all.into_iter()
        .map(|it| {
            let found = findings(&it);
            (it, found)
        })
        .collect()
}

fn page(results: &Results, findings: &Findings) -> Read {
    read(&report::html(results, findings)).unwrap()
}

/// Pages that a person may open, one of each question and of each thing that can be wrong.
#[test]
fn a_page_of_every_question_is_well_formed_and_loads_nothing() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports");
    std::fs::create_dir_all(&folder).unwrap();
    for (results, findings) in studies() {
        let html = report::html(&results, &findings);
        std::fs::write(folder.join(format!("{}.html", results.name)), &html).unwrap();
        let read = read(&html).unwrap();
        for tag in &read.tags {
            assert!(
                !["link", "img", "iframe", "object", "embed", "base"].contains(&tag.name.as_str())
            );
            let loads = |name: &str| name == "src" || name == "style" || name.starts_with("on");
            assert!(
                !tag.attributes.iter().any(|(name, _)| loads(name)),
                "{tag:?}"
            );
        }
        assert!(html.len() < 2_000_000, "{} bytes", html.len());
    }
}

#[test]
fn a_page_of_what_the_analysis_finds_is_well_formed() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("analysed");
    std::fs::create_dir_all(&folder).unwrap();
    let transfer = results(Question::Transfer, "transfer");
    for (results, _) in studies() {
        let whole = analyse_beside(&results, Some(&transfer));
        let mut broken = results.clone();
        broken.cells[1].state = CellState::Failed {
            reason: "out of memory".to_owned(),
        };
        broken.cells[2].state = CellState::Missing;
        broken
            .scores
            .retain(|it| it.condition != broken.conditions[1].id || it.replicate != 1);
        let part = analyse(&broken);
        for (kind, results, findings) in [("whole", &results, &whole), ("part", &broken, &part)] {
            let html = report::html(results, findings);
            read(&html).unwrap();
            let name = format!("{}_{kind}.html", results.name);
            std::fs::write(folder.join(name), html).unwrap();
        }
    }
}

#[test]
fn a_page_says_all_that_is_known() {
    for (results, findings) in studies() {
        let read = page(&results, &findings);
        let mut expected: Vec<&str> = vec![
            "Reproduced",
            "Not reproduced",
            "Undecided",
            &results.command,
        ];
        expected.extend(results.cells.iter().map(|cell| cell.name.as_str()));
        expected.extend(results.cells.iter().map(|cell| &cell.hash[..12]));
        expected.extend(results.facts.iter().map(|fact| fact.1.as_str()));
        expected.extend(
            results
                .conditions
                .iter()
                .map(|condition| condition.label.as_str()),
        );
        for text in expected {
            assert!(read.text.contains(text), "{}: `{text}`", results.name);
        }
        for mean in &findings.means {
            assert!(read.text.contains(&format!("{:.2}", mean.mean)), "{mean:?}");
        }
        let heads = read
            .tags
            .iter()
            .filter(|tag| tag.get("aria-sort") == Some("none"));
        assert!(heads.count() > 20, "tables sort");
    }
}

#[test]
fn figures_name_axes_units_and_levels() {
    let text = |name: &str| {
        let (results, findings) = studies().into_iter().find(|it| it.0.name == name).unwrap();
        page(&results, &findings).text
    };
    let cases = [
        (
            "ratio",
            vec![
                "R, examples of plain text for each supervised one",
                "R = ∞, plain text alone",
                "most frequent answer",
                "score, points of 100",
            ],
        ),
        (
            "scaling",
            vec![
                "supervised tasks in pre-training, number",
                "batch 16",
                "batch 64",
                "slope +0.021 points",
            ],
        ),
        (
            "efficiency",
            vec!["pre-training, steps", "T5", "95 % intervals"],
        ),
        (
            "transfer",
            vec![
                "trained with ↓ scored on →",
                "gain, points",
                "mean of the row",
                "mean of the column",
                "7 of 19 pairs are below 0, 2 of them",
            ],
        ),
        (
            "task-affinity",
            vec![
                "Gain against cosine",
                "Spearman's correlation +0.61",
                "nats a target token",
            ],
        ),
        (
            "suites",
            vec![
                "ExT5 minus T5",
                "score, points of 100",
                "difference, points",
            ],
        ),
    ];
    for (name, expected) in cases {
        let text = text(name);
        for words in expected {
            assert!(text.contains(words), "{name}: `{words}`");
        }
    }
}

#[test]
fn significance_and_absence_are_marked_in_the_cell() {
    let (results, findings) = studies().swap_remove(0);
    let read = page(&results, &findings);
    let significant: usize = findings
        .matrices
        .iter()
        .map(|matrix| {
            matrix
                .cells
                .iter()
                .flatten()
                .flatten()
                .filter(|it| it.is_significant())
                .count()
        })
        .sum();
    assert!(significant > 0);
    let ringed = |tag: &&Tag| {
        tag.get("class")
            .is_some_and(|it| it.split(' ').any(|it| it == "ring"))
    };
    assert_eq!(read.tags.iter().filter(ringed).count(), significant);
    let title = read.tags.iter().find(ringed).unwrap().get("title").unwrap();
    assert!(
        title.contains("95 % ") && title.contains("after Holm"),
        "{title}"
    );
    let absent = |tag: &&Tag| {
        tag.get("title")
            .is_some_and(|it| it.ends_with("runs are missing"))
    };
    assert_eq!(read.tags.iter().filter(absent).count(), 2);
}

#[test]
fn what_failed_or_is_missing_stands_before_the_answer() {
    for (mut results, mut findings) in studies() {
        results.cells[1].state = CellState::Failed {
            reason: "loss is not finite at step 12".to_owned(),
        };
        results.cells[2].state = CellState::Missing;
        results.cells[2].seconds = None;
        findings.incomplete = vec!["`nli+dialogue` has 2 of 3 repetitions and no mean".to_owned()];
        let text = page(&results, &findings).text;
        let answer = text.find("Of 3 findings of the paper").unwrap();
        for words in [
            "finetune_r2_s1 failed: loss is not finite at step 12.",
            "1 of 6 cells has not run yet",
            "nli+dialogue has 2 of 3",
        ] {
            let place = text.find(words);
            assert!(
                place.is_some_and(|place| place < answer),
                "{}: `{words}`",
                results.name
            );
        }
        assert!(text.contains("4 of 6 cells finished"));
    }
}

#[test]
fn one_repetition_shows_no_interval() {
    for (mut results, mut findings) in studies() {
        results.scores.retain(|score| score.replicate == 0);
        results
            .conditions
            .iter_mut()
            .for_each(|it| it.replicates = 1);
        for mean in &mut findings.means {
            (mean.low, mean.high, mean.count) = (None, None, 1);
        }
        let cells = findings
            .matrices
            .iter_mut()
            .flat_map(|it| it.cells.iter_mut().flatten().flatten());
        for contrast in findings.contrasts.iter_mut().chain(cells) {
            (
                contrast.low,
                contrast.high,
                contrast.p_value,
                contrast.p_adjusted,
            ) = (None, None, None, None);
        }
        for point in findings.curves.iter_mut().flat_map(|it| &mut it.points) {
            (point.low, point.high) = (None, None);
        }
        let html = report::html(&results, &findings);
        let read = read(&html).unwrap();
        assert!(!read.text.contains("NaN") && html.contains("no interval"));
        assert!(
            !read
                .tags
                .iter()
                .any(|tag| matches!(tag.get("class"), Some("band" | "whisker"))),
            "{}",
            results.name
        );
    }
}

#[test]
fn a_study_without_scores_says_so() {
    for (mut results, _) in studies() {
        results.scores.clear();
        results.affinities.clear();
        results.probes.clear();
        results
            .cells
            .iter_mut()
            .for_each(|cell| cell.state = CellState::Missing);
        let text = page(&results, &Findings::default()).text;
        assert!(text.contains("Nothing has been scored yet"));
        assert!(text.contains("6 of 6 cells have not run yet") && text.contains("nothing to draw"));
        let nothing = Results {
            conditions: Vec::new(),
            cells: Vec::new(),
            facts: Vec::new(),
            ..results
        };
        page(&nothing, &Findings::default());
    }
}

#[test]
fn times_stand_in_the_run_record_alone() {
    for (results, findings) in studies() {
        let mut later = results.clone();
        later
            .cells
            .iter_mut()
            .for_each(|cell| cell.seconds = Some(98_765.0));
        let before = |results: &Results| {
            let html = report::html(results, &findings);
            html.split("id=\"what-was-run\"").next().unwrap().to_owned()
        };
        assert_eq!(before(&results), before(&later));
        assert_eq!(report::csv(&results), report::csv(&later));
        assert_eq!(
            report::markdown(&results, &findings),
            report::markdown(&later, &findings)
        );
    }
}

#[test]
fn figures_of_the_paper_stand_apart_with_their_provenance() {
    for (results, findings) in studies() {
        let html = report::html(&results, &findings);
        let apart = html.split("class=\"apart\"").nth(1).unwrap();
        let apart = apart.split("</section>").next().unwrap();
        assert!(apart.contains("Not ours"));
        let tables = paper(results.question);
        assert!(!tables.is_empty());
        for table in tables {
            for row in table.rows {
                let known = format!(">{}<", table.provenance_of(row));
                assert!(apart.contains(&known), "{} {}", table.place, row.name);
            }
        }
        let rows: usize = tables.iter().map(|table| table.rows.len()).sum();
        assert_eq!(apart.matches("class=\"badge").count(), rows);
        assert!(
            !apart.contains(">verified<"),
            "no table was read in the paper"
        );
    }
}

/// All texts of a value but the words of enums replaced by `word`.
fn with_word(value: &mut Value, word: &str) {
    match value {
        Value::String(text) => word.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| with_word(item, word)),
        Value::Object(fields) => {
            for (key, field) in fields {
                if !["question", "state", "answer"].contains(&key.as_str()) {
                    with_word(field, word);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn no_name_changes_the_shape_of_a_page() {
    let hostile = [
        "<script>alert(1)</script>",
        "\" onfocus=\"alert(1)",
        "</style><svg/onload=alert(1)>",
        "'--><!--",
        "&lt;b&gt;\u{0}\u{1b}\u{202e}\r\n",
        "a `b` c | d\ne",
        "javascript:alert(1)",
        "]]>{{x}}",
    ];
    for (results, findings) in studies() {
        let shaped = |word: &str| {
            let mut both = serde_json::to_value((&results, &findings)).unwrap();
            with_word(&mut both, word);
            let (mut results, findings): (Results, Findings) =
                serde_json::from_value(both).unwrap();
            results.cells[0].state = CellState::Failed {
                reason: word.to_owned(),
            };
            let tags = page(&results, &findings).tags.into_iter();
            let tags = tags.map(|tag| {
                (
                    tag.name,
                    tag.attributes
                        .into_iter()
                        .map(|it| it.0)
                        .collect::<Vec<_>>(),
                )
            });
            // What the joints and the backticks of a text make of it.
            tags.filter(|(name, attributes)| {
                !(attributes.is_empty() && (name == "wbr" || name == "code"))
            })
            .collect::<Vec<_>>()
        };
        let expected = shaped("x");
        for word in hostile {
            assert!(shaped(word) == expected, "{}: {word:?}", results.name);
        }
    }
}
