"""Writes statistics.json: Student's t by scipy, one-way layouts by statsmodels, rank correlations by scipy.

Run: python export_statistics.py   (scipy, numpy, statsmodels 0.15)
"""
import json
import pathlib

import numpy
import scipy.stats
import statsmodels.api

DEGREES = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 24, 36, 51, 100, 333, 1000, 99999, 100001, 1000000]
VALUES = [0.0, 1e-6, 0.01, 0.3, 0.7, 1.0, 1.5, 1.96, 2.1, 3.0, 4.3, 7.0, 12.0, 40.0, 1000.0]
PROBABILITIES = [1e-9, 0.0001, 0.025, 0.3, 0.5, 0.6, 0.9, 0.975, 0.995, 0.99999]


def student():
    two_sided = [[df, t, float(2 * scipy.stats.t.sf(t, df))] for df in DEGREES for t in VALUES]
    quantiles = [[df, p, float(scipy.stats.t.ppf(p, df))] for df in DEGREES for p in PROBABILITIES]
    return {"two_sided": two_sided, "quantiles": quantiles}


def layouts():
    """Contrasts of the means of groups, in ordinary least squares with a column for each group."""
    draw = numpy.random.default_rng(51)
    cases = []
    for number in range(40):
        sizes = draw.integers(1, 6, size=draw.integers(2, 9))
        sizes[0] = max(sizes[0], 2)
        samples = [draw.normal(50 + 3 * draw.normal(), 2, size=size) for size in sizes]
        design = numpy.repeat(numpy.eye(len(sizes)), sizes, axis=0)
        fit = statsmodels.api.OLS(numpy.concatenate(samples), design).fit()
        weights = numpy.zeros(len(sizes))
        if number % 2:  # a slope over places
            places = draw.uniform(0, 100, size=len(sizes))
            weights = (places - places.mean()) / ((places - places.mean()) ** 2).sum()
        else:
            weights[1], weights[0] = 1, -1
        test = fit.t_test(weights)
        low, high = test.conf_int()[0]
        cases.append({"samples": [sample.tolist() for sample in samples], "weights": weights.tolist(),
                      "value": float(test.effect[0]), "low": float(low), "high": float(high),
                      "p_value": float(test.pvalue), "df": int(fit.df_resid)})
    return cases


def means():
    draw = numpy.random.default_rng(52)
    cases = []
    for size in [2, 3, 4, 5, 9, 30]:
        sample = draw.normal(60, 5, size=size)
        low, high = scipy.stats.t.interval(0.95, size - 1, loc=sample.mean(), scale=scipy.stats.sem(sample))
        cases.append({"sample": sample.tolist(), "mean": float(sample.mean()), "low": float(low), "high": float(high)})
    return cases


def welch():
    """The difference of two means is twice the average of one mean and the other's negative."""
    draw = numpy.random.default_rng(53)
    cases = []
    for _ in range(10):
        sizes = draw.integers(2, 9, size=2)
        first, second = (draw.normal(0, scale, size=size) for scale, size in zip((1, 4), sizes))
        test = scipy.stats.ttest_ind(first, second, equal_var=False)
        cases.append({"first": first.tolist(), "second": second.tolist(), "t": float(test.statistic), "df": float(test.df)})
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
    out = {"student": student(), "layouts": layouts(), "means": means(), "welch": welch(), "ranks": ranks()}
    pathlib.Path(__file__).with_name("statistics.json").write_text(json.dumps(out) + "\n")
