"""Lets ``python -m ambient`` do what the command ``ambient`` does."""

from ambient.cli import main

if __name__ == "__main__":
    main()
