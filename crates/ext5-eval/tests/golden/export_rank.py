"""Writes rank.json: log-likelihoods of choices and of targets, and what t5 0.9.4, lm_eval 0.4.13 and scikit-learn make of them.

Run: python export_rank.py
Log-likelihoods are multiples of 1/64, which single precision holds, so that t5, which computes in it, has no ties of its own.
"""
import json
import pathlib
import random
import warnings

import numpy
import sklearn.metrics
from lm_eval.api import metrics as lm_eval_metrics

import lm_eval_functions
import t5_functions

warnings.filterwarnings("ignore")
T5 = t5_functions.load("evaluation.metrics")
WORDS = ["yes", "no", "maybe", "", " ", "not at all", "ﬁne", "naïve", "e\u0301te\u0301", "中文", "日本語。", "😀", "a😀b", "İstanbul",
         "choice1", "the the the the the the the the", "?!", "\u200b", "entailment", "not_entailment", "x" * 40]


def likelihood(rng, coarse):
    return -rng.randint(1, 6) / 2 if coarse else -rng.randint(64, 512) / 64


def example(rng, classes, coarse, several):
    count = classes or rng.randint(2, 7)
    choices = rng.sample(WORDS, count)
    right = [rng.randrange(count)]
    if several and rng.random() < 0.4:
        right = sorted(rng.sample(range(count), rng.randint(0, count)))
    weight = rng.choice([1.0, 1.0, 0.5, 2.0, 0.0])
    scores = [[likelihood(rng, coarse) - (0 if c in right else 1), rng.randint(1, 9)] for c in range(count)]
    return {"choices": choices, "scores": scores, "right": right, "weight": weight}


def by_t5(examples, **options):
    targets, scores = [], []
    for index, one in enumerate(examples):
        for choice, (value, tokens) in enumerate(one["scores"]):
            targets.append(((index, choice), choice in one["right"], one["weight"], tokens))
            scores.append(value)
    return T5.rank_classification(targets, scores, **options)


def by_lm_eval(examples):
    found = [lm_eval_functions.chosen(one["choices"], [value for value, _ in one["scores"]], one["right"]) for one in examples]
    weights = [one["weight"] for one in examples]
    return {name: 100 * float(numpy.average([row[name] for row in found], weights=weights)) for name in found[0]}


def case(name, seed, classes, coarse=False, several=False, count=520):
    rng = random.Random(seed)
    examples = [example(rng, classes, coarse, several) for _ in range(count)]
    other = by_lm_eval(examples)
    accuracy = {"accuracy": by_t5(examples)["accuracy"],
                "accuracy_per_token": by_t5(examples, normalize_by_target_length=True)["accuracy"],
                "accuracy_per_byte": other["acc_bytes"], "accuracy_per_character": other["acc_norm"]}
    assert abs(accuracy["accuracy"] - other["acc"]) < 1e-9
    scores = {"rank_accuracy": accuracy}
    if classes and not several:
        full = by_t5(examples, num_classes=classes)
        assert abs(full["accuracy"] - other["acc"]) < 1e-6
        if classes == 2:
            scores["rank_binary"] = {"f1": full["f1"], "auc_roc": full["auc-roc"], "auc_pr": full["auc-pr"]}
        else:
            scores["rank_macro_f1"] = {"macro_f1": full[f"mean_{classes}class_f1"]}
    return {"name": name, "classes": classes, "examples": examples, "scores": scores}


def far_apart(seed, count=520):
    """Differences that make single precision's probabilities equal: the areas by scikit-learn over the log-odds."""
    rng = random.Random(seed)
    examples = []
    for _ in range(count):
        one = example(rng, 2, False, False)
        one["scores"][rng.randrange(2)][0] -= rng.choice([0, 20, 100, 2000])
        examples.append(one)
    odds = [one["scores"][1][0] - one["scores"][0][0] for one in examples]
    right = [one["right"][0] for one in examples]
    weights = [one["weight"] for one in examples]
    return {"name": "far apart", "classes": 2, "examples": examples, "scores": {"rank_binary": {
        "f1": 100 * float(sklearn.metrics.f1_score(right, [value > 0 for value in odds], sample_weight=weights)),
        "auc_roc": 100 * float(sklearn.metrics.roc_auc_score(right, odds, sample_weight=weights)),
        "auc_pr": 100 * float(sklearn.metrics.average_precision_score(right, odds, sample_weight=weights))}}}


def perplexity(seed, count):
    rng = random.Random(seed)
    targets = [" ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 6))) for _ in range(count)]
    scores = [[-rng.expovariate(0.1), 1 + len(text) // 3] for text in targets]
    per_token = [(value, tokens) for value, tokens in scores]
    per_byte = [(value, len(text.encode())) for (value, _), text in zip(scores, targets)]
    return {"targets": targets, "scores": scores, "wanted": {
        "nats_per_token": -float(lm_eval_metrics.weighted_mean(per_token)),
        "perplexity": float(lm_eval_metrics.weighted_perplexity(per_token)),
        "bits_per_byte": float(lm_eval_metrics.bits_per_byte(per_byte))}}


def main():
    cases = [case("two", 1, 2), case("two, ties", 2, 2, coarse=True), case("three", 3, 3), case("five, ties", 4, 5, coarse=True),
             case("several right", 5, 2, several=True), case("any number", 6, None), far_apart(7),
             case("any number, several right, ties", 8, None, coarse=True, several=True)]
    out = {"cases": cases, "perplexity": [perplexity(9, 520), perplexity(10, 1)]}
    path = pathlib.Path(__file__).with_name("rank.json")
    path.write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
