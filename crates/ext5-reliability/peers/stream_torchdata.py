"""torchdata: StatefulDataLoader over a shuffled map-style set and over a stream of Hugging Face datasets."""

import copy
import datasets
import torch
import torchdata
from questions import arguments, ask_stream, ask_workers, digest
from stream_datasets import stream
from torch.utils.data import Dataset
from torchdata.stateful_dataloader import StatefulDataLoader

PROMISE = "mid-epoch resume with the number of workers it had; another number is refused (stateful_dataloader README)"


class Rows(Dataset):
    def __len__(self):
        return 4000

    def __getitem__(self, row):
        return row


def shuffled(workers):
    generator = torch.Generator().manual_seed(7)
    return StatefulDataLoader(Rows(), batch_size=8, shuffle=True, generator=generator, num_workers=workers)


def pairs(rows):
    return [(row["source"], row["row"]) for row in rows]


def streaming(workers):
    return StatefulDataLoader(stream(False), batch_size=8, num_workers=workers, collate_fn=pairs)


def batches(loader):
    while True:
        for batch in loader:
            yield digest(batch.tolist() if isinstance(batch, torch.Tensor) else batch)


def ask(options, setting, make, workers):
    def begin(workers=workers):
        loader = make(workers)
        return batches(loader), lambda: copy.deepcopy(loader.state_dict())

    def resume(state, workers=workers):
        loader = make(workers)
        loader.load_state_dict(copy.deepcopy(state))
        return batches(loader), lambda: copy.deepcopy(loader.state_dict())

    version = torchdata.__version__
    ask_stream(options, "torchdata", version, f"{setting}, {workers} workers", PROMISE, begin, resume)
    ask_workers(options, "torchdata", version, setting, PROMISE, begin, resume)


if __name__ == "__main__":
    options = arguments()
    datasets.disable_progress_bars()
    ask(options, "StatefulDataLoader, map-style, shuffle", shuffled, 2)
    ask(options, "StatefulDataLoader over datasets streaming", streaming, 2)
