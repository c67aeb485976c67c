//! Seconds of processor time for 10,000 pairs of about 25 words, when `EXT5_SPEED` is set.
use ext5_data::Example;
use ext5_eval::{Bootstrap, score};
use ext5_objectives::Stream;

#[test]
fn ten_thousand_pairs() {
    if std::env::var_os("EXT5_SPEED").is_none() {
        println!("skipped: EXT5_SPEED is not set");
        return;
    }
    let (answers, targets) = pairs(10_000, 25);
    if let Some(path) = std::env::var_os("EXT5_SPEED_PAIRS") {
        let lines = answers
            .iter()
            .zip(&targets)
            .map(|(answer, target)| format!("{answer}\t{}", target.references[0]));
        std::fs::write(path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    }
    for name in [
        "bleu",
        "bleu_13a",
        "bleu_char",
        "chrf",
        "chrf++",
        "cider",
        "diversity",
        "local_recall",
        "meteor",
        "nist",
        "rouge",
        "rouge_mean",
        "rouge_stemmed",
        "rouge_stemmed_mean",
        "sari",
        "squad",
        "ter",
        "text_length",
        "wer",
    ] {
        for bootstrap in [Bootstrap::NONE, Bootstrap::default()] {
            let mut least = f64::MAX;
            for _ in 0..7 {
                let start = clock();
                score(name, "none", &answers, &targets, &[], bootstrap).unwrap();
                least = least.min(clock() - start);
            }
            println!(
                "{name}: {least:.4} s with {} resamples, least of 7",
                bootstrap.resamples
            );
        }
    }
}

/// Seconds this thread has been on a processor, which other processes do not disturb; Linux alone tells.
fn clock() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}

/// Texts of made-up words with English lengths and repetition; answers lack a fifth of the words.
fn pairs(count: usize, words: usize) -> (Vec<String>, Vec<Example>) {
    let mut stream = Stream::new(&[1]);
    let vocabulary: Vec<String> = (0..8000_u64)
        .map(|_| {
            let letters = 2 + stream.below(8);
            let mut word: String = (0..letters)
                .map(|_| char::from(b'a' + stream.below(26) as u8))
                .collect();
            if stream.below(8) == 0 {
                word.push(if stream.below(3) == 0 { '.' } else { ',' });
            }
            word
        })
        .collect();
    let mut answers = Vec::with_capacity(count);
    let mut targets = Vec::with_capacity(count);
    for _ in 0..count {
        // A product of two uniform numbers draws few words often and many seldom.
        let text: Vec<&str> = (0..words)
            .map(|_| {
                let place = stream.uniform() * stream.uniform() * stream.uniform();
                vocabulary[(place * 8000.0) as usize].as_str()
            })
            .collect();
        let kept = text
            .iter()
            .filter(|_| stream.below(5) > 0)
            .copied()
            .collect::<Vec<_>>();
        answers.push(kept.join(" "));
        targets.push(Example {
            inputs: text.join(" "),
            references: vec![text.join(" ")],
            ..Example::default()
        });
    }
    (answers, targets)
}
