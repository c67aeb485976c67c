#!/usr/bin/env python3
"""Processor seconds of the reference packages over pairs of texts (`answer<TAB>right answer` a line), one JSON line.

Packages that take words get them from the usual tokenizers, as ours tokenizes too: nltk's for METEOR, sacrebleu's 13a in lower case for
NIST, CIDEr and WER.
"""
import argparse
import collections
import functools
import gc
import json
import re
import statistics
import string
import time


def jobs(answers, targets):
    import jiwer
    import nltk.translate.nist_score
    from nltk.translate.meteor_score import meteor_score
    from pycocoevalcap.cider.cider import Cider
    from rouge_score import rouge_scorer
    from nltk.tokenize import NLTKWordTokenizer
    from sacrebleu.metrics import BLEU, CHRF, TER
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    def corpus(metric):
        return lambda: metric.corpus_score(answers, [targets]).score

    def rouge(stemmer):
        scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=stemmer)
        return lambda: [scorer.score(target, answer) for answer, target in zip(answers, targets)]

    class NoWordNet:
        def synsets(self, word):
            return []

    def meteor():
        words = NLTKWordTokenizer().tokenize
        return [meteor_score([words(target)], words(answer), wordnet=NoWordNet())
                for answer, target in zip(answers, targets)]

    def plain(text, tokenizer=Tokenizer13a()):
        return tokenizer(text.lower())

    def nist():
        return nltk.translate.nist_score.corpus_nist(
            [[plain(target).split()] for target in targets], [plain(answer).split() for answer in answers])

    def cider():
        return Cider().compute_score(
            dict(enumerate([plain(t)] for t in targets)), dict(enumerate([plain(a)] for a in answers)))

    def wer():
        return jiwer.wer([plain(target) for target in targets], [plain(answer) for answer in answers])

    drop, article = str.maketrans("", "", string.punctuation), re.compile(r"\b(a|an|the)\b")

    def words(text):
        return article.sub(" ", text.lower().translate(drop)).split()

    def squad():
        exact = overlap = 0.0
        for answer, target in zip(map(words, answers), map(words, targets)):
            exact += answer == target
            same = sum((collections.Counter(answer) & collections.Counter(target)).values())
            if same:
                precision, recall = same / len(answer), same / len(target)
                overlap += 2 * precision * recall / (precision + recall)
        return exact, overlap

    return {
        "bleu": corpus(BLEU(tokenize="intl")), "bleu_13a": corpus(BLEU()), "bleu_char": corpus(BLEU(tokenize="char")),
        "chrf": corpus(CHRF()), "chrf++": corpus(CHRF(word_order=2)), "ter": corpus(TER()),
        "rouge_mean": rouge(False), "rouge_stemmed_mean": rouge(True), "meteor": meteor, "nist": nist, "cider": cider,
        "wer": wer, "squad": squad,
    }


def forget():
    """Empties the caches that packages keep between calls, which a first corpus would not find filled."""
    for item in gc.get_objects():
        if isinstance(item, functools._lru_cache_wrapper):
            item.cache_clear()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", help="as `EXT5_SPEED_PAIRS=FILE EXT5_SPEED=1 cargo test -p ext5-eval --test it ten_thousand` writes it")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="*")
    args = parser.parse_args()
    with open(args.pairs, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    found = {"bench": "metrics", "pairs": len(lines)}
    for name, job in jobs([line[0] for line in lines], [line[1] for line in lines]).items():
        if args.only and name not in args.only:
            continue
        seconds = []
        for _ in range(args.repeats):
            forget()
            start = time.process_time()
            job()
            seconds.append(time.process_time() - start)
        found[name] = round(statistics.median(seconds), 4)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
