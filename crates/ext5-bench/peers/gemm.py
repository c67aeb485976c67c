#!/usr/bin/env python3
"""GFLOP/s of PyTorch's products of weights in a training step, one JSON line; as `ext5-bench gemm`.

Each product writes a fresh result, as a step of transformers does.
"""
import argparse
import json
import os
import statistics
import time

from presets import PRESETS, linear_layers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="t5_1_1_small", choices=PRESETS)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--inputs", type=int, default=512)
    parser.add_argument("--targets", type=int, default=114)
    parser.add_argument("--precision", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import torch

    torch.set_num_threads(args.threads)
    kind = torch.float32 if args.precision == "f32" else torch.bfloat16

    def middle(work):
        work()
        seconds = []
        for _ in range(args.repeats):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds)

    found, flops, whole, best = [], 0, 0.0, 0.0
    tokens = (args.batch * args.inputs, args.batch * args.targets)
    for name, rows, inner, columns, count in linear_layers(args.model, *tokens):
        x, weight, dy = (torch.randn(*shape).to(kind) for shape in ((rows, inner), (columns, inner), (rows, columns)))
        flop = 2 * rows * inner * columns
        for way, work in (("forward", lambda: x @ weight.T), ("input gradient", lambda: dy @ weight),
                          ("weight gradient", lambda: dy.T @ x)):
            seconds = middle(work)
            flops, whole, best = flops + flop * count, whole + seconds * count, max(best, flop / seconds)
            found.append({
                "layer": name, "pass": way, "rows": rows, "inner": inner, "columns": columns, "count": count,
                "gflops": flop / seconds / 1e9,
            })
    print(json.dumps({
        "bench": "gemm", "peer": "torch", "torch": torch.__version__, "model": args.model,
        "precision": args.precision, "tokens": tokens, "repeats": args.repeats, "threads": args.threads,
        "gflop": flops / 1e9, "gflops": flops / whole / 1e9, "best_gflops": best / 1e9, "products": found,
    }))


if __name__ == "__main__":
    main()
