"""Record optimizer steps and learning-rate schedules, as truth for the trainer's tests.

Run: `python export.py` (torch 2.15, transformers 5.23, safetensors, numpy; CPU, some seconds).
It rewrites, beside itself, `optimizers.safetensors`, `adafactor.json`, `adamw.json`, `schedules.json`.
`export_training.py` records the training runs.

`optimizers.safetensors` (all F32; NAME one of the parameters below, K = 1..5 the step just made):
`start.NAME`, `gradient.K.NAME`, `adafactor.K.NAME`, `adafactor.v.NAME` or `adafactor.v_row.NAME` and
`adafactor.v_col.NAME` (state after step 5), `adamw.K.NAME`. Parameters of more than 1,000 elements have
`adafactor.K` at K = 1 and 5, `adamw.K` at K = 5 only.

How other Adafactors differ from T5X's, measured here and written to `adafactor.json`:
- transformers' `Adafactor(scale_parameter=True, relative_step=False)` factors every matrix, also those
  with a dimension below 128; else its rules are the same (its step counts from 1, and its RMS is the
  2-norm over the root of the size), so it agrees on vectors and on matrices of at least 128 x 128;
- torch's `Adafactor` factors every matrix too, limits lr to 1/sqrt(step), decays weights by default,
  and adds no eps1 to the squares but clamps their estimates from below at the end; its eps1 of 1e-30
  underflows when squared, so a row whose gradients are all zero becomes NaN. It is compared with its
  own default eps1 (1.2e-7) and no weight decay.
"""

import json
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers.optimization import Adafactor

import t5x_adafactor

HERE = Path(__file__).parent
STEPS = 5
RATES = [0.01, 0.02, 0.01, 0.005, 0.01]
GRADIENT_SCALES = [1.0, 0.1, 4.0, 1e-3, 1.0]
SHAPES = {"bias": (7,), "norm": (128,), "small": (16, 24), "wide": (128, 130), "tall": (256, 128),
          "edge": (127, 300)}
ADAMW = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}


def inputs():
    """Starting parameters and the five gradients, by name."""
    rng = np.random.default_rng(107)
    starts = {name: (0.5 * rng.standard_normal(shape)).astype(np.float32)
              for name, shape in SHAPES.items()}
    starts["norm"] = np.ones(128, np.float32)
    starts["bias"] *= np.float32(1e-4)  # its RMS is below eps2
    gradients = []
    for scale in GRADIENT_SCALES:
        gradients.append({name: (scale * rng.standard_normal(shape)).astype(np.float32)
                          for name, shape in SHAPES.items()})
    for k, step in enumerate(gradients):  # rows without gradient, as of unused embeddings
        step["tall"][3] = 0.0
        step["small"][2] = 0.0
        if k == 0:
            step["tall"][5] = 0.0
            step["wide"][:, 9] = 0.0
    return starts, gradients


def adafactor(starts, gradients, kind):
    """Parameters after each step and the last state, computed in `kind`."""
    after, states = [], {name: t5x_adafactor.start(value.astype(kind)) for name, value in starts.items()}
    now = {name: value.astype(kind) for name, value in starts.items()}
    for t in range(STEPS):
        now = {name: t5x_adafactor.step(value, gradients[t][name].astype(kind), states[name], t, RATES[t])
               for name, value in now.items()}
        after.append(now)
    return after, states


def torch_steps(starts, gradients, make, rates):
    """Parameters after each step of a torch optimizer, as numpy arrays."""
    now = {name: torch.nn.Parameter(torch.from_numpy(value.copy())) for name, value in starts.items()}
    optimizer, after = make(list(now.values())), []
    for t in range(STEPS):
        for name, value in now.items():
            value.grad = torch.from_numpy(gradients[t][name].copy())
        if rates is not None:
            optimizer.param_groups[0]["lr"] = rates[t]
        optimizer.step()
        after.append({name: value.detach().numpy().copy() for name, value in now.items()})
    return after


def distance(a, b):
    """Largest absolute difference over all steps, by parameter."""
    return {name: max(float(np.abs(x[name] - y[name]).max()) for x, y in zip(a, b, strict=True))
            for name in SHAPES}


def recorded_steps(name, few):
    """Steps whose parameters are kept: all for small parameters."""
    return range(1, STEPS + 1) if np.prod(SHAPES[name]) <= 1000 else few


