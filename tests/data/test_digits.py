"""Pictures of digits come out as MNIST's images do, measured on MNIST's own test digits."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from backprove.data import load
from backprove.data.digits import prepare, read_digit
from backprove.errors import DataError, ShapeError

RNG = np.random.default_rng
COUNT = 120


@cache
def originals() -> Any:
    return load("mnist", "test").x[:COUNT]


@cache
def neighbours() -> tuple[Any, Any]:
    """20,000 training images as rows and half their squared lengths."""
    rows = _rows(load("mnist").x[:20_000])
    return rows, 0.5 * (rows * rows).sum(axis=1)


def _rows(images: Any) -> Any:
    return images.reshape(len(images), -1).astype(np.float32) / 255


def classes(images: Any) -> Any:
    """The class of the nearest training image; 95 % of MNIST's test images are right so."""
    rows, lengths = neighbours()
    nearest = (_rows(images) @ rows.T - lengths).argmax(axis=1)
    return load("mnist").y[nearest]


def picture(
    digit: Any,
    rng: Any,
    *,
    scale: int,
    dark: bool,
    noise: float = 0,
    light: float = 0,
    span: int = 1,
) -> Any:
    """The digit enlarged, somewhere on a larger sheet; dark ink on light paper if asked for."""
    side = 28 * scale
    height, width = side + rng.integers(0, side + 1, size=2)
    sheet = np.zeros((height, width))
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    enlarged = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    sheet[top : top + side, left : left + side] = np.asarray(enlarged)
    sheet = sheet / span
    sheet = 255 - sheet if dark else sheet
    sheet = sheet + light * np.linspace(-1, 1, width) + noise * rng.standard_normal(sheet.shape)
    return Image.fromarray(sheet.clip(0, 255).astype(np.uint8))


def agreement(made: Any) -> tuple[float, float]:
    """(share of digits that the classifier sees as before, mean correlation of the images)."""
    flat, old = (a.reshape(COUNT, -1).astype(float) for a in (made, originals()))
    flat, old = (a - a.mean(axis=1, keepdims=True) for a in (flat, old))
    norms = np.linalg.norm(flat, axis=1) * np.linalg.norm(old, axis=1)
    alike = float(np.mean(classes(made) == classes(originals())))
    return alike, float(np.mean((flat * old).sum(axis=1) / norms))


@pytest.mark.parametrize("dark", [False, True])
def test_mnist_images_themselves_come_back(dark: bool) -> None:
    images = 255 - originals() if dark else originals()
    made = np.stack([prepare(image) for image in images])
    same, correlation = agreement(made)
    assert same >= 0.98
    assert correlation > 0.99
    assert np.mean(np.abs(made.astype(int) - originals()).max(axis=(1, 2)) <= 12) > 0.9


@pytest.mark.parametrize(
    ("options", "least", "correlated"),
    [
        ({"scale": 3, "dark": False}, 0.93, 0.94),
        ({"scale": 8, "dark": True}, 0.93, 0.94),
        ({"scale": 6, "dark": True, "span": 3}, 0.93, 0.93),
        ({"scale": 6, "dark": True, "noise": 8}, 0.92, 0.93),
        ({"scale": 6, "dark": True, "noise": 5, "light": 30, "span": 2}, 0.89, 0.90),
    ],
)
def test_enlarged_shifted_inverted_digits_in_png_files(
    tmp_path: Path, options: dict[str, Any], least: float, correlated: float
) -> None:
    rng, made = RNG(0), []
    for digit in originals():
        picture(digit, rng, **options).save(tmp_path / "digit.png")
        made.append(read_digit(tmp_path / "digit.png"))
    same, correlation = agreement(np.stack(made))
    assert same >= least
    assert correlation > correlated


def test_jpeg_files(tmp_path: Path) -> None:
    rng, made = RNG(1), []
    for digit in originals():
        picture(digit, rng, scale=8, dark=True).save(tmp_path / "digit.jpg", quality=60)
        made.append(read_digit(tmp_path / "digit.jpg"))
    assert agreement(np.stack(made))[0] >= 0.93


def test_without_preparation_the_same_pictures_are_not_recognised() -> None:
    """What the preparation is for: merely shrinking the sheet loses most of the agreement."""
    rng = RNG(0)
    sheets = [picture(d, rng, scale=3, dark=False) for d in originals()]
    shrunk = np.stack([np.asarray(sheet.resize((28, 28))) for sheet in sheets])
    assert agreement(shrunk)[0] < 0.7


@pytest.mark.parametrize("scale", [2, 9])
def test_size_and_centre_are_those_of_mnist(scale: int) -> None:
    """The longer side of the ink is 20, its centre of mass within half a pixel of (14, 14)."""
    rng = RNG(2)
    for digit in originals()[:50]:
        made = prepare(np.asarray(picture(digit, rng, scale=scale, dark=True)))
        assert (made.shape, made.dtype, made.max()) == ((28, 28), np.uint8, 255)
        ink = made >= 128
        longer = max(np.ptp(np.flatnonzero(ink.any(axis=axis))) + 1 for axis in (0, 1))
        assert 18 <= longer <= 20
        weight = made / made.sum()
        for axis in (0, 1):
            assert 13.4 < weight.sum(axis=axis) @ np.arange(28) < 14.6


