"""Writes translation.json: answers, right answers and sources of a seed, and what the reference packages make of them.

Run: python export_translation.py   (sacrebleu 2.6.0, nltk 3.10.4, pycocoevalcap 1.2, jiwer 4.0.0, numpy)
NIST with merged references and SARI stand in no package: their rules are stated here anew. NIST's is of `mteval`; SARI's of
the paper with the two changes of the script that Hugging Face's `evaluate` loads (0/0 is 1; the recall of what is kept counts
n-grams, not kinds of them). It takes no empty source, nor do we: a blank one stands for it.
"""
import collections
import json
import math
import pathlib
import random
import string

import jiwer
import nltk.translate.nist_score
from pycocoevalcap.cider.cider_scorer import CiderScorer
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

PLAIN = """the a an cat dog ran runs river over under quick brown fox house green of to and in that it was for
on are as with his they at be this from have or by one had not but what all were when we there can said""".split()
AWKWARD = """3.14 1,000 1990. U.S.A. e-mail state-of-the-art it's O'Neill's don't $5.00 50% C++ #1 a/b (see) [x] {y} "quoted"
“curly” ‘single’ … — – naïve Élan İstanbul ΟΔΟΣ STRASSE straße Kelvin 中文 日本語。 ¿Qué? ½ ² ٣ €20 x=y a<b>c &amp; &lt;p&gt;
&quot; <skipped> under_score _ `tick` ´ 10-20 5- -7 v2.0.1 ... ?! .. ,, 5.. 5... a..5 5.,5 .. ., ,.5 a.,b 5-- --5 1-2-3 a-b A An
The THE th-e a. the, 😀 a😀b 👩‍👩‍👧 © N/A 1. .5 ²³ !a a! ' '' '' ﬁne Ⅻ ㊣ １２． ３，４ १.२ p.m. = ~ ^ \\ @ ½.½ ².5 5.² «a» a»b ٫ 3٫5 ‐ a‐b
漢字かな交じり文 我们今天去公园。 你好,世界! 3月5日 →x ∀y ─ ⺀ 〇 ㄅ ﷺ Ａ１ 한국어 ไทย हिन्दी""".split()
SPACED = ["e\u0301te\u0301", "the\u0301", "tab\tbed", "no\u00a0break", "wide\u3000space", "zero\u200bwidth", "unit\u001fsep",
          "x\u0301", "-\nbreak", "end-\n", "line\nbreak", "\r\n", "\u2028", "\x85next", "\x0bvt", "\u0000nul", "\u200dj", "\ufeffbom"]


def text(rng, longest, awkward):
    count = rng.choice([1, 1, 2, 3]) if rng.random() < 0.2 else rng.randint(1, longest)
    pools = [AWKWARD + SPACED if rng.random() < awkward else PLAIN for _ in range(count)]
    words = [rng.choice(pool) for pool in pools]
    words = [w.title() if rng.random() < 0.1 else w for w in words]
    gap = lambda: "" if rng.random() < awkward / 5 else rng.choice([" ", " ", " ", " ", "  "])
    body = "".join(w + gap() for w in words).rstrip(" ")
    return rng.choice(["", "", "", " ", "\n"]) + body + rng.choice(["", "", ".", ".", " ", "\n", "-", "5."])


def noisy(rng, source):
    words = source.split(" ")
    kept = [w for w in words if rng.random() > 0.15]
    for _ in range(rng.choice([0, 0, 1, 2])):
        kept.insert(rng.randint(0, len(kept)), rng.choice(PLAIN + AWKWARD))
    if len(kept) > 3 and rng.random() < 0.5:  # a block moved
        start = rng.randrange(len(kept) - 1)
        block = [kept.pop(start) for _ in range(rng.randint(1, min(12, len(kept) - start)))]
        place = rng.randint(0, len(kept))
        kept[place:place] = block
    if rng.random() < 0.05:
        rng.shuffle(kept)
    return " ".join(kept)


def case(rng, longest, most, awkward):
    first = text(rng, longest, awkward)
    references = [first] + [noisy(rng, first) if rng.random() < 0.8 else text(rng, longest, awkward) for _ in range(rng.randint(1, most) - 1)]
    kind = rng.random()
    if kind < 0.05:
        answer = rng.choice(references)
    elif kind < 0.92:
        answer = noisy(rng, rng.choice(references))
    else:
        answer = text(rng, longest, awkward)
    source = noisy(rng, first) if rng.random() < 0.8 else rng.choice([answer, first, text(rng, longest, awkward)])
    return answer, references, source


