"""Record what transformers computes for five tiny T5 shapes, as truth for the model's tests.

Run: `python export.py` (torch 2.15, transformers 5.23, safetensors, numpy; CPU, about two minutes); names of
shapes after it limit it to these.
It rewrites, beside itself, `buckets.json` and for each shape a folder `<shape>/` with

- `config.json`, `generation_config.json`, `model.safetensors`: as `save_pretrained` writes them;
- `config.published.json` (untied shapes): the same, spelt as the published v1.1 checkpoints spell it;
- `case.safetensors`, `case.json`: one padded batch and what the model makes of it.

transformers 5 always sets `tie_word_embeddings` to true when it reads a T5 or mT5 configuration. A
false value only survives as `scale_decoder_outputs: false` (T5), and `save_pretrained` writes the
pair `true`, `false` back. Whether the output layer is separate is decided at loading by the file:
`shared.weight` and a different `lm_head.weight` are left apart. So an untied model made from a
configuration is silently tied, and must be given its own output matrix, as done here.

Conventions: ids and masks I64, the rest F32; pad 0, eos 1, decoder start 0; a padded label is -100.
Labels are shifted right for the decoder (so the position after a row's end receives eos), and no
decoder mask is passed. Places of padding hold whatever transformers computes there.
"""

import copy
import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration
from transformers.models.t5 import modeling_t5

HERE = Path(__file__).parent
PAD, EOS, IGNORE = 0, 1, -100
Z_LOSS = 1e-4
NEW_TOKENS = 64

# Encoder and decoder lengths of the rows, end of sequence included, the standard deviations of
# embedding and projections where not 1 and 0.35, and the configuration. (A tied output layer with
# embeddings of 1 repeats the decoder's input for ever, which says little about generation.)
SHAPES = {
    "v1_0": {
        "tied": True,
        "embedding": 0.5,
        "projection": 0.45,
        "inputs": [23, 9, 1],
        "targets": [11, 1, 6],
        "config": dict(vocab_size=80, d_model=16, d_kv=4, num_heads=4, d_ff=32, num_layers=2,
                       feed_forward_proj="relu"),
    },
    "v1_1": {
        "tied": False,
        "inputs": [9, 23, 2],
        "targets": [12, 7, 1],
        "config": dict(vocab_size=96, d_model=16, d_kv=4, num_heads=4, d_ff=24, num_layers=2,
                       feed_forward_proj="gated-gelu"),
    },
    # Other buckets than the usual 32 and 128, and a row past their maximum distance of 64.
    "unequal_depth": {
        "tied": True,
        "embedding": 0.3,
        "inputs": [5, 90, 17],
        "targets": [9, 20, 3],
        "config": dict(vocab_size=64, d_model=24, d_kv=6, num_heads=4, d_ff=32, num_layers=3,
                       num_decoder_layers=1, feed_forward_proj="relu",
                       relative_attention_num_buckets=16, relative_attention_max_distance=64),
    },
    # 3 heads of 8 against 16 features; both stacks go past the maximum distance of 128.
    "wide_heads": {
        "tied": False,
        "projection": 0.25,  # above, rounding is amplified: F32 leaves F64 by 1e-4
        "inputs": [200, 31, 1],
        "targets": [150, 8, 40],
        "config": dict(vocab_size=72, d_model=16, d_kv=8, num_heads=3, d_ff=24, num_layers=2,
                       feed_forward_proj="gated-gelu"),
    },
    "mt5_like": {
        "tied": False,
        "inputs": [18, 23, 4],
        "targets": [10, 2, 13],
        "config": dict(vocab_size=400, d_model=16, d_kv=4, num_heads=4, d_ff=24, num_layers=2,
                       feed_forward_proj="gated-gelu"),
    },
}


