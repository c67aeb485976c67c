"""Writes answers.json: made-up answers, labels, numbers and parses, and what the reference packages make of them.

Run: python export_answers.py   (t5 0.9.4, scikit-learn, scipy, seqeval 1.2.2, editdistance)
Where no package has a metric, its rule is stated here anew, from its description.
"""
import json
import pathlib
import random
import re
import warnings

import editdistance
import numpy
import seqeval.metrics
import sklearn.metrics

import t5_functions

warnings.filterwarnings("ignore")
T5 = t5_functions.load("evaluation.metrics")
POST = t5_functions.load("data.postprocessors")
COUNT = 520
PLAIN = "the a an cat dog ran runs river over under quick brown fox house green of to and in that".split()
AWKWARD = ["3.14", "1,000", "U.S.A.", "e-mail", "it's", "O'Neill's", "$5.00", "C++", "a/b", '"quoted"', "“curly”", "‘single’", "…", "—",
           "naïve", "Élan", "İstanbul", "ΟΔΟΣ", "straße", "Kelvin", "中文", "日本語。", "¿Qué?", "½", "²", "٣", "under_score", "_", "`tick`",
           "´", "e\u0301te\u0301", "the\u0301", "tab\tbed", "no\u00a0break", "wide\u3000space", "zero\u200bwidth", "unit\u001fsep",
           "nul\u0001l", "del\u007fl", "the\u007fcat", "...", "?!", "A", "An", "The", "THE", "th-e", "a.", "the,", "😀", "a😀b", "©", "''",
           "ﬁne", "Ⅻ", "١٢٣", "p.m.", "-\nbreak", "\u2028", "\u0085", "antidisestablishmentarianism", "antidisestablishmentarianisms",
           "state-of-the-art", "#1", "#2", "return", ";", "-1", "NAN"]


def text(rng, longest=12, awkward=0.4):
    count = rng.choice([0, 1, 1, 2, 3, longest])
    words = [rng.choice(AWKWARD if rng.random() < awkward else PLAIN) for _ in range(count)]
    words = [word.title() if rng.random() < 0.1 else word for word in words]
    gap = lambda: rng.choice([" ", " ", " ", "  ", "\t", "\u00a0"])
    body = "".join(word + gap() for word in words)
    return rng.choice(["", "", " ", "\n"]) + (body if rng.random() < 0.3 else body.rstrip(" "))


def answer(rng, references):
    kind, source = rng.random(), rng.choice(references)
    if kind < 0.15:
        return source
    if kind < 0.25:
        return rng.choice(["", " ", "?!", "the", source.upper(), source.strip() + "."])
    words = [word for word in source.split(" ") if rng.random() > 0.2]
    words.insert(rng.randint(0, len(words)), rng.choice(PLAIN + AWKWARD))
    return " ".join(words) if kind < 0.9 else text(rng)


def texts(seed, most, groups=0):
    rng = random.Random(seed)
    references = [[text(rng) for _ in range(rng.randint(1, most))] for _ in range(COUNT)]
    long = [" ".join(rng.choice(PLAIN) for _ in range(count)) for count in (400, 400, 1, 0)]
    references += [long[:1], long[1:2], long[2:3], long[:most][:2]]
    predictions = [answer(rng, r) for r in references[:-4]] + [long[1], long[1], long[0], long[1] + " x"]
    case = {"predictions": predictions, "references": references, "scores": {}}
    if groups:
        case["groups"] = [str(rng.randrange(groups)) for _ in references]
    return case


def words(value):
    """`str.split()`, whose white space is that of `str.isspace`."""
    return value.split()


def token_accuracy(predictions, references):
    same = total = 0
    for prediction, (reference,) in zip(predictions, references):
        left, right = words(prediction), words(reference)
        same += sum(a == b for a, b in zip(left, right))
        total += max(len(left), len(right))
    return {"token_accuracy": 100 * same / total}


def normalised_edits(prediction, reference):
    left, right = words(prediction), words(reference)
    return editdistance.distance(left, right) / max(len(left), len(right), 1)


def steps(decomposition):
    """The `format_qdmr` and `to_string` of Break's leaderboard, stated anew."""
    parts = [re.sub("return", "", part.strip()) for part in " ".join(decomposition.split()).split(";")]
    parts = [re.sub(r"#([0-9]+)", r"@@\1@@", part).replace("  ", " ").strip() for part in parts]
    return " @@SEP@@ ".join(parts).lower()


def percent(values):
    return 100 * float(numpy.mean(values))


