"""Writes word_tokenizer.json: texts and the words nltk makes of them, sentences parted by a Punkt that has learnt nothing.

Run: python export_word_tokenizer.py   (nltk, and what export.py needs)
nltk's patterns are run by Python's own `re`, as nltk up to 3.9 did; the engine it has since takes less for white space and other
characters for letters.
"""
import json
import pathlib
import random
import re

from export import AWKWARD, PLAIN
from nltk.tokenize import NLTKWordTokenizer
from nltk.tokenize.punkt import PunktLanguageVars, PunktSentenceTokenizer, PunktToken

PIECES = """Mr. Dr. J. S. Bach U.S. e.g. i.e. No. 3. 3 4.5 -7. 1,000. a.m. p.m. vs. etc. cannot CANNOT Cannot gonna Gonna gotta
wanna wanna, gimme gImme lemme d'ye D'ye more'n 'tis 'Tis 'twas don't DON'T Don'T can't I'm I'll they've we'd he's dogs' dogs'' ''tis
rock'n'roll 'n' 'em o'clock 'sup 'd 're 'quoted' "quoted" "Hello," "(see)" ("see") ['a'] `tick' ``quote'' ''end'' '' `` ``` " ' ... .. . . . ....
?! !? ? ! !!! -- --- - a-b a--b (a) [b] {c} <d> a:b a,b 1:2 1,2 a: a, :: ,, ,: ;; @x #y $5 5% & * ** a* *' x'* a's' a'll's x? y! z." end.) end.'
end.” end.» (end.) “end.” ‘a’ «b» „c“ – — ‒ ― … 中文。 日本,語 é. É. ſ 'ſ gİmme gımme 'tıs it'ſ _ a_b. A. b. 7. 8: ٣: ½: &amp; http://a.b/c?d=e
so.The end?yes (no!)no x.y. x,. .x .,x --. .-- ,. '. "." whan whatcha finalword.\" Ⅷ. ²: ²""".split()
SPACES = [" ", " ", " ", " ", " ", " ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u3000", "", "\x0b", "\x1f"]


def tokenizer():
    own = lambda rules: [(re.compile(pattern.pattern), instead) for pattern, instead in rules]
    words, sentences = NLTKWordTokenizer(), PunktLanguageVars()
    for name in ("STARTING_QUOTES", "PUNCTUATION", "ENDING_QUOTES"):
        setattr(words, name, own(getattr(words, name)))
    words.PARENS_BRACKETS, words.DOUBLE_DASHES = own([words.PARENS_BRACKETS, words.DOUBLE_DASHES])
    sentences._re_word_tokenizer = re.compile(sentences._word_tokenizer_re().pattern, re.VERBOSE)
    sentences._re_period_context = re.compile(sentences.period_context_re().pattern, re.VERBOSE)
    PunktLanguageVars.re_boundary_realignment = re.compile(sentences.re_boundary_realignment.pattern, re.MULTILINE)
    for name in ("_RE_ELLIPSIS", "_RE_NUMERIC", "_RE_INITIAL", "_RE_ALPHA"):
        setattr(PunktToken, name, re.compile(getattr(PunktToken, name).pattern))
    punkt = PunktSentenceTokenizer(lang_vars=sentences)
    return lambda text: [word for sentence in punkt.tokenize(text) for word in words.tokenize(sentence)]


def text(rng):
    out = []
    for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 12, 20])):
        word = rng.choice(rng.choice([PIECES, PIECES, PLAIN, AWKWARD]))
        out += [word.capitalize() if rng.random() < 0.2 else word, rng.choice(SPACES)]
        if rng.random() < 0.15:
            out.insert(-1, rng.choice([".", "?", "!", ". .", '."', ".)", ".'", "..."]))
    return "".join(out)


def main():
    rng = random.Random(42)
    texts = sorted({text(rng) for _ in range(4000)} | set(PIECES) | set(AWKWARD) | {a + " " + b for a in PIECES[-40:] for b in PIECES[::20]})
    words = tokenizer()
    cases = [[t, " ".join(words(t))] for t in texts]
    path = pathlib.Path(__file__).with_name("word_tokenizer.json")
    path.write_text(json.dumps(cases, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
