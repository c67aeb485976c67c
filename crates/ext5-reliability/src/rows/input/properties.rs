//! F9: what must hold for any numbers: objectives, mixtures, schedules, metrics, intervals.
#![expect(
    clippy::unnecessary_wraps,
    reason = "all rows of a table have one type"
)]
mod lengths;
mod packed;

use std::collections::BTreeMap;

use ext5_data::{Example, Member, MemberSpec, Members, Mixture, MixtureSpec, Rate};
use ext5_eval::{Bootstrap, score};
use ext5_objectives::{Objective, Sentinels, Stream};
use ext5_reliability::fuzz::joined;
use ext5_trainer::Schedule;

use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "F9",
    what: "properties of objectives, mixtures, schedules, metrics",
    tier: Tier::P,
    defect: "a span corruption that loses a token of its targets",
    run,
};

/// Metrics that are shares: from 0 to 1, or to 100 where they are written so.
const SHARES: &[(&str, &str)] = &[
    ("accuracy", "label"),
    ("exact_match", "none"),
    ("squad", "none"),
    ("trivia_qa", "none"),
    ("rouge", "none"),
    ("bleu", "none"),
    ("chrf", "none"),
];

/// A property of the case that a stream draws; of a broken twin where the place says so.
type Property = fn(&mut Stream, &Place) -> bool;

const PROPERTIES: &[(&str, Property)] = &[
    ("span corruption gives back what it takes", corruption),
    (
        "its lengths are those it is solved for, but for a token or two",
        lengths::as_solved,
    ),
    ("which are T5's", lengths::as_t5),
    (
        "packed rows hold what fits, cut a token or two of text at most",
        packed::rows,
    ),
    ("shares of a mixture add up to 1", shares),
    ("schedules are finite", schedule),
    (
        "metrics keep to their bounds, intervals to their order",
        metrics,
    ),
];

fn run(place: &Place) -> Result<Figure, Failure> {
    let cases = place.count(1000, 20_000) as u64;
    let mut broken = Vec::new();
    for (number, (name, property)) in (0..).zip(PROPERTIES) {
        let key = Stream::new(&[7, 9, number]);
        let failed = (0..cases)
            .filter(|case| !property(&mut key.child(*case), place))
            .count();
        if failed > 0 {
            broken.push(format!("{name}: {failed} of {cases}"));
        }
    }
    Ok(Figure::new(
        format!(
            "{} properties x {cases} cases: {} broken{}; beside the suites by proptest of packing, order, loader, storage, objectives, \
             tokenizer, metrics, pages",
            PROPERTIES.len(),
            broken.len(),
            broken
                .iter()
                .map(|it| format!("; {it}"))
                .collect::<String>(),
        ),
        "0 broken",
        broken.is_empty(),
    ))
}

fn corruption(stream: &mut Stream, place: &Place) -> bool {
    let objective =
        Objective::span_corruption(0.05 + 0.6 * stream.uniform(), 1.0 + 6.0 * stream.uniform());
    let tokens: Vec<u32> = (0..=stream.below(250))
        .map(|_| stream.below(900) as u32)
        .collect();
    let sentinels = Sentinels {
        first: 1000,
        count: 100,
    };
    match objective.apply(&tokens, sentinels, stream) {
        Ok(mut pair) => {
            if place.seeded {
                pair.targets.pop();
            }
            joined(&pair.inputs, &pair.targets) == tokens
        }
        // A named refusal: more spans than sentinels.
        Err(_) => true,
    }
}

/// A mixture of tasks and of mixtures inside it.
struct Made(BTreeMap<String, Member>);

impl Members for Made {
    fn find(&self, name: &str) -> Option<Member> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

fn shares(stream: &mut Stream, _place: &Place) -> bool {
    let mut made = BTreeMap::new();
    let mut members = Vec::new();
    for task in 0..=stream.below(20) {
        let name = format!("t{task}");
        let digits = 1 + stream.below(40);
        let examples = 1 + stream.below(1 << digits);
        made.insert(name.clone(), Member::Task { examples });
        members.push(MemberSpec {
            name,
            rate: (stream.below(3) == 0).then_some(Rate::Fixed {
                value: 0.01 + stream.uniform() * 100.0,
            }),
        });
    }
    let rate = match stream.below(3) {
        0 => Rate::Equal,
        1 => Rate::Proportional {
            cap: Some(1.0 + stream.uniform() * 1e6),
            temperature: 1.0 + stream.uniform(),
            scale: 1.0,
        },
        _ => Rate::default(),
    };
    let inner = MixtureSpec {
        name: "inner".to_owned(),
        members: members.clone(),
        rate,
        ..MixtureSpec::default()
    };
    made.insert("inner".to_owned(), Member::Mixture(inner));
    members.push(MemberSpec {
        name: "inner".to_owned(),
        rate: Some(Rate::Fixed { value: 3.0 }),
    });
    let outer = MixtureSpec {
        name: "outer".to_owned(),
        members,
        rate,
        ..MixtureSpec::default()
    };
    made.insert("outer".to_owned(), Member::Mixture(outer));
    Mixture::resolve("outer", &Made(made)).is_ok_and(|resolved| {
        let sum: f64 = resolved.shares.iter().map(|share| share.share).sum();
        (sum - 1.0).abs() < 1e-9 && resolved.shares.iter().all(|share| share.share > 0.0)
    })
}

fn schedule(stream: &mut Stream, _place: &Place) -> bool {
    let rate = stream.uniform() * 2.0;
    let (warmup, total) = (stream.below(20_000), stream.below(1 << 40));
    let schedule = match stream.below(4) {
        0 => Schedule::Constant { rate },
        1 => Schedule::InverseSquareRoot { rate, warmup },
        2 => Schedule::Linear {
            rate,
            warmup,
            total,
        },
        _ => Schedule::Cosine {
            rate,
            warmup,
            total,
        },
    };
    let steps = [
        0,
        1,
        warmup,
        warmup + 1,
        total,
        total + 1,
        u64::MAX,
        stream.next_u64(),
    ];
    steps
        .iter()
        .all(|step| (0.0..=rate * (1.0 + 1e-12)).contains(&schedule.rate(*step)))
}

fn metrics(stream: &mut Stream, _place: &Place) -> bool {
    const WORDS: &[&str] = &[
        "the", "cat", "sat", "", "yes", "no", "日本", "1.5", "\u{301}", "a,b", "?",
    ];
    let mut text = || -> String {
        let words: Vec<&str> = (0..stream.below(6))
            .map(|_| WORDS[stream.below(WORDS.len() as u64) as usize])
            .collect();
        words.join(" ")
    };
    let (answers, targets): (Vec<String>, Vec<String>) = (0..4).map(|_| (text(), text())).unzip();
    let example = |target: &String| Example {
        targets: target.clone(),
        references: vec![target.clone()],
        ..Example::default()
    };
    let examples: Vec<Example> = targets.iter().map(example).collect();
    let bootstrap = Bootstrap {
        resamples: 20,
        seed: 1,
    };
    SHARES.iter().all(|(metric, postprocess)| {
        // A metric that refuses says why; a score that is given keeps to its bounds.
        let scores =
            score(metric, postprocess, &answers, &examples, &[], bootstrap).unwrap_or_default();
        scores.iter().all(|score| {
            let inside = |value: f64| (0.0..=100.0 + 1e-9).contains(&value);
            score.value.is_none_or(inside)
                && score.interval.is_none_or(|it| {
                    inside(it.low) && it.low <= it.mid && it.mid <= it.high && inside(it.high)
                })
        })
    })
}