def draw(name, shape, seed):
    """A model with re-drawn weights, large enough for attention and logits to be far from flat."""
    kinds = ((MT5Config, MT5ForConditionalGeneration) if name.startswith("mt5")
             else (T5Config, T5ForConditionalGeneration))
    config = kinds[0](dropout_rate=0.0, decoder_start_token_id=PAD, pad_token_id=PAD, eos_token_id=EOS,
                      tie_word_embeddings=shape["tied"], **shape["config"])
    model = kinds[1](config).eval()
    if not shape["tied"]:
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=rng)
            if "layer_norm" in key:
                weight.copy_(1.0 + 0.2 * noise)
            elif key == "shared.weight":
                weight.copy_(shape.get("embedding", 1.0) * noise)
            elif "relative_attention_bias" in key:
                weight.copy_(noise)
            else:
                weight.copy_(shape.get("projection", 0.35) * noise)
    return model


def batch(shape, seed):
    """The padded batch of a shape, as a dictionary of I64 tensors."""
    rng = np.random.default_rng(seed)
    vocabulary = shape["config"]["vocab_size"]

    def rows(lengths, fill):
        ids = np.full((len(lengths), max(lengths)), fill, dtype=np.int64)
        for row, length in enumerate(lengths):
            ids[row, : length - 1] = rng.integers(2, vocabulary, length - 1)
            ids[row, length - 1] = EOS
        return torch.from_numpy(ids)

    input_ids, labels = rows(shape["inputs"], PAD), rows(shape["targets"], IGNORE)
    decoder_input_ids = torch.full_like(labels, PAD)
    decoder_input_ids[:, 1:] = labels[:, :-1].masked_fill(labels[:, :-1] == IGNORE, PAD)
    mask = torch.zeros_like(input_ids)
    for row, length in enumerate(shape["inputs"]):
        mask[row, :length] = 1
    return {"input_ids": input_ids, "attention_mask": mask,
            "decoder_input_ids": decoder_input_ids, "labels": labels}


def generate(model, rows, forced):
    """Greedy ids, start token included, and the smallest lead of a chosen token over the next one."""
    with torch.no_grad():
        out = model.generate(
            input_ids=rows["input_ids"], attention_mask=rows["attention_mask"], num_beams=1,
            do_sample=False, max_new_tokens=NEW_TOKENS, min_new_tokens=NEW_TOKENS if forced else None,
            output_scores=True, return_dict_in_generate=True)
    ids, lead = out.sequences, float("inf")
    for row in range(ids.shape[0]):
        for step, scores in enumerate(out.scores):
            best = scores[row].topk(2).values
            lead = min(lead, float(best[0] - best[1]))
            if ids[row, step + 1] == EOS:
                break
    return ids, lead


def choose(name, shape):
    """The first seed whose greedy runs are varied, decided by clear leads, and partly ended by eos."""
    for seed in range(1, 400):
        model, rows = draw(name, shape, seed), batch(shape, seed)
        ended, lead = generate(model, rows, forced=False)
        stops = [(row[1:] == EOS).nonzero() for row in ended]
        early = [int(s[0]) for s in stops if len(s)]
        if not any(3 <= e <= 48 for e in early) or len(early) == len(stops) or lead < 2e-3:
            continue
        forced, forced_lead = generate(model, rows, forced=True)
        kinds = [len(set(row[1:].tolist())) for row in forced]
        # A chosen pad could not be told from the filling after eos.
        if forced_lead >= 2e-3 and max(kinds) >= 8 and not (forced[:, 1:] == PAD).any():
            return seed
    raise SystemExit(f"no seed found for {name}")


def losses(model, rows):
    """Logits, encoder output, and cross-entropy and z-loss summed over real targets."""
    out = model(input_ids=rows["input_ids"], attention_mask=rows["attention_mask"],
                decoder_input_ids=rows["decoder_input_ids"])
    real = rows["labels"] != IGNORE
    targets = rows["labels"].masked_fill(~real, 0)
    log_z = torch.logsumexp(out.logits, -1)
    picked = out.logits.gather(-1, targets[..., None]).squeeze(-1)
    log_likelihood = (picked - log_z) * real
    z_loss = (Z_LOSS * log_z.square() * real).sum()
    return out, log_likelihood, z_loss, int(real.sum())


