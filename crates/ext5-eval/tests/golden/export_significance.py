"""Writes significance.json: p-values of paired tests and their corrections, by sacrebleu, scipy, numpy and statsmodels.

Run: python export_significance.py   (sacrebleu 2.6.0, scipy, numpy, statsmodels 0.15)
"""
import json
import random
import pathlib

import numpy
import scipy.stats
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest
from statsmodels.stats.multitest import multipletests

WORDS = """the a an cat dog ran runs river over under quick brown fox house green of to and in that it was for on are as
with his they at be this from have or by one had not but what all were when we there can said""".split()
RESAMPLES = 20000


def corrections():
    rng = random.Random(41)
    cases = []
    for number in range(500):
        count = rng.choice([1, 2, 3, 5, 8, 20])
        scale = rng.choice([1, 0.1, 0.01, 1e-6])
        values = [rng.random() * scale for _ in range(count)]
        if number % 5 == 0:  # ties and ends
            values = [rng.choice([0.0, 1.0, 0.05, 0.01, values[0]]) for _ in values]
        adjusted = [multipletests(values, method=method)[1].tolist() for method in ("holm", "fdr_bh")]
        cases.append({"p_values": values, "holm": adjusted[0], "benjamini_hochberg": adjusted[1]})
    return cases


def worse(rng, sentence, noise):
    words = [rng.choice(WORDS) if rng.random() < noise else word for word in sentence.split()]
    return " ".join(word for word in words if rng.random() > noise / 2) or "."


def bleu():
    rng = random.Random(42)
    cases = []
    for count, first, second in [(60, .3, .3), (60, .3, .34), (80, .3, .4), (80, .5, .45), (120, .2, .23), (40, .3, .35),
                                 (100, .4, .42), (100, .1, .1), (50, .6, .5), (90, .25, .2)]:
        right = [" ".join(rng.choice(WORDS) for _ in range(rng.randint(5, 20))) for _ in range(count)]
        systems = [[worse(rng, sentence, noise) for sentence in right] for noise in (first, second)]
        named = [("first", systems[0]), ("second", systems[1])]
        case = {"references": right, "first": systems[0], "second": systems[1]}
        for kind in ("ar", "bs"):
            metric = BLEU(references=[right])
            _, scores = PairedTest(named, {"BLEU": metric}, None, test_type=kind, n_samples=RESAMPLES)()
            case[kind] = scores["BLEU"][1].p_value
            case["scores"] = [result.score for result in scores["BLEU"]]
        # The two-sided rule and the interval, over resamples drawn anew.
        metric = BLEU()
        stats = [numpy.array(metric._extract_corpus_statistics(system, [right])) for system in systems]
        draws = numpy.random.default_rng(7).integers(count, size=(RESAMPLES, count))
        value = lambda rows: metric._compute_score_from_stats(rows.sum(0).tolist()).score
        drawn = numpy.array([value(stats[1][d]) - value(stats[0][d]) for d in draws])
        observed = abs(case["scores"][1] - case["scores"][0])
        far = int((abs(drawn - drawn.mean()) >= observed).sum())
        case["two_sided"] = (far + 1) / (RESAMPLES + 1)
        case["interval"] = numpy.percentile(drawn, [2.5, 50, 97.5]).tolist()
        cases.append(case)
    return cases


def matches():
    """Right and wrong answers: every exchange counted, as scipy does for few pairs."""
    rng = random.Random(43)
    cases = []
    for _ in range(30):
        count = rng.randint(6, 12)
        chances = rng.choice([(.5, .5), (.3, .8), (.1, .9), (0, 1)])
        first, second = ([int(rng.random() < chance) for _ in range(count)] for chance in chances)
        test = scipy.stats.permutation_test(
            (numpy.array(second, float), numpy.array(first, float)), lambda a, b, axis: (a - b).mean(axis=axis), vectorized=True,
            permutation_type="samples", n_resamples=numpy.inf, alternative="two-sided")
        cases.append({"first": first, "second": second, "p_value": float(test.pvalue)})
    return cases


if __name__ == "__main__":
    out = {"resamples": RESAMPLES, "corrections": corrections(), "bleu": bleu(), "matches": matches()}
    pathlib.Path(__file__).with_name("significance.json").write_text(json.dumps(out) + "\n")
