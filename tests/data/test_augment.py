"""RandomAffine and Elastic: the movement is the one asked for, in NumPy and in JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from backprove import random
from backprove.data import load
from backprove.data._warp import bilinear, blur_matrix
from backprove.data.transforms import Deform, Elastic, RandomAffine
from backprove.errors import ShapeError, UsageError

STRONG = RandomAffine(30, (0.1, 0.2), (0.8, 1.3), 20)
MOVES = {
    "affine": STRONG,
    "elastic": Elastic(),
    "both": Deform(20, (0.1, 0.2), (0.8, 1.3), 10),
    "edges": RandomAffine(45, fill=None),
    "filled": Elastic(60, 3, fill=0.5),
}


def digits(dtype: Any = np.float32, count: int = 8) -> Any:
    """Test images of MNIST, floating ones in [0, 1]."""
    x = load("mnist", "test").x[:count]
    return x if dtype == np.uint8 else (x / 255).astype(dtype)


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("seed", range(3))
def test_numpy_and_jitted_jax_move_alike(name: str, seed: int) -> None:
    x, key = digits(), random.key(seed)
    move = MOVES[name]
    eager = move(x, key=key, training=True)
    jitted = jax.jit(lambda x, key: move(x, key=key, training=True))(x, jnp.asarray(key))
    assert np.abs(eager - x).max() > 0.3
    np.testing.assert_allclose(jitted, eager, atol=2e-5)
    assert eager.dtype == jitted.dtype == np.float32


@pytest.mark.parametrize("name", MOVES)
def test_bytes_stay_bytes(name: str) -> None:
    """So that ToTensor behind sees what it sees in testing."""
    x, key = digits(np.uint8), random.key(0)
    eager = MOVES[name](x, key=key, training=True)
    jitted = MOVES[name](jnp.asarray(x), key=jnp.asarray(key), training=True)
    assert eager.dtype == jitted.dtype == np.uint8
    difference = eager.astype(int) - np.asarray(jitted, int)
    assert np.abs(difference).max() <= 1
    assert np.count_nonzero(difference) < 20
    exact = MOVES[name](x.astype(np.float64), key=key, training=True)
    assert np.abs(eager - exact).max() < 0.51


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_shape_dtype_and_the_argument_are_kept(name: str, dtype: Any) -> None:
    x = digits(dtype)
    before = x.copy()
    found = MOVES[name](x, key=random.key(1), training=True)
    assert (found.shape, found.dtype) == (x.shape, x.dtype)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", MOVES)
def test_rows_are_squares(name: str) -> None:
    x, key = digits(), random.key(1)
    square = MOVES[name](x, key=key, training=True)
    row = MOVES[name](x.reshape(8, 784), key=key, training=True)
    np.testing.assert_array_equal(row, square.reshape(8, 784))


@pytest.mark.parametrize("name", MOVES)
def test_nothing_moves_in_testing(name: str) -> None:
    x = digits()
    assert MOVES[name](x, key=random.key(1)) is x
    assert MOVES[name](x) is x


@pytest.mark.parametrize("name", MOVES)
def test_the_key_decides_and_each_image_moves_its_own_way(name: str) -> None:
    x = np.repeat(digits(count=1), 4, axis=0)
    one = MOVES[name](x, key=random.key(1), training=True)
    np.testing.assert_array_equal(one, MOVES[name](x, key=random.key(1), training=True))
    assert np.abs(one - MOVES[name](x, key=random.key(2), training=True)).max() > 0.1
    assert all(np.abs(one[0] - other).max() > 0.1 for other in one[1:])


@pytest.mark.parametrize("name", MOVES)
def test_a_key_is_needed(name: str) -> None:
    with pytest.raises(UsageError, match="expected a key in training"):
        MOVES[name](digits(), training=True)


def test_no_movement_changes_nothing() -> None:
    x, key = digits(np.float64), random.key(0)
    np.testing.assert_allclose(RandomAffine(0)(x, key=key, training=True), x, atol=1e-12)
    np.testing.assert_allclose(Elastic(alpha=0)(x, key=key, training=True), x, atol=1e-12)
    np.testing.assert_allclose(Deform(0, alpha=0)(x, key=key, training=True), x, atol=1e-12)


def test_deform_is_either_movement_where_the_other_is_none() -> None:
    x, key = digits(np.float64), random.key(3)
    affine, elastic = (random.fold_in(key, i) for i in range(2))
    moved = Deform(30, scale=(0.8, 1.2), alpha=0)(x, key=key, training=True)
    expected = RandomAffine(30, scale=(0.8, 1.2))(x, key=affine, training=True)
    np.testing.assert_allclose(moved, expected, atol=1e-12)
    bent = Deform(0, alpha=50, sigma=5)(x, key=key, training=True)
    expected = Elastic(50, 5)(x, key=elastic, training=True)
    np.testing.assert_allclose(bent, expected, atol=1e-9)


def test_deform_against_scipy() -> None:
    """Turned by 30 degrees and bent at once: scipy fetches each pixel from the summed place."""
    x, key = digits(np.float64, 3), random.key(7)
    found = Deform((30, 30), alpha=34, sigma=4)(x, key=key, training=True)
    noise = (2 * random.uniform(random.fold_in(key, 1), (2, 3, 28, 28), x) - 1).swapaxes(2, 3)
    turn = np.deg2rad(30)
    rows, columns = np.mgrid[:28.0, :28.0] - 13.5
    down = 13.5 + np.cos(turn) * rows - np.sin(turn) * columns
    across = 13.5 + np.sin(turn) * rows + np.cos(turn) * columns
    for i in range(3):
        bend = [
            34 * ndimage.gaussian_filter(n[i], 4, mode="constant", truncate=12.0) for n in noise
        ]
        places = [down + bend[0] + 20, across + bend[1] + 20]
        expected = ndimage.map_coordinates(np.pad(x[i], 20), places, order=1)
        np.testing.assert_allclose(found[i], expected, atol=1e-9)


def test_positive_angles_turn_as_a_clock() -> None:
    x, key = digits(np.float64), random.key(0)
    found = RandomAffine((90, 90))(x, key=key, training=True)
    np.testing.assert_allclose(found, np.rot90(x, -1, axes=(1, 2)), atol=1e-9)
    found = RandomAffine((180, 180), fill=None)(x, key=key, training=True)
    np.testing.assert_allclose(found, x[:, ::-1, ::-1], atol=1e-9)


def test_scale_enlarges() -> None:
    x = np.zeros((1, 21, 21))
    x[0, 8:13, 8:13] = 1.0
    found = RandomAffine(0, scale=(2.0, 2.0))(x, key=random.key(0), training=True)
    assert found.sum() == pytest.approx(4 * x.sum(), rel=1e-9)
    middle = ndimage.center_of_mass(found[0])
    assert middle == pytest.approx((10, 10))


def test_shear_leans_rows() -> None:
    x = np.zeros((1, 9, 9))
    x[0, :, 4] = 1.0
    found = RandomAffine(0, shear=(45, 45))(x, key=random.key(0), training=True)[0]
    np.testing.assert_allclose(found, np.eye(9), atol=1e-9)


def test_translations_fill_their_range() -> None:
    """1,000 shifted dots: both directions reach 20 % and 10 % of the side and no further."""
    x = np.zeros((1000, 41, 41))
    x[:, 20, 20] = 1.0
    found = RandomAffine(0, translate=(0.2, 0.1))(x, key=random.key(4), training=True)
    places = np.array([ndimage.center_of_mass(image) for image in found]) - 20
    down, across = places.T
    assert 0.97 * 4.1 < down.max() <= 4.1 + 1e-9
    assert -4.1 - 1e-9 <= down.min() < -0.97 * 4.1
    assert 0.97 * 8.2 < across.max() <= 8.2 + 1e-9
    assert abs(np.corrcoef(down, across)[0, 1]) < 0.1
    assert abs(across.mean()) < 0.5


def test_random_affine_against_scipy() -> None:
    """The inverse map of one draw, followed by scipy's linear interpolation."""
    x, key = digits(np.float64, 5), random.key(9)
    found = STRONG(x, key=key, training=True)
    draw = random.uniform(key, (5, 5, 1, 1), x)[:, :, 0, 0]
    for i in range(5):
        angle = np.deg2rad(-30 + 60 * draw[0, i])
        lean = np.tan(np.deg2rad(-20 + 40 * draw[1, i]))
        size = 0.8 + 0.5 * draw[2, i]
        shift = np.array([28 * 0.2 * (2 * draw[3, i] - 1), 28 * 0.1 * (2 * draw[4, i] - 1)])
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        forward = size * turn @ np.array([[1.0, 0.0], [lean, 1.0]])
        inverse = np.linalg.inv(forward)
        offset = 13.5 - inverse @ (13.5 + shift)
        padded = np.pad(x[i], 30)
        expected = ndimage.affine_transform(
            padded, inverse, offset + 30 - inverse @ [30, 30], order=1
        )[30:-30, 30:-30]
        np.testing.assert_allclose(found[i], expected, atol=1e-9)


