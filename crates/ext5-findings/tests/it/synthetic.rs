//! Studies that nobody ran, one of each question: numbers made up, in the shape that real ones have.
use ext5_findings::{
    Affinity, Answer, CellRecord, CellState, Condition, Contrast, Curve, CurvePoint, FamilyProbe,
    Findings, Learning, Matrix, Mean, Question, Rank, Results, ScoreRecord, Trend, Verdict,
};

pub(crate) const QUESTIONS: [(Question, &str); 8] = [
    (Question::Transfer, "transfer"),
    (Question::Curation, "curation"),
    (Question::Scaling, "scaling"),
    (Question::Ratio, "ratio"),
    (Question::Stage, "stage"),
    (Question::Efficiency, "efficiency"),
    (Question::Suites, "suites"),
    (Question::TaskAffinity, "task-affinity"),
];

pub(crate) const FAMILIES: [&str; 5] = [
    "summarization",
    "dialogue",
    "nli",
    "commonsense",
    "reading_comprehension",
];

const TASKS: [(&str, &str); 6] = [
    ("super_glue_rte", "nli"),
    ("super_glue_cb", "nli"),
    ("super_glue_boolq", "reading_comprehension"),
    ("super_glue_copa", "commonsense"),
    ("xsum", "summarization"),
    ("wizard_of_wikipedia", "dialogue"),
];

/// Numbers from -1 to 1 that look like noise, the same each time.
fn noise(place: usize) -> f64 {
    (12.9898 * place as f64 + 1.0).sin()
}

fn condition(id: &str, label: &str, group: &str, x: Option<f64>) -> Condition {
    Condition {
        id: id.to_owned(),
        label: label.to_owned(),
        group: group.to_owned(),
        parts: Vec::new(),
        x,
        replicates: 3,
    }
}

fn conditions(question: Question) -> Vec<Condition> {
    let both = |x: &[f64], names: [&str; 2]| -> Vec<Condition> {
        let of = |name: &str, x: f64| {
            condition(
                &format!("{name} {x}"),
                &format!("{name}, {x}"),
                name,
                Some(x),
            )
        };
        names
            .iter()
            .flat_map(|name| x.iter().map(|x| of(name, *x)).collect::<Vec<_>>())
            .collect()
    };
    match question {
        Question::Transfer | Question::TaskAffinity => {
            let of = |parts: &[&str], group: &str, label: &str| Condition {
                parts: parts.iter().map(|it| (*it).to_owned()).collect(),
                ..condition(
                    &format!("{} {group}", parts.join("+")),
                    &format!("{} {label}", parts.join(" and ")),
                    group,
                    None,
                )
            };
            let budgets = [
                ("alone_equal_data", "alone, equal data"),
                ("alone_equal_compute", "alone, equal compute"),
            ];
            let alone = budgets
                .iter()
                .flat_map(|(group, label)| FAMILIES.map(|family| of(&[family], group, label)));
            let alone: Vec<Condition> = alone.collect();
            let pairs = FAMILIES.iter().enumerate().flat_map(|(index, first)| {
                let later = FAMILIES.iter().skip(index + 1);
                later.map(move |second| of(&[first, second], "pair", "together"))
            });
            let pairs: Vec<Condition> = pairs.collect();
            let alone = alone.into_iter();
            alone.chain(pairs).collect()
        }
        Question::Curation => vec![
            condition("vanilla", "plain text alone", "T5", None),
            condition("best", "best-effort choice", "chosen", None),
            condition("random", "random choice of the same size", "random", None),
            condition("all", "all tasks", "ExT5", None),
        ],
        Question::Scaling => both(&[0.0, 30.0, 55.0, 80.0, 107.0], ["batch 16", "batch 64"]),
        Question::Ratio => {
            let mut ratios = both(&[0.0, 1.0, 2.0, 4.0], ["ExT5", "ExT5"]);
            ratios.truncate(4);
            ratios.push(condition("inf", "R = ∞", "T5", None));
            ratios
        }
        Question::Stage => vec![
            condition("t5", "plain text alone", "T5", None),
            condition("after", "pre-finetuning", "pre-finetuning", None),
            condition("within", "multi-task pre-training", "ExT5", None),
        ],
        Question::Efficiency => both(&[250.0, 500.0, 1000.0, 2000.0, 4000.0], ["ExT5", "T5"]),
        Question::Suites => vec![
            condition("t5", "T5", "T5", None),
            condition("ext5", "ExT5", "ExT5", None),
        ],
    }
}

fn scores(conditions: &[Condition]) -> Vec<ScoreRecord> {
    let mut scores = Vec::new();
    for (place, condition) in conditions.iter().enumerate() {
        for replicate in 0..condition.replicates {
            for (at, (task, family)) in TASKS.iter().enumerate() {
                let is_part =
                    condition.parts.is_empty() || condition.parts.iter().any(|it| it == family);
                if !is_part {
                    continue;
                }
                let noise = noise(place * 31 + at * 7 + replicate as usize);
                scores.push(ScoreRecord {
                    condition: condition.id.clone(),
                    replicate,
                    task: (*task).to_owned(),
                    family: (*family).to_owned(),
                    metrics: vec!["accuracy".to_owned(), "f1".to_owned()],
                    value: 55.0 + 3.0 * at as f64 + 1.5 * place as f64 + 2.0 * noise,
                    half_interval: (at != 3).then_some(3.25),
                    examples: 277,
                    majority: Some(52.5),
                });
            }
        }
    }
    scores
}

