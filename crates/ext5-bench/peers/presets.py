"""Shapes of ext5's presets and what a training step of them computes."""

# Width, feed-forward width, layers of each stack, heads, head width, T5 1.1?
PRESETS = {
    "tiny": (64, 128, 2, 2, 32, True),
    "mini": (256, 512, 4, 4, 64, True),
    "t5_small": (512, 2048, 6, 8, 64, False),
    "t5_base": (768, 3072, 12, 12, 64, False),
    "t5_1_1_small": (512, 1024, 8, 6, 64, True),
    "t5_1_1_base": (768, 2048, 12, 12, 64, True),
    "t5_1_1_large": (1024, 2816, 24, 16, 64, True),
}
VOCABULARY = 32128


def flops_per_step(preset, rows, inputs, targets):
    """As `ext5_architecture::flops_per_step`: weight matrices and attention products, three times forward."""
    width, hidden, layers, heads, head, gated = PRESETS[preset]
    projection, feed_forward = width * heads * head, (3 if gated else 2) * width * hidden
    both = 2 * heads * head
    encoder = inputs * (4 * projection + feed_forward) + both * inputs**2
    decoder = targets * (6 * projection + feed_forward) + inputs * 2 * projection + both * targets * (targets + inputs)
    return 6 * rows * (layers * (encoder + decoder) + targets * width * VOCABULARY)


def linear_layers(preset, inputs, targets):
    """(name, rows, inner, columns, count) of the linear layers of a step over so many tokens, as transformers calls them."""
    width, hidden, layers, heads, head, gated = PRESETS[preset]
    inner, wide = heads * head, 2 if gated else 1
    return [
        ("encoder q, k, v", inputs, width, inner, 3 * layers),
        ("encoder o", inputs, inner, width, layers),
        ("encoder wi", inputs, width, hidden, wide * layers),
        ("encoder wo", inputs, hidden, width, layers),
        ("decoder q, k, v", targets, width, inner, 3 * layers),
        ("decoder q to the encoder", targets, width, inner, layers),
        ("decoder o, both", targets, inner, width, 2 * layers),
        ("decoder k, v of the encoder", inputs, width, inner, 2 * layers),
        ("decoder wi", targets, width, hidden, wide * layers),
        ("decoder wo", targets, hidden, width, layers),
        ("output layer", targets, width, VOCABULARY, 1),
    ]