EDGES = [
    ("", ["a b c d"], "a b"), ("a b c d", [""], "a"), ("", [""], " "), ("  \t\n", ["\u3000"], " "), ("a", ["a"], "a"),
    ("a b", ["b a"], "a b"), ("...", ["..."], "..."), ("?!", [".", ",", "!?"], "?"), (". , .", [".,."], ","),
    ("a b c d", ["", "a b c d e"], "a b c d"), ("a b c d", ["", ""], "\t"), ("", ["", "a"], "x"),
    ("a a a a a a", ["a a", "a a a"], "a"), ("a b a b a b a b", ["b a b a b a b a"], "a b"), ("THE CAT SAT DOWN", ["the cat sat down"], "The Cat"),
    ("我们今天去公园。", ["我们今天去了公园。", "今天我们去公园"], "我们去公园"), ("日本語のテキスト", ["日本語テキスト"], "テキスト"),
    ("😀😀😀", ["😀 😀 😀"], "😀"), ("e\u0301", ["é"], "e"), ("a\u00a0b c", ["a b c"], "a b c"), ("x y z", ["p q r s"], "k l"),
    ("one two three four five six seven eight nine ten", ["six seven eight nine ten one two three four five"], "one"),
    ("b c d e f g h i j k l m a", ["a b c d e f g h i j k l m"], "a"), ("w " * 60 + "end", ["end " + "w " * 60], "w"),
    ("a b c", ["x"], "a b c"), ("x", ["a b c " * 40], "a"), ("a b c " * 40, ["x"], "a"),
]


def corpus():
    rng = random.Random(4)
    cases = [case(rng, 22, 1, 0.15) for _ in range(220)] + [case(rng, 18, 4, 0.2) for _ in range(180)]
    cases += [case(rng, 4, 3, 0.5) for _ in range(120)] + [case(rng, 9, 2, 1.0) for _ in range(80)]
    cases += [case(rng, 170, 2, 0.05) for _ in range(4)] + EDGES + EDGES[:6]
    return [{"prediction": p, "references": r, "source": s or " "} for p, r, s in cases]


def subsets(count):
    rng = random.Random(5)
    sizes = [rng.randint(2, 6) for _ in range(250)] + [rng.choice([20, 100, 400]) for _ in range(19)]
    return [sorted(rng.sample(range(count), size)) for size in sizes] + [list(range(count))]


# --- the packages; each takes cases and answers scores by name, None where it divides by zero
def by_sacrebleu(metric, name):
    def score(cases):
        most = max(len(c["references"]) for c in cases)
        streams = [[c["references"][i] if i < len(c["references"]) else None for c in cases] for i in range(most)]
        return {name: metric.corpus_score([c["prediction"] for c in cases], streams).score}
    score.metric = metric
    return score


tokenize = Tokenizer13a()


def spoken(line):
    return [w for w in tokenize(line.lower()).split() if w not in set(string.punctuation)]


def nist(cases):
    words = lambda line: tokenize(line.lower()).split()
    try:
        score = nltk.translate.nist_score.corpus_nist([[words(r) for r in c["references"]] for c in cases], [words(c["prediction"]) for c in cases])
    except ZeroDivisionError:
        return None
    return {"nist": float(score)}


def nist_merged(cases):
    words = lambda line: tokenize(line).lower().split()
    grams = lambda line, n: collections.Counter(tuple(line[i:i + n]) for i in range(len(line) - n + 1))
    cases = [(words(c["prediction"]), [words(r) for r in c["references"]]) for c in cases]
    seen = collections.Counter({(): sum(len(r) for _, rs in cases for r in rs)})
    for _, rs in cases:
        for r in rs:
            for n in range(1, 6):
                seen.update(grams(r, n))
    score = 0.0
    for n in range(1, 6):
        shared = 0.0
        for p, rs in cases:
            right = collections.Counter()
            for r in rs:
                right |= grams(r, n)
            shared += sum(count * math.log2(seen[g[:-1]] / seen[g]) for g, count in (grams(p, n) & right).items())
        places = sum(len(p) + 1 - n for p, _ in cases)
        if not places:
            return None
        score += shared / places
    wanted = sum(sum(map(len, rs)) / len(rs) for _, rs in cases)
    if not wanted:
        return None
    ratio = sum(len(p) for p, _ in cases) / wanted
    return {"nist": score * (min(ratio, 1.0) if ratio <= 0 or ratio >= 1 else 0.5 ** (math.log(ratio) / math.log(1.5)) ** 2)}


