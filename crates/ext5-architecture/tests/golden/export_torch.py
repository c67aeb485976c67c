"""A tiny T5 as torch saves it, and the same numbers as safetensors.

Half of the weights are f16 or bf16, the embedding is shared under three names, one weight is stored transposed and one is
a part of a larger storage.
"""

import torch
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration

torch.manual_seed(0)
config = T5Config(
    vocab_size=24,
    d_model=8,
    d_kv=4,
    d_ff=12,
    num_layers=1,
    num_heads=2,
    relative_attention_num_buckets=8,
    feed_forward_proj="gated-gelu",
    tie_word_embeddings=False,
)
state = T5ForConditionalGeneration(config).state_dict()
names = sorted(state)
for number, name in enumerate(names):
    kind = (torch.float32, torch.float16, torch.bfloat16)[number % 3]
    if "embed_tokens" not in name and name != "shared.weight":
        state[name] = state[name].to(kind)
transposed = "encoder.block.0.layer.1.DenseReluDense.wi_0.weight"
state[transposed] = state[transposed].t().contiguous().t()
part = "decoder.block.0.layer.2.DenseReluDense.wo.weight"
whole = torch.zeros(20, 20, dtype=state[part].dtype)
rows, columns = state[part].shape
whole[3 : 3 + rows, 5 : 5 + columns] = state[part]
state[part] = whole[3 : 3 + rows, 5 : 5 + columns]
torch.save(state, "torch.bin")
save_file({name: tensor.clone().contiguous() for name, tensor in state.items()}, "torch.safetensors")
config.save_pretrained(".")
