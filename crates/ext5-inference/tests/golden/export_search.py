"""Record what transformers' `generate` writes with the tiny T5 models of the model crate's golden data.

Run: `python export_search.py` (torch 2.15, transformers 5.23, numpy; CPU, about two minutes). It rewrites
`search.json` beside itself:

- `runs`: the settings of each run, by transformers' names;
- `shapes`: for each model, `end` (another token used as end of sequence in most runs, because random
  models seldom come to their own), `dropped`, 200 `inputs`, and for each run the `rows` it was made for,
  with the `answers` (ids after the start token through the end) and `scores` of each.

Where two candidates between which a search must decide are closer than CLOSE, rounding decides; such inputs
are dropped: `dropped` from the runs made for every input, the share `close` from the others. Decisions are: which
tokens or continuations are taken and which are not, which answers stay among the finished, in what order they are
returned, and whether the best live one can still beat the worst finished.
"""

import json
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import AutoModelForSeq2SeqLM

HERE = Path(__file__).parent
MODELS = HERE.parents[2] / "ext5-model/tests/golden"
SHAPES = ["v1_0", "v1_1", "unequal_depth", "wide_heads", "mt5_like"]
INPUTS, DRAWN, NEW_TOKENS, CLOSE = 200, 280, 24, 2e-5
START, EOS = 0, 1

BEAM = dict(num_beams=4, num_return_sequences=4)
# `own_end`: the model's own end of sequence; `prefix`: tokens forced after the start token; the first three
# runs are made for every input, the others for every eighth or so.
RUNS = {
    "greedy": dict(num_beams=1, own_end=True),
    "greedy_limits": dict(num_beams=1, min_new_tokens=5, no_repeat_ngram_size=2),
    "beam": dict(**BEAM, length_penalty=1.0, early_stopping=False),
    "beam_own_end": dict(**BEAM, length_penalty=1.0, early_stopping=False, own_end=True),
    "sum": dict(**BEAM, length_penalty=0.0, early_stopping=False),
    "long": dict(**BEAM, length_penalty=2.0, early_stopping=False),
    "short": dict(**BEAM, length_penalty=-0.7, early_stopping=False),
    "at_once": dict(**BEAM, length_penalty=1.0, early_stopping=True),
    "never": dict(**BEAM, length_penalty=1.0, early_stopping="never"),
    "never_t5": dict(**BEAM, length_penalty=0.6, early_stopping="never"),
    "never_sum": dict(**BEAM, length_penalty=0.0, early_stopping="never"),
    "minimum": dict(**BEAM, length_penalty=1.0, early_stopping=False, min_new_tokens=8),
    "bigrams": dict(**BEAM, length_penalty=1.0, early_stopping=False, no_repeat_ngram_size=2),
    "mixed": dict(num_beams=3, num_return_sequences=2, length_penalty=0.6, early_stopping=True,
                  min_new_tokens=2, no_repeat_ngram_size=3),
    "prefix": dict(**BEAM, length_penalty=1.0, early_stopping=False, prefix=[7, 4]),
    "suppressed": dict(num_beams=2, num_return_sequences=2, length_penalty=0.8, early_stopping=False,
                       suppress_tokens=[9, 10, 18, 51, 60]),
}
FOR_ALL = 3


class Watch:
    """Notes for each source how close the closest decision of a beam search was."""

    def __init__(self, model, sources, end):
        self.end = end
        self.closest = np.full(sources, np.inf)
        self.gaps = None
        self.model, self.kept = model, {}
        for name in ("_get_top_k_continuations", "_update_finished_beams", "_check_early_stop_heuristic"):
            self.kept[name] = getattr(model, name)
            setattr(model, name, getattr(self, name))

    def release(self):
        for name in self.kept:
            delattr(self.model, name)

    @staticmethod
    def gap_at(values, kept):
        """How far apart the last that is kept and the first that is not are, for each row; fillers do not count."""
        values = values.double().sort(1, descending=True).values.numpy()
        gaps = values[:, kept - 1] - values[:, kept]
        return np.where((values[:, kept] < -1e8) | np.isnan(gaps), np.inf, gaps)

    def note(self, gaps, active):
        self.closest = np.where(active, np.minimum(self.closest, gaps), self.closest)

    def _get_top_k_continuations(self, **given):
        beams = given["num_beams"]
        best, places = torch.topk(given["accumulated_log_probs"], given["beams_to_keep"] + 1)
        going = best.masked_fill(places % self.model.config.vocab_size == self.end, -1e9)
        self.gaps = np.minimum(self.gap_at(best, beams), self.gap_at(going, beams))
        return self.kept["_get_top_k_continuations"](**given)

    def _update_finished_beams(self, **given):
        full = given["is_sent_finished"].all(1) & (given["early_stopping"] is True)
        self.active = (given["is_early_stop_heuristic_unsatisfied"][:, 0] & ~full).numpy()
        self.note(self.gaps, self.active)
        length = (given["cur_len"] + 1 - given["decoder_prompt_len"]) ** given["length_penalty"]
        new = given["next_token_hits_stopping_criteria"] & given["top_num_beam_mask"]
        new = (given["topk_log_probs"] / length).masked_fill(~new, -1e9)
        self.note(self.gap_at(torch.cat((given["beam_scores"], new), 1), given["num_beams"]), self.active)
        return self.kept["_update_finished_beams"](**given)

    def _check_early_stop_heuristic(self, **given):
        tokens = given["cur_len"] - given["decoder_prompt_len"]
        if given["early_stopping"] == "never" and given["length_penalty"] > 0:
            tokens = given["max_length"] - given["decoder_prompt_len"]
        best = given["running_beam_scores"][:, 0] / tokens ** given["length_penalty"]
        gap = (best - given["beam_scores"].min(1).values).abs().double().numpy()
        gap[~given["is_sent_finished"].all(1).numpy()] = np.inf
        self.note(gap, self.active)
        return self.kept["_check_early_stop_heuristic"](**given)


