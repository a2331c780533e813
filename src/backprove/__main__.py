"""`python -m backprove`."""

from backprove.cli import main

main()
