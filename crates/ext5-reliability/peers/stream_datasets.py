"""Hugging Face datasets: state_dict and load_state_dict of a stream that interleaves three sources."""

import copy
import datasets
from datasets import Dataset, interleave_datasets
from questions import arguments, ask_stream, digest

datasets.disable_progress_bars()
PROMISE = "resumes exactly where the state was saved; examples in shuffle buffers are lost (documentation of state_dict)"


def stream(shuffled):
    sources = []
    for number, size in enumerate([400, 900, 1700]):
        rows = {"source": [number] * size, "row": list(range(size))}
        sources.append(Dataset.from_dict(rows).to_iterable_dataset(num_shards=4))
    mixed = interleave_datasets(sources, probabilities=[0.5, 0.3, 0.2], seed=7, stopping_strategy="all_exhausted")
    return mixed.shuffle(seed=7, buffer_size=100) if shuffled else mixed


def batches(dataset):
    """Eight examples a step, epoch after epoch."""
    batch = []
    while True:
        for row in dataset:
            batch.append((row["source"], row["row"]))
            if len(batch) == 8:
                yield digest(batch)
                batch = []


def ask(options, setting, shuffled):
    def begin():
        dataset = stream(shuffled)
        return batches(dataset), lambda: copy.deepcopy(dataset.state_dict())

    def resume(state):
        dataset = stream(shuffled)
        dataset.load_state_dict(copy.deepcopy(state))
        return batches(dataset), lambda: copy.deepcopy(dataset.state_dict())

    ask_stream(options, "datasets", datasets.__version__, setting, PROMISE, begin, resume)


if __name__ == "__main__":
    options = arguments()
    ask(options, "streaming, interleave", False)
    ask(options, "streaming, interleave and shuffle(buffer_size=100)", True)
