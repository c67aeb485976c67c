"""transformers.Trainer: a tiny T5 with dropout, resumed by resume_from_checkpoint; losses and norms compared in all bits."""

import os
import pathlib
import random
import shutil
import tempfile

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import torch
import transformers
from questions import CUTS, STEPS, WORKERS, answer, arguments, asked, cuts, places
from stream_datasets import stream
from torch.utils.data import Dataset
from transformers import (
    T5Config,
    T5ForConditionalGeneration,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

PROMISE = "resume_from_checkpoint restores model, optimizer, schedule, random state and place in the data (documentation of Trainer)"
AHEAD = 10


def example(number):
    random_tokens = random.Random(number)
    tokens = [random_tokens.randrange(3, 96) for _ in range(16)]
    return {"input_ids": tokens, "labels": tokens[::-1][:8]}


class Rows(Dataset):
    def __len__(self):
        return 1000

    def __getitem__(self, row):
        return example(row)


def streaming():
    return stream(True).map(lambda row: example(10_000 * row["source"] + row["row"]), remove_columns=["source", "row"])


class Recording(Trainer):
    """Keeps each step's loss in all bits, which the log rounds."""

    def compute_loss(self, *given, **named):
        loss = super().compute_loss(*given, **named)
        self.losses.append((loss[0] if isinstance(loss, tuple) else loss).item())
        return loss


class StopAt(TrainerCallback):
    def __init__(self, step):
        self.step, self.norms = step, []

    def on_step_end(self, args, state, control, **_):
        if state.global_step == self.step:
            control.should_save = True
            control.should_training_stop = True

    def on_log(self, args, state, control, logs=None, **_):
        if "grad_norm" in logs:
            self.norms.append((logs["grad_norm"], logs["learning_rate"]))


def run(directory, data, until, workers=0, resume=None, every=10**9):
    """Steps until `until`; answers losses and norms of the steps taken, and the weights."""
    torch.manual_seed(0)
    config = T5Config(vocab_size=96, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, dropout_rate=0.1, decoder_start_token_id=0)
    arguments = TrainingArguments(
        output_dir=directory,
        max_steps=STEPS,
        per_device_train_batch_size=4,
        learning_rate=1e-3,
        logging_steps=1,
        save_steps=every,
        dataloader_num_workers=workers,
        report_to=[],
        disable_tqdm=True,
        seed=1,
        use_cpu=True,
    )
    stop = StopAt(until)
    model = T5ForConditionalGeneration(config)
    trainer = Recording(model=model, args=arguments, train_dataset=data(), callbacks=[stop])
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.losses = []
    trainer.train(resume_from_checkpoint=resume)
    weights = [weight.detach().clone() for weight in model.parameters()]
    return trainer.losses, stop.norms, weights


def same(one, two):
    return one[:2] == two[:2] and all(torch.equal(a, b) for a, b in zip(one[2], two[2]))


def ask(options, setting, data):
    if options.setting and options.setting not in setting:
        return
    version = transformers.__version__
    root = pathlib.Path(tempfile.mkdtemp())
    if asked(options, "C5") or asked(options, "C7"):
        losses, norms, _ = run(root / "whole", data, STEPS, every=1)

    def saved(step):
        """The weights of a checkpoint of the whole run."""
        return T5ForConditionalGeneration.from_pretrained(root / f"whole/checkpoint-{step}").parameters()

    if asked(options, "C5"):
        passed = 0
        for k in places(options):
            end = min(k + AHEAD, STEPS)
            found = run(root / "resumed", data, end, resume=str(root / f"whole/checkpoint-{k}"))
            passed += same(found, (losses[k:end], norms[k:end], list(saved(end))))
        answer("transformers.Trainer", version, "C5", setting, passed, len(places(options)), PROMISE)
    if asked(options, "C6"):
        last = run(root / "last", data, STEPS)
        passed = 0
        for count in CUTS:
            directory = root / f"chain{count}"
            found, resume = ([], []), None
            for end in [*cuts(count), STEPS]:
                part = run(directory, data, end, resume=resume)
                resume = str(directory / f"checkpoint-{end}")
                found[0].extend(part[0])
                found[1].extend(part[1])
            passed += same((*found, part[2]), last)
        answer("transformers.Trainer", version, "C6", setting, passed, len(CUTS), PROMISE)
    if asked(options, "C7"):
        passed, errors = 0, {}
        for first in WORKERS:
            begun = root / f"workers{first}"
            before = run(begun, data, 10, workers=first)
            for second in WORKERS:
                try:
                    checkpoint = str(begun / "checkpoint-10")
                    behind = run(root / "resumed", data, 20, workers=second, resume=checkpoint)
                    found = (before[0] + behind[0], before[1] + behind[1], behind[2])
                    passed += same(found, (losses[:20], norms[:20], list(saved(20))))
                except Exception as error:
                    name = type(error).__name__
                    errors[name] = errors.get(name, 0) + 1
                shutil.rmtree(root / "resumed", ignore_errors=True)
        note = ", ".join(f"{name} in {count} pairs" for name, count in sorted(errors.items()))
        answer("transformers.Trainer", version, "C7", setting, passed, len(WORKERS) ** 2, PROMISE, note)
    shutil.rmtree(root)


if __name__ == "__main__":
    options = arguments()
    transformers.logging.set_verbosity_error()
    ask(options, "map-style data", Rows)
    ask(options, "datasets streaming, interleave and shuffle", streaming)