def gradients(model, rows, with_z):
    """Gradients of the mean loss over real targets, by transformers' parameter names."""
    model.zero_grad(set_to_none=True)
    _, log_likelihood, z_loss, tokens = losses(model, rows)
    ((-log_likelihood.sum() + (z_loss if with_z else 0.0)) / tokens).backward()
    return {key: weight.grad.clone() for key, weight in model.named_parameters()}


def in_double(model):
    """The same model in F64, its layer norms included (their statistics are F32 otherwise)."""
    double = copy.deepcopy(model).double()
    for module in double.modules():
        if type(module).__name__ in ("T5LayerNorm", "MT5LayerNorm"):
            module.forward = lambda x, m=module: (
                m.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + m.variance_epsilon))
    return double


def reload(folder, shape, drawn):
    """Loads the folder as a user would, and proves that every weight and the output layer are used."""
    model, info = type(drawn).from_pretrained(folder, output_loading_info=True,
                                              attn_implementation="eager")
    assert not any(info.values()), info
    for (key, a), (other, b) in zip(drawn.named_parameters(), model.named_parameters(), strict=True):
        assert key == other and torch.equal(a, b), key
    tied = model.lm_head.weight.data_ptr() == model.shared.weight.data_ptr()
    assert tied == shape["tied"]
    with safe_open(folder / "model.safetensors", "pt") as file:
        keys = set(file.keys())
        assert "shared.weight" in keys and not any("embed_tokens" in key for key in keys)
        assert ("lm_head.weight" in keys) != shape["tied"]
        if not shape["tied"]:
            assert not torch.equal(file.get_tensor("lm_head.weight"), file.get_tensor("shared.weight"))
    return model.eval()


def same_logits_by_hand(model, rows, tied):
    """Checks the output layer: d_model^-0.5 before the tied matrix, no scale before a separate one."""
    with torch.no_grad():
        out = model(**{k: rows[k] for k in ("input_ids", "attention_mask", "decoder_input_ids")},
                    output_hidden_states=True)
        hidden = out.decoder_hidden_states[-1]
        matrix = model.shared.weight if tied else model.lm_head.weight
        by_hand = (hidden * (model.config.d_model ** -0.5 if tied else 1.0)) @ matrix.T
    difference = float((by_hand - out.logits).abs().max())
    assert difference < 1e-4, difference
    return difference


def published_config(folder, model, rows):
    """Writes the configuration as the published v1.1 and mT5 files spell it; must give equal logits."""
    config = json.loads((folder / "config.json").read_text())
    config.pop("scale_decoder_outputs", None)
    config["tie_word_embeddings"] = False
    (folder / "config.published.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    other = type(model).from_pretrained(folder, config=type(model.config)(**config),
                                        attn_implementation="eager").eval()
    with torch.no_grad():
        assert torch.equal(losses(other, rows)[0].logits, losses(model, rows)[0].logits)


