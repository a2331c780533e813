"""What batch normalisation does per feature, for x of shape (N, D) or (N, D, L)."""

from __future__ import annotations

from typing import Any

from backprove.arrays import namespace
from backprove.arrays import shape as shape_of
from backprove.counts import elements
from backprove.errors import ShapeError, UsageError
from backprove.initializers import Constant
from backprove.op import Parameter
from backprove.ops.normalization._moments import Normal, normalise


def axes(x: Any) -> tuple[int, ...]:
    """The axes over which a feature's values lie: all but the second."""
    return (0,) if x.ndim == 2 else (0, 2)


def along(v: Any, x: Any) -> Any:
    """A vector of one value per feature, ready to broadcast against x."""
    return namespace(v).reshape(v, (1, -1) if x.ndim == 2 else (1, -1, 1))


def flat(v: Any) -> Any:
    """The vector (D,) of an array with one value per feature."""
    return namespace(v).reshape(v, (-1,))


def normalised(
    x: Any, running_mean: Any, running_var: Any, epsilon: float, training: bool
) -> Normal:
    """x by the statistics of the batch in training, by the running ones otherwise."""
    if training:
        return normalise(x, axes(x), epsilon)
    mean, var = along(running_mean, x), along(running_var, x)
    deviation = namespace(x).sqrt(var + epsilon)
    return Normal((x - mean) / deviation, 1.0 / deviation, mean, var, 1.0)


def moved(old: dict[str, Any], found: Normal, momentum: float) -> dict[str, Any]:
    """The running statistics after a batch: momentum * old + (1 - momentum) * batch."""
    new = {
        "running_mean": found.mean / found.factor,
        "running_var": found.var / found.factor / found.factor,
    }
    return {k: momentum * v + (1.0 - momentum) * flat(new[k]) for k, v in old.items()}


def pulled_back(dy: Any, xhat: Any, training: bool) -> tuple[Any, Any, Any]:
    """(dx without its factor, dweight, dbias). The batch's own statistics move with x."""
    xp = namespace(dy)
    dbias = xp.sum(dy, axis=axes(dy), keepdims=True)
    dweight = xp.sum(dy * xhat, axis=axes(dy), keepdims=True)
    if training:
        m = float(elements(shape_of(dy)) // shape_of(dy)[1])
        dx = dy - dbias / m - xhat * (dweight / m)
    else:
        dx = dy
    return dx, flat(dweight), flat(dbias)


def vectors(size: int, **first: float) -> dict[str, Parameter]:
    """One value per feature under each name, all the same at first."""
    return {name: Parameter((size,), Constant(value)) for name, value in first.items()}


def check_settings(num_features: int, momentum: float) -> tuple[int, float]:
    """Both as plain numbers. Raises UsageError for one out of range."""
    if num_features < 1 or not 0.0 <= momentum <= 1.0:
        raise UsageError(
            "BatchNorm1D expected num_features of 1 or more and momentum between 0 and 1, "
            "found {num_features} and {momentum}",
            num_features=num_features,
            momentum=momentum,
        )
    return int(num_features), float(momentum)


def check_shape(found: tuple[int, ...], num_features: int) -> tuple[int, ...]:
    """The shape itself. Raises ShapeError unless it is (N, D) or (N, D, L)."""
    if len(found) not in (2, 3) or found[1] != num_features:
        raise ShapeError(
            "BatchNorm1D expected x of shape (N, {expected}) or (N, {expected}, L), "
            "found {found}: the second length must be num_features",
            expected=num_features,
            found=found,
        )
    return found


def check_batch(x: Any, num_features: int, training: bool) -> None:
    """Raise ShapeError for another shape, or for training on one value per feature."""
    found = check_shape(shape_of(x), num_features)
    if training and elements(found) < 2 * num_features:
        raise ShapeError(
            "BatchNorm1D expected two or more values per feature in training, found x of shape "
            "{found}: use a larger batch, drop the last one, or evaluate",
            found=found,
        )
