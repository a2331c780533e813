"""The largest stable step on a quadratic with curvature lambda.

    gradient descent  2 / lambda
    heavy ball        2 (1 + beta) / lambda
    Nesterov          2 (1 + beta) / ((1 + 2 beta) lambda)
    Adam              (2 + 2 beta1) / ((1 - beta1) lambda_P), lambda_P of the preconditioned Hessian

Networks trained by gradient descent rise to lambda near 2 / eta and stay there without harm, so
eta lambda near 2 is normal and only eta lambda far above 2 with a rising loss is a fault. From
the start, eta below 4 / lambda (ReLU networks: about 12 / lambda) still converges after a first
rise of the loss.

References: Cohen et al., "Gradient descent on neural networks typically occurs at the edge of
stability", arXiv 2103.00065; Cohen et al., "Adaptive gradient methods at the edge of stability",
arXiv 2207.14484; Lewkowycz et al., "The large learning rate phase", arXiv 2003.02218.
"""

from __future__ import annotations

import math

import numpy as np

QUADRATIC = 2.0
"""eta times curvature at which gradient descent on a quadratic starts to diverge."""

CATAPULT = 12.0
"""eta times curvature beyond which a ReLU network does not come back from its first jump."""


def largest_step(
    curvature: float, optimizer: str = "sgd", *, beta: float = 0.0, nesterov: bool = False
) -> float:
    """The largest stable learning rate for the largest curvature along the optimizer's steps.

    optimizer: "sgd" (beta is the momentum) or "adam" (beta is beta1, the curvature that of the
    preconditioned Hessian). Infinity where the curvature is not positive.
    """
    if not curvature > 0:
        return math.inf
    if optimizer == "adam":
        return (2 + 2 * beta) / ((1 - beta) * curvature)
    return 2 * (1 + beta) / ((1 + 2 * beta if nesterov else 1) * curvature)


def limit(optimizer: str = "sgd", *, beta: float = 0.0, nesterov: bool = False) -> float:
    """eta times curvature at the limit: 2 for gradient descent, 38 for Adam at beta1 = 0.9."""
    return largest_step(1.0, optimizer, beta=beta, nesterov=nesterov)


def ray_curvature(gradient: np.ndarray, hessian_gradient: np.ndarray) -> float:
    """kappa = g^T H g / |g|^2 from flat vectors; 0 where the gradient is 0."""
    square = float(np.dot(gradient, gradient))
    return float(np.dot(gradient, hessian_gradient)) / square if square > 0 else 0.0


def predicted_change(step: float, gradient_square: float, kappa: float) -> float:
    """The change of a quadratic loss by one step of gradient descent: -eta |g|^2 (1 - eta kappa/2).

    It lowers the loss iff eta < 2 / kappa.
    """
    return -step * gradient_square * (1 - step * kappa / 2)
