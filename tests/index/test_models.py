from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from index.catalogue import catalogue
from index.errors import ModelHashMismatch, ModelNotFound
from index.models import DEFAULT_DIRECTORY, is_published, resolve, resolve_or_hub, verify_published

SMALL = "qwen2.5-coder-0.5b"


def test_the_catalogue_has_the_publishers_bytes_of_both_language_models() -> None:
    files = {name: (model.wheels.files, model.hub.files) for name, model in catalogue().items()}
    for name, size, sha256 in (
        ("qwen2.5-coder-1.5b", 1117320768, "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"),
        (SMALL, 491400064, "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"),
    ):
        assembled, published = files[name]
        assert [(file.bytes, file.sha256) for file in assembled] == [(size, sha256)]
        assert assembled == published


def test_the_parts_of_a_language_model_add_up_to_the_whole() -> None:
    for model in catalogue().values():
        if model.wheels.assembly == "concatenate":
            assert sum(wheel.member_bytes for wheel in model.wheels.wheels) == model.wheels.files[0].bytes
            numbers = [int(wheel.member[-6:-4]) for wheel in model.wheels.wheels]
            assert numbers == list(range(1, len(numbers) + 1))


def test_every_name_in_the_catalogue_is_a_plain_relative_path() -> None:
    for model in catalogue().values():
        paths = [file.path for source in (model.wheels, model.hub) for file in source.files]
        paths += [name for wheel in model.wheels.wheels for name in (wheel.file, wheel.member)]
        assert not [path for path in paths if path.startswith("/") or ".." in path.split("/") or "\\" in path]


def test_a_name_of_the_catalogue_means_the_file_that_a_backend_opens(small_llm: Path) -> None:
    assert small_llm.name == "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
    assert small_llm.stat().st_size == 491400064


def test_the_embedding_model_is_a_folder(e5_folder: Path) -> None:
    assert e5_folder.name == "multilingual-e5-small"
    assert (e5_folder / "modules.json").is_file()


def test_a_model_that_was_not_fetched_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=rf"scripts/fetch_models.py {SMALL}"):
        resolve(SMALL, tmp_path)


def test_a_model_with_a_file_cut_short_counts_as_not_fetched(tmp_path: Path, small_model: Path) -> None:
    assert resolve(SMALL, tmp_path) == small_model
    with small_model.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(ModelNotFound, match="not complete"):
        resolve(SMALL, tmp_path)


@pytest.fixture
def small_model(tmp_path: Path) -> Path:
    """A folder that looks like the fetched small model: the right size (a hole in the file), the wrong content."""
    import json

    from index.models import manifest_of

    files = catalogue()[SMALL].wheels.files
    folder = tmp_path / SMALL
    folder.mkdir()
    with (folder / files[0].path).open("wb") as file:
        file.truncate(files[0].bytes)
    (folder / "manifest.json").write_text(json.dumps(manifest_of(files)))
    return folder / files[0].path


def test_verifying_reads_every_byte_and_says_what_was_expected_and_found(tmp_path: Path, small_model: Path) -> None:
    with pytest.raises(ModelHashMismatch) as raised:
        verify_published(catalogue()[SMALL], tmp_path)
    assert raised.value.expected == catalogue()[SMALL].wheels.files[0].sha256
    assert raised.value.found in str(raised.value)
    assert str(small_model) in str(raised.value)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"a": 1}', '"text"', "\udcff"])
def test_a_damaged_manifest_counts_as_not_fetched(tmp_path: Path, small_model: Path, manifest: str) -> None:
    (tmp_path / SMALL / "manifest.json").write_bytes(manifest.encode("utf-8", "surrogateescape"))
    assert not is_published(tmp_path / SMALL, catalogue()[SMALL].wheels.files)


def test_local_folders_and_gguf_files_are_themselves(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own.gguf").touch()
    assert resolve(str(tmp_path / "own"), DEFAULT_DIRECTORY) == tmp_path / "own"
    assert resolve(str(tmp_path / "own.gguf"), DEFAULT_DIRECTORY) == tmp_path / "own.gguf"
    assert resolve("own.gguf", tmp_path) == tmp_path / "own.gguf"


@pytest.mark.parametrize("name", ["nosuch", "owner/model", "/nowhere/model.gguf", "../up", ""])
def test_an_unknown_name_is_refused_with_what_was_tried(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound) as raised:
        resolve(name, tmp_path)
    assert "multilingual-e5-small" in str(raised.value)


def test_a_name_on_the_hub_is_given_back_only_where_the_hub_is_allowed(tmp_path: Path) -> None:
    assert resolve_or_hub("owner/model", tmp_path) == "owner/model"
    (tmp_path / "local").mkdir()
    assert resolve_or_hub("local", tmp_path) == tmp_path / "local"
    for name in ("nosuch", "a/b/c", "/nowhere/model"):
        with pytest.raises(ModelNotFound):
            resolve_or_hub(name, tmp_path)


def test_roles_and_licences_are_named() -> None:
    facts: Mapping[str, tuple[str, str]] = {name: (model.role, model.licence) for name, model in catalogue().items()}
    assert facts == {
        "multilingual-e5-small": ("embedding", "MIT"),
        "qwen2.5-coder-1.5b": ("answers", "Apache-2.0"),
        "qwen2.5-coder-0.5b": ("answers", "Apache-2.0"),
    }