def text_cases():
    single = texts(1, 1)
    p, r = single["predictions"], single["references"]
    first = [one[0] for one in r]
    edits = T5.edit_distance(first, p)
    single["scores"] = {
        "squad": T5.squad(r, p), "trivia_qa": T5.trivia_qa(r, p), "coqa_f1": dict(T5.coqa_f1(r, p)),
        "exact_match": {"exact_match": T5.sequence_accuracy(first, p)["sequence_accuracy"]}, "accuracy": T5.accuracy(first, p),
        "edit_distance": edits, "token_accuracy": token_accuracy(p, r),
        "edit_distance_normalised": {"edit_distance": percent([normalised_edits(a, b) for a, b in zip(p, first)])}}
    several = texts(2, 4)
    p, r = several["predictions"], several["references"]
    several["scores"] = {
        "squad": T5.squad(r, p), "trivia_qa": T5.trivia_qa(r, p), "coqa_f1": dict(T5.coqa_f1(r, p)),
        "exact_match": {"exact_match": percent([a in b for a, b in zip(p, r)])},
        "edit_distance_normalised": {"edit_distance": percent([min(normalised_edits(a, b) for b in bs) for a, bs in zip(p, r)])}}
    grouped = texts(3, 3, groups=150)
    targets = [{"group": g, "value": v} for g, v in zip(grouped["groups"], grouped["references"])]
    given = [{"value": value} for value in grouped["predictions"]]
    grouped["scores"] = {"record": T5.deduplicate_metric(T5.squad)(targets, given)}
    return [single, several, grouped, decompositions(4), *spans(5)]


def decompositions(seed):
    rng = random.Random(seed)
    pieces = ["return boats", "return #1 that are red", "return the return flight", "return number of #2", "Return X", "#3 and #1",
              "@@1@@", "", "  ", "return returned  ones", "# 1", "#", "#12x", "naïve ;return", "中文"]
    join = lambda chosen: rng.choice([" ;", ";", " ; ", ";\t"]).join(chosen)
    predictions, references = [], []
    for _ in range(COUNT):
        chosen = [rng.choice(pieces) for _ in range(rng.randint(0, 4))]
        other = list(chosen)
        if other and rng.random() < 0.4:
            other[rng.randrange(len(other))] = rng.choice(pieces)
        given = join(other)
        predictions.append(rng.choice([given, given.upper(), given.replace("#", "@@"), given.replace("return ", ""), given]))
        references.append([join(chosen)])
    right = [steps(p) == steps(r) for p, (r,) in zip(predictions, references)]
    return {"predictions": predictions, "references": references, "scores": {"break_exact_match": {"exact_match": percent(right)}}}


TYPES = ["PER", "ORG", "LOC", "MISC", "a-b"]


def tagged(rng, length):
    """BIO tags and the spans that they mark."""
    tags, marked = ["O"] * length, []
    place = 0
    while place < length:
        size = rng.randint(1, 3)
        if rng.random() < 0.4 and place + size <= length:
            kind = rng.choice(TYPES)
            tags[place:place + size] = ["B-" + kind] + ["I-" + kind] * (size - 1)
            marked.append((kind, place, place + size))
            place += size
        place += 1
    return tags, marked


def written(rng, tokens, marked, nothing):
    parts = [f"{kind} = {' '.join(tokens[start:end])}" for kind, start, end in marked]
    rng.shuffle(parts)
    return " ; ".join(parts) or nothing


