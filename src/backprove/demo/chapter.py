"""The three parts one after the other, with what they found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backprove.demo import deep_relu, leaky_relu
from backprove.messages import render
from backprove.report.training import show_training
from backprove.train.config import Config
from backprove.train.run import train_run

THRESHOLD = 0.95


def run_chapter(
    say: Callable[[str], None], place: str | None, out: Path | None, verbose: bool = True
) -> bool:
    """Run the chapter and say everything through `say`. True if all came out as it should."""
    done = [part_1(say, place), part_2(say, out, verbose), part_3(say, verbose)]
    return all(done)


def part_1(say: Callable[[str], None], place: str | None) -> bool:
    """An operator beside Paddle's."""
    say(_title(render("1. LeakyReLU, its value and its gradient beside Paddle's")))
    found = leaky_relu.compare(place)
    if found is None:
        say(render("Paddle is not installed, so this part is left out: pip install paddlepaddle"))
        return True
    say(leaky_relu.show(found))
    return "differs" not in found.verdicts()


def part_2(say: Callable[[str], None], out: Path | None, verbose: bool) -> bool:
    """MNIST, with parameters and compute."""
    say(_title(render("2. MNIST with 784-1500-500-10, its parameters and its compute")))
    result = train_run(Config(), out, verbose=verbose)
    say(show_training(result))
    accuracy = result.measures["accuracy"]
    reached = bool(accuracy >= THRESHOLD)
    say("")
    if reached:
        say(
            render(
                "The test accuracy {accuracy:.2%} reaches the {threshold:.0%} of the exercise.",
                accuracy=accuracy,
                threshold=THRESHOLD,
            )
        )
    else:
        say(
            render(
                "The test accuracy {accuracy:.2%} misses the {threshold:.0%} of the exercise.",
                accuracy=accuracy,
                threshold=THRESHOLD,
            )
        )
    return reached


def part_3(say: Callable[[str], None], verbose: bool) -> bool:
    """Ten layers of ReLU that do not converge, and do."""
    say(_title(render("3. Ten layers of ReLU: learning rate 2.0 and learning rate 0.1")))
    outcomes = [deep_relu.experiment(rate, verbose=int(verbose)) for rate in (2.0, 0.1)]
    say(deep_relu.show(outcomes))
    return not outcomes[0].converged and outcomes[1].converged


def _title(text: str) -> str:
    return f"\n{text}\n"
