"""seqio: a mixture of three tasks, shuffled with a seed; its tf.data iterator saved and restored as T5X does."""

import functools
import importlib.metadata
import os
import pathlib
import tempfile

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import seqio
import tensorflow as tf
from questions import arguments, ask_stream, digest

PROMISE = "a seed makes shuffles repeatable; T5X saves the tf.data iterator beside the weights; no data workers to change (README of seqio, checkpoints.py of T5X)"
ROOT = pathlib.Path(tempfile.mkdtemp())
SIZES = [400, 900, 1700]
saves = 0


def rows(split, shuffle_files, seed=None, source=0):
    return tf.data.Dataset.range(SIZES[source]).map(lambda row: {"source": tf.constant(source, tf.int64), "row": row})


def register():
    vocabulary = seqio.PassThroughVocabulary(4000)
    feature = seqio.Feature(vocabulary=vocabulary, add_eos=False, dtype=tf.int64, rank=0)
    for source in range(3):
        seqio.TaskRegistry.add(
            f"source_{source}",
            source=seqio.FunctionDataSource(functools.partial(rows, source=source), splits=["train"]),
            preprocessors=[],
            output_features={"source": feature, "row": feature},
        )
    seqio.MixtureRegistry.add("all", [("source_0", 0.5), ("source_1", 0.3), ("source_2", 0.2)])


def begin():
    mixture = seqio.get_mixture_or_task("all")
    dataset = mixture.get_dataset(sequence_length=None, split="train", shuffle=True, seed=7, num_epochs=None)
    iterator = iter(dataset.batch(8))
    return batches(iterator), lambda: save(iterator), iterator


def batches(iterator):
    for batch in iterator:
        yield digest([batch["source"].numpy().tolist(), batch["row"].numpy().tolist()])


def save(iterator):
    global saves
    saves += 1
    return tf.train.Checkpoint(ds=iterator).write(str(ROOT / f"state{saves}"))


def resume(state):
    found, saved, iterator = begin()
    tf.train.Checkpoint(ds=iterator).read(state).assert_consumed()
    return found, saved


if __name__ == "__main__":
    options = arguments()
    register()
    version = importlib.metadata.version("seqio")
    ask_stream(options, "seqio", version, "mixture, shuffle, saved tf.data iterator", PROMISE, lambda: begin()[:2], resume)
