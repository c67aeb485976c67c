use super::correction;
use super::study::Study;
use crate::{Findings, Question};

/// How the numbers were made.
pub(super) fn of(study: &Study<'_>, findings: &Findings) -> Vec<String> {
    let question = study.results.question;
    let mut method = vec![
        "A score counts from 0 to 100 points: the mean of a task's metrics, then of the tasks, in each repetition. A repetition is a \
         seed, or a random subset of tasks with its seed. A condition that lacks a score in one repetition has no mean and is in no \
         comparison."
            .to_owned(),
        "Intervals are 95 % intervals over repetitions by Student's t; a mean's is of its own repetitions alone. The interval over \
         examples, which stands beside it, says how sure the score of one model is, not how sure the recipe's is."
            .to_owned(),
    ];
    if question != Question::TaskAffinity {
        method.push(layout(question).to_owned());
        method.push(
            "Conditions whose repetitions do not vary at all are left out of the pooled variance; where none varies there is no \
             interval and no test. Conditions are taken to vary alike otherwise, and repetitions to be independent: seeds that \
             share a start say nothing of other starts."
                .to_owned(),
        );
        method.push(format!(
            "Tests are two-sided, at 5 %, corrected together by Holm: {} in this study. Differences without an adjusted p-value are \
             shown and not tested.",
            correction::tests(findings)
        ));
    }
    if findings.rank.is_some() {
        method.push(
            "The rank correlation is Spearman's over the cells off the diagonal. Its p-value exchanges whole families, rows together \
             with columns (Mantel), as cells of one family hang together; its interval resamples families and is rough for few."
                .to_owned(),
        );
    }
    if findings.learning.is_some() {
        method.push(
            "A condition has learned something where its score less that of the most frequent answer, over the tasks of which it is \
             known, is above 0 by more than both intervals."
                .to_owned(),
        );
    }
    method
}

/// Which repetitions a difference takes its variance from.
fn layout(question: Question) -> &'static str {
    match question {
        Question::Transfer => {
            "A cell is the score of a family (column) in the run on it and another (row), less that of the family alone; its \
             variance is pooled over all runs that are scored on the column's family. The mean of a row takes the cells' errors \
             as independent, with Welch and Satterthwaite's degrees of freedom."
        }
        Question::Efficiency => {
            "The variance of a difference is pooled over the models at the same number of steps alone, since checkpoints of one run \
             are not independent; the mean over steps is taken in each repetition first."
        }
        Question::Scaling => {
            "The variance of a difference, and of a slope through the means, is pooled over all conditions of the measure."
        }
        _ => "The variance of a difference is pooled over all conditions of the measure.",
    }
}
