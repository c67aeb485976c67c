"""Writes scores.json: random answers and what the reference packages make of them.

Run: python export.py   (scikit-learn, scipy, sacrebleu 2.6.0, rouge_score 0.1.2, numpy)
Where no package has a metric of T5, its rule is stated here anew, from its description.
"""
import collections
import json
import pathlib
import random
import re
import string
import warnings

import numpy
import rouge_score
import sacrebleu
import scipy
import scipy.stats
import sklearn
import sklearn.metrics
from rouge_score import rouge_scorer, scoring
from sacrebleu.metrics import BLEU

warnings.filterwarnings("ignore")

PLAIN = """the a an cat dog ran runs river over under quick brown fox house green of to and in that it was for
on are as with his they at be this from have or by one had not but what all were when we there can said""".split()
AWKWARD = ["3.14", "1,000", "1990.", "U.S.A.", "e-mail", "state-of-the-art", "it's", "O'Neill's", "don't", "$5.00",
           "50%", "C++", "#1", "a/b", "(see)", "[x]", "{y}", '"quoted"', "“curly”", "‘single’", "…", "—", "–", "naïve",
           "Élan", "İstanbul", "ΟΔΟΣ", "STRASSE", "straße", "Kelvin", "中文", "日本語。", "¿Qué?", "½", "²", "٣", "€20",
           "x=y", "a<b>c", "&amp;", "&lt;p&gt;", "&quot;", "<skipped>", "under_score", "_", "`tick`", "´", "e\u0301te\u0301",
           "the\u0301", "tab\tbed", "no\u00a0break", "wide\u3000space", "zero\u200bwidth", "unit\u001fsep", "10-20", "5-",
           "-7", "v2.0.1", "...", "?!", "A", "An", "The", "THE", "th-e", "a.", "the,", "😀", "a😀b", "©", "N/A", "1.", ".5",
           "²³", "!a", "a!", "'", "''", "x\u0301", "ﬁne", "Ⅻ", "㊣", "١٢٣", "१.२", "p.m.", "-\nbreak", "=", "~", "^", "\\"]


def text(rng, longest, awkward=0.3, lines=False):
    count = rng.choice([0, 1, 1, 2, 3] + list(range(4, longest))) if rng.random() < 0.5 else rng.randint(1, longest)
    words = [rng.choice(AWKWARD) if rng.random() < awkward else rng.choice(PLAIN) for _ in range(count)]
    words = [w.title() if rng.random() < 0.1 else w for w in words]
    out = []
    for w in words:
        out.append(w)
        if lines and rng.random() < 0.15:
            out.append(rng.choice([".", ". .", "\n", ".\n", ". \n"]))
    return rng.choice(["", "", "", " ", "\n"]) + rng.choice([" ", " ", " ", "  "]).join(out) + rng.choice(["", "", "", ".", " ", "\n"])


def noisy(rng, source):
    words = source.split(" ")
    kept = [w for w in words if rng.random() > 0.2]
    for _ in range(rng.choice([0, 0, 1, 2])):
        kept.insert(rng.randint(0, len(kept)), rng.choice(PLAIN + AWKWARD))
    if rng.random() < 0.2:
        rng.shuffle(kept)
    return " ".join(kept)


def answer(rng, references, longest, **options):
    kind = rng.random()
    if kind < 0.1:
        return rng.choice(references)
    return noisy(rng, rng.choice(references)) if kind < 0.85 else text(rng, longest, **options)


def pairs(seed, count, longest, most, **options):
    rng = random.Random(seed)
    references = [[text(rng, longest, **options) for _ in range(rng.randint(1, most))] for _ in range(count)]
    return [answer(rng, r, longest, **options) for r in references], references


