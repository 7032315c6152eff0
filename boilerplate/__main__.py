"""``python -m boilerplate`` is the command line."""

from boilerplate.cli import main

if __name__ == "__main__":
    main()
