"""Which version of the service this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """The version that is installed, or that of a checkout that is not."""
    try:
        return metadata.version("fundstelle")
    except metadata.PackageNotFoundError:
        return "0.1.0"