def cider(cases):
    scorer = CiderScorer()
    for c in cases:
        # The package splits by white space, and no word of the tokenizer has any.
        scorer += (" ".join(spoken(c["prediction"])), [" ".join(spoken(r)) for r in c["references"]])
    try:
        return {"cider": float(scorer.compute_score()[0])}
    except ValueError:  # no n-gram at all
        return None


def wer(cases):
    rates = []
    for c in cases:
        answer, found = " ".join(spoken(c["prediction"])), []
        for reference in c["references"]:
            words = " ".join(spoken(reference))
            # jiwer refuses an empty reference: our rule.
            found.append(jiwer.wer(words, answer) if words else float(bool(answer)))
        rates.append(min(found))
    return {"wer": 100 * sum(rates) / len(rates)}


def sari_of_order(source, answer, references):
    count = len(references)
    source = collections.Counter({g: n * count for g, n in collections.Counter(source).items()})
    answer = collections.Counter({g: n * count for g, n in collections.Counter(answer).items()})
    right = collections.Counter(g for r in references for g in r)
    share = lambda part, whole: part / whole if whole else 1.0
    f1 = lambda p, r: 2 * p * r / (p + r) if p + r else 0.0
    kept, wanted = source & answer, source & right
    good = kept & right
    keep = f1(share(sum(good[g] / kept[g] for g in good), len(kept)), share(sum(good.values()), sum(wanted.values())))
    deleted = source - answer
    rightly = deleted - right
    delete = share(sum(rightly[g] / deleted[g] for g in rightly), len(deleted))
    added, to_add = set(answer) - set(source), set(right) - set(source)
    return keep, delete, f1(share(len(added & set(right)), len(added)), share(len(added & set(right)), len(to_add)))


def sari(cases):
    sums = [0.0, 0.0, 0.0]
    for c in cases:
        split = lambda line: tokenize(line.lower()).split(" ")
        source, answer, references = split(c["source"]), split(c["prediction"]), [split(r) for r in c["references"]]
        for n in range(1, 5):
            grams = lambda words: [" ".join(words[i:i + n]) for i in range(len(words) - n + 1)]
            for i, score in enumerate(sari_of_order(grams(source), grams(answer), [grams(r) for r in references])):
                sums[i] += 100 * score / 4 / len(cases)
    return {"sari": sum(sums) / 3, "keep": sums[0], "delete": sums[1], "add": sums[2]}


METRICS = {
    "bleu": by_sacrebleu(BLEU(tokenize="intl"), "bleu"), "bleu_13a": by_sacrebleu(BLEU(), "bleu"),
    "bleu_char": by_sacrebleu(BLEU(tokenize="char"), "bleu"), "bleu_none": by_sacrebleu(BLEU(tokenize="none"), "bleu"),
    "bleu_zh": by_sacrebleu(BLEU(tokenize="zh"), "bleu"), "chrf": by_sacrebleu(CHRF(), "chrf"),
    "chrf++": by_sacrebleu(CHRF(word_order=2), "chrf++"), "ter": by_sacrebleu(TER(), "ter"),
    "nist": nist, "nist_merged": nist_merged, "cider": cider, "sari": sari, "wer": wer,
}


def main():
    cases = corpus()
    chosen = subsets(len(cases))
    scores = {}
    for name, score in METRICS.items():
        scores[name] = {"alone": [score([c]) for c in cases], "subsets": [score([cases[i] for i in s]) for s in chosen]}
        if hasattr(score, "metric"):
            scores[name]["signature"] = str(score.metric.get_signature())
    out = {"metrics": list(METRICS), "cases": cases, "subsets": chosen, "scores": scores}
    path = pathlib.Path(__file__).with_name("translation.json")
    path.write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
