"""Pieces of the reference expressions of losses (see `Op.references`)."""

from __future__ import annotations

TORCH_WEIGHT = "None if weight is None else torch.tensor(weight, dtype=x.dtype)"
PADDLE_WEIGHT = "None if weight is None else paddle.to_tensor(weight, dtype=x.dtype)"
TORCH_POS_WEIGHT = TORCH_WEIGHT.replace("weight", "pos_weight")
PADDLE_POS_WEIGHT = PADDLE_WEIGHT.replace("weight", "pos_weight")
JAX_SOFT = "jnp.issubdtype(target.dtype, jnp.floating)"
PADDLE_SOFT = "target.is_floating_point()"


def reduced(losses: str) -> str:
    """An expression of JAX's that reduces the losses of the elements."""
    return f"{{'mean': jnp.mean, 'sum': jnp.sum, 'none': jnp.asarray}}[reduction]({losses})"


def by_class(log_p: str, hot: str, weight: str, kept: str, soft: str, smoothing: str) -> str:
    """An expression of the weighted, smoothed loss of classes, in methods that libraries share.

    `log_p` and `hot` are (..., K), `weight` (K,); `kept` is (...), 0 for the ignored rows;
    `soft` is true for probabilities. The mean divides as PyTorch's does.
    """
    return (
        "(lambda h, w, n: (lambda rows, count: {'none': rows, 'sum': rows.sum(),"
        " 'mean': rows.sum() / count}[reduction])("
        f"-(((1 - {smoothing}) * h + {smoothing} / x.shape[-1]) * w * {log_p}).sum(-1) * n,"
        f" n.sum() if {soft} else ((h * w).sum(-1) * n).sum()))({hot}, {weight}, {kept})"
    )


def _jax(log_p: str, soft: str, smoothing: str) -> str:
    return by_class(
        log_p=log_p,
        hot=f"target if {soft} else nn.one_hot(target.reshape(x.shape[:-1]), x.shape[-1],"
        " dtype=x.dtype)",
        weight="1.0 if weight is None else jnp.asarray(weight)",
        kept=f"jnp.ones(x.shape[:-1]) if {soft}"
        " else (target.reshape(x.shape[:-1]) != ignore_index).astype(x.dtype)",
        soft=soft,
        smoothing=smoothing,
    )


def _paddle(log_p: str, soft: str, smoothing: str) -> str:
    return by_class(
        log_p=log_p,
        hot=f"target if {soft} else F.one_hot(target.reshape(x.shape[:-1]),"
        " x.shape[-1]).astype(x.dtype)",
        weight="1.0 if weight is None else paddle.to_tensor(weight, dtype=x.dtype)",
        kept=f"paddle.ones(x.shape[:-1], x.dtype) if {soft}"
        " else (target.reshape(x.shape[:-1]) != ignore_index).astype(x.dtype)",
        soft=soft,
        smoothing=smoothing,
    )


JAX_NLL = _jax("x", "False", "0.0")
JAX_CROSS_ENTROPY = _jax("nn.log_softmax(x)", JAX_SOFT, "label_smoothing")
PADDLE_NLL = _paddle("x", "False", "0.0")
PADDLE_CROSS_ENTROPY = _paddle("F.log_softmax(x, -1)", PADDLE_SOFT, "label_smoothing")
