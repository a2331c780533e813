"""A picture of a digit, made like MNIST's images were.

MNIST's digits were scaled to fit 20 x 20 pixels with their aspect kept, in grey levels from the
smoothing of that scaling, and placed in 28 x 28 with their centre of mass in the middle (LeCun,
Cortes and Burges, description of the MNIST database). Ink is bright on black.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from backprove.data._idx import unreadable
from backprove.errors import DataError, ShapeError

SIDE, FIT, _MARGIN = 28, 20, 4
_RESAMPLE = Image.Resampling.HAMMING
_BOX = 0.4
_THINNEST = 1.6
_MOST_PIXELS = 200_000_000
_WORKING_SIDE = 800
_FAINTEST = 12.0
_SPECK = 0.01


def read_digit(path: str | Path) -> Any:
    """The digit in a PNG, JPEG or other picture as uint8 (28, 28), bright on black.

    Dark ink on light paper and bright ink on a dark ground are both understood, as are transparent
    pictures, light from one side, noise and specks. Raises DataError for a file that is missing,
    is no picture, is damaged or has nothing on it.
    """
    return prepare(read_grey(Path(path)), str(path))


def read_grey(path: Path) -> Any:
    """The grey levels, 0 to 255, of a picture file as float32 (H, W)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                _refuse_huge(picture.size, path)
                picture.draft("L", (2 * _WORKING_SIDE, 2 * _WORKING_SIDE))
                return _grey(ImageOps.exif_transpose(picture))
    except FileNotFoundError as error:
        raise DataError(
            "expected the file {path}, found nothing there: check the path", path=path
        ) from error
    except UnidentifiedImageError as error:
        raise DataError(
            "expected a picture, found that {path} is none or is damaged: give a PNG or JPEG file",
            path=path,
        ) from error
    except (PermissionError, IsADirectoryError) as error:
        raise unreadable(path, error) from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            "expected a whole picture, found {path} damaged or cut short ({reason}): save it again",
            path=path,
            reason=str(error),
        ) from error


def _refuse_huge(size: tuple[int, int], path: Path) -> None:
    if size[0] * size[1] > _MOST_PIXELS:
        raise DataError(
            "expected a picture of at most {most:,} pixels, found {width} x {height} in {path}: "
            "cut out the digit",
            most=_MOST_PIXELS,
            width=size[0],
            height=size[1],
            path=path,
        )


