"""What a kernel of PyTorch costs, by its name and arguments."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch

from backprove.counts import Count
from backprove.oracle import formulas as f

FREE = set(
    "t view _unsafe_view transpose permute expand unsqueeze squeeze select slice detach alias "
    "clone copy_ _to_copy cat stack split unbind split_with_sizes unsafe_split chunk contiguous "
    "as_strided reshape zeros ones zeros_like ones_like empty empty_like full full_like arange "
    "new_zeros new_empty new_empty_strided new_ones new_full fill_ zero_ select_backward "
    "slice_backward embedding index index_select gather lift_fresh scalar_tensor constant_pad_nd "
    "repeat flip roll _local_scalar_dense diagonal unfold narrow masked_select scatter scatter_ "
    "_reshape_alias empty_strided linspace eye is_same_size pixel_shuffle view_as_real "
    "_record_function_enter_new _record_function_exit upsample_nearest1d upsample_nearest2d "
    "upsample_nearest3d set_ resize_ unsafe_chunk pixel_unshuffle rot90 tensor_split swapaxes "
    "movedim view_as_complex".split()
)
"""Operations that move or make numbers and compute nothing."""

ATTENTION = "_scaled_dot_product_flash_attention_for_cpu"
RECURRENT = "mkldnn_rnn_layer"

MAXIMA = 2
"""The mode of an embedding bag that takes maxima."""

SAME = {"rrelu_with_noise": "rrelu", "threshold_backward": "relu", "threshold": "relu"}
"""Kernels of the same arithmetic."""

Formula = Callable[[Any, Any], "f.Amount | dict[str, f.Amount] | None"]


def is_free(name: str) -> bool:
    """Whether an operation, or the one that it does in place, computes nothing."""
    return name in FREE or name.rstrip("_") in FREE


def amount(name: str, args: Any, out: Any, phase: str) -> Any:
    """An amount, amounts by gradient, or None if no formula is known."""
    if is_free(name):
        return f.FREE
    plain = SAME.get(name.rstrip("_"), name.rstrip("_"))
    size = first(out).numel() if first(out) is not None else 0
    if plain in FORMULAS:
        return FORMULAS[plain](args, out)
    if name == "_trilinear":
        return _trilinear(args, phase)
    if plain == "pow":
        square = not isinstance(args[1], torch.Tensor) and args[1] == 2
        return f.elementwise("square" if square else "pow", size)
    if plain in f.ACTIVATIONS:
        return f.activation(plain, size)
    if plain in f.ARITHMETIC:
        return f.elementwise(plain, size)
    base = SAME.get(name.removesuffix("_backward"), name.removesuffix("_backward"))
    if name.endswith("_backward") and base in f.SLOPES:
        return f.activation(base, size, backward=True)
    return None


def first(out: Any) -> Any:
    """The first tensor of a result."""
    outs = out if isinstance(out, tuple | list) else [out]
    return next((o for o in outs if isinstance(o, torch.Tensor)), None)


def _mm(args: Any, out: Any) -> f.Amount:
    a, b = args[0].shape, args[1].shape
    return f.product(prod(a[:-1]), a[-1], b[-1])


def _mv(args: Any, out: Any) -> f.Amount:
    return f.product(prod(args[0].shape[:-1]), args[0].shape[-1], 1)


def _addmm(args: Any, out: Any) -> f.Amount:
    a, b = args[1].shape, args[2].shape
    return f.product(prod(a[:-1]), a[-1], b[-1], bias=True)


def _reduction(*, mean: bool = False, cheap: bool = False) -> Formula:
    def formula(args: Any, out: Any) -> f.Amount:
        return f.reduction(args[0].numel(), first(out).numel(), mean=mean, cheap=cheap)

    return formula


def _softmax(*, logarithm: bool = False, backward: bool = False) -> Formula:
    def formula(args: Any, out: Any) -> f.Amount:
        axis = args[2 if backward else 1]
        shape = tuple(args[0].shape)
        return f.softmax(shape, axis, logarithm=logarithm, backward=backward)

    return formula


def _size(value: Any) -> int:
    return 0 if value is None else int(value.numel())


def _layer_norm(args: Any, out: Any) -> f.Amount:
    return f.layer_norm(args[0].numel(), out[1].numel(), _size(args[2]))


def _layer_norm_backward(args: Any, out: Any) -> dict[str, f.Amount]:
    needed = _needed(args[7])
    return f.layer_norm_backward(args[0].numel(), args[3].numel(), _size(args[5]), needed)


def _group_norm(args: Any, out: Any) -> f.Amount:
    return f.layer_norm(args[0].numel(), args[3] * args[6], _size(args[1]))


def _group_norm_backward(args: Any, out: Any) -> dict[str, f.Amount]:
    rows, features = args[5] * args[8], _size(args[4])
    return f.layer_norm_backward(args[0].numel(), rows, features, _needed(args[9]))


def _batch_norm(args: Any, out: Any) -> f.Amount:
    return f.batch_norm(args[0].numel(), args[0].shape[1], training=bool(args[5]))


def _batch_norm_backward(args: Any, out: Any) -> dict[str, f.Amount]:
    size, features = args[0].numel(), args[1].shape[1]
    return f.batch_norm_backward(size, features, _needed(args[9]), training=bool(args[7]))


def _convolution(args: Any, out: Any) -> f.Amount:
    weight, transposed = args[1], args[6]
    outputs = args[0].numel() if transposed else out.numel()
    found = f.convolution(outputs, prod(weight.shape[1:]))
    return found if args[2] is None else f.joined([found, f.elementwise("add", out.numel())])


def _convolution_backward(args: Any, out: Any) -> dict[str, f.Amount]:
    dy, x, weight, transposed = args[0], args[1], args[2], args[7]
    outputs = x.numel() if transposed else dy.numel()
    return f.convolution_backward(
        outputs, prod(weight.shape[1:]), dy.shape[1], weight.numel(), x.numel(), _needed(args[10])
    )


def _needed(mask: Any) -> list[str]:
    return [name for name, asked in zip(f.GRADIENTS, mask, strict=True) if asked]


def _pool(args: Any, out: Any) -> f.Amount:
    cells = prod(args[1]) if len(args[1]) > 1 else args[1][0] ** 2
    size = first(out).numel()
    return f.plain(Count(cheap=size * (cells - 1)), f"{size} x ({cells} - 1)")


def _average_pool(args: Any, out: Any) -> f.Amount:
    cells = prod(args[1]) if len(args[1]) > 1 else args[1][0] ** 2
    return f.plain(Count(flop=out.numel() * cells), f"{out.numel()} x {cells}")


def _spread(args: Any, out: Any) -> f.Amount:
    return f.elementwise("add", args[0].numel())


def _attention(args: Any, out: Any) -> f.Amount:
    q, k, v = (tuple(a.shape) for a in args[:3])
    return f.attention(q, k, v[-1])


def _attention_backward(args: Any, out: Any) -> f.Amount:
    q, k, v = (tuple(a.shape) for a in args[1:4])
    return f.attention(q, k, v[-1], backward=True)


def _recurrent(args: Any, out: Any) -> f.Amount:
    hidden = args[2].shape[1]
    gates, size = args[1].shape[0] // hidden, args[0].shape[-1]
    return f.recurrent(prod(args[0].shape[:-1]), size, hidden, gates)


def _recurrent_backward(args: Any, out: Any) -> dict[str, f.Amount]:
    hidden = args[2].shape[1]
    gates, size = args[1].shape[0] // hidden, args[0].shape[-1]
    return f.recurrent_backward(
        prod(args[0].shape[:-1]), size, hidden, gates, dx=args[0].requires_grad
    )


def _embedding_backward(args: Any, out: Any) -> dict[str, f.Amount]:
    distinct = 1 if args[1].is_meta else args[1].unique().numel()
    adds = (args[1].numel() - distinct) * args[0].shape[-1]
    return {"dweight": f.plain(Count(flop=adds), f"{adds}")}


def _trilinear(args: Any, phase: str) -> f.Amount:
    shapes = tuple(tuple(a.shape) for a in args[:3])
    expand = tuple(tuple(e) for e in args[3:6])
    return f.trilinear(shapes, expand, tuple(args[6]), ordered=phase == "forward")


def _addmv(args: Any, out: Any) -> f.Amount:
    return f.product(args[1].shape[0], args[1].shape[1], 1, bias=True)


def _glu_backward(args: Any, out: Any) -> f.Amount:
    pairs = args[0].numel()
    return f.plain(Count(flop=7 * pairs, cheap=pairs, trans=pairs), f"7 x {pairs}")


def _adaptive(args: Any, out: Any) -> f.Amount:
    """Every number of the input is added once, and each sum divided."""
    size, found = args[0].numel(), first(out).numel()
    return f.reduction(max(size, found), found, mean=True)


def _norm(args: Any, out: Any) -> f.Amount | None:
    euclidean = len(args) < 2 or args[1] == 2
    return f.vector_norm(args[0].numel(), first(out).numel()) if euclidean else None


def _standard(args: Any, out: Any) -> f.Amount:
    roots = f.elementwise("sqrt", first(out).numel())
    return f.joined([f.variance(args[0].numel()), roots])


def _distance(args: Any, out: Any) -> f.Amount | None:
    pairs, width = out.numel(), args[0].shape[-1]
    if args[2] != 2:
        return None
    return f.plain(Count(flop=pairs * (3 * width - 1), trans=pairs), f"{pairs} x (3 x {width} - 1)")


def _weight_norm(args: Any, out: Any) -> f.Amount:
    size, rows = args[0].numel(), args[1].numel()
    return f.plain(Count(flop=3 * size, trans=rows), f"3 x {size}")


def _weight_norm_backward(args: Any, out: Any) -> dict[str, f.Amount]:
    """For each row: dw . v, then dg from it, and dv = (g / |v|) (dw - v (dw . v) / |v|^2)."""
    size, rows = args[0].numel(), args[2].numel()
    return {"dweight": f.plain(Count(flop=5 * size + 3 * rows), f"5 x {size} + 3 x {rows}")}


def _bag(args: Any, out: Any) -> f.Amount | None:
    """Sums (mode 0) or means (1) of the rows of each bag; their maxima (2)."""
    mode = args[4] if len(args) > 4 else 0
    size, found = args[1].numel() * args[0].shape[-1], first(out).numel()
    return f.reduction(max(size, found), found, mean=mode == 1, cheap=mode == MAXIMA)


def _bag_backward(args: Any, out: Any) -> dict[str, f.Amount]:
    """The gradient of each bag is added to each of its rows; that of a mean divided before."""
    ids, width = args[1], args[0].shape[-1]
    distinct = 1 if ids.is_meta else ids.unique().numel()
    divided = args[0].numel() if args[8] == 1 else 0
    adds = (ids.numel() - distinct) * width
    return {"dweight": f.plain(Count(flop=adds + divided), f"{adds} + {divided}")}


FORMULAS: dict[str, Formula] = {
    "addmv": _addmv,
    "glu_backward": _glu_backward,
    "_adaptive_avg_pool2d": _adaptive,
    "_adaptive_avg_pool2d_backward": lambda args, out: f.elementwise("add", out.numel()),
    "_adaptive_avg_pool3d": _adaptive,
    "_adaptive_avg_pool3d_backward": lambda args, out: f.elementwise("add", out.numel()),
    "upsample_bilinear2d": lambda args, out: f.bilinear_resize(out.numel()),
    "upsample_bilinear2d_backward": lambda args, out: f.bilinear_resize(
        args[0].numel(), backward=True
    ),
    **{
        f"upsample_nearest{n}d_backward": lambda args, out: f.reduction(
            args[0].numel(), out.numel()
        )
        for n in (1, 2, 3)
    },
    "linalg_vector_norm": _norm,
    "std": _standard,
    "cumsum": lambda args, out: f.elementwise("add", out.numel()),
    "cumprod": lambda args, out: f.elementwise("mul", out.numel()),
    "logsumexp": lambda args, out: f.log_sum_exp(args[0].numel(), out.numel()),
    "_cdist_forward": _distance,
    "_weight_norm_interface": _weight_norm,
    "_weight_norm_interface_backward": _weight_norm_backward,
    "_embedding_bag": _bag,
    "_embedding_bag_backward": _bag_backward,
    "vdot": lambda args, out: f.product(1, args[0].numel(), 1),
    "mm": _mm,
    "bmm": _mm,
    "mv": _mv,
    "dot": lambda args, out: f.product(1, args[0].numel(), 1),
    "addmm": _addmm,
    "baddbmm": _addmm,
    "sum": _reduction(),
    "mean": _reduction(mean=True),
    "amax": _reduction(cheap=True),
    "amin": _reduction(cheap=True),
    "max": _reduction(cheap=True),
    "min": _reduction(cheap=True),
    "argmax": _reduction(cheap=True),
    "argmin": _reduction(cheap=True),
    "any": _reduction(cheap=True),
    "all": _reduction(cheap=True),
    "prod": _reduction(),
    "adaptive_max_pool2d": _reduction(cheap=True),
    "adaptive_max_pool2d_backward": lambda args, out: f.elementwise("add", args[0].numel()),
    "var": lambda args, out: f.variance(args[0].numel()),
    "var_mean": lambda args, out: f.variance(args[0].numel()),
    "_softmax": _softmax(),
    "_safe_softmax": _softmax(),
    "_log_softmax": _softmax(logarithm=True),
    "_softmax_backward_data": _softmax(backward=True),
    "_log_softmax_backward_data": _softmax(logarithm=True, backward=True),
    "native_layer_norm": _layer_norm,
    "native_layer_norm_backward": _layer_norm_backward,
    "native_batch_norm": _batch_norm,
    "native_batch_norm_backward": _batch_norm_backward,
    "native_group_norm": _group_norm,
    "native_group_norm_backward": _group_norm_backward,
    "log_sigmoid_forward": lambda args, out: f.activation("log_sigmoid", args[0].numel()),
    "_prelu_kernel": lambda args, out: f.activation("prelu", args[0].numel()),
    "_prelu_kernel_backward": lambda args, out: f.prelu_backward(args[0].numel()),
    "convolution": _convolution,
    "convolution_backward": _convolution_backward,
    "max_pool2d_with_indices": _pool,
    "max_pool2d_with_indices_backward": _spread,
    "max_pool3d_with_indices": _pool,
    "max_pool3d_with_indices_backward": _spread,
    "avg_pool2d": _average_pool,
    "avg_pool2d_backward": lambda args, out: f.elementwise("add", out.numel()),
    "avg_pool3d": _average_pool,
    "avg_pool3d_backward": lambda args, out: f.elementwise("add", out.numel()),
    "native_dropout": lambda args, out: f.dropout(args[0].numel()),
    "native_dropout_backward": lambda args, out: f.elementwise("mul", args[0].numel()),
    ATTENTION: _attention,
    f"{ATTENTION}_backward": _attention_backward,
    RECURRENT: _recurrent,
    f"{RECURRENT}_backward": _recurrent_backward,
    "embedding_dense_backward": _embedding_backward,
}
