"""Check that transformers loads a directory written by ext5 and computes the recorded logits.

Run: `python check_export.py EXPORTED CASE` where EXPORTED holds config.json and model.safetensors
(or shards) and CASE is a folder written by `export.py`. Prints one JSON line; status 1 on failure.

Checked: no missing, unexpected or mismatched weight, by the model's own class and by
`AutoModelForSeq2SeqLM`; the file holds `shared.weight`, no copy of it, and `lm_head.weight` only when
separate; logits within 1e-5 (absolute, or relative to the largest logit where that is above 1);
the same greedy ids; and, when tokenizer files are there, that `AutoTokenizer` loads and round-trips.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import (AutoModelForSeq2SeqLM, AutoTokenizer, MT5ForConditionalGeneration,
                          T5ForConditionalGeneration)

TOLERANCE = 1e-5


def load(folder):
    """The model by its own class, and the problems found in loading it twice."""
    problems, model = [], None
    kind = json.loads((folder / "config.json").read_text()).get("model_type")
    own = MT5ForConditionalGeneration if kind == "mt5" else T5ForConditionalGeneration
    for loader in (AutoModelForSeq2SeqLM, own):
        model, info = loader.from_pretrained(folder, output_loading_info=True,
                                             attn_implementation="eager", dtype=torch.float32)
        problems += [f"{loader.__name__}: {key}: {sorted(map(str, value))}"
                     for key, value in info.items() if value]
    return model.eval(), problems


def stored(folder):
    """Names in the weight files and the problems with them."""
    problems, names = [], []
    for path in sorted(folder.glob("model*.safetensors")):
        with safe_open(path, "pt") as file:
            names += list(file.keys())
            if (file.metadata() or {}).get("format") != "pt":
                problems.append(f"{path.name}: metadata lacks format pt")
    if len(set(names)) != len(names):
        problems.append("a weight is stored twice")
    if "shared.weight" not in names:
        problems.append("shared.weight is missing")
    problems += [f"{name} is a copy" for name in names if name.endswith("embed_tokens.weight")]
    return names, problems


def tokenizer_problems(folder):
    """Nothing when no tokenizer file is there."""
    if not any((folder / name).exists() for name in ("tokenizer.json", "spiece.model")):
        return [], False
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = "The quick brown fox."
    back = tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True)
    wrong = [] if tokenizer.pad_token_id == 0 and tokenizer.eos_token_id == 1 else ["pad or eos id"]
    if tokenizer.unk_token_id not in tokenizer(text).input_ids and back.strip() != text:
        wrong.append(f"round trip gave {back!r}")
    return [f"tokenizer: {each}" for each in wrong], True


def main(exported, case):
    """Everything found, as a dictionary."""
    recorded, facts = load_file(case / "case.safetensors"), json.loads((case / "case.json").read_text())
    model, problems = load(exported)
    names, wrong = stored(exported)
    problems += wrong
    if ("lm_head.weight" in names) == facts["tied"]:
        problems.append("lm_head.weight is stored when tied, or missing when separate")
    wrong, has_tokenizer = tokenizer_problems(exported)
    problems += wrong

    rows = {key: recorded[key] for key in ("input_ids", "attention_mask")}
    with torch.no_grad():
        logits = model(decoder_input_ids=recorded["decoder_input_ids"], **rows).logits
        ids = model.generate(num_beams=1, do_sample=False, max_new_tokens=facts["new_tokens"],
                             min_new_tokens=facts["new_tokens"], **rows)
    largest = float(recorded["logits"].abs().max())
    if logits.shape != recorded["logits"].shape:
        problems.append(f"logits have shape {tuple(logits.shape)}")
        absolute = float("inf")
    else:
        absolute = float((logits - recorded["logits"]).abs().max())
    if not absolute <= TOLERANCE * max(1.0, largest):
        problems.append("logits differ")
    if not torch.equal(ids, recorded["greedy_ids_forced"]):
        problems.append("greedy ids differ")
    return {"ok": not problems, "max_absolute": absolute, "max_relative": absolute / largest,
            "weights": len(names), "tokenizer": has_tokenizer, "problems": problems,
            "transformers": transformers.__version__}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    found = main(Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps(found))
    raise SystemExit(0 if found["ok"] else 1)
