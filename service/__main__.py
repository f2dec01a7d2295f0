"""`python -m service …` is the same as `enrich …`."""

from service.cli import main

if __name__ == "__main__":
    main()
