"""What the numbers of each convention mean, as it stands under a table.

What is said of a tool was measured: tests/cost/printed.toml has what they print, `oracle.tools` the
rules that reproduce it.
"""

from __future__ import annotations

NOTES = {
    "headline": (
        "Headline convention: FLOP = 2 x multiply-adds, plus one per bias addition and per "
        "element of an activation; the first layer's dX is not needed and not counted."
    ),
    "strict": (
        "Strict convention: every operation of the written formulas, a dot product of length k "
        "having k - 1 additions; the first layer's dX is not needed and not counted."
    ),
    "paddle": (
        "As paddle.flops prints it, called FLOPs: the multiply-adds of linear layers and "
        "convolutions of exactly these classes, plus one per bias of a convolution, per element "
        "of LeakyReLU and per result of average pooling, and 2 per element of BatchNorm2D. "
        "Everything else is 0: other activations and norms, recurrent layers, functions, x @ W, a "
        "layer that is the network itself, backward, loss and optimizer. A layer under two "
        "parents counts twice."
    ),
    "torch": (
        "As PyTorch's FlopCounterMode prints it: 2 x multiply-adds of matrix products and "
        "convolutions, forward and backward. Everything else is 0: biases, activations, norms, "
        "recurrent layers and attention on a processor, loss and optimizer."
    ),
    "fvcore": (
        "As fvcore prints it, called flop: multiply-adds of matrix products and convolutions; 5 "
        "per element of a norm (4 without gain, batch norm in evaluation 2), one per element of "
        "adaptive average pooling and nearest resizing, 4 of bilinear resizing. Everything else "
        "is 0: biases, activations, softmax, recurrent layers, attention in one operation, "
        "backward, loss and optimizer; fvcore warns of most of these."
    ),
    "thop": (
        "As thop prints it, called MACs: the multiply-adds of linear layers and convolutions of "
        "exactly these classes; 4 per element of a norm with gain and 2 without, 3K - 1 per row "
        "of a Softmax of K, one per element of PReLU and per result of average pooling; recurrent "
        "layers with gates and biases. Everything else is 0: biases, other activations, "
        "subclasses, functions, x @ W, attention, backward, loss and optimizer. A layer under two "
        "parents counts several times."
    ),
    "ptflops": (
        "As ptflops prints it (its pytorch backend), called MACs: multiply-adds of one sample "
        "whatever the batch, plus one per bias; one per element of LeakyReLU, ReLU6, SiLU, "
        "Softmax and pooling, two of ReLU, PReLU, ELU and GELU, which it counts as a layer and as "
        "a function; one per element of a norm, two of batch norm with gain; recurrent layers "
        "with gates. Everything else is 0: other activations, subclasses, x @ W, attention as a "
        "function, backward, loss and optimizer."
    ),
    "calflops": (
        "As calflops prints it, called FLOPs: 2 x multiply-adds of linear layers, convolutions "
        "and matrix functions, plus one per bias of a convolution and per element of ReLU, "
        "LeakyReLU, PReLU, ELU, SiLU, GELU, softmax and pooling; 5 per element of a layer norm (4 "
        "without gain), 2 of a batch norm in evaluation. Everything else is 0: biases of linear "
        "layers, ReLU6, Sigmoid, Tanh and other activations, x @ W, attention in one operation, "
        "loss and optimizer. The backward that it prints on request is twice this number, "
        "whatever the network."
    ),
}
"""What the numbers of each convention mean."""