def test_elastic_against_scipy() -> None:
    """The field of Simard, Steinkraus and Platt with scipy's Gaussian and interpolation."""
    x, key = digits(np.float64, 3), random.key(5)
    found = Elastic(34, 4)(x, key=key, training=True)
    noise = (2 * random.uniform(key, (2, 3, 28, 28), x) - 1).swapaxes(2, 3)
    for i in range(3):
        shift = [
            34 * ndimage.gaussian_filter(n[i], 4, mode="constant", truncate=12.0) for n in noise
        ]
        rows, columns = np.mgrid[:28.0, :28.0]
        places = [rows + shift[0] + 5, columns + shift[1] + 5]
        expected = ndimage.map_coordinates(np.pad(x[i], 5), places, order=1)
        np.testing.assert_allclose(found[i], expected, atol=1e-9)


def test_elastic_shifts_by_the_stated_amount() -> None:
    """alpha / (6.1 sigma) pixels, away from the edges."""
    noise = 2 * np.random.default_rng(0).random((200, 61, 61)) - 1
    blur = blur_matrix(61, 4.0)
    assert (34 * blur @ noise @ blur)[:, 30, 30].std() == pytest.approx(34 / (6.1 * 4), rel=0.15)
    np.testing.assert_allclose(blur[30].sum(), 1.0, atol=1e-6)


