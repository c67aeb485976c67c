"""Record what transformers' warpers make of a row of logits before a token is drawn.

Run: `python export_sampling.py` (torch 2.15, transformers 5.23; CPU, seconds). It rewrites `sampling.json` beside
itself: `logits`, and for each of the settings the `probabilities` after the warpers in the order of `generate`.
"""

import json
from pathlib import Path

import torch
import transformers
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

HERE = Path(__file__).parent
SETTINGS = [
    dict(temperature=1.0, top_k=0, top_p=1.0),
    dict(temperature=0.6, top_k=0, top_p=1.0),
    dict(temperature=1.7, top_k=40, top_p=1.0),
    dict(temperature=1.0, top_k=0, top_p=0.9),
    dict(temperature=1.3, top_k=100, top_p=0.75),
    dict(temperature=2.5, top_k=0, top_p=0.97),
]


def main():
    rng = torch.Generator().manual_seed(4)
    # More than one block of whatever an implementation reads at a time.
    logits = torch.round(2.5 * torch.randn(1, 700, generator=rng), decimals=4)
    cases = []
    for settings in SETTINGS:
        warpers = [TemperatureLogitsWarper(settings["temperature"])]
        if settings["top_k"]:
            warpers.append(TopKLogitsWarper(settings["top_k"]))
        if settings["top_p"] < 1:
            warpers.append(TopPLogitsWarper(settings["top_p"]))
        scores = logits
        for warper in warpers:
            scores = warper(None, scores)
        cases.append({**settings, "probabilities": torch.softmax(scores.double(), -1)[0].tolist()})
    recorded = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__},
                "logits": [round(value, 4) for value in logits[0].tolist()], "cases": cases}
    (HERE / "sampling.json").write_text(json.dumps(recorded, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
