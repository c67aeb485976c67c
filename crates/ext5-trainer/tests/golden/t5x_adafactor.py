"""Adafactor as T5X runs it for T5 (t5x/adafactor.py, heuristic factoring), restated in numpy.

Imported by `export.py`. Every array keeps the type of the parameter, F32 as in T5X or F64 as a check.
With t counted from 0 and G the gradient:

- scale = max(eps2, rms(P)), from the parameter before the step; the step is lr * scale;
- decay = 1 - (t + 1)^-0.8, so the first step takes its own squares only (decay 0);
- S = G^2 + eps1, eps1 added to every element before averaging;
- factored when the second largest dimension is at least 128: R keeps means of S over the largest
  dimension, C over the other (equal sizes: R over the last); update = G * (R / mean(R))^-1/2 * C^-1/2;
- otherwise V keeps S, and update = G * V^-1/2;
- update is divided by max(1, rms(update) / 1.0); no momentum, no weight decay, no relative step.
"""

import numpy as np

EPS1, EPS2, CLIP, DECAY, MIN_DIM = 1e-30, 1e-3, 1.0, 0.8, 128


def factored_axes(shape):
    """(row axis, column axis): the second largest and the largest dimension; None when not factored."""
    if len(shape) < 2:
        return None
    order = np.argsort(shape, kind="stable")
    row, column = int(order[-2]), int(order[-1])
    return (row, column) if shape[row] >= MIN_DIM else None


def start(parameter):
    """Second-moment state of a parameter, all zeros."""
    axes = factored_axes(parameter.shape)
    if axes is None:
        return {"v": np.zeros_like(parameter)}
    row, column = axes
    return {"v_row": np.zeros(parameter.shape[row], parameter.dtype),
            "v_col": np.zeros(parameter.shape[column], parameter.dtype)}


def step(parameter, gradient, state, t, lr):
    """The parameter after step t (from 0); `state` is updated in place."""
    kind = parameter.dtype.type
    decay = kind(1.0) - kind(t + 1) ** kind(-DECAY)
    mix = kind(1.0) - decay
    scale = max(np.sqrt(np.mean(parameter * parameter)), kind(EPS2))
    squares = gradient * gradient + kind(EPS1)
    axes = factored_axes(parameter.shape)
    if axes is None:
        state["v"] = decay * state["v"] + mix * squares
        update = gradient * state["v"] ** kind(-0.5)
    else:
        row, column = axes
        state["v_row"] = decay * state["v_row"] + mix * squares.mean(axis=column)
        state["v_col"] = decay * state["v_col"] + mix * squares.mean(axis=row)
        row_factor = (state["v_row"] / state["v_row"].mean()) ** kind(-0.5)
        column_factor = state["v_col"] ** kind(-0.5)
        # After expanding, the row factor varies along the row axis and the column factor along the other.
        update = (gradient * np.expand_dims(row_factor, column) * np.expand_dims(column_factor, row))
    update = update / max(kind(1.0), np.sqrt(np.mean(update * update)) / kind(CLIP))
    return parameter - kind(lr) * scale * update
