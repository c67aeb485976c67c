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
        "Intervals are 95 % intervals over seeds by Student's t, with a degree of freedom less than there are seeds; random subsets \
         of one seed are averaged first. A mean's is of its own seeds alone. The interval over examples, which stands beside it, \
         says how sure the score of one model is, not how sure the recipe's is."
            .to_owned(),
    ];
    if question != Question::TaskAffinity {
        method.push(
            "Seeds are blocks: a seed gives all conditions the same first weights and the same order of data. So a difference is \
             taken in each seed, and its interval and test are Student's t of these differences, of the two conditions alone. No \
             variance is pooled, and conditions need not vary alike. With three seeds this has two degrees of freedom: wide \
             intervals, and only what is large beside them is beyond chance."
                .to_owned(),
        );
        method.extend(layout(question).map(str::to_owned));
        method.push(
            "Where the differences of all seeds are equal, or there is one seed, or the conditions do not have the same seeds, there \
             is no interval and no test. Seeds are taken to be independent: those that share a start say nothing of other starts."
                .to_owned(),
        );
        method.push(format!(
            "Tests are two-sided, at 5 %, corrected together by Holm: {} in this study. Differences without an adjusted p-value are \
             shown and not tested.",
            correction::p_values(findings).len()
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

/// What a question tests beside differences of two conditions.
fn layout(question: Question) -> Option<&'static str> {
    match question {
        Question::Transfer => Some(
            "A cell is the score of a family (column) in the run on it and another (row), less that of the family alone. The mean of \
             a row is taken in each seed first.",
        ),
        Question::Efficiency => Some(
            "The difference over steps is the mean over steps in each seed first, since checkpoints of one run are not independent.",
        ),
        Question::Scaling => Some(
            "A slope is that of the line through the scores of each seed; its interval is over the slopes of the seeds.",
        ),
        _ => None,
    }
}
