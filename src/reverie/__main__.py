"""`python -m reverie` is the command `reverie`, for where the scripts of packages are not on the path."""

from reverie.cli.main import main

if __name__ == "__main__":
    main()