def spans(seed):
    """Sentences whose tokens all differ, so that a span's words say where it is and seqeval can be asked."""
    rng = random.Random(seed)
    pools = [f"w{i}" for i in range(20)] + ["naïve", "中文", "=", ";x", "U.S."]
    wanted_tags, given_tags, frames = [], [], []
    entities = {"predictions": [], "references": []}
    slots = {"predictions": [], "references": []}
    for _ in range(COUNT):
        tokens = rng.sample(pools, rng.randint(1, 14))
        right, right_spans = tagged(rng, len(tokens))
        given, given_spans = (right, right_spans) if rng.random() < 0.4 else tagged(rng, len(tokens))
        if rng.random() < 0.3:  # one span with another type
            given_spans = [(rng.choice(TYPES), s, e) if i == 0 else (k, s, e) for i, (k, s, e) in enumerate(given_spans)]
            given = ["O"] * len(tokens)
            for kind, start, end in given_spans:
                given[start:end] = ["B-" + kind] + ["I-" + kind] * (end - start - 1)
        wanted_tags.append(right)
        given_tags.append(given)
        entities["predictions"].append(written(rng, tokens, given_spans, rng.choice(["none", "", "PER", "no = "[:2]])))
        entities["references"].append([written(rng, tokens, right_spans, "none")])
        intents = rng.choice(["flight", "fare"]), rng.choice(["flight", "flight", "fare", ""])
        parts = [" ; ".join(filter(None, [intent, written(rng, tokens, marked, "")]))
                 for intent, marked in zip(intents, (right_spans, given_spans))]
        slots["references"].append([parts[0]])
        # Without an intent the first slot stands in its place, as a model may write it.
        slots["predictions"].append(parts[1])
        frames.append((bool(intents[1]) and intents[0] == intents[1], sorted(right_spans) == sorted(given_spans)))
    share = {name: 100 * getattr(seqeval.metrics, name + "_score")(wanted_tags, given_tags) for name in ("f1", "precision", "recall")}
    entities["scores"] = {"span_f1": share}
    slots["scores"] = {"slot_f1": {"slot_f1": share["f1"], "intent_accuracy": percent([i for i, _ in frames]),
                                   "frame_accuracy": percent([i and s for i, s in frames])}}
    return [entities, slots]


def label_cases():
    cases = []
    for seed, classes, invalid in [(1, 2, 0.1), (2, 3, 0.1), (3, 7, 0.1), (4, 2, 0.0), (5, 3, 1.0), (6, 5, 0.5)]:
        rng = random.Random(seed)
        targets = [rng.randrange(classes if rng.random() < 0.9 else 1) for _ in range(COUNT)]
        given = [-1 if rng.random() < invalid else t if rng.random() < 0.6 else rng.randrange(classes) for t in targets]
        average = lambda kind: 100 * float(sklearn.metrics.f1_score(targets, given, labels=range(classes), average=kind))
        scores = {"accuracy": T5.accuracy(targets, given),
                  "macro_f1": {"macro_f1": T5.mean_multiclass_f1(classes)(targets, given)[f"mean_{classes}class_f1"]},
                  "micro_f1": {"micro_f1": average("micro")}, "weighted_f1": {"weighted_f1": average("weighted")},
                  "matthews_corrcoef": {"matthews_corrcoef": 100 * float(sklearn.metrics.matthews_corrcoef(targets, given))}}
        groups = [str(rng.randrange(140)) for _ in targets]
        if classes == 2:
            pairs = [[{"value": v, "group": g} for v, g in zip(side, groups)] for side in (targets, given)]
            scores |= {"f1": T5.f1_score_with_invalid(targets, list(given)),
                       "multirc_f1a": {"f1a": T5.multirc_f1_over_all_answers(*pairs)["f1"]},
                       "multirc_em": {"em": T5.mean_group_metric(T5.all_match)(*pairs)["exact_match"]}}
        if classes == 3:
            scores["mean_3class_f1"] = T5.mean_multiclass_f1(3)(targets, given)
        cases.append({"classes": classes, "predictions": given, "targets": targets, "groups": groups, "scores": scores})
    return cases


def number_cases():
    cases = []
    for seed, digits in [(1, 1), (2, 6), (3, 0)]:
        rng = random.Random(seed)
        targets = [round(rng.uniform(0, 5) * 5) / 5 for _ in range(COUNT)]
        written_out = [rng.choice(["", "three", "3,8", "nan", "-"]) if rng.random() < 0.1 else f"{t + rng.gauss(0, 1):.{digits}f}"
                       for t in targets]
        numbers = [-1.0 if value == "nan" else POST.string_to_float(value) for value in written_out]
        cases.append({"predictions": written_out, "targets": [str(t) for t in targets], "scores": {
            "pearson_corrcoef": T5.pearson_corrcoef(targets, numbers), "spearman_corrcoef": T5.spearman_corrcoef(targets, numbers)}})
        right = [int(t > 2.5) for t in targets]
        found = T5.auc(right, numbers)
        cases.append({"predictions": written_out, "targets": [str(t) for t in right], "scores": {
            "auc": {"auc_roc": 100 * found["auc-roc"], "auc_pr": 100 * found["auc-pr"]}}})
    return cases


def plain(value):
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.item() if isinstance(value, numpy.generic) else value


def main():
    out = plain({"texts": text_cases(), "labels": label_cases(), "numbers": number_cases()})
    path = pathlib.Path(__file__).with_name("answers.json")
    path.write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
