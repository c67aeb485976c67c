"""Writes porter.json: words and their stems by nltk's PorterStemmer in its default mode.

Run: python export_porter.py [WORDS]   (nltk; WORDS is a list of words, one a line: /usr/share/dict/words of Debian's wamerican)
"""
import json
import pathlib
import random
import sys

from nltk.stem.porter import PorterStemmer

ENDINGS = """s es ies sses ss ed ied eed ing y ational tional enci anci izer abli bli alli entli eli ousli ization ation ator alism
iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant
ement ment ent ion sion tion ou ism ate iti ous ive ize e ll tt at bl iz ating bling izing lling ssing zzing tting""".split()
SINGLE = """sky skies dying lying tying news innings inning outings outing cannings canning howe proceed exceed succeed a i y yy yyy
yyyy ayy syzygy is as sss ssss ied died dies tied ies eed feed ing sing ed bed aed owing y7 ys 1990s 123 7th x86ing café cafés
naïveness éed ééed ñññing straßes ωing中ed 中文s 中文 ing's it's dogs' o'clock e-mails un-ending relly alli nationalli
rationalli geology geologi theologi logi analogi technologies""".split()


def made_up(rng):
    letters = "".join(rng.choice("aeiouybcdglmnrstwxzlst") for _ in range(rng.randint(0, 6)))
    return letters + rng.choice(ENDINGS) + (rng.choice(ENDINGS) if rng.random() < 0.4 else "")


def main():
    rng = random.Random(0)
    listed = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/dict/words").read_text().split()
    words = set(SINGLE) | {made_up(rng) for _ in range(8000)} | {w.lower() for w in rng.sample(listed, 14000)}
    words = sorted(w for w in words if w)
    stem = PorterStemmer().stem
    out = {"words": " ".join(words), "stems": " ".join(map(stem, words))}
    path = pathlib.Path(__file__).with_name("porter.json")
    path.write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