fn cell(name: &str, index: u64) -> CellRecord {
    CellRecord {
        name: name.to_owned(),
        hash: format!("{:064x}", 0x00ab_cdef_0123_4567_u64.wrapping_mul(index + 3)),
        directory: format!("runs/{name}"),
        conditions: vec!["ext5".to_owned()],
        state: CellState::Finished,
        steps: 2000,
        seed: index,
        mixture: "micro_ext5".to_owned(),
        start: (index > 0).then(|| "pretrain_r2_s0".to_owned()),
        absent: Vec::new(),
        loss: Some(1.25 + 0.1 * noise(index as usize)),
        device: "cpu".to_owned(),
        version: "0.1.0".to_owned(),
        seconds: Some(61.5 + index as f64),
    }
}

/// The scores of a study of this question.
pub(crate) fn results(question: Question, name: &str) -> Results {
    let conditions = conditions(question);
    let with_probes = question == Question::TaskAffinity;
    let steps = || if with_probes { 0..5_u64 } else { 0..0 };
    Results {
        name: name.to_owned(),
        question,
        scale: "micro".to_owned(),
        description: "Made-up numbers that show what a report looks like, no measurement"
            .to_owned(),
        command: format!("ext5 study run {name} --scale micro --dir studies/{name}"),
        facts: vec![
            (
                "model".to_owned(),
                "T5.1.1, 2 layers of 64, 250 k parameters".to_owned(),
            ),
            (
                "pre-training".to_owned(),
                "2,000 steps of 64 rows".to_owned(),
            ),
            (
                "fine-tuning".to_owned(),
                "500 steps, last checkpoint".to_owned(),
            ),
        ],
        scores: scores(&conditions),
        conditions,
        cells: (0..6)
            .map(|index| cell(&format!("finetune_r2_s{index}"), index))
            .collect(),
        affinities: steps().flat_map(affinities).collect(),
        probes: steps()
            .flat_map(|step| {
                FAMILIES
                    .iter()
                    .enumerate()
                    .map(move |(at, family)| probe(step, at, family))
            })
            .collect(),
    }
}

/// Cosines of all pairs of families at a step, of each repetition.
fn affinities(step: u64) -> Vec<Affinity> {
    let pairs = FAMILIES.iter().enumerate().flat_map(|(at, first)| {
        let later = FAMILIES.iter().enumerate().skip(at + 1);
        later.map(move |(place, second)| (at * 5 + place, *first, *second))
    });
    let of = |(place, first, second): (usize, &str, &str)| {
        [0, 1, 2].map(|replicate| Affinity {
            first: first.to_owned(),
            second: second.to_owned(),
            step: 100 * step,
            replicate,
            cosine: 0.3 * noise(place) + 0.05 * noise(place + replicate as usize + step as usize),
            layers: 0.05,
        })
    };
    pairs.flat_map(of).collect()
}

fn probe(step: u64, at: usize, family: &str) -> FamilyProbe {
    FamilyProbe {
        family: family.to_owned(),
        step: 100 * step,
        replicate: 0,
        loss: 3.0 / (1.0 + step as f64) + 0.2 * at as f64,
        tokens: 4096,
        slope: (step > 0).then_some(-0.004),
        norm: 1.5,
        agreement: Some(0.4),
    }
}

fn mean(condition: &Condition, measure: &str, place: usize) -> Mean {
    let mean = 58.0 + 1.1 * place as f64 + noise(place);
    Mean {
        condition: condition.id.clone(),
        measure: measure.to_owned(),
        count: 3,
        mean,
        low: Some(mean - 1.9),
        high: Some(mean + 1.9),
        over_examples: Some(2.4),
        majority: Some(52.5),
    }
}

fn contrast(condition: &str, baseline: &str, measure: &str, difference: f64) -> Contrast {
    let p_value = 0.3 / (1.0 + difference.abs().powi(4));
    Contrast {
        condition: condition.to_owned(),
        baseline: baseline.to_owned(),
        measure: measure.to_owned(),
        difference,
        low: Some(difference - 1.4),
        high: Some(difference + 1.4),
        p_value: Some(p_value),
        p_adjusted: (measure == "all" || FAMILIES.contains(&measure))
            .then_some((4.0 * p_value).min(1.0)),
    }
}

