"""`python -m cli` is the `matinee` command."""

from cli.main import main

main()
