"""Record T5's own beam search (`beam_search` of T5X's `decoding.py`) with tiny T5 models.

Run: `python export_t5x_beam.py` (torch 2.15, transformers 5.23, numpy; CPU, about a minute). It rewrites
`t5x_beam.json` beside itself, laid out as `search.json` is.

T5X needs JAX and a TPU's worth of dependencies, so the search is written anew here, from its description and
with arrays of fixed size as it has them; the models' log-probabilities are transformers', without caches.
What is particular to it:

- the best 2 * beams continuations are looked at, and each that ends is finished;
- the score is log-probability / ((5 + length) / 6)^alpha, where the length counts a forced prefix;
- the search ends when every finished place is taken by an answer better than the best live one would be at the
  greatest length plus one;
- at the end live answers are returned, unscored, only where none is finished.
"""

import json

import numpy as np
import torch
import transformers
from export_search import CLOSE, HERE, MODELS, START, EOS, choose_end, padded
from transformers import AutoModelForSeq2SeqLM
from transformers.modeling_outputs import BaseModelOutput

NOTHING = -1e7
INPUTS, DRAWN = 100, 150
SHAPES = ["v1_0", "wide_heads", "mt5_like"]
RUNS = {
    "alpha_0.6": dict(beams=4, alpha=0.6, tokens=24, prefix=[]),
    "alpha_0": dict(beams=4, alpha=0.0, tokens=24, prefix=[]),
    "alpha_2": dict(beams=3, alpha=2.0, tokens=16, prefix=[]),
    "prefix": dict(beams=4, alpha=0.6, tokens=20, prefix=[7, 4]),
    "unfinished": dict(beams=2, alpha=0.6, tokens=5, prefix=[]),
}


def log_probs(model, encoded, mask, sequences):
    """[beams, V] of the token after each of `sequences` `[beams, length]`."""
    beams = len(sequences)
    with torch.no_grad():
        out = model(encoder_outputs=BaseModelOutput(encoded.expand(beams, -1, -1)),
                    attention_mask=mask.expand(beams, -1), decoder_input_ids=torch.from_numpy(sequences))
    return torch.log_softmax(out.logits[:, -1].double(), -1).numpy()


def gap(values, kept):
    """How far apart the last kept and the first dropped of `values` are."""
    ordered = np.sort(values)[::-1]
    return np.inf if len(ordered) <= kept or ordered[kept] < NOTHING / 2 else ordered[kept - 1] - ordered[kept]


def search(model, ids, end, run):
    """Ids after the start token and scores, best first, and how close the closest decision was."""
    beams, alpha, prefix = run["beams"], run["alpha"], run["prefix"]
    most = len(prefix) + run["tokens"]
    ids, mask = padded([ids])
    with torch.no_grad():
        encoded = model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
    live = np.full((beams, most + 1), START)
    live[:, 1:len(prefix) + 1] = prefix
    live_sums = np.full(beams, NOTHING)
    live_sums[0] = 0.0
    done, scores, taken = live.copy(), np.full(beams, NOTHING), np.zeros(beams, bool)
    closest = np.inf
    for at in range(len(prefix), most):
        best_live = live_sums.max() / ((5 + most + 1) / 6) ** alpha
        worst = np.where(taken, scores.min(), NOTHING)
        if taken.all():
            closest = min(closest, abs(best_live - scores.min()))
        if (worst > best_live).all():
            break
        sums = (live_sums[:, None] + log_probs(model, encoded, mask, live[:, :at + 1])).ravel()
        width = len(sums) // beams
        order = np.argsort(-sums, kind="stable")[:2 * beams]
        closest = min(closest, gap(sums, 2 * beams))
        grown = live[order // width]
        grown[:, at + 1] = order % width
        ends = grown[:, at + 1] == end
        new_sums = np.where(ends, NOTHING, sums[order])
        closest = min(closest, gap(new_sums, beams))
        new_scores = np.where(ends, sums[order] / ((5 + at + 1) / 6) ** alpha, NOTHING)
        keep = np.argsort(-new_sums, kind="stable")[:beams]
        live, live_sums = grown[keep], new_sums[keep]
        all_scores = np.concatenate([scores, new_scores])
        closest = min(closest, gap(all_scores, beams))
        keep = np.argsort(-all_scores, kind="stable")[:beams]
        done = np.concatenate([done, grown])[keep]
        taken, scores = np.concatenate([taken, ends])[keep], all_scores[keep]
    if not taken.any():
        rows, values = live[:, 1:], live_sums
    else:
        rows, values = done[taken][:, 1:], scores[taken]
    closest = min([closest, *(values[:-1] - values[1:])])
    return [cut(row.tolist(), end) for row in rows], [round(float(value), 5) for value in values], closest


def cut(row, end):
    return row[:row.index(end) + 1] if end in row else row


def export(name):
    model = AutoModelForSeq2SeqLM.from_pretrained(MODELS / name).eval()
    rng = np.random.default_rng(100 + SHAPES.index(name))
    draw = lambda: rng.integers(2, model.config.vocab_size, int(rng.integers(0, 40))).tolist() + [EOS]
    inputs = [draw() for _ in range(DRAWN)]
    end = choose_end(model, inputs)
    kept, made, dropped = [], [], 0
    for row in inputs:
        found = {key: search(model, row, end, run) for key, run in RUNS.items()}
        if min(closest for _, _, closest in found.values()) < CLOSE:
            dropped += 1
            continue
        kept.append(row)
        made.append(found)
        if len(kept) == INPUTS:
            break
    assert len(kept) == INPUTS
    runs = {key: {"rows": list(range(INPUTS)), "answers": [found[key][0] for found in made],
                  "scores": [found[key][1] for found in made]} for key in RUNS}
    return {"end": end, "dropped": dropped, "inputs": kept, "runs": runs}


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    shapes = {}
    for name in SHAPES:
        shapes[name] = export(name)
        ended = [row[-1] == shapes[name]["end"] for run in shapes[name]["runs"].values()
                 for rows in run["answers"] for row in rows]
        print(name, "dropped", shapes[name]["dropped"], f"ended {np.mean(ended):.2f}")
    recorded = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__},
                "close": CLOSE, "runs": RUNS, "shapes": shapes}
    (HERE / "t5x_beam.json").write_text(json.dumps(recorded, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
