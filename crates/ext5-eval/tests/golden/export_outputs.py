"""Writes outputs.json: what other programs read in the files that `tests/it/outputs.rs` keeps in `outputs/`; and
submission.json: answers to test splits, and the files that T5's rules make of them.

Run: python export_outputs.py   (lm_eval 0.4.13, huggingface_hub, PyYAML, and the standard library's zipfile and csv)
"""
import csv
import hashlib
import io
import json
import pathlib
import random
import zipfile

from huggingface_hub import ModelCard
from lm_eval.utils import make_table

HERE = pathlib.Path(__file__).parent
OUTPUTS = HERE / "outputs"


def cells(table):
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def read_back():
    results = json.loads((OUTPUTS / "results.json").read_text())
    card = ModelCard.load(OUTPUTS / "card.md")
    evaluations = [
        {"task": e.task_type, "dataset": e.dataset_type, "name": e.dataset_name, "config": e.dataset_config,
         "split": e.dataset_split, "metric": e.metric_type, "metric_name": e.metric_name, "value": e.metric_value,
         "signature": e.metric_args["signature"]}
        for e in card.data.eval_results]
    with zipfile.ZipFile(OUTPUTS / "superglue.zip") as archive:
        damaged = archive.testzip()
        members = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    packed = io.BytesIO()
    with zipfile.ZipFile(OUTPUTS / "superglue.zip") as archive, \
            zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as again:
        for name in archive.namelist():  # as others pack: deflated, in a folder
            info = zipfile.ZipInfo("answers/" + name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            again.writestr(info, archive.read(name))
    (HERE / "packed.zip").write_bytes(packed.getvalue())
    return {
        "results_table": cells(make_table(results)),
        "groups_table": cells(make_table(results, "groups")),
        "card": {"name": card.data.model_name, "license": card.data.license, "evaluations": evaluations},
        "zip": {"damaged": damaged, "members": members},
        "csv": list(csv.DictReader(io.StringIO((OUTPUTS / "results.csv").read_text(), newline=""))),
    }


# --- submissions: the rules of T5's prepare_glue_submission.py and of its post-processing, stated anew
DETERMINERS = set("a an few her his each every many much my our some that the their these this those which whose your".split())


def referent(prediction, reference):
    clean = lambda text: " ".join(w for w in text.strip().lower().split(" ") if w not in DETERMINERS)
    prediction, reference = clean(prediction), clean(reference)
    if not prediction:
        return -1
    if ("'" in prediction) != ("'" in reference):
        return 0
    predicted, referred = set(prediction.split(" ")), set(reference.split(" "))
    return int(predicted <= referred or referred <= predicted)


def flat(rng, count, classes, spell):
    """Rows in random order; some answers name no class, which a list's index -1 makes the last."""
    rows, lines = [], {}
    for number in range(count):
        text = rng.choice(classes) if rng.random() < 0.95 else rng.choice(["", "maybe", classes[0].upper(), classes[0] + " "])
        place = classes.index(text) if text in classes else -1
        rows.append({"id": str(number), "prediction": text, "targets": "<unk>"})
        lines[number] = spell(place % len(classes))
    rng.shuffle(rows)
    return rows, [lines[number] for number in range(count)]


def pronouns(rng, count):
    nouns = ["the cat", "Bob's hat", "my old dog", "Ann", "", "the", "a red ball", "Bob"]
    rows, lines = [], []
    for number in range(count):
        prediction, target = rng.choice(nouns), rng.choice([noun for noun in nouns if noun not in ("", "the")])
        rows.append({"id": str(number), "prediction": prediction, "targets": target})
        lines.append(("False", "True")[referent(prediction, target)])
    return rows, lines


def numbers(rng, count):
    rows, lines = [], []
    for number in range(count):
        text = rng.choice(["3.8", "0.0", "5.0", "2.4", "4", "three", "nan", "1e0", " 2.2"])
        rows.append({"id": str(number), "prediction": text, "targets": "1.0"})
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        lines.append(value if value == value else -1.0)
    return rows, lines


def submissions():
    rng = random.Random(44)
    commitment = ["entailment", "contradiction", "neutral"]
    two = ["entailment", "not_entailment"]
    superglue = {
        "super_glue_cb": ("CB.jsonl", flat(rng, 250, commitment, lambda place: commitment[place])),
        "super_glue_copa": ("COPA.jsonl", flat(rng, 500, ["choice1", "choice2"], lambda place: place)),
        "super_glue_wic": ("WiC.jsonl", flat(rng, 1400, ["False", "True"], lambda place: ("false", "true")[place])),
        "super_glue_wsc": ("WSC.jsonl", pronouns(rng, 146)),
        "super_glue_axg": ("AX-g.jsonl", flat(rng, 356, two, lambda place: two[place])),
    }
    glue = {
        "glue_cola": ("CoLA.tsv", flat(rng, 1063, ["unacceptable", "acceptable"], lambda place: place)),
        "glue_stsb": ("STS-B.tsv", numbers(rng, 1379)),
        "glue_wnli": ("WNLI.tsv", flat(rng, 146, ["not_entailment", "entailment"], lambda place: place)),
    }
    shape = lambda boards: {task: {"file": file, "samples": rows, "answers": answers}
                            for task, (file, (rows, answers)) in boards.items()}
    return {"superglue": shape(superglue), "glue": shape(glue)}


if __name__ == "__main__":
    (HERE / "submission.json").write_text(json.dumps(submissions()) + "\n")
    if OUTPUTS.exists():
        (HERE / "outputs.json").write_text(json.dumps(read_back(), indent=1) + "\n")