# --- BLEU and ROUGE, by their packages
def bleu(predictions, references, tokenizer):
    most = max(map(len, references))
    streams = [[r[i] if i < len(r) else None for r in references] for i in range(most)]
    metric = BLEU(tokenize=tokenizer, smooth_method="exp", effective_order=False)
    return {"bleu": metric.corpus_score(predictions, streams).score}


KEYS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


def rouge_rows(predictions, references):
    scorer = rouge_scorer.RougeScorer(KEYS)
    lines = lambda summary: summary.replace(" . ", " .\n")
    return [scorer.score_multi([lines(r) for r in rs], lines(p)) for p, rs in zip(predictions, references)]


def rouge(predictions, references):
    rows = rouge_rows(predictions, references)
    return {key: 100 * float(numpy.mean([row[key].fmeasure for row in rows])) for key in KEYS}


def rouge_intervals(predictions, references):
    aggregator = scoring.BootstrapAggregator()
    numpy.random.seed(0)
    for row in rouge_rows(predictions, references):
        aggregator.add_scores(row)
    result = aggregator.aggregate()
    return {key: [100 * float(getattr(result[key], part).fmeasure) for part in ("low", "mid", "high")] for key in KEYS}


# --- question answering, stated anew
def normal(answer, marks, instead):
    out = "".join(instead if ch in marks else ch for ch in answer.lower())
    return " ".join(re.sub(r"\b(?:an|a|the)\b", " ", out).split())


def overlap(wanted, given, empty=0.0):
    wanted, given = wanted.split(), given.split()
    if not wanted and not given:
        return empty
    same = sum((collections.Counter(wanted) & collections.Counter(given)).values())
    if not same:
        return 0.0
    precision, recall = same / len(given), same / len(wanted)
    return 2 * precision * recall / (precision + recall)


def qa(predictions, references, marks, instead):
    exact, f1 = [], []
    for prediction, answers in zip(predictions, references):
        prediction = normal(prediction, marks, instead)
        answers = [normal(a, marks, instead) for a in answers]
        exact.append(max(a == prediction for a in answers))
        f1.append(max(overlap(a, prediction) for a in answers))
    return {"em": 100 * float(numpy.mean(exact)), "f1": 100 * float(numpy.mean(f1))}


def squad(predictions, references):
    return qa(predictions, references, set(string.punctuation), "")


def trivia(predictions, references):
    return qa(predictions, references, set(string.punctuation + "‘’´`_"), " ")


def coqa(predictions, references):
    marks = set(string.punctuation)
    best = [max(overlap(normal(a, marks, ""), normal(p, marks, ""), 1.0) for a in rs) for p, rs in zip(predictions, references)]
    return {"f1": 100 * float(numpy.mean(best))}


def first_of_group(predictions, references, groups):
    kept = {}
    for index, group in enumerate(groups):
        kept.setdefault(group, index)
    chosen = sorted(kept.values())
    return squad([predictions[i] for i in chosen], [references[i] for i in chosen])


