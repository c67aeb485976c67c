"""Records what SentencePiece and Hugging Face's tokenizers do, for tests/golden.rs.

    python export.py                    the models and golden.json (texts and ids)
    python export.py spiece.model       t5.json: hashes and counts over T5's own vocabulary

Made with sentencepiece 0.2.3. The training text is generated here.
"""

import hashlib
import io
import json
import random
import sys
import tempfile
import unicodedata
from pathlib import Path

import sentencepiece as spm

HERE = Path(__file__).parent
WORDS = {
    "who": "the baker|a sailor|our neighbour|Ingrid|Zoë|the twins|Dr. Okafor|my naïve cousin".split("|"),
    "does": "mends|paints|forgets|carries|translates|repairs|re-reads|can't find|hasn't seen".split("|"),
    "what": "the blue boat|3 lanterns|an old map|the café's menu|1,250 letters|a broken clock".split("|"),
    "where": "in Málaga|near the harbour|at 7:45|under the bridge|on the 2nd floor|by the façade".split("|"),
}
AWKWARD = [
    "", " ", "  ", "\t", "\n", "\u3000", "\u2581", "\u2581\u2581 a", " a", "a ", " a  b   c ", "a\tb\nc\r\nd",
    "\u00a0a\u00a0", "a\u200bb", "a\u200db", "\ufeffa", "a\u00adb", "\x00", "a\x00b", "\x01\x02\x1f", "\x7f", "a\x0bb\x0cc",
    "\u0085", "a\u0085b", "\u2028a\u2029", "e\u0301", "e\u0301 caf\u0065\u0301", "\u0301", " \u0301", "a \u0308 b", "\u00a8",
    "ﬁ ﬂ ﬃ", "①②③ ⅷ ½", "Ｆｕｌｌ　ｗｉｄｔｈ！", "ｶﾞｷﾞ", "㍍㌔", "℃ ™ №", "x² + y³", "ǅ ĳ", "Straße", "İstanbul ı", "ſ",
    "日本語のテキスト", "한국어", "\u1112\u1161\u11ab", "العربية", "हिन्दी", "ไทย", "\u0e33", "🙂", "👩‍👩‍👧‍👦 family", "🇺🇳🏳️‍🌈",
    "\U0001d4d7\U0001d4ee\U0001d4f5\U0001d4f5\U0001d4f8", "\U0010ffff", "\ue000", "\ufffd", "\ufffe", "\u2126 \u212b", "a\u0300\u0316\u0300",
    "<unk>", "</s>", "<pad> a", "<s>", "<extra_id_>", "<extra_id_200>", "{a} [b] ~^\\|", "don't won’t", "\u201cquoted\u201d", "a…b", "—–-",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "the the the the", "THE BAKER", "tHe BaKeR", "bakerbakerbaker", "1234567890", "3.14159", "......", "#" * 50,
    "\u0f0b\u0f0c", "\u1680a\u1680", "\u180ea", "a\u2060b", "\u00b4\u02d8\u00af", "\u2025\u2026\u22ef", "\ufdfa", "\u0132\u0133", "\u1e9b\u0323", "[NLU] a[NLU]b",
    "\x00" * 300, "a\x00a\x00", " \x00 \x00 ", "\x00e\u0301\x00\u0301", "ﬁ\x00ﬁ", "\x00\u3000\x00", "A\x00\u0308",
]


def sentence(rng):
    return " ".join(rng.choice(WORDS[part]) for part in ("who", "does", "what", "where")) + rng.choice(".!?")


def train(name, lines, **options):
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="unigram", num_threads=1,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, hard_vocab_limit=False, **options,
    )
    data = model.getvalue()
    (HERE / name).write_bytes(data)
    return data


def rules(path):
    """A normalisation rule of a few thousand entries: the whole nmt_nfkc takes 240 kB.

    NFKC of some blocks, sequences with combining marks, spaces, and characters that vanish."""
    blocks = [(0xA0, 0x250), (0x2000, 0x2070), (0x2100, 0x2190), (0x2460, 0x2500), (0x3000, 0x3001), (0x3300, 0x3400), (0xFB00, 0xFB07),
              (0xFF01, 0xFFA0), (0x1D4D0, 0x1D504)]
    table = {}
    for start, end in blocks:
        for code in range(start, end):
            text = unicodedata.normalize("NFKC", chr(code))
            if text != chr(code):
                table[chr(code)] = text
    for mark in "\u0300\u0301\u0308\uff9e":
        for code in [*range(0x41, 0x7B), 0xFF76, 0xFF77, 0xFF7A]:
            text = unicodedata.normalize("NFKC", chr(code) + mark)
            if len(text) == 1:
                table[chr(code) + mark] = text
    for space in "\t\n\r\u1680\u2028\u2029\u200b\ufeff\u200e":
        table[space] = " "
    for gone in [*range(1, 9), 0x0B, *range(0x0E, 0x20), 0x7F, 0xAD]:
        table[chr(gone)] = ""
    codes = lambda text: " ".join(f"{ord(c):X}" for c in text)
    path.write_text("".join(f"{codes(k)}\t{codes(v)}\n" for k, v in sorted(table.items())))
    return str(path)


