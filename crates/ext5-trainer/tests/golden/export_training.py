"""Record the losses of two short training runs in PyTorch, as truth for the trainer's tests.

Run: `python export_training.py` (torch 2.15, transformers 5.23, safetensors, numpy; CPU, under a minute).
It rewrites, beside itself,

- `train_start/`: the starting weights, a directory as `save_pretrained` writes it: a T5 of v1.1 shape
  (gated GELU, output layer separate from `shared.weight`, no other weights tied; `config.json` carries
  `tie_word_embeddings: true, scale_decoder_outputs: false`, the spelling of transformers 5);
- `train_batches.safetensors`: 50 batches, all I64, first axis the batch: `input_ids` and
  `attention_mask` [50, 4, 24], `decoder_input_ids` and `labels` [50, 4, 12] (-100 on padding);
- `train_loss.json`: losses by step.

The loss of a step is (cross-entropy + 1e-4 * logsumexp(logits)^2, both summed over real targets) over
the number of real targets, before the update of that step. Dropout 0, eager attention, F32 weights;
the recorded value is taken in F64 from the F32 logits. A second run with everything in F64 gives
`losses_f64`: the distance of the two tells how far rounding alone drives a run.

Adafactor follows `t5x_adafactor.py`, lr constant, on all parameters (none is large enough to be
factored here). AdamW is torch's on all parameters (weight decay too), after
`clip_grad_norm_(parameters, 1.0)`, which multiplies by min(1, 1 / (norm + 1e-6)); `gradient_norms` are
the 2-norms before clipping.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration

import t5x_adafactor

HERE = Path(__file__).parent
STEPS, ROWS, INPUTS, TARGETS, VOCABULARY = 50, 4, 24, 12, 96
PAD, EOS, IGNORE, Z_LOSS = 0, 1, -100, 1e-4
ADAFACTOR_RATE = 1e-2
ADAMW = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}


def start():
    """Writes the starting model: T5X's initial scales, drawn by a fixed seed."""
    config = T5Config(vocab_size=VOCABULARY, d_model=32, d_kv=8, num_heads=4, d_ff=64, num_layers=2,
                      feed_forward_proj="gated-gelu", dropout_rate=0.0, tie_word_embeddings=False,
                      decoder_start_token_id=PAD, pad_token_id=PAD, eos_token_id=EOS)
    model = T5ForConditionalGeneration(config)
    # transformers 5 ties the output layer of every T5 it makes, whatever the configuration says.
    model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
    rng = torch.Generator().manual_seed(2111)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=rng)
            scale = 1.0 / math.sqrt(weight.shape[-1])
            if key.endswith(".q.weight"):  # 1/sqrt(d_kv) is folded into the queries
                scale /= math.sqrt(config.d_kv)
            if "layer_norm" in key:
                weight.fill_(1.0)
            else:
                weight.copy_(noise * (1.0 if key == "shared.weight" else scale))
    model.save_pretrained(HERE / "train_start")


def load(kind):
    """The starting model as a user would load it."""
    model, info = T5ForConditionalGeneration.from_pretrained(
        HERE / "train_start", output_loading_info=True, attn_implementation="eager")
    assert not any(info.values()), info
    assert model.lm_head.weight.data_ptr() != model.shared.weight.data_ptr()
    assert not model.config.scale_decoder_outputs
    model = model.train().to(kind)
    for module in model.modules():
        if kind == torch.float64 and type(module).__name__ == "T5LayerNorm":
            module.forward = lambda x, m=module: (
                m.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + m.variance_epsilon))
    return model