# --- words
def edits(prediction, reference):
    left, right = (re.split(r"\W", s.lower()) for s in (prediction, reference))
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            last, row[j] = row[j], min(last + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def edit_distance(predictions, references):
    found = [min(edits(p, r) for r in rs) for p, rs in zip(predictions, references)]
    return {"mean_edit": float(numpy.mean(found)), "median_edit": float(numpy.median(found)), "min_edit": min(found),
            "max_edit": max(found), "sum_edit": sum(found)}


def token_accuracy(predictions, references):
    same = total = 0
    for prediction, (reference,) in zip(predictions, references):
        left, right = prediction.split(), reference.split()
        same += sum(a == b for a, b in zip(left, right))
        total += max(len(left), len(right))
    return {"token_accuracy": 100 * same / total if total else None}


# --- labels
def labels(seed, count, classes, invalid=0.1, right=0.6):
    rng = random.Random(seed)
    targets = [rng.randrange(classes) for _ in range(count)]
    given = [-1 if rng.random() < invalid else t if rng.random() < right else rng.randrange(classes) for t in targets]
    return given, targets


def binary_f1(given, targets):
    given = [g if g in (0, 1) else 1 - t for g, t in zip(given, targets)]
    return 100 * float(sklearn.metrics.f1_score(targets, given))


def macro(given, targets, classes):
    return 100 * float(sklearn.metrics.fbeta_score(targets, given, beta=1, labels=range(classes), average="macro"))


def label_case(metric, score, given, targets, classes, value, groups=None):
    return {"metric": metric, "classes": classes, "predictions": given, "targets": targets, "groups": groups,
            "scores": {score: value}}


def label_cases():
    cases = []
    for seed, classes in [(1, 2), (2, 3), (3, 7)]:
        given, targets = labels(seed, 200, classes)
        accuracy = 100 * float(sklearn.metrics.accuracy_score(targets, given))
        cases.append(label_case("accuracy", "accuracy", given, targets, classes, accuracy))
        cases.append(label_case("macro_f1", "macro_f1", given, targets, classes, macro(given, targets, classes)))
        mcc = 100 * float(sklearn.metrics.matthews_corrcoef(targets, given))
        cases.append(label_case("matthews_corrcoef", "matthews_corrcoef", given, targets, classes, mcc))
    constant = [1] * 40, labels(4, 40, 2)[1]
    cases.append(label_case("matthews_corrcoef", "matthews_corrcoef", *constant, 2,
                            100 * float(sklearn.metrics.matthews_corrcoef(constant[1], constant[0]))))
    for seed, invalid in [(5, 0.0), (6, 0.3), (7, 1.0)]:
        pair = labels(seed, 150, 2, invalid)
        cases.append(label_case("f1", "f1", *pair, 2, binary_f1(*pair)))
        pair = labels(seed + 10, 56, 3, invalid)
        cases.append(label_case("mean_3class_f1", "mean_3class_f1", *pair, 3, macro(*pair, 3)))
    cases.append(label_case("f1", "f1", [0, 0], [0, 0], 2, binary_f1([0, 0], [0, 0])))
    one_sided = [0, 0, -1, 2], [0, 0, 0, 2]
    cases.append(label_case("mean_3class_f1", "mean_3class_f1", *one_sided, 3, macro(*one_sided, 3)))
    given, targets = labels(8, 300, 2, 0.05, 0.8)
    rng = random.Random(8)
    groups = [f"q{rng.randrange(60)}" for _ in targets]
    cases.append(label_case("multirc_f1a", "f1a", given, targets, 2, binary_f1(given, targets), groups))
    by_group = collections.defaultdict(list)
    for group, g, t in zip(groups, given, targets):
        by_group[group].append(g == t)
    exact = 100 * float(numpy.mean([all(v) for v in by_group.values()]))
    cases.append(label_case("multirc_em", "em", given, targets, 2, exact, groups))
    return cases


def number_cases():
    cases = []
    for seed, count in [(1, 2), (2, 50), (3, 400)]:
        rng = random.Random(seed)
        targets = [round(rng.uniform(0, 5) * 5) / 5 for _ in range(count)]
        given = [-1.0 if rng.random() < 0.1 else round(t + rng.gauss(0, 1), rng.choice([0, 1, 4])) for t in targets]
        cases.append({"predictions": given, "targets": targets,
                      "pearson_corrcoef": 100 * float(scipy.stats.pearsonr(targets, given)[0]),
                      "spearman_corrcoef": 100 * float(scipy.stats.spearmanr(targets, given)[0])})
    return cases


def rank_cases():
    cases = []
    for seed, classes, digits in [(1, 2, 6), (2, 2, 1), (3, 4, 6)]:
        rng = random.Random(seed)
        rows, right, weights = [], [], []
        for _ in range(120):
            answer = rng.randrange(classes)
            rows.append([[round(rng.gauss(-8, 2) + 2 * (c == answer), digits), rng.randint(1, 6)] for c in range(classes)])
            right.append(answer)
            weights.append(rng.choice([1.0, 1.0, 0.5, 2.0]))
        likelihood = numpy.array([[s for s, _ in row] for row in rows])
        mean = numpy.array([[s / n for s, n in row] for row in rows])
        hit = lambda scores: 100 * float(numpy.average(scores.argmax(-1) == numpy.array(right), weights=weights))
        scores = {"accuracy": hit(likelihood), "accuracy_normalised": hit(mean)}
        case = {"choices": rows, "right": right, "weights": weights, "rank_accuracy": scores}
        if classes == 2:
            shifted = numpy.exp(likelihood - likelihood.max(-1, keepdims=True))
            second = (shifted / shifted.sum(-1, keepdims=True))[:, 1]
            case["rank_binary"] = {
                "f1": 100 * float(sklearn.metrics.f1_score(right, likelihood.argmax(-1), sample_weight=weights)),
                "auc_roc": 100 * float(sklearn.metrics.roc_auc_score(right, second, sample_weight=weights)),
                "auc_pr": 100 * float(sklearn.metrics.average_precision_score(right, second, sample_weight=weights)),
            }
        cases.append(case)
    return cases


def text_cases():
    cases = []

    def add(name, predictions, references, groups=None, **scores):
        cases.append({"name": name, "predictions": predictions, "references": references, "groups": groups, "scores": scores})

    for seed, count, longest, most in [(11, 120, 25, 1), (12, 100, 20, 4), (13, 60, 5, 3), (14, 1, 25, 1), (15, 1, 3, 1)]:
        p, r = pairs(seed, count, longest, most)
        found = {"bleu": bleu(p, r, "intl"), "bleu_13a": bleu(p, r, "13a"), "rouge_mean": rouge(p, r), "squad": squad(p, r),
                 "trivia_qa": trivia(p, r), "coqa_f1": coqa(p, r), "edit_distance": edit_distance(p, r),
                 "exact_match": {"exact_match": 100 * float(numpy.mean([a in b for a, b in zip(p, r)]))}}
        if most == 1:
            found["token_accuracy"] = token_accuracy(p, r)
        add(f"random_{seed}", p, r, **found)
    p, r = pairs(16, 80, 60, 2, awkward=0.05, lines=True)
    add("lines", p, r, rouge_mean=rouge(p, r))
    p, r = pairs(17, 60, 6, 3)
    rng = random.Random(17)
    groups = [f"passage {rng.randrange(25)}" for _ in p]
    add("groups", p, r, groups, record=first_of_group(p, r, groups))
    add("no_hit", ["x y z"], [["a b c d"]], bleu=bleu(["x y z"], [["a b c d"]], "intl"))
    long = ["the cat sat on the mat today", "a b c d e"], [["the cat sat on a mat today"], ["a b x d e"]]
    add("smoothed", *long, bleu=bleu(*long, "intl"), bleu_13a=bleu(*long, "13a"))
    return cases


def main():
    texts = text_cases()
    case = next(c for c in texts if c["name"] == "random_11")
    out = {
        "versions": {"sklearn": sklearn.__version__, "scipy": scipy.__version__, "sacrebleu": sacrebleu.__version__,
                     "rouge_score": "0.1.2", "numpy": numpy.__version__},
        "texts": texts,
        "rouge_intervals": {"name": "random_11", "scores": rouge_intervals(case["predictions"], case["references"])},
        "labels": label_cases(),
        "numbers": number_cases(),
        "ranks": rank_cases(),
        "percentiles": [[sorted(v), q, float(numpy.percentile(v, 100 * q))]
                        for v in ([1.0], [1.0, 2.0, 4.0], [0.1, 0.5, 0.7, 3.0]) for q in (0.025, 0.5, 0.975)],
    }
    path = pathlib.Path(__file__).with_name("scores.json")
    path.write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
