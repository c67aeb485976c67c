"""Writes statistics.json: Student's t, t tests of pairs and of slopes, and rank correlations by scipy.

Run: python export_statistics.py   (scipy, numpy)
"""
import json
import pathlib

import numpy
import scipy.stats

DEGREES = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 24, 36, 51, 100, 333, 1000, 99999, 100001, 1000000]
VALUES = [0.0, 1e-6, 0.01, 0.3, 0.7, 1.0, 1.5, 1.96, 2.1, 3.0, 4.3, 7.0, 12.0, 40.0, 1000.0]
PROBABILITIES = [1e-9, 0.0001, 0.025, 0.3, 0.5, 0.6, 0.9, 0.975, 0.995, 0.99999]


def student():
    two_sided = [[df, t, float(2 * scipy.stats.t.sf(t, df))] for df in DEGREES for t in VALUES]
    quantiles = [[df, p, float(scipy.stats.t.ppf(p, df))] for df in DEGREES for p in PROBABILITIES]
    return {"two_sided": two_sided, "quantiles": quantiles}


def paired():
    """Two conditions over the same seeds, and slopes of a line in each seed, as one sample."""
    draw = numpy.random.default_rng(51)
    cases = []
    for number in range(40):
        seeds, conditions = int(draw.integers(2, 9)), 2 if number % 2 else int(draw.integers(3, 8))
        scales = draw.choice([1, 3, 5], size=(conditions, 1))
        samples = 50 + 4 * draw.normal(size=seeds) + scales * draw.normal(size=(conditions, seeds))
        if number % 2:
            weights = numpy.array([1.0, -1.0])
            test = scipy.stats.ttest_rel(samples[0], samples[1])
        else:
            places = draw.uniform(0, 100, size=conditions)
            weights = (places - places.mean()) / ((places - places.mean()) ** 2).sum()
            slopes = [scipy.stats.linregress(places, scores).slope for scores in samples.T]
            test = scipy.stats.ttest_1samp(slopes, 0)
        interval = test.confidence_interval(0.95)
        cases.append({"samples": samples.tolist(), "weights": weights.tolist(), "p_value": float(test.pvalue),
                      "low": float(interval.low), "high": float(interval.high), "df": int(test.df)})
    return cases


def means():
    draw = numpy.random.default_rng(52)
    cases = []
    for size in [2, 3, 4, 5, 9, 30]:
        sample = draw.normal(60, 5, size=size)
        low, high = scipy.stats.t.interval(0.95, size - 1, loc=sample.mean(), scale=scipy.stats.sem(sample))
        cases.append({"sample": sample.tolist(), "mean": float(sample.mean()), "low": float(low), "high": float(high)})
    return cases


def ranks():
    draw = numpy.random.default_rng(54)
    cases = []
    for number in range(30):
        size = int(draw.integers(3, 40))
        first = draw.normal(size=size)
        second = first * draw.choice([-1, 0, 1]) + draw.normal(size=size)
        if number % 3 == 0:  # ties
            first, second = first.round(), second.round()
        value = scipy.stats.spearmanr(first, second).statistic
        if not numpy.isnan(value):
            cases.append({"first": first.tolist(), "second": second.tolist(), "spearman": float(value)})
    return cases


if __name__ == "__main__":
    out = {"student": student(), "paired": paired(), "means": means(), "ranks": ranks()}
    pathlib.Path(__file__).with_name("statistics.json").write_text(json.dumps(out) + "\n")