def record(name, shape):
    """Writes one shape's folder."""
    folder, seed = HERE / name, choose(name, shape)
    drawn, rows = draw(name, shape, seed), batch(shape, seed)
    drawn.save_pretrained(folder)
    model = reload(folder, shape, drawn)
    by_hand = same_logits_by_hand(model, rows, shape["tied"])
    if not shape["tied"]:
        published_config(folder, model, rows)

    out, _, _, tokens = losses(model, rows)
    # The sums are taken in F64 over the F32 logits, so that they carry no error of their own.
    logits = out.logits.detach().double()
    real = rows["labels"] != IGNORE
    log_z = torch.logsumexp(logits, -1)
    log_likelihood = (logits.gather(-1, rows["labels"].clamp(min=0)[..., None]).squeeze(-1) - log_z) * real
    hf_mean = model(**rows).loss.detach()
    assert abs(float(hf_mean) + float(log_likelihood.sum()) / tokens) < 1e-5 * float(hf_mean)

    arrays = dict(rows, logits=out.logits.detach(), encoder_hidden=out.encoder_last_hidden_state.detach())
    for prefix, with_z in (("grad.", False), ("grad_z.", True)):
        arrays |= {prefix + key: grad for key, grad in gradients(model, rows, with_z).items()}
    arrays["greedy_ids_forced"], forced_lead = generate(model, rows, forced=True)
    arrays["greedy_ids_eos"], eos_lead = generate(model, rows, forced=False)
    save_file({key: value.contiguous() for key, value in sorted(arrays.items())},
              folder / "case.safetensors")

    facts = {
        "shape": name, "seed": seed, "tied": shape["tied"],
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "inputs_lengths": shape["inputs"], "targets_lengths": shape["targets"],
        "target_tokens": tokens,
        "cross_entropy_sum": -float(log_likelihood.sum()),
        "cross_entropy_mean": -float(log_likelihood.sum()) / tokens,
        "z_loss_coefficient": Z_LOSS,
        "z_loss_sum": float((Z_LOSS * log_z.square() * real).sum()),
        "log_likelihood": log_likelihood.sum(-1).tolist(),
        "new_tokens": NEW_TOKENS,
        "smallest_lead": {"forced": forced_lead, "eos": eos_lead},
        "logits_by_hand_difference": by_hand,
        "f32_error": f32_error(model, rows, arrays),
    }
    (folder / "case.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(name, seed, json.dumps(facts["f32_error"]), facts["cross_entropy_mean"], facts["smallest_lead"])


def f32_error(model, rows, arrays):
    """Largest distance of the recorded F32 arrays from F64, absolute and against the largest value."""
    double = in_double(model)
    out = losses(double, rows)[0]
    pairs = {"logits": [(arrays["logits"], out.logits)],
             "encoder_hidden": [(arrays["encoder_hidden"], out.encoder_last_hidden_state)]}
    for prefix, with_z in (("grad", False), ("grad_z", True)):
        pairs[prefix] = [(arrays[f"{prefix}.{key}"], grad)
                         for key, grad in gradients(double, rows, with_z).items()]

    def worst(values):
        return {"absolute": max(float((a - b).detach().abs().max()) for a, b in values),
                "relative": max(float(((a - b).abs().max() / b.abs().max()).detach()) for a, b in values)}

    return {key: worst(values) for key, values in pairs.items()}


def exact_bucket(position, bidirectional, buckets, maximum):
    """The bucket by whole numbers: bucket k of the far half begins where (n/e)^far >= (m/e)^k."""
    offset = 0
    if bidirectional:
        buckets //= 2
        offset = buckets if position > 0 else 0
        distance = abs(position)
    else:
        distance = max(-position, 0)
    exact = buckets // 2
    far = buckets - exact
    if distance < exact:
        return offset + distance
    k = 0
    while k < far - 1 and distance**far * exact ** (k + 1) >= maximum ** (k + 1) * exact**far:
        k += 1
    return offset + exact + k


def record_buckets():
    """Writes `buckets.json`: buckets of key position minus query position, from -600 to 600."""
    positions = list(range(-600, 601))
    cases = []
    for buckets, maximum in ((32, 128), (16, 64)):
        for bidirectional in (True, False):
            found = modeling_t5.T5Attention._relative_position_bucket(
                torch.tensor(positions), bidirectional, buckets, maximum).tolist()
            differs = [p for p, b in zip(positions, found)
                       if exact_bucket(p, bidirectional, buckets, maximum) != b]
            cases.append({"bidirectional": bidirectional, "num_buckets": buckets, "max_distance": maximum,
                          "differs_from_whole_numbers_at": differs, "buckets": found})
            print("buckets", buckets, maximum, bidirectional, "differ from exact at", differs)
    document = {"first_position": positions[0], "last_position": positions[-1], "cases": cases}
    (HERE / "buckets.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    record_buckets()
    for each, details in SHAPES.items():
        if each in sys.argv[1:] or len(sys.argv) == 1:
            record(each, details)
