#!/usr/bin/env python3
"""Optimizer updates of a new T5 in transformers on random full rows, one JSON line: seconds, GFLOP/s, memory.

The model is that of `ext5-bench step`: T5 1.1 (or 1.0) from a preset, every target counts, no padding. Kinds:
`eager` and `compiled` (torch.compile, default mode), each in f32 or under bf16 autocast. `first_step_s` counts from the
start of the process to the end of its first step, with what compiling it took: give a fresh
TORCHINDUCTOR_CACHE_DIR, or an earlier run's compiled code is found again.
"""
import argparse
import json
import os
import resource
import statistics
import time

from presets import PRESETS, VOCABULARY, flops_per_step


def age():
    """Seconds since this process started, by the system's books; None where it keeps none."""
    try:
        with open("/proc/self/stat") as file:
            started = int(file.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        with open("/proc/uptime") as file:
            return round(float(file.read().split()[0]) - started, 2)
    except OSError:
        return None


def new_model(args):
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    width, hidden, layers, heads, head, gated = PRESETS[args.model]
    config = T5Config(
        vocab_size=VOCABULARY, d_model=width, d_ff=hidden, num_layers=layers, num_heads=heads, d_kv=head,
        feed_forward_proj="gated-gelu" if gated else "relu", tie_word_embeddings=not gated,
        dropout_rate=args.dropout, decoder_start_token_id=0, use_cache=False)
    model = T5ForConditionalGeneration(config)
    if gated:
        # transformers 5 ties the output layer whatever the configuration says; T5 1.1 has its own.
        model.lm_head.weight = torch.nn.Parameter(torch.randn(VOCABULARY, width) * width**-0.5)
    model.train()
    if args.recompute:
        model.gradient_checkpointing_enable()
    return model


def new_optimizer(kind, parameters):
    import torch

    if kind == "adamw":
        return torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.0, foreach=True)
    from transformers.optimization import Adafactor

    return Adafactor(parameters, lr=1e-3, scale_parameter=True, relative_step=False, warmup_init=False)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["eager", "compiled"])
    parser.add_argument("--model", default="t5_1_1_small", choices=PRESETS)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--inputs", type=int, default=512)
    parser.add_argument("--targets", type=int, default=114)
    parser.add_argument("--optimizer", default="adamw", choices=["adamw", "adafactor"])
    parser.add_argument("--precision", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--recompute", action="store_true", help="transformers' gradient checkpointing")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def main():
    args = read_arguments()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import torch
    import transformers

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = new_model(args)
    parameters = sum(one.numel() for one in model.parameters())
    optimizer = new_optimizer(args.optimizer, model.parameters())
    run = torch.compile(model) if args.kind == "compiled" else model
    inputs = torch.randint(2, 32000, (args.batch, args.inputs))
    labels = torch.randint(2, 32000, (args.batch, args.targets))
    mask = torch.ones_like(inputs)
    ready = age()
    rows, losses, first = [], [], None
    for step in range(args.warmup + args.repeats):
        marks = [time.perf_counter()]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.precision == "bf16"):
            loss = run(input_ids=inputs, attention_mask=mask, labels=labels).loss
        marks.append(time.perf_counter())
        loss.backward()
        marks.append(time.perf_counter())
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        marks.append(time.perf_counter())
        if step == 0:
            first = (age(), marks[3] - marks[0])
        if step >= args.warmup:
            rows.append([after - before for before, after in zip(marks, marks[1:])] + [marks[3] - marks[0]])
    forward, backward, update, whole = (list(column) for column in zip(*rows))
    step_s = statistics.median(whole)
    flops = flops_per_step(args.model, args.batch, args.inputs, args.targets)
    tokens = args.batch * (args.inputs + args.targets)
    print(json.dumps({
        "bench": "step", "peer": "transformers", "kind": args.kind, "torch": torch.__version__,
        "transformers": transformers.__version__, "model": args.model, "parameters": parameters,
        "batch": args.batch, "inputs": args.inputs, "targets": args.targets, "optimizer": args.optimizer,
        "precision": args.precision, "dropout": args.dropout, "recompute": args.recompute,
        "warmup": args.warmup, "repeats": args.repeats, "step_s": step_s, "step_min_s": min(whole),
        "step_max_s": max(whole), "steps_s": sorted(whole), "forward_s": statistics.median(forward),
        "backward_s": statistics.median(backward), "optimizer_s": statistics.median(update),
        "first_step_s": first[0], "first_step_from": "process", "ready_s": ready, "compiling_step_s": first[1],
        "tokens_per_s": tokens / step_s, "gflop_per_step": flops / 1e9, "gflops": flops / step_s / 1e9,
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "threads": args.threads, "losses": losses,
    }))


if __name__ == "__main__":
    main()
