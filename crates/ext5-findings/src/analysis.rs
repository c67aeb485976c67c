//! From results to findings: a file for each question, and what they share.
mod affinity;
mod claim;
mod correction;
mod curation;
mod curves;
mod efficiency;
mod incomplete;
mod learning;
mod measure;
mod method;
mod pairs;
mod probes;
mod ratio;
mod scaling;
mod seeds;
mod stage;
mod study;
mod suites;
mod transfer;
mod words;

pub(crate) use correction::p_values;
use study::Study;

use crate::{Findings, Question, Results, Verdict};

/// What results say: means, differences and curves with their intervals, tests corrected for their number, and an answer to each
/// finding of the paper that they can test. A function of the results alone; never fails, whatever is missing.
pub fn analyse(results: &Results) -> Findings {
    analyse_beside(results, None)
}

/// The same, and for [`Question::TaskAffinity`] how well the gradients foretell the matrix of a transfer study.
pub fn analyse_beside(results: &Results, transfer: Option<&Results>) -> Findings {
    let study = Study::of(results);
    let (measure, judge) = steps(results.question);
    let mut findings = measure(&study);
    if results.question == Question::TaskAffinity {
        affinity::foretell(&mut findings, transfer);
    }
    findings.means = study.means();
    findings.learning = learning::of(&study);
    findings.incomplete = incomplete::of(&study);
    correction::adjust(&mut findings);
    let judgement = judge(&study, &findings);
    findings.verdicts = judgement.verdicts;
    findings.notes = judgement.notes;
    findings.method = method::of(&study, &findings);
    findings
}

/// What a question measures and tests, and what it says of it once the tests are corrected for their number.
type Steps = (
    fn(&Study<'_>) -> Findings,
    fn(&Study<'_>, &Findings) -> Judgement,
);

fn steps(question: Question) -> Steps {
    match question {
        Question::Transfer => (transfer::measure, transfer::judge),
        Question::Curation => (curation::measure, curation::judge),
        Question::Scaling => (scaling::measure, scaling::judge),
        Question::Ratio => (ratio::measure, ratio::judge),
        Question::Stage => (stage::measure, stage::judge),
        Question::Efficiency => (efficiency::measure, efficiency::judge),
        Question::Suites => (suites::measure, suites::judge),
        Question::TaskAffinity => (affinity::measure, affinity::judge),
    }
}

/// What corrected tests say.
#[derive(Default)]
struct Judgement {
    verdicts: Vec<Verdict>,
    notes: Vec<String>,
}
