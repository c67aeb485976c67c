"""Writes readings.json: made-up answers to the SuperGLUE tasks, with the scores of t5 0.9.4 and of lm_eval 0.4.13 side by side.

Run: python export_readings.py
Both run their own functions. Scores of lm_eval are shares and are written times 100 here.
"""
import json
import pathlib
import random
import warnings

import lm_eval_functions
import t5_functions

warnings.filterwarnings("ignore")
METRICS = t5_functions.load("evaluation.metrics")
POST = t5_functions.load("data.postprocessors")
COUNT = 520
FALSE_TRUE = ["False", "True"]
CLASSES = {"boolq": FALSE_TRUE, "cb": ["entailment", "contradiction", "neutral"], "copa": ["choice1", "choice2"],
           "rte": ["entailment", "not_entailment"], "wic": FALSE_TRUE}
METRICS_OF_LM_EVAL = {"cb": ["mean_3class_f1", "lm_eval_exact_match"], "multirc": ["multirc_f1a", "multirc_em"],
                      "record": ["lm_eval_record_em", "lm_eval_record_f1"], "wsc": ["accuracy"]}
WORDS = ["the", "a", "her", "red", "dog", "Dog", "house", "Bob", "Bob's", "O'Neill", "fuzzy", "bunny", "these", "naïve", "中文",
         "e\u0301te\u0301", "old", "U.S.A.", "-", "...", "😀", "THE", "ΟΔΟΣ", "İstanbul"]


def damaged(rng, name):
    """A class name, or nearly."""
    return rng.choice([name, name, name, name.lower(), name.upper(), name + ".", " " + name, name + " ", name + "\n", "'" + name + "'",
                       name.replace("_", " "), name.replace("_", ""), name[:-1], "", "?!", "名", name + "😀", name + " " + name,
                       "_" + name, name + "\u3000", "yes", "Trüe", "entailment", "False", name * 50])


def phrase(rng, most=4):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, most)))


def label_rows(rng, classes):
    rows = []
    for _ in range(COUNT):
        target = rng.choice(classes)
        shown = target if rng.random() < 0.6 else rng.choice(classes)
        rows.append({"prediction": damaged(rng, shown), "target": target})
    return rows


def ids(texts, classes):
    return [POST.string_label_to_class_id(text, label_classes=classes) for text in texts]


def labels(task, seed):
    classes = CLASSES[task]
    rows = label_rows(random.Random(seed), classes)
    given, wanted = ids([r["prediction"] for r in rows], classes), ids([r["target"] for r in rows], classes)
    t5 = METRICS.accuracy(wanted, given)
    if task == "cb":
        t5 = METRICS.mean_multiclass_f1(3)(wanted, given) | t5
    other = lm_eval_functions.score(task, [(r["prediction"], classes.index(r["target"]), classes) for r in rows])
    order = ["mean_3class_f1", "exact_match"] if task == "cb" else ["exact_match"]
    return {"task": task, "labels": classes, "rows": rows, "t5": t5, "lm_eval": {name: 100 * other[name] for name in order}}


def multirc(seed):
    rng = random.Random(seed)
    rows = label_rows(rng, FALSE_TRUE)
    for index, row in enumerate(rows):
        row["prediction"] = row["prediction"] if rng.random() < 0.3 else row["target"]
        row["group"] = str(rng.randrange(200))
    targets = [POST.multirc(r["target"], example={"idx/question": r["group"]}, is_target=True) for r in rows]
    given = [POST.multirc(r["prediction"]) for r in rows]
    t5 = {"f1a": METRICS.multirc_f1_over_all_answers(targets, given)["f1"],
          "em": METRICS.mean_group_metric(METRICS.all_match)(targets, given)["exact_match"]}
    other = lm_eval_functions.score("multirc", [
        (r["prediction"], FALSE_TRUE.index(r["target"]), [r["group"] + "_False", r["group"] + "_True"]) for r in rows])
    return {"task": "multirc", "labels": FALSE_TRUE, "rows": rows, "t5": t5,
            "lm_eval": {"f1a": 100 * other["f1"], "em": 100 * other["em"]}}


def record(seed):
    """One row for each right answer of a query, as both have it; each row has an answer of its own, as sampling would give it."""
    rng = random.Random(seed)
    rows = []
    while len(rows) < COUNT:
        answers = [phrase(rng) or "x" for _ in range(rng.randint(1, 5))]
        answers = list(dict.fromkeys(answers))
        group = f"{rng.randrange(10)}+{len(rows)}"
        for answer in answers:
            given = rng.choice([rng.choice(answers), rng.choice(answers).upper() + "!", phrase(rng), ""])
            rows.append({"prediction": given, "target": answer, "references": answers, "group": group})
    targets = [POST.record("", example={"answers": r["references"], "idx/passage": 0, "idx/query": r["group"]}, is_target=True)
               for r in rows]
    t5 = METRICS.deduplicate_metric(METRICS.squad)(targets, [POST.record(r["prediction"]) for r in rows])
    other = lm_eval_functions.score("record", [(r["prediction"], f"{r['group']}_{r['target']}", None) for r in rows])
    return {"task": "record", "labels": [], "rows": rows, "t5": t5, "lm_eval": {name: 100 * other[name] for name in ("em", "f1")}}


def wsc(seed):
    rng = random.Random(seed)
    rows = []
    for _ in range(COUNT):
        referent = phrase(rng) or "cat"
        given = rng.choice([referent, "the " + referent.lower(), phrase(rng), "", " ", "the", referent + "'s"])
        rows.append({"prediction": given, "target": referent, "label": rng.randrange(2)})
    examples = [{"label": r["label"], "targets_pretokenized": r["target"]} for r in rows]
    given = [POST.wsc_simple(r["prediction"], example=e) for r, e in zip(rows, examples)]
    wanted = [POST.wsc_simple("", example=e, is_target=True) for e in examples]
    process = lm_eval_functions.functions("wsc").process_results
    right = [process({"span1_text": r["target"], "label": r["label"]}, [r["prediction"]])["accuracy"] for r in rows]
    return {"task": "wsc", "labels": [], "rows": rows, "t5": METRICS.accuracy(wanted, given),
            "lm_eval": {"accuracy": 100 * sum(right) / len(right)}}


def main():
    cases = [labels(task, seed) for seed, task in enumerate(CLASSES)] + [multirc(10), record(11), wsc(12)]
    for case in cases:
        case["lm_eval_metrics"] = METRICS_OF_LM_EVAL.get(case["task"], ["lm_eval_exact_match"])
        for reading in ("t5", "lm_eval"):
            case[reading] = {name: float(value) for name, value in case[reading].items()}
    path = pathlib.Path(__file__).with_name("readings.json")
    path.write_text(json.dumps(cases, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