def record_optimizers():
    """Writes the vectors and the two JSON files."""
    starts, gradients = inputs()
    single, states = adafactor(starts, gradients, np.float32)
    double, _ = adafactor(starts, gradients, np.float64)
    error = distance(single, double)
    assert max(error.values()) < 1e-6, error
    hf = distance(single, torch_steps(starts, gradients, lambda p: Adafactor(
        p, lr=RATES[0], scale_parameter=True, relative_step=False), RATES))
    own = distance(single, torch_steps(starts, gradients, lambda p: torch.optim.Adafactor(
        p, lr=RATES[0], weight_decay=0.0), RATES))
    assert all(hf[name] < 1e-6 for name in ("bias", "norm", "wide", "tall")), hf
    assert all(own[name] < 2e-6 for name in ("bias", "norm", "wide", "tall")), own

    adamw = torch_steps(starts, gradients, lambda p: torch.optim.AdamW(p, foreach=False, **ADAMW), None)
    # The same rules in F64 by torch itself, from the same F32 values.
    wide = [{k: v.astype(np.float64) for k, v in step.items()} for step in gradients]
    adamw_double = torch_steps({k: v.astype(np.float64) for k, v in starts.items()}, wide,
                               lambda p: torch.optim.AdamW(p, foreach=False, **ADAMW), None)

    arrays = {f"start.{name}": value for name, value in starts.items()}
    for name in SHAPES:
        arrays |= {f"gradient.{k + 1}.{name}": gradients[k][name] for k in range(STEPS)}
        arrays |= {f"adafactor.{k}.{name}": single[k - 1][name] for k in recorded_steps(name, (1, STEPS))}
        arrays |= {f"adafactor.{part}.{name}": value for part, value in states[name].items()}
        arrays |= {f"adamw.{k}.{name}": adamw[k - 1][name] for k in recorded_steps(name, (STEPS,))}
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in arrays.values())
    save_file({key: np.ascontiguousarray(value) for key, value in sorted(arrays.items())},
              HERE / "optimizers.safetensors", metadata={"format": "np"})
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    write("adafactor.json", {
        "versions": versions, "learning_rates": RATES, "eps1": t5x_adafactor.EPS1,
        "eps2": t5x_adafactor.EPS2, "clipping_threshold": t5x_adafactor.CLIP,
        "decay_rate": t5x_adafactor.DECAY, "min_dim_size_to_factor": t5x_adafactor.MIN_DIM,
        "shapes": SHAPES,
        "factored": {name: t5x_adafactor.factored_axes(shape) for name, shape in SHAPES.items()},
        "f32_minus_f64": error, "minus_transformers": hf, "minus_torch": own})
    write("adamw.json", {"versions": versions, **ADAMW, "shapes": SHAPES,
                         "f32_minus_f64": distance(adamw, adamw_double)})


def write(name, document):
    """One JSON file beside this one."""
    (HERE / name).write_text(json.dumps(document, indent=1) + "\n")


def schedule(make, base, steps):
    """Rates for updates 0, 1, ..: what the optimizer uses for the update with that many before it."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    rates, wanted = [], set(steps)
    plan = make(optimizer)
    for step in range(max(steps) + 1):
        if step in wanted:
            rates.append(plan.get_last_lr()[0])
        optimizer.step()
        plan.step()
    return rates


def record_schedules():
    """Writes `schedules.json`."""
    steps = [0, 1, 2, 5, 99, 100, 101, 250, 500, 777, 998, 999, 1000, 1001, 1200]
    far = [0, 1, 100, 9999, 10000, 10001, 20000, 40000, 100000, 524288, 1000000]
    cases = [{"name": "inverse_square_root", "source": "1 / sqrt(max(step, 10000)), T5 pre-training",
              "base": 1.0, "warmup_steps": 10000, "steps": far,
              "rates": [1.0 / np.sqrt(max(step, 10000)) for step in far]}]
    makers = {
        "constant": transformers.get_constant_schedule,
        "constant_with_warmup":
            lambda o: transformers.get_constant_schedule_with_warmup(o, num_warmup_steps=100),
        "linear_with_warmup": lambda o: transformers.get_linear_schedule_with_warmup(o, 100, 1000),
        "linear_without_warmup": lambda o: transformers.get_linear_schedule_with_warmup(o, 0, 1000),
        "cosine_with_warmup": lambda o: transformers.get_cosine_schedule_with_warmup(o, 100, 1000),
        "cosine_without_warmup": lambda o: transformers.get_cosine_schedule_with_warmup(o, 0, 1000),
        "cosine_with_floor": lambda o: transformers.get_cosine_with_min_lr_schedule_with_warmup(
            o, 100, 1000, min_lr_rate=0.1),
        "inverse_square_root_with_warmup":
            lambda o: transformers.get_inverse_sqrt_schedule(o, num_warmup_steps=100),
    }
    for name, make in makers.items():
        case = {"name": name, "source": "transformers", "base": 3e-4, "steps": steps,
                "rates": schedule(make, 3e-4, steps)}
        if "warmup" in name or "floor" in name:
            case["warmup_steps"] = 0 if "without" in name else 100
        if "linear" in name or "cosine" in name:
            case["total_steps"] = 1000
        if "floor" in name:
            case["floor"] = 0.1
        cases.append(case)
    write("schedules.json", {"versions": {"transformers": transformers.__version__}, "cases": cases})


if __name__ == "__main__":
    torch.set_num_threads(1)
    record_optimizers()
    record_schedules()
