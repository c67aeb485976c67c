//! What the study says, in sentences.
use ext5_report::{Html, Section, Tone, badge, list, note, notice, paragraph, sentence, verdict};

use super::words::{self, counted};
use crate::{Answer, CellState, Findings, Results};

/// Lines of a list at the top of a page at most.
const MOST: usize = 10;

/// Cells that failed of which the reason is said there.
const FAILED: usize = 5;

/// What is missing or failed, a line each; empty where nothing is.
pub(super) fn missing(results: &Results, findings: &Findings) -> Vec<String> {
    let mut lines = Vec::new();
    if results.scores.is_empty() {
        lines.push("Nothing has been scored yet, so there is no answer".to_owned());
    }
    let failed = results.cells.iter().filter_map(|cell| match &cell.state {
        CellState::Failed { reason } => Some(format!("`{}` failed: {reason}", cell.name)),
        _ => None,
    });
    let failed: Vec<String> = failed.collect();
    let more = failed.len().saturating_sub(FAILED);
    lines.extend(failed.into_iter().take(FAILED));
    if more > 0 {
        let cells = counted(more, "more cell");
        lines.push(format!("{cells} failed, which the run record names"));
    }
    let waiting = results.cells.iter();
    let waiting = waiting
        .filter(|cell| cell.state == CellState::Missing)
        .count();
    if waiting > 0 {
        let all = counted(results.cells.len(), "cell");
        let have = if waiting == 1 { "has" } else { "have" };
        let waiting = ext5_report::count(waiting as u64);
        lines.push(format!("{waiting} of {all} {have} not run yet"));
    }
    lines.extend(findings.incomplete.iter().cloned());
    lines
}

/// The same as a block that is seen first.
pub(super) fn incomplete(results: &Results, findings: &Findings) -> Html {
    let lines = missing(results, findings);
    if lines.is_empty() {
        return Html::new();
    }
    let mut shown: Vec<Html> = lines.iter().take(MOST).map(|line| sentence(line)).collect();
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        shown.push(format!("And {more} more, which report.json and the run record name.").into());
    }
    let failed = results.cells.iter();
    let failed = failed.filter(|cell| matches!(cell.state, CellState::Failed { .. }));
    let tone = if failed.count() > 0 {
        Tone::Bad
    } else {
        Tone::Caution
    };
    let title = "Incomplete: what is missing here is in no mean";
    notice(title, list(shown), tone).into()
}

/// How many of the paper's findings are reproduced, not, and undecided.
pub(super) fn summary(findings: &Findings) -> String {
    let of = |answer| {
        let verdicts = findings.verdicts.iter();
        verdicts.filter(|verdict| verdict.answer == answer).count()
    };
    if findings.verdicts.is_empty() {
        return "No finding of the paper is tested here.".to_owned();
    }
    format!(
        "Of {} of the paper that this study tests: {} reproduced, {} not reproduced, {} undecided at this scale.",
        counted(findings.verdicts.len(), "finding"),
        of(Answer::Reproduced),
        of(Answer::NotReproduced),
        of(Answer::Undecided)
    )
}

fn tone(answer: Answer) -> Tone {
    match answer {
        Answer::Reproduced => Tone::Good,
        Answer::NotReproduced => Tone::Bad,
        Answer::Undecided => Tone::Caution,
    }
}

pub(super) fn section(findings: &Findings) -> Section {
    let mut section = Section::new("Answer").add(paragraph(summary(findings)));
    for found in &findings.verdicts {
        let source = found.source.trim_end_matches('.');
        let mut body = Html::all([
            paragraph(sentence(&found.because)),
            note(sentence(&format!("the paper: {source}"))),
        ]);
        if let Some(figures) = &found.paper {
            let stamp = badge("not ours", Tone::Caution);
            body.push(note(Html::all([
                stamp.into(),
                " ".into(),
                sentence(figures),
            ])));
        }
        let word = words::answer(found.answer);
        section = section.add(verdict(
            word,
            tone(found.answer),
            sentence(&found.finding),
            body,
        ));
    }
    if !findings.notes.is_empty() {
        section = section.add(list(findings.notes.iter().map(|line| sentence(line))));
    }
    section.add(learning(findings))
}

/// Whether the models know anything: without that no difference says much.
fn learning(findings: &Findings) -> Html {
    let Some(learning) = &findings.learning else {
        return Html::new();
    };
    let (title, tone) = match (learning.not_learned.is_empty(), learning.learned.is_empty()) {
        (true, _) => ("All models have learned", Tone::Good),
        (false, false) => ("Not all models have learned", Tone::Caution),
        (false, true) => ("The models have not learned", Tone::Bad),
    };
    notice(title, paragraph(sentence(&learning.because)), tone).into()
}
