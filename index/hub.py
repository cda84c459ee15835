"""Files that a model's publisher offers on a model hub, over plain HTTPS, resumed where a download ended early."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import httpx

from index.catalogue import HubSource, ModelFile
from index.checksums import sha256_of
from index.errors import ModelDownloadFailed, ModelHashMismatch

PUBLIC_HUB = "https://huggingface.co"
TIMEOUT = httpx.Timeout(30.0)
"""Seconds without a byte after which a download is given up (and can be resumed)."""


def download(file: ModelFile, source: HubSource, hub_url: str, target: Path, progress: Callable[[int], object]) -> None:
    """Put `file` of the repository at `target`, going on after the bytes that are there already.

    `progress` is told how many more bytes are there. Raises `ModelHashMismatch` (and forgets what was downloaded), or
    `ModelDownloadFailed` (and keeps it for the next try).
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    url = f"{hub_url.rstrip('/')}/{source.repository}/resolve/{source.revision}/{file.path}"
    with target.open("ab") as opened:
        if opened.tell() > file.bytes:
            opened.seek(0)
            opened.truncate()
        if opened.tell() < file.bytes:
            _append(opened, url, file.bytes, progress)
        else:
            progress(file.bytes)
    found = sha256_of(target)
    if found != file.sha256:
        target.unlink()
        raise ModelHashMismatch(url, file.sha256, found)


def _append(opened: BinaryIO, url: str, size: int, progress: Callable[[int], object]) -> None:
    """Append what is missing of the `size` bytes at `url`."""
    had = opened.tell()
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={had}-"} if had else {})
    try:
        with httpx.stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT) as response:
            if _start(response, url, had) == 0:
                opened.seek(0)
                opened.truncate()
            progress(opened.tell())
            for piece in response.iter_bytes():
                if opened.tell() + len(piece) > size:
                    raise ModelDownloadFailed(f"{url}: more than the {size} bytes of the catalogue")
                opened.write(piece)
                progress(len(piece))
    except httpx.HTTPError as error:
        raise ModelDownloadFailed(f"{url}: {error or type(error).__name__}; try again to resume") from error
    if opened.tell() != size:
        raise ModelDownloadFailed(f"{url}: ended {size - opened.tell()} bytes early; try again to resume")


def _start(response: httpx.Response, url: str, had: int) -> int:
    """The byte that the answer starts at: `had`, or 0 from a hub that does not resume. Raises where it is neither."""
    if response.status_code == HTTPStatus.OK:
        return 0
    said = response.headers.get("Content-Range", "")
    if response.status_code == HTTPStatus.PARTIAL_CONTENT and said.startswith(f"bytes {had}-"):
        return had
    raise ModelDownloadFailed(f"{url}: the hub answered {response.status_code} {response.reason_phrase} {said}".strip())