def test_bilinear_between_pixels_and_outside() -> None:
    x = np.array([[[0.0, 10.0], [20.0, 30.0]]])
    row, column = np.array([[[0.5, 0.0, 1.0, -0.5]]]), np.array([[[0.5, 0.25, 1.0, 0.0]]])
    assert bilinear(x, row, column, 0.0).tolist() == [[[15.0, 2.5, 30.0, 0.0]]]
    far = np.array([[[9.0, -9.0]]])
    assert bilinear(x, far, far, 7.0).tolist() == [[[7.0, 7.0]]]
    assert bilinear(x, far, far, None).tolist() == [[[30.0, 0.0]]]


@pytest.mark.parametrize(
    "shape", [(3, 5), (3, 1), (3, 1, 1), (3, 1, 28, 28), (28,)], ids=lambda shape: str(shape)
)
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="expected images"):
        Elastic()(np.ones(shape), key=random.key(0), training=True)


def test_images_that_are_not_square() -> None:
    x = np.random.default_rng(0).random((4, 10, 20))
    assert STRONG(x, key=random.key(0), training=True).shape == (4, 10, 20)


@pytest.mark.parametrize(
    "arguments",
    [
        {"degrees": -5},
        {"degrees": (10, -10)},
        {"degrees": 1000},
        {"degrees": float("nan")},
        {"degrees": "ten"},
        {"degrees": (1, 2, 3)},
        {"degrees": 0, "translate": (0.1, 1.5)},
        {"degrees": 0, "translate": 0.1},
        {"degrees": 0, "scale": (1.2, 0.8)},
        {"degrees": 0, "scale": (0.0, 1.0)},
        {"degrees": 0, "scale": 1.5},
        {"degrees": 0, "shear": 90},
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="RandomAffine expected"):
        RandomAffine(**arguments)


@pytest.mark.parametrize("arguments", [{"alpha": -1}, {"sigma": 0}, {"alpha": float("nan")}])
def test_elastic_arguments_out_of_range(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="Elastic expected"):
        Elastic(**arguments)
    with pytest.raises(UsageError, match="Elastic expected"):
        Deform(0, **arguments)
