//! What empty answers, targets that are none, and files of different length come to: the reference's rule, or a named error.
use ext5_data::Example;
use ext5_eval::{Bootstrap, Error, score};

fn values(metric: &str, postprocess: &str, answer: &str, target: &str) -> Result<Vec<f64>, Error> {
    let targets = [Example {
        targets: target.to_owned(),
        references: vec![target.to_owned()],
        group: Some("g".to_owned()),
        ..Example::default()
    }];
    let labels = ["no".to_owned(), "yes".to_owned(), "maybe".to_owned()];
    let labels = if metric == "f1" {
        &labels[..2]
    } else {
        &labels
    };
    let answers = [answer.to_owned()];
    let scores = score(
        metric,
        postprocess,
        &answers,
        &targets,
        labels,
        Bootstrap::NONE,
    )?;
    Ok(scores
        .iter()
        .map(|score| score.value.unwrap_or(f64::NAN))
        .collect())
}

#[test]
fn an_empty_answer_is_scored_by_the_rule_of_the_reference() {
    for (metric, postprocess, target, wanted) in [
        ("squad", "none", "word", vec![0.0, 0.0]),
        ("squad", "none", "", vec![100.0, 0.0]), // T5: nothing in common
        ("squad", "none", "the", vec![100.0, 0.0]),
        ("trivia_qa", "none", "", vec![100.0, 0.0]),
        ("coqa_f1", "none", "", vec![100.0]), // and here everything
        ("record", "record", "", vec![100.0, 0.0]),
        ("exact_match", "none", "", vec![100.0]),
        ("lm_eval_exact_match", "none", "!", vec![100.0]),
        ("token_accuracy", "none", "a b", vec![0.0]),
        ("edit_distance", "none", "a b", vec![2.0; 5]),
        ("edit_distance_normalised", "none", "a b", vec![100.0]),
        ("edit_distance_normalised", "none", "", vec![0.0]),
        ("break_exact_match", "none", "return", vec![100.0]),
        ("span_f1", "none", "PER = Ada", vec![0.0; 3]),
        ("accuracy", "label", "yes", vec![0.0]),
        ("f1", "label", "no", vec![0.0]),
        ("macro_f1", "label", "yes", vec![0.0]),
        ("micro_f1", "label", "yes", vec![0.0]),
        ("weighted_f1", "label", "yes", vec![0.0]),
        ("matthews_corrcoef", "label", "yes", vec![0.0]),
    ] {
        let found = values(metric, postprocess, "", target).unwrap();
        assert_eq!(found, wanted, "{metric} on `{target}`");
    }
    // No number is -1.0; one pair has no correlation, and no area.
    for metric in ["pearson_corrcoef", "spearman_corrcoef", "auc"] {
        let found = values(metric, "float", "", "1").unwrap();
        assert!(found.iter().all(|value| value.is_nan()), "{metric}");
    }
    // Nothing to find, and nothing found.
    let none = values("span_f1", "none", "", "none").unwrap();
    assert!(none.iter().all(|value| value.is_nan()));
    let slots = values("slot_f1", "none", "", "flight").unwrap();
    assert!(slots[0].is_nan());
    assert_eq!(slots[1..], [0.0, 0.0]);
}

#[test]
fn a_target_that_is_none_is_named() {
    for (metric, postprocess, target, message) in [
        (
            "accuracy",
            "label",
            "Yes",
            "example ``: target `Yes` is not one of the labels, expected one of `no`, `yes`, `maybe`",
        ),
        (
            "f1",
            "label",
            "maybe",
            "example ``: target `maybe` is not one of the labels, expected one of `no`, `yes`",
        ),
        (
            "pearson_corrcoef",
            "float",
            "three",
            "example ``: `targets` is `three`, expected a number",
        ),
        (
            "auc",
            "float",
            "0.5",
            "example ``: `targets` is 0.5, expected 0 or 1, for `auc`",
        ),
        (
            "span_f1",
            "label",
            "yes",
            "metric `span_f1` scores text, post-processing `label` yields labels",
        ),
        (
            "perplexity",
            "none",
            "yes",
            "metric `perplexity` scores log-likelihoods of targets, post-processing `of this item` yields text",
        ),
    ] {
        let error = values(metric, postprocess, "", target).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_file_that_is_shorter_is_refused_before_anything_is_scored() {
    let answers = vec![String::new(); 3];
    let targets = vec![Example::default(); 2];
    for metric in ["squad", "span_f1", "auc", "micro_f1"] {
        let postprocess = match metric {
            "auc" => "float",
            "micro_f1" => "label",
            _ => "none",
        };
        let error = score(
            metric,
            postprocess,
            &answers,
            &targets,
            &[],
            Bootstrap::NONE,
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "got 3 predictions for 2 targets, expected one for each"
        );
    }
}

/// Longest common subsequence, as burn-train's ROUGE-L takes it over token ids.
fn common(left: &[u32], right: &[u32]) -> usize {
    match (left, right) {
        ([first, left_rest @ ..], [other, right_rest @ ..]) => {
            if first == other {
                1 + common(left_rest, right_rest)
            } else {
                common(left_rest, right).max(common(left, right_rest))
            }
        }
        _ => 0,
    }
}

#[test]
fn rouge_and_bleu_read_text_where_burn_train_reads_token_ids() {
    // Pieces of words, as a vocabulary cuts them: `_cat s _sat` and `_cat _sat`.
    let (answer, right) = ([11, 12, 13], [11, 13]);
    let same = common(&answer, &right) as f64;
    let by_ids = 100.0 * 2.0 * same / (answer.len() + right.len()) as f64;
    assert!((by_ids - 80.0).abs() < 1e-9);
    // Of the words one of two is the same.
    let by_words = values("rouge_mean", "none", "cats sat", "cat sat").unwrap();
    assert!((by_words[2] - 50.0).abs() < 1e-9, "{by_words:?}");
    // BLEU tokenizes by its own rules: the full stop is a word, whatever the vocabulary makes of `mat.`.
    let bleu =
        |answer: &str| values("bleu", "none", answer, "the cat sat on the mat .").unwrap()[0];
    assert!((bleu("the cat sat on the mat.") - 100.0).abs() < 1e-9);
}