def batches():
    """Rows of skewed tokens; the target is the first inputs in reverse, so there is something to learn."""
    rng = np.random.default_rng(1910)
    chance = 1.0 / np.arange(1, VOCABULARY - 1)
    chance /= chance.sum()
    ids = np.full((STEPS, ROWS, INPUTS), PAD, np.int64)
    labels = np.full((STEPS, ROWS, TARGETS), IGNORE, np.int64)
    for place in np.ndindex(STEPS, ROWS):
        length = int(rng.integers(4, INPUTS))
        tokens = rng.choice(VOCABULARY - 2, length, p=chance) + 2
        ids[place][:length], ids[place][length] = tokens, EOS
        reversed_part = tokens[: TARGETS - 1][: int(rng.integers(2, TARGETS))][::-1]
        labels[place][: len(reversed_part)] = reversed_part
        labels[place][len(reversed_part)] = EOS
    shifted = np.full_like(labels, PAD)
    shifted[..., 1:] = np.where(labels[..., :-1] == IGNORE, PAD, labels[..., :-1])
    found = {"input_ids": ids, "attention_mask": (ids != PAD).astype(np.int64),
             "decoder_input_ids": shifted, "labels": labels}
    return {key: torch.from_numpy(value) for key, value in found.items()}


def loss_of(logits, labels):
    """Cross-entropy and z-loss per real target."""
    real = labels != IGNORE
    log_z = torch.logsumexp(logits, -1)
    picked = logits.gather(-1, labels.clamp(min=0)[..., None]).squeeze(-1)
    return ((log_z - picked + Z_LOSS * log_z.square()) * real).sum() / real.sum()


class T5xAdafactor:
    """`t5x_adafactor` on the parameters of a model."""

    def __init__(self, parameters):
        self.parameters = list(parameters)
        self.states = [t5x_adafactor.start(p.detach().numpy()) for p in self.parameters]
        self.t = 0

    def step(self):
        for parameter, state in zip(self.parameters, self.states, strict=True):
            after = t5x_adafactor.step(parameter.detach().numpy(), parameter.grad.numpy(), state,
                                       self.t, ADAFACTOR_RATE)
            parameter.data.copy_(torch.from_numpy(np.ascontiguousarray(after)))
        self.t += 1


def train(rows, make, clip, kind):
    """Losses, gradient norms, and the root mean square of every parameter at the end."""
    model = load(kind)
    optimizer, losses, norms = make(model.parameters()), [], []
    for t in range(STEPS):
        batch = {key: value[t] for key, value in rows.items()}
        labels = batch.pop("labels")
        logits = model(**batch).logits
        model.zero_grad(set_to_none=True)
        loss_of(logits, labels).backward()
        losses.append(float(loss_of(logits.detach().double(), labels)))
        limit = clip if clip is not None else math.inf
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), limit)))
        optimizer.step()
    ends = {key: float(value.detach().double().square().mean().sqrt())
            for key, value in model.named_parameters()}
    return losses, norms, ends


def record(rows, make, clip, settings):
    """One run in F32, its shadow in F64, and how far they part."""
    losses, norms, ends = train(rows, make, clip, torch.float32)
    double, _, _ = train(rows, make, clip, torch.float64)
    apart = [abs(a - b) for a, b in zip(losses, double)]
    print(settings, [round(x, 3) for x in losses[::7]], losses[-1], "apart", max(apart),
          "norms", round(max(norms), 2), round(min(norms), 2))
    return {**settings, "clip_global_norm": clip, "losses": losses, "losses_f64": double,
            "largest_distance_f32_f64": max(apart), "gradient_norms": norms, "final_rms": ends}


def main():
    """Writes everything."""
    start()
    rows = batches()
    save_file(rows, HERE / "train_batches.safetensors")
    runs = {
        "adafactor": record(rows, T5xAdafactor, None, {"lr": ADAFACTOR_RATE}),
        "adamw": record(rows, lambda p: torch.optim.AdamW(p, foreach=False, **ADAMW), 1.0, dict(ADAMW)),
    }
    document = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "steps": STEPS, "z_loss_coefficient": Z_LOSS, "tied_parameters": [],
        "target_tokens": (rows["labels"] != IGNORE).sum((1, 2)).tolist(), "runs": runs}
    (HERE / "train_loss.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    main()
