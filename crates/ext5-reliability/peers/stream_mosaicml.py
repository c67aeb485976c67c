"""mosaicml-streaming: StreamingDataset and StreamingDataLoader over three local streams, shuffled."""

import copy
import os
import pathlib
import tempfile

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import streaming
from questions import arguments, ask_stream, ask_workers, digest
from streaming import MDSWriter, Stream, StreamingDataLoader, StreamingDataset
from streaming.base.util import clean_stale_shared_memory

PROMISE = "the same order of samples for any number of GPUs, nodes and workers; resumes mid-epoch (elastic determinism)"
ROOT = pathlib.Path(tempfile.mkdtemp())
SIZES = [400, 900, 1700]


def write():
    for number, size in enumerate(SIZES):
        columns = {"source": "int", "row": "int"}
        with MDSWriter(out=str(ROOT / str(number)), columns=columns, size_limit=4096) as out:
            for row in range(size):
                out.write({"source": number, "row": row})


def loader(workers):
    clean_stale_shared_memory()
    streams = [
        Stream(local=str(ROOT / str(number)), proportion=share) for number, share in enumerate([0.5, 0.3, 0.2])
    ]
    dataset = StreamingDataset(
        streams=streams, shuffle=True, shuffle_seed=7, batch_size=8, num_canonical_nodes=1, epoch_size=4000
    )
    return StreamingDataLoader(dataset, batch_size=8, num_workers=workers)


def batches(loader):
    while True:
        for batch in loader:
            yield digest([batch["source"].tolist(), batch["row"].tolist()])


if __name__ == "__main__":
    options = arguments()
    write()
    version = streaming.__version__

    def begin(workers=0):
        its = loader(workers)
        return batches(its), lambda: copy.deepcopy(its.state_dict())

    def resume(state, workers=0):
        its = loader(workers)
        its.load_state_dict(copy.deepcopy(state))
        return batches(its), lambda: copy.deepcopy(its.state_dict())

    ask_stream(options, "mosaicml-streaming", version, "three streams, shuffle", PROMISE, begin, resume)
    ask_workers(options, "mosaicml-streaming", version, "three streams, shuffle", PROMISE, begin, resume)
