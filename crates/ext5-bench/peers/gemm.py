#!/usr/bin/env python3
"""GFLOP/s of PyTorch's matrix products on the shapes of a training step, one JSON line; as `ext5-bench gemm`.

A shape is rows x inner x columns. The product writes a fresh result, as a training step's does.
"""
import argparse
import json
import os
import statistics
import time

SHAPES = "4096x512x384,4096x512x1024,4096x1024x512,512x4096x1024,912x512x32128,912x32128x512,512x912x32128"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", default=SHAPES)
    parser.add_argument("--precision", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import torch

    torch.set_num_threads(args.threads)
    kind = torch.float32 if args.precision == "f32" else torch.bfloat16
    found = []
    for shape in args.shapes.split(","):
        rows, inner, columns = map(int, shape.split("x"))
        left, right = torch.randn(rows, inner).to(kind), torch.randn(inner, columns).to(kind)
        seconds = []
        for _ in range(args.repeats + 2):
            start = time.perf_counter()
            left @ right
            seconds.append(time.perf_counter() - start)
        seconds = sorted(seconds[2:])
        flop = 2 * rows * inner * columns / 1e9
        found.append({
            "rows": rows, "inner": inner, "columns": columns,
            "gflops": flop / statistics.median(seconds), "best_gflops": flop / seconds[0],
        })
    print(json.dumps({
        "bench": "gemm", "peer": "torch", "torch": torch.__version__, "precision": args.precision,
        "threads": args.threads, "shapes": found,
    }))


if __name__ == "__main__":
    main()
