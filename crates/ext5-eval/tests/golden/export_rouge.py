"""Writes rouge.json: texts and what rouge_score 0.1.2 makes of them, text by text, with and without its stemmer.

Run: python export_rouge.py   (rouge_score, nltk, and what export.py needs)
"""
import json
import pathlib
import random

from export import AWKWARD, PLAIN, noisy, text
from rouge_score import rouge_scorer

KEYS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
FORMS = """running runs ran relational relations conditional dogs dog's flies dying skies generalizations general happily happy
hopefulness hopping hoped agreed feed controlled controlling rational analogies archaeology national Nationally News INNINGS""".split()
ALONE = ["", " ", "\n", ".", " . ", " . . ", "...", "!?", "中文", "日本語。", "😀", "\u0301", "ß", "İ", "K K", "a", "A a A", "\t\n", "\u00a0",
         "a . b . c", "a .b. c", "a\nb\nc", "\n\na\n\n", "the the the the", "x " * 400, "a b " * 150 + ". " + "b a " * 150, "ing", "sing ing ed"]


def lines(summary):
    return summary.replace(" . ", " .\n")


def sample(rng):
    out = text(rng, rng.choice([3, 12, 40]), awkward=rng.choice([0.05, 0.4]), lines=True)
    words = out.split(" ")
    for _ in range(rng.randint(0, 6)):
        words.insert(rng.randint(0, len(words)), rng.choice(FORMS))
    return " ".join(words)


def pair(rng):
    references = [sample(rng) for _ in range(rng.choice([1, 1, 1, 2, 4]))]
    kind = rng.random()
    if kind < 0.05:
        return rng.choice(references), references
    return (noisy(rng, rng.choice(references)) if kind < 0.8 else sample(rng)), references


def main():
    rng = random.Random(41)
    cases = [pair(rng) for _ in range(500)]
    cases += [(a, [b]) for a in ALONE[:20] for b in (ALONE[20], ALONE[0], a, ALONE[23])]
    cases += [(a, ALONE[-8:]) for a in ALONE] + [(rng.choice(ALONE), [rng.choice(ALONE)]) for _ in range(60)]
    names = ["rouge", "rouge_mean", "rouge_stemmed", "rouge_stemmed_mean"]
    out = {"metrics": names, "cases": [[p, r] for p, r in cases]}
    for name, stem in [("plain", False), ("stemmed", True)]:
        scorer = rouge_scorer.RougeScorer(KEYS, use_stemmer=stem)
        rows = [scorer.score_multi([lines(r) for r in rs], lines(p)) for p, rs in cases]
        out[name] = [[100 * float(row[key].fmeasure) for key in KEYS] for row in rows]
    path = pathlib.Path(__file__).with_name("rouge.json")
    path.write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
