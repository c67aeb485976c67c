"""Writes diversity.json: corpora of texts and the light scores of GEM-metrics, its rules stated here anew.

Run: python export_diversity.py   (nltk, numpy, and what export_word_tokenizer.py needs)
Two things differ from GEM-metrics: nltk parts sentences without its trained model, and nothing is rounded. Shares are times 100.
"""
import collections
import json
import math
import pathlib
import random
import string

import numpy
from export import pairs
from nltk import ngrams
from export_word_tokenizer import text as odd_text
from export_word_tokenizer import tokenizer

WORDS = tokenizer()
MARKS = set(string.punctuation)


def lower(text):
    return [word.lower() for word in WORDS(text)]


def plain(words):
    return [word for word in words if word not in MARKS]


def variety(texts, ending):
    scores, shorter = {}, None
    for n in (1, 2, 3):
        counts = collections.Counter(gram for words in texts for gram in ngrams(words, n))
        total = sum(counts.values())
        scores[f"distinct-{n}{ending}"] = 100 * len(counts) / total if total else 0
        scores[f"vocab_size-{n}{ending}"] = len(counts)
        scores[f"unique-{n}{ending}"] = sum(count == 1 for count in counts.values())
        scores[f"entropy-{n}{ending}"] = -sum(c / total * numpy.log2(c / total) for c in counts.values())
        if shorter:
            below = sum(shorter.values())
            terms = [c / total * numpy.log2((c / total) / (shorter[g[:-1]] / below)) for g, c in counts.items()]
            scores[f"cond_entropy-{n}{ending}"] = -sum(terms)
        elif n > 1:
            scores[f"cond_entropy-{n}{ending}"] = None
        shorter = counts
    joined = [word for words in texts for word in words]
    segments = [joined[i:i + 100] for i in range(0, len(joined), 100)]
    ratios = [len(set(segment)) / 100 for segment in segments if len(segment) == 100]
    scores["msttr-100" + ending.replace("-", "_")] = 100 * sum(ratios) / len(ratios) if ratios else None
    return scores


def diversity(predictions):
    words = [lower(text) for text in predictions]
    scores = {**variety(words, ""), **variety([plain(w) for w in words], "-nopunct")}
    counts = collections.Counter(word for text in predictions for word in text.strip().split())
    total, types = sum(counts.values()), len(counts)
    second = sum(count ** 2 for count in counts.values())
    scores["ttr"] = 100 * types / total if total else None
    scores["yules_i"] = types * types / (second - types) if second > types else None
    return scores


def text_length(predictions):
    scores = {}
    for ending, clean in [("", list), ("-nopunct", plain)]:
        lengths = [len(clean(lower(text))) for text in predictions]
        for name, rule in [("total_length", sum), ("mean_pred_length", numpy.mean), ("std_pred_length", numpy.std),
                           ("median_pred_length", numpy.median), ("min_pred_length", min), ("max_pred_length", max)]:
            scores[name + ending] = float(rule(lengths))
    return scores


def local_recall(predictions, references):
    found, there = collections.Counter(), collections.Counter()
    for prediction, texts in zip(predictions, references):
        given = set(plain(lower(prediction)))
        counts = collections.Counter(word for text in texts for word in set(plain(lower(text))))
        for word, count in counts.items():
            there[count] += 1
            found[count] += word in given
    most = max(map(len, references))
    share = lambda n: None if n > most else 100 * found[n] / there[n] if there[n] else 0
    return {f"local_recall-{n}": share(n) for n in range(1, 11)}


def corpora():
    for seed, count, longest, most in [(51, 300, 30, 1), (52, 150, 25, 5), (53, 60, 6, 10), (54, 20, 12, 3), (55, 1, 30, 2), (56, 5, 3, 4)]:
        yield pairs(seed, count, longest, most)
    rng = random.Random(57)
    yield [odd_text(rng) for _ in range(150)], [[odd_text(rng) for _ in range(rng.randint(1, 4))] for _ in range(150)]
    for case in ([""], ["", ""], ["."], ["a"], ["a b"], ["?! ..", "--"], ["token " * 7], ["token " * 250], ["", "a b a c a b a d", ""],
                 ["A a"], ["中文 中文", "😀"], [" \n\t "], ["x. y. z."], ["one two three"] * 40, ["w%d" % i for i in range(130)]):
        yield case, [[text, "a b"] for text in case]


def main():
    cases = []
    for predictions, references in corpora():
        scores = {"diversity": diversity(predictions), "text_length": text_length(predictions),
                  "local_recall": local_recall(predictions, references)}
        numbers = lambda table: {key: None if value is None or math.isnan(value) else float(value) for key, value in table.items()}
        scores = {name: numbers(table) for name, table in scores.items()}
        cases.append({"predictions": predictions, "references": references, "scores": scores})
    out = {"metrics": ["diversity", "local_recall", "text_length"], "cases": cases}
    path = pathlib.Path(__file__).with_name("diversity.json")
    path.write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