def texts(rng):
    alphabet = "abe ne \u0301\u3000\u2581ﬁÅé①\u200b\t.ｶﾞ🙂日"
    noise = ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 24))) for _ in range(80)]
    planes = ["".join(chr(rng.choice([rng.randrange(0x20, 0x3000), rng.randrange(0x3000, 0xD800), rng.randrange(0xE000, 0x10FFFF)]))
                      for _ in range(rng.randint(1, 12))) for _ in range(80)]
    mixed = [sentence(rng).replace(" ", rng.choice(["  ", "\n", " \u200b", "\u3000", " "])) for _ in range(20)]
    return AWKWARD + noise + planes + mixed + [" ".join(sentence(rng) for _ in range(60)),
                                            # Near ties, decided by rounding as the score grows.
                                            " ".join(["1910 ------- 444 xxx??? SMS aaaa M'sieur"] * 120)]


def record(data):
    """Ids and decoded text of each of the texts, and the text of random ids."""
    processor = spm.SentencePieceProcessor(model_proto=data)
    ids = [processor.encode(text) for text in texts(random.Random(6))]
    rng = random.Random(8)
    sequences = [[rng.randrange(2, processor.vocab_size()) for _ in range(rng.randint(1, 12))] for _ in range(60)]
    return {
        "ids": ids,
        "decoded": [processor.decode(row) for row in ids],
        "sequences": [[row, processor.decode(row)] for row in sequences],
    }


def digest(strings):
    """FNV-1a, 64 bits, every string ended by 0xFF."""
    value = 0xCBF29CE484222325
    for string in strings:
        for byte in string.encode() + b"\xff":
            value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def generated(count):
    """Texts that the test makes again: splitmix64, characters of the block its first draw names."""
    state = 1

    def draw(below):
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return (z ^ (z >> 31)) % below

    for _ in range(count):
        length, block = 1 + draw(40), draw(4)
        codes = [draw((0x5F, 0x350, 0xD7E0, 0x10FFDF)[block]) + 0x20 for _ in range(length)]
        yield "".join("e" if 0xD800 <= code < 0xE000 else chr(code) for code in codes)


def t5(path):
    processor = spm.SentencePieceProcessor(model_file=path)
    size = processor.vocab_size()
    decoded = [processor.decode([i]) for i in range(size)]
    again = [processor.encode(text) for text in decoded]
    shared_texts = texts(random.Random(6)) + list(generated(20_000))
    return {
        "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
        "pieces": size,
        "decode_each": digest(decoded),
        "decode_all": digest([processor.decode([i for i in range(size) if i > 1])]),
        "round_trips": sum(ids == [i] for i, ids in enumerate(again)),
        "encode_each": digest(" ".join(map(str, ids)) for ids in again),
        "texts": digest(shared_texts),
        "encode_texts": digest(" ".join(map(str, processor.encode(text))) for text in shared_texts),
        "decode_texts": digest(processor.decode(processor.encode(text)) for text in shared_texts),
    }


def main():
    if len(sys.argv) > 1:
        facts = t5(sys.argv[1])
        (HERE / "t5.json").write_text(json.dumps(facts, indent=1) + "\n")
        return
    rng = random.Random(5)
    lines = [sentence(rng) for _ in range(3000)]
    with tempfile.TemporaryDirectory() as folder:
        table = rules(Path(folder) / "rules.tsv")
        small = train("small.model", lines, vocab_size=400, normalization_rule_tsv=table)
    models = {
        "small.model": small,
        "byte.model": train("byte.model", lines, vocab_size=480, byte_fallback=True, normalization_rule_name="identity",
                            user_defined_symbols=["[NLU]", "baker"]),
        "spaces.model": train("spaces.model", lines, vocab_size=300, normalization_rule_name="identity",
                              remove_extra_whitespaces=False, add_dummy_prefix=False, split_by_whitespace=False),
    }
    golden = {"texts": texts(random.Random(6)), "models": {name: record(data) for name, data in models.items()}}
    (HERE / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