def _grey(picture: Image.Image) -> Any:
    picture.load()
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        levels = np.asarray(picture, dtype=np.float32)
        top = 1.0 if picture.mode == "F" and levels.max() <= 1 else 65535.0
        picture = Image.fromarray((levels * (255.0 / top)).clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = _on_paper(picture.convert("RGBA"))
    return np.asarray(picture.convert("L"), dtype=np.float32)


def _on_paper(picture: Image.Image) -> Image.Image:
    """A transparent picture on white paper, or on black if what is painted is light."""
    painted = np.asarray(picture.getchannel("A"), dtype=np.float64)
    light = np.asarray(picture.convert("L"), dtype=np.float64)
    dark = (light * painted).sum() < 128 * painted.sum()
    paper = Image.new("RGBA", picture.size, "white" if dark else "black")
    return Image.alpha_composite(paper, picture)


def prepare(grey: Any, name: str = "the picture") -> Any:
    """Grey levels (H, W), 0 to 255, of one digit as MNIST's uint8 (28, 28).

    Raises ShapeError for an array that is no grey picture, DataError if it is blank.
    """
    levels = np.asarray(grey, dtype=np.float32)
    if levels.ndim != 2 or levels.size == 0:
        raise ShapeError(
            "expected a grey picture (H, W) of at least one pixel, found the shape {shape}: "
            "give one channel of one picture",
            shape=levels.shape,
        )
    step = -(-max(levels.shape) // _WORKING_SIDE)
    if step > 1:
        levels = np.asarray(Image.fromarray(levels).reduce(step))
    return _centred(_fitted(_ink(levels, name)))


def _ink(levels: Any, name: str) -> Any:
    """How much each pixel differs from the paper, 0 to 1; 0 where it is paper, noise or a speck."""
    difference = levels - _paper(levels)
    sign = 1.0 if difference.max() > -difference.min() else -1.0
    ink = sign * difference
    noise = 4.0 * 1.4826 * float(np.median(np.abs(_frame(difference))))
    peak = float(np.percentile(ink[ink > 0.5 * ink.max()], 75)) if ink.max() > 0 else 0.0
    if peak < max(_FAINTEST, 1.5 * noise):
        raise DataError(
            "expected a digit in {name}, found it blank (grey levels {low:.0f} to {high:.0f}): "
            "write one digit with a dark pen on light paper",
            name=name,
            low=float(levels.min()),
            high=float(levels.max()),
        )
    ink = np.where(ink > max(noise, 0.04 * peak), np.minimum(ink / peak, 1.0), 0.0)
    return _without_specks(ink)


def _frame(levels: Any) -> Any:
    """The values along the edge."""
    return np.concatenate([levels[0], levels[-1], levels[1:-1, 0], levels[1:-1, -1]])


def _paper(levels: Any) -> Any:
    """The paper's grey level at each pixel: a plane through the edge, for light from one side.

    Only edge pixels near the median count, so that ink that reaches the edge does not.
    """
    height, width = levels.shape
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    edge = _frame(levels)
    middle = np.median(edge)
    near = np.abs(edge - middle) <= max(30.0, 3 * float(np.median(np.abs(edge - middle))))
    if near.sum() < 8 or min(height, width) < 3:
        return np.full_like(levels, middle)
    known = np.stack([np.ones_like(edge), _frame(rows), _frame(columns)], axis=1)[near]
    a, b, c = np.linalg.lstsq(known, edge[near], rcond=None)[0]
    return (a + b * rows + c * columns).astype(np.float32)


def _without_specks(ink: Any) -> Any:
    """The ink without connected spots that hold under a hundredth of it (dust, grain)."""
    spots, count = ndimage.label(ink, structure=np.ones((3, 3)))
    mass = ndimage.sum_labels(ink, spots, np.arange(count + 1))
    return np.where(mass[spots] >= _SPECK * mass.sum(), ink, 0.0)


def _fitted(ink: Any) -> Any:
    """The ink scaled so that the longer side of its box is 20, with what is around the box.

    The box holds what is at least 0.4 of the darkest ink; a blurred edge may reach beyond it.
    """
    rows, columns = (np.flatnonzero((ink >= _BOX).any(axis=axis)) for axis in (1, 0))
    height, width = (int(places[-1] - places[0]) + 1 for places in (rows, columns))
    scale = FIT / max(height, width)
    ink = _thickened(ink, scale)
    around = _MARGIN / scale
    size = [max(1, round(length * scale)) + 2 * _MARGIN for length in (width, height)]
    padding = int(around) + 1
    picture = Image.fromarray(np.pad(ink.astype(np.float32), padding))
    left, top = columns[0] + padding - around, rows[0] + padding - around
    box = (left, top, left + width + 2 * around, top + height + 2 * around)
    small = np.asarray(picture.resize((size[0], size[1]), _RESAMPLE, box=box)).clip(0.0, 1.0)
    return small / small.max()


def _thickened(ink: Any, scale: float) -> Any:
    """Ink whose strokes are at least `_THINNEST` pixels wide once scaled, as MNIST's are.

    Within a stroke of n pixels the distance to the paper is (n + 2) / 4 on the average.
    """
    stroke = ink >= _BOX
    width = 4.0 * float(ndimage.distance_transform_edt(stroke)[stroke].mean()) - 2.0
    missing = round((_THINNEST / scale - width) / 2)
    return ndimage.maximum_filter(ink, size=2 * missing + 1) if missing > 0 else ink


def _centred(ink: Any) -> Any:
    """In 28 x 28, moved by whole pixels so that the centre of mass is within half of (14, 14)."""
    field = np.zeros((3 * SIDE, 3 * SIDE))
    mass = ink.sum()
    place = []
    for axis, length in enumerate(ink.shape):
        center = float(ink.sum(axis=1 - axis) @ np.arange(length) / mass)
        place.append(SIDE + int(np.ceil(SIDE / 2 - 0.5 - center)))
    top, left = place
    height, width = ink.shape
    field[top : top + height, left : left + width] = ink
    return np.rint(255.0 * field[SIDE : 2 * SIDE, SIDE : 2 * SIDE]).astype(np.uint8)