fn matrix(name: &str, size: f64) -> Matrix {
    let cell = |row: usize, column: usize| {
        let missing = row == 4 && column == 1;
        let difference = size * noise(7 * row + column) + if row == 2 { 0.6 * size } else { 0.0 };
        (row != column && !missing).then(|| {
            contrast(
                &format!("{}+{}", FAMILIES[row], FAMILIES[column]),
                FAMILIES[column],
                FAMILIES[column],
                difference,
            )
        })
    };
    let cells: Vec<Vec<Option<Contrast>>> = (0..5)
        .map(|row| (0..5).map(|column| cell(row, column)).collect())
        .collect();
    let mean = |values: Vec<f64>| {
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let row =
        |row: &Vec<Option<Contrast>>| mean(row.iter().flatten().map(|it| it.difference).collect());
    let column = |column: usize| {
        mean(
            cells
                .iter()
                .filter_map(|row| row[column].as_ref())
                .map(|it| it.difference)
                .collect(),
        )
    };
    Matrix {
        name: name.to_owned(),
        families: FAMILIES.map(str::to_owned).to_vec(),
        row_means: cells.iter().map(row).collect(),
        column_means: (0..5).map(column).collect(),
        negative: (7, 19),
        negative_significant: 2,
        cells,
    }
}

/// Curves of the conditions that have a place on the axis, one a group.
fn curves(results: &Results) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    let measures = ["all"].into_iter().chain(TASKS.iter().map(|task| task.0));
    for (place, measure) in measures.enumerate() {
        for (at, condition) in results.conditions.iter().enumerate() {
            let name = if condition.x.is_some() {
                &condition.group
            } else {
                "ExT5"
            };
            let mean = mean(condition, measure, at + place);
            let point = CurvePoint {
                x: condition.x,
                mean: mean.mean,
                low: mean.low,
                high: mean.high,
                count: 3,
            };
            match curves
                .iter_mut()
                .find(|it| it.name == name && it.measure == measure)
            {
                Some(curve) => curve.points.push(point),
                None => curves.push(Curve {
                    name: name.to_owned(),
                    measure: measure.to_owned(),
                    points: vec![point],
                    trend: (results.question == Question::Scaling && measure == "all").then_some(
                        Trend {
                            slope: 0.021,
                            low: Some(0.004),
                            high: Some(0.038),
                            p_value: Some(0.012),
                            p_adjusted: Some(0.024),
                        },
                    ),
                }),
            }
        }
    }
    curves
}

/// What might be found in `results`.
pub(crate) fn findings(results: &Results) -> Findings {
    let question = results.question;
    let of_pairs = matches!(question, Question::Transfer | Question::TaskAffinity);
    let measures = ["all"].into_iter().chain(TASKS.iter().map(|task| task.0));
    let measures: Vec<&str> = measures.collect();
    let conditions = || results.conditions.iter().enumerate();
    let means = measures.iter().enumerate().flat_map(|(place, measure)| {
        conditions().map(move |(at, condition)| mean(condition, measure, at + 2 * place))
    });
    let baseline = &results.conditions[0].id;
    let contrasts = measures.iter().enumerate().flat_map(|(place, measure)| {
        let others = conditions().skip(1);
        others.map(move |(at, condition)| {
            contrast(
                &condition.id,
                baseline,
                measure,
                2.5 * noise(at + 3 * place) + 0.8,
            )
        })
    });
    let verdict = |finding: &str, answer| Verdict {
        finding: finding.to_owned(),
        source: "section 2.1, recalled".to_owned(),
        paper: Some("21 of 56 pairs at equal data (recalled)".to_owned()),
        answer,
        because:
            "the difference is +2.31 points (95 % +0.40 to +4.22), p 0.008 after Holm over 19 tests"
                .to_owned(),
    };
    let has_curves = matches!(
        question,
        Question::Scaling | Question::Ratio | Question::Efficiency
    );
    Findings {
        verdicts: vec![
            verdict("negative transfer between families is common", Answer::Reproduced),
            verdict("natural language inference helps most others", Answer::Undecided),
            verdict("summarization hurts most others", Answer::NotReproduced),
        ],
        means: means.collect(),
        learning: Some(Learning {
            learned: results.conditions.iter().skip(1).map(|it| it.id.clone()).collect(),
            not_learned: vec![baseline.clone()],
            because: "3 of 4 conditions score above the most frequent answer (52.5) by more than the intervals".to_owned(),
        }),
        contrasts: if of_pairs { Vec::new() } else { contrasts.collect() },
        matrices: match question {
            Question::Transfer => vec![matrix("equal data", 2.0), matrix("equal compute", 2.4)],
            Question::TaskAffinity => vec![matrix("gradient cosine", 0.3), matrix("equal data", 2.0)],
            _ => Vec::new(),
        },
        curves: if has_curves { curves(results) } else { Vec::new() },
        rank: (question == Question::TaskAffinity).then_some(Rank {
            spearman: 0.61,
            low: Some(0.12),
            high: Some(0.88),
            p_value: 0.03,
            pairs: 19,
        }),
        notes: vec!["`nli` helps most, by +1.31 points on average".to_owned()],
        incomplete: Vec::new(),
        method: vec![
            "intervals are Student's t over seeds, of differences in each seed".to_owned(),
            "p-values are corrected by Holm over all tests of the study".to_owned(),
        ],
    }
}
