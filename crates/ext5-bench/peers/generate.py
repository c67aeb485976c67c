#!/usr/bin/env python3
"""Answers of a fixed length to random inputs in transformers or CTranslate2, one JSON line: tokens per second.

The model is a Hugging Face directory; CTranslate2 gets it converted into a directory beside it, once.
"""
import argparse
import json
import os
import random
import resource
import statistics
import time


def transformers_answers(args):
    import torch
    from safetensors.torch import load_file
    from transformers import T5Config, T5ForConditionalGeneration, __version__

    torch.set_num_threads(args.threads)
    config = T5Config.from_pretrained(args.model)
    state = load_file(os.path.join(args.model, "model.safetensors"))
    model = T5ForConditionalGeneration(config)
    if "lm_head.weight" in state:
        # transformers 5 ties the output layer whatever the configuration says.
        model.lm_head.weight = torch.nn.Parameter(state["lm_head.weight"].clone())
    model.load_state_dict(state, strict=False)
    model.eval()
    rng = random.Random(0)
    rows = [[rng.randrange(2, 32000) for _ in range(args.inputs - 1)] + [1] for _ in range(args.batch)]
    ids = torch.tensor(rows)

    def answer():
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), num_beams=args.beams, do_sample=False,
                min_new_tokens=args.tokens, max_new_tokens=args.tokens)
        return out.shape[0] * (out.shape[1] - 1)

    return answer, __version__


def ctranslate2_answers(args):
    import ctranslate2
    from ctranslate2.converters import TransformersConverter

    converted = args.model.rstrip("/") + "-ctranslate2"
    if not os.path.isdir(converted):
        TransformersConverter(args.model).convert(converted)
    translator = ctranslate2.Translator(
        converted, device="cpu", compute_type=args.precision, intra_threads=args.threads, inter_threads=1)
    with open(os.path.join(converted, "shared_vocabulary.json")) as file:
        words = [word for word in json.load(file) if not word.startswith("<")]
    rng = random.Random(0)
    rows = [[rng.choice(words) for _ in range(args.inputs - 1)] + ["</s>"] for _ in range(args.batch)]

    def answer():
        out = translator.translate_batch(
            rows, beam_size=args.beams, max_decoding_length=args.tokens, min_decoding_length=args.tokens,
            max_batch_size=args.batch)
        return sum(len(one.hypotheses[0]) for one in out)

    return answer, ctranslate2.__version__


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=["transformers", "ctranslate2"])
    parser.add_argument("--model", required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--beams", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=128)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--precision", default="float32", help="CTranslate2's compute type")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    answer, version = (transformers_answers if args.peer == "transformers" else ctranslate2_answers)(args)
    made = answer()
    seconds = []
    for _ in range(args.repeats):
        start = time.perf_counter()
        made = answer()
        seconds.append(time.perf_counter() - start)
    middle = statistics.median(seconds)
    print(json.dumps({
        "bench": "generate", "peer": args.peer, "version": version, "precision": args.precision, "batch": args.batch,
        "beams": args.beams, "inputs": args.inputs, "made_tokens": made, "seconds": middle,
        "tokens_per_s": round(made / middle, 1),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }))


if __name__ == "__main__":
    main()
