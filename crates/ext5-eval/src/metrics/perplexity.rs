use crate::bootstrap::Finish;
use crate::metric::Unit;
use crate::{Kind, Metric};

pub(crate) const METRIC: Metric = Metric {
    name: "perplexity",
    doc: "How surprising the targets are, over the whole corpus: negative log-likelihood per token in nats, its exponential, and \
          the negative log-likelihood in bits per byte of the targets (lm-evaluation-harness `bits_per_byte`). The end of \
          sequence counts as a token and to the log-likelihood, but has no bytes. Not in percent; not defined where a target \
          is impossible.",
    higher_is_better: false,
    kinds: &[Kind::Likelihood],
    scores: &["nats_per_token", "perplexity", "bits_per_byte"],
    version: 1,
    settings: "forcing:teacher|eos:counted|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        let targets = item.likelihood("perplexity")?;
        Ok(vec![
            -targets.log_likelihood,
            targets.tokens as f64,
            targets.bytes as f64,
        ])
    },
    finish: Finish::Sums(|sums| {
        let &[nats, tokens, bytes] = sums else {
            return Vec::new();
        };
        let per = |length: f64| (length > 0.0).then(|| nats / length);
        vec![
            per(tokens),
            per(tokens).map(f64::exp),
            per(bytes).map(|nats| nats / std::f64::consts::LN_2),
        ]
    }),
};