def padded(inputs):
    width = max(map(len, inputs))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in inputs])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in inputs])
    return ids, mask


def generate(model, inputs, run, end):
    """For each input its answers, their scores, and how close the closest decision was."""
    settings = {key: value for key, value in run.items() if key not in ("own_end", "prefix")}
    opening = [START] + run.get("prefix", [])
    ids, mask = padded(inputs)
    greedy = settings["num_beams"] == 1
    watch = None if greedy else Watch(model, len(inputs), end)
    with torch.no_grad():
        out = model.generate(
            input_ids=ids, attention_mask=mask, decoder_input_ids=torch.tensor([opening] * len(inputs)),
            max_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=end, output_scores=True,
            return_dict_in_generate=True, **settings)
    rows = []
    for row in out.sequences.tolist():
        written = row[len(opening):]
        stop = written.index(end) + 1 if end in written else len(written)
        rows.append(row[1:len(opening)] + written[:stop])
    if greedy:
        return [[row] for row in rows], None, greedy_gaps(out, rows)
    watch.release()
    count = settings["num_return_sequences"]
    scores = [round(float(score), 5) for score in out.sequences_scores]
    ranked = out.sequences_scores.double().numpy().reshape(-1, count)
    closest = np.minimum(watch.closest, (ranked[:, :-1] - ranked[:, 1:]).min(1))
    groups = range(0, len(rows), count)
    return [rows[at:at + count] for at in groups], [scores[at:at + count] for at in groups], closest


def greedy_gaps(out, rows):
    closest = np.full(len(rows), np.inf)
    for step, scores in enumerate(out.scores):
        best = scores.topk(2).values.double()
        for place, row in enumerate(rows):
            if step < len(row):
                closest[place] = min(closest[place], float(best[place, 0] - best[place, 1]))
    return closest


def choose_end(model, inputs):
    """The token, of the eight that the model writes most, with which about half of the beams end."""
    ids, mask = padded(inputs)
    with torch.no_grad():
        out = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=NEW_TOKENS, do_sample=False,
                             min_new_tokens=NEW_TOKENS, num_beams=1)
    counts = torch.bincount(out[:, 1:].flatten(), minlength=model.config.vocab_size)
    counts[[START, EOS] + RUNS["prefix"]["prefix"] + RUNS["suppressed"]["suppress_tokens"]] = 0

    def distance(end):
        answers, _, _ = generate(model, inputs[:50], RUNS["beam"], end)
        ended = [row[-1] == end for rows in answers for row in rows]
        return abs(np.mean(ended) - 0.5)

    return min(counts.topk(8).indices.tolist(), key=distance)


def export(name):
    model = AutoModelForSeq2SeqLM.from_pretrained(MODELS / name).eval()
    rng = np.random.default_rng(SHAPES.index(name) + 1)
    vocabulary = model.config.vocab_size
    inputs = [rng.integers(2, vocabulary, int(rng.integers(0, 40))).tolist() + [EOS] for _ in range(DRAWN)]
    end = choose_end(model, inputs)
    made = {key: generate(model, inputs, run, EOS if run.get("own_end") else end) for key, run in RUNS.items()}
    clear = {key: closest >= CLOSE for key, (_, _, closest) in made.items()}
    first = np.logical_and.reduce([clear[key] for key in list(RUNS)[:FOR_ALL]])
    kept = np.flatnonzero(first)[:INPUTS]
    assert len(kept) == INPUTS, f"{name}: only {len(kept)} inputs are clear"
    runs = {}
    for number, (key, (answers, scores, _)) in enumerate(made.items()):
        some = len(RUNS) - FOR_ALL
        mine = [row for row in range(INPUTS)
                if number < FOR_ALL or ((row + number) % some in (0, 5) and clear[key][kept[row]])]
        runs[key] = {"rows": mine, "answers": [answers[kept[row]] for row in mine],
                     "close": float(np.mean(~clear[key]))}
        if scores:
            runs[key]["scores"] = [scores[kept[row]] for row in mine]
    return {"end": end, "dropped": int(kept[-1] + 1 - INPUTS), "inputs": [inputs[row] for row in kept],
            "runs": runs}


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    shapes = {}
    for name in SHAPES:
        shapes[name] = export(name)
        answers = [row for row in shapes[name]["runs"]["beam"]["answers"] for row in row]
        ended = sum(row[-1] == shapes[name]["end"] for row in answers)
        print(name, "dropped", shapes[name]["dropped"], "end", shapes[name]["end"],
              f"ended {ended / len(answers):.2f}", "mean", sum(map(len, answers)) / len(answers))
    recorded = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "max_new_tokens": NEW_TOKENS, "close": CLOSE, "runs": RUNS, "shapes": shapes,
    }
    (HERE / "search.json").write_text(json.dumps(recorded, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
