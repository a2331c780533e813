"""Data made by a recipe: problems of known difficulty, the same rows for the same seed.

Each is a name of `load`, and its options are the keyword arguments of its function:

    load("circles", samples=700, noise=0.1, seed=1)
"""

from backprove.data.recipes.clusters import blobs, boxes, class_clusters
from backprove.data.recipes.curve import curve
from backprove.data.recipes.linear import linear_map, weighted_sum
from backprove.data.recipes.multilabel import word_counts
from backprove.data.recipes.nonlinear import friedman
from backprove.data.recipes.planes import circles, moons
from backprove.data.recipes.recipe import Recipe
from backprove.data.recipes.tables import ones_and_zeros, truth_table
from backprove.data.recipes.units import skewed_units
from backprove.data.recipes.unrelated import unrelated

RECIPES: dict[str, Recipe] = {
    made.__name__: made
    for made in (
        blobs,
        boxes,
        circles,
        class_clusters,
        curve,
        friedman,
        linear_map,
        moons,
        ones_and_zeros,
        skewed_units,
        truth_table,
        unrelated,
        weighted_sum,
        word_counts,
    )
}

__all__ = ["RECIPES"]
