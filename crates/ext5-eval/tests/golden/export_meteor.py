"""Writes meteor.json: texts and what nltk's METEOR makes of them, text by text, without WordNet and with WordNet 3.0.

Run: python export_meteor.py [FOLDER]   (nltk, what export.py needs, and WordNet's database: /usr/share/wordnet of Debian's wordnet-base)
"""
import json
import pathlib
import random
import sys
import tempfile

import nltk
from export import AWKWARD, PLAIN
from nltk.corpus.reader.wordnet import WordNetCorpusReader
from nltk.translate.meteor_score import meteor_score
from export_word_tokenizer import tokenizer

CONTENT = """dog cat house car man woman child children geese mice men women run ran running runs go went gone quick fast rapid slow big
large little small happy glad unhappy sad begin start commence began started finish end buy purchase bought sell sold movie film picture
road street teacher instructor teach taught help aid assist assistance city town country nation state money cash work job employment
beautiful pretty ugly better best good well bad worse worst angrier angriest leaves leaf knives knife boxes box churches church wishes
wish parties party studies study studying studied made make making box break broke broken eat ate eaten food meal water rain snow storm
autumn fall spring summer winter answer reply respond question ask inquire physician doctor nurse hospital lawyer attorney judge quickly
rapidly slowly often frequently seldom rarely abode dwelling home automobile aeroplane airplane plane axes matrices indices oxen lay lie
lying dying die death dead kill killed murder speak spoke talk talked say said tell told story tale narrative choose chose select pick
win won victory lose lost defeat love adore hate loathe large-scale New_York U.S. us can't won't it's don't IBM Paris""".split()
ALONE = ["", " ", ".", "...", "?!", "中文", "日本語。", "😀", "\u0301", "ß", "İ", "the", "The", "THE the", "a a a a", "dog", "dogs", "canine",
         "quickly rapidly", "big large", "car auto automobile", "'", "\"", "--", "\n", "\u00a0", "word " * 300, "big dog runs " * 80, "_", "new_york"]


class NoWordNet:
    def synsets(self, word):
        return []


def wordnet(folder):
    """nltk wants two files more than Debian has, names of the lexicographers' files and sense keys; METEOR looks at neither."""
    above = pathlib.Path(tempfile.mkdtemp())
    root = above / "corpora" / "wordnet"
    root.mkdir(parents=True)
    for file in pathlib.Path(folder).iterdir():
        if file.is_file():
            (root / file.name).write_bytes(file.read_bytes())
    (root / "lexnames").write_text("".join(f"{i:02}\tname.{i}\t1\n" for i in range(45)))
    (root / "index.sense").touch()
    nltk.data.path.insert(0, str(above))  # nltk reads below its own folders only
    return WordNetCorpusReader(str(root), None)


def sample(rng):
    words = [rng.choice(rng.choice([PLAIN, CONTENT, CONTENT])) for _ in range(rng.choice([1, 2, 4, 8, 15, 30]))]
    words = [rng.choice(AWKWARD) if rng.random() < 0.05 else w.capitalize() if rng.random() < 0.1 else w for w in words]
    return " ".join(w + rng.choice([".", ",", "?"]) if rng.random() < 0.1 else w for w in words)


def other(rng, source, net):
    """The same with words left out, exchanged, added, or replaced by what may mean the same."""
    words = []
    for word in source.split(" "):
        kind = rng.random()
        if kind < 0.12:
            continue
        if kind < 0.5:
            names = sorted({name for synset in net.synsets(word) for name in synset.lemma_names()})
            word = rng.choice(names or [word])
        elif kind < 0.6:
            word += rng.choice(["s", "ed", "ing", "ly", "er"])
        words.append(word)
    for _ in range(rng.choice([0, 0, 1, 3])):
        a, b = rng.randrange(len(words) + 1), rng.randrange(len(words) + 1)
        words[a:b] = words[a:b][::-1]
    return " ".join(words)


def main():
    net = wordnet(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/wordnet")
    rng = random.Random(43)
    cases = []
    for _ in range(600):
        references = [sample(rng) for _ in range(rng.choice([1, 1, 1, 2, 5]))]
        cases.append([other(rng, rng.choice(references), net) if rng.random() < 0.9 else sample(rng), references])
    cases += [[a, [b]] for a in ALONE for b in rng.sample(ALONE, 3) + [a]] + [[a, ALONE[-14:-8]] for a in ALONE[:16]]
    words = tokenizer()
    out = {"metrics": ["meteor", "meteor_wordnet"], "cases": cases}
    for name, database in [("meteor", NoWordNet()), ("meteor_wordnet", net)]:
        out[name] = [100 * meteor_score([words(r) for r in rs], words(p), wordnet=database) for p, rs in cases]
    path = pathlib.Path(__file__).with_name("meteor.json")
    path.write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
