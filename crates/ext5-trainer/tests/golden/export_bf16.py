"""Record the short AdamW run of `export_training.py` with every matrix product taken in bfloat16.

Run: `python export_bf16.py` after that one (same packages; CPU, seconds). It writes, beside itself,
`bf16_gradients.safetensors` (of the first step's loss) and `bf16.json` (the losses of 50 steps, and
how far each of those gradients is from that in F32: the norm of the difference over the norm).

The products are those that `torch.autocast` takes in bfloat16: linear layers, both products of the
attention, the output layer; operands and result are rounded, the sum inside is PyTorch's. Weights,
norms, softmax, activations, residual sums, loss and optimizer stay F32. Autocast itself is not used:
it also leaves attention scores and activations in bfloat16, and not the same ones on every device.
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode

from export_training import ADAMW, load, loss_of, train

HERE = Path(__file__).parent


class ProductsInBf16(TorchFunctionMode):
    """Rounds the operands and the result of every product, and counts them."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        products = (torch.nn.functional.linear, torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__)
        if function not in products:
            return function(*args, **(kwargs or {}))
        assert not kwargs and len(args) >= 2 and (len(args) == 2 or args[2] is None)
        self.count += 1
        return function(args[0].bfloat16(), args[1].bfloat16()).float()


def gradients(batch):
    """Gradients of the first step's loss."""
    model = load(torch.float32)
    labels = batch.pop("labels")
    loss_of(model(**batch).logits, labels).backward()
    return {name: weight.grad for name, weight in model.named_parameters()}


def main():
    """Writes both files."""
    rows = load_file(HERE / "train_batches.safetensors")
    first = {key: value[0] for key, value in rows.items()}
    exact = gradients(dict(first))
    with ProductsInBf16() as mode:
        rounded = gradients(dict(first))
        # Two layers a stack: four projections and two products an attention, three matrices a
        # feed-forward layer; and the output layer.
        assert mode.count == 2 * (6 + 3) + 2 * (12 + 3) + 1, mode.count
        losses, _, _ = train(rows, lambda p: torch.optim.AdamW(p, foreach=False, **ADAMW), 1.0, torch.float32)
    distance = {name: float((rounded[name] - exact[name]).norm() / exact[name].norm()) for name in exact}
    print("losses", losses[::7], losses[-1], "distances", min(distance.values()), max(distance.values()))
    save_file(dict(sorted(rounded.items())), HERE / "bf16_gradients.safetensors")
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    document = {"versions": versions, "losses": losses, "distance_from_f32": distance}
    (HERE / "bf16.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    main()