def stroke(width: int, ink: Any, paper: Any, mode: str = "L") -> Image.Image:
    """A seven drawn with a pen of some width."""
    image = Image.new(mode, (200, 300), paper)
    line = [(50, 60), (150, 60), (80, 240)]
    ImageDraw.Draw(image).line(line, fill=ink, width=width, joint="curve")
    return image


def read(tmp_path: Path, image: Image.Image, name: str = "seven.png", **options: Any) -> Any:
    image.save(tmp_path / name, **options)
    return read_digit(tmp_path / name)


@pytest.mark.parametrize(
    ("mode", "ink", "paper"),
    [
        ("L", 0, 255),
        ("L", 255, 0),
        ("L", 90, 120),
        ("1", 0, 1),
        ("RGB", (10, 10, 120), (250, 240, 200)),
        ("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("RGBA", (255, 255, 255, 255), (0, 0, 0, 0)),
        ("LA", (0, 255), (255, 0)),
        ("P", 0, 1),
        ("I;16", 1000, 60000),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0, 0)),
    ],
)
def test_modes_of_pictures(tmp_path: Path, mode: str, ink: Any, paper: Any) -> None:
    expected = prepare(np.asarray(stroke(24, 0, 255)))
    image = stroke(24, ink, paper, mode)
    if mode == "P":
        image.putpalette([20, 20, 20, 230, 230, 230])
    name = "seven.tif" if mode == "CMYK" else "seven.png"
    np.testing.assert_allclose(read(tmp_path, image, name).astype(int), expected, atol=6)


def test_a_thin_pen_gives_strokes_like_mnists(tmp_path: Path) -> None:
    thin, thick = read(tmp_path, stroke(2, 0, 255)), read(tmp_path, stroke(24, 0, 255))
    assert thin.sum() > 0.4 * thick.sum()
    assert thin.sum() < thick.sum()


def test_a_speck_of_dust_does_not_count(tmp_path: Path) -> None:
    image = stroke(24, 0, 255)
    image.paste(0, (5, 290, 9, 294))
    np.testing.assert_array_equal(read(tmp_path, image), read(tmp_path, stroke(24, 0, 255)))


def test_the_way_a_telephone_was_held(tmp_path: Path) -> None:
    """The orientation that a camera notes in the file is obeyed."""
    image = stroke(24, 0, 255)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read(tmp_path, image.rotate(90, expand=True), "seven.jpg", exif=exif, quality=95)
    assert np.abs(turned.astype(int) - read(tmp_path, image)).mean() < 4


def test_a_large_picture(tmp_path: Path) -> None:
    large = stroke(24, 0, 255).resize((2000, 3000))
    small = read(tmp_path, stroke(24, 0, 255)).astype(int)
    assert np.abs(read(tmp_path, large, "seven.jpg").astype(int) - small).mean() < 4


def test_pictures_are_not_written_into() -> None:
    grey = np.asarray(stroke(24, 0, 255)).copy()
    before = grey.copy()
    prepare(grey)
    np.testing.assert_array_equal(grey, before)


@pytest.mark.parametrize(
    "grey",
    [
        np.full((50, 40), 255.0),
        np.zeros((50, 40)),
        np.full((1, 1), 128.0),
        200 + 3 * RNG(0).standard_normal((100, 100)),
        200 + 12 * RNG(0).standard_normal((100, 100)),
        np.linspace(90, 200, 60)[None] + np.zeros((50, 1)),
    ],
)
def test_blank_pictures_are_refused(grey: Any) -> None:
    with pytest.raises(DataError, match="expected a digit in the picture, found it blank"):
        prepare(grey)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (28,), (28, 28, 3), ()])
def test_arrays_that_are_no_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="expected a grey picture"):
        prepare(np.ones(shape))


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        _png(stroke(24, 0, 255))[:60],
        _png(stroke(24, 0, 255))[:-40],
        _png(stroke(24, 0, 255))[:16] + bytes(8) + _png(stroke(24, 0, 255))[24:],
        b"BM" + bytes(60),
    ],
)
def test_unreadable_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "digit.png"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_digit(path)
    assert "digit.png" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found nothing there"):
        read_digit(tmp_path / "gone.png")
    with pytest.raises(DataError, match="cannot be read"):
        read_digit(tmp_path)


def test_pictures_of_a_bomb(tmp_path: Path) -> None:
    """A small file that claims 30,000 x 30,000 pixels is refused before it is unpacked."""
    Image.new("1", (30_000, 30_000)).save(tmp_path / "bomb.png")
    with pytest.raises(DataError):
        read_digit(tmp_path / "bomb.png")
