"""What operators along one axis share."""

from __future__ import annotations

from backprove.errors import ShapeError


def axis_of(name: str, axis: int, shape: tuple[int, ...]) -> int:
    """The axis counted from the front.

    Raises ShapeError if an array of this shape has no such axis, or no entries along it.
    """
    if not -len(shape) <= axis < len(shape):
        raise ShapeError(
            "{name} works along axis {axis}, which the shape {found} does not have: "
            "give x more axes or the operator another axis",
            name=name,
            axis=axis,
            found=shape,
        )
    if shape[axis] == 0:
        raise ShapeError(
            "{name} expected entries along axis {axis}, found none in the shape {found}",
            name=name,
            axis=axis,
            found=shape,
        )
    return axis % len(shape)


def parted(name: str, axis: int, parts: int, shape: tuple[int, ...]) -> int:
    """The axis counted from the front, if its length can be divided into `parts`.

    Raises ShapeError otherwise.
    """
    place = axis_of(name, axis, shape)
    if shape[place] % parts:
        raise ShapeError(
            "{name} expected a multiple of {parts} entries along axis {axis}, "
            "found the shape {found}",
            name=name,
            parts=parts,
            axis=axis,
            found=shape,
        )
    return place
