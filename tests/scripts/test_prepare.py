"""What scripts/run prepares: which models are fetched, when articles are indexed again, and where."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from index.build import build
from index.embedding import Vectors
from index.publish import current_directory
from service.settings import Settings
from tests.service.collection import WordEmbedder

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "prepare.py"
FERRY = "The ferry to Holm\n\nThe ferry to Holm was sold in March. Its crew learned of it from the newspaper.\n"


class OneVector(WordEmbedder):
    """A model for which all texts are alike."""

    dim = 2
    name = "one"

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.array([1, 0], np.float32), (len(texts), 1))


class Machine:
    """prepare.py in a directory of its own; `ran` is what it started, `printed` what it printed last."""

    def __init__(self, prepare: ModuleType, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.prepare = prepare
        self.root = root
        self.ran: list[list[str]] = []
        self._capsys = capsys

    def script(self, name: str, *arguments: str) -> None:
        """Stands in for running a script of the project; indexing is real but for the model."""
        self.ran.append([name, *arguments])
        if name == "build_index.py":
            out = arguments.index("--out")
            build([Path(path) for path in arguments[:out]], Path(arguments[out + 1]), OneVector(), on_error=_refuse)

    def run(self, *arguments: str) -> int:
        self.ran.clear()
        return int(self.prepare.main(arguments))

    def printed(self) -> list[str]:
        return self._capsys.readouterr().out.splitlines()

    def built(self) -> list[str]:
        """The articles that were indexed by the last run."""
        [*found] = (command[1 : command.index("--out")] for command in self.ran if command[0] == "build_index.py")
        return [path for paths in found for path in paths]


def _refuse(error: Exception) -> None:
    raise error


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Machine:
    for variable in [name for name in os.environ if name.startswith("FUNDSTELLE_")]:
        monkeypatch.delenv(variable)
    spec = importlib.util.spec_from_file_location("prepare", SCRIPT)
    assert spec and spec.loader
    prepare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prepare)
    made = Machine(prepare, tmp_path / "checkout", capsys)
    examples = made.root / "examples" / "articles"
    examples.mkdir(parents=True)
    (examples / "ferry.txt").write_text(FERRY)
    (made.root / "examples" / "suggestions.txt").write_text("Who sold it?\nWer erfuhr es?\n")
    monkeypatch.setattr(prepare, "ROOT", made.root)
    monkeypatch.setattr(prepare, "EXAMPLES", examples)
    monkeypatch.setattr(prepare, "_run", made.script)
    return made


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    directory = tmp_path / "my articles"
    directory.mkdir()
    (directory / "a.txt").write_text(FERRY)
    return directory


def test_a_first_start_fetches_the_default_models_and_indexes_the_examples(machine: Machine) -> None:
    assert machine.run() == 0

    fetch, index = machine.ran
    assert fetch == [
        "fetch_models.py",
        "multilingual-e5-small",
        "qwen2.5-coder-1.5b",
        "--models",
        str(machine.root / ".fundstelle" / "models"),
    ]
    assert index[:4] == [
        "build_index.py",
        str(machine.prepare.EXAMPLES),
        "--out",
        str(machine.root / ".fundstelle/index"),
    ]
    index_there, models, keys = (str(machine.root / ".fundstelle" / name) for name in ("index", "models", "keys.json"))
    assert machine.printed() == [index_there, models, "Who sold it?|Wer erfuhr es?", keys]


def test_questions_to_begin_with_are_those_of_the_examples_or_of_the_settings(
    machine: Machine, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run("--articles", str(articles))
    own = machine.printed()[2]
    monkeypatch.setenv("FUNDSTELLE_SUGGESTIONS", "Mine?")
    machine.run()

    assert own == ""
    assert machine.printed()[2] == "Mine?"


def test_the_questions_to_begin_with_are_of_the_gold_set() -> None:
    examples = SCRIPT.parents[1] / "examples"
    gold = [json.loads(line) for line in (examples / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    answerable = {one["question"]: one["lang"] for one in gold if one["answerable"]}

    languages = [answerable[line] for line in (examples / "suggestions.txt").read_text("utf-8").splitlines()]
    assert sorted(languages) == ["de", "de", "en", "en"]


def test_a_second_start_indexes_nothing(machine: Machine) -> None:
    machine.run()
    machine.run()

    assert machine.built() == []


@pytest.mark.parametrize(
    ("settings", "models"),
    [
        (Settings(), ["multilingual-e5-small", "qwen2.5-coder-1.5b"]),
        (Settings(llm="qwen2.5-coder-0.5b", generator="transformers"), ["multilingual-e5-small", "qwen2.5-coder-0.5b"]),
        (Settings(generator="extractive"), ["multilingual-e5-small"]),
        (Settings(generator="openai_compatible", llm_base_url="http://127.0.0.1:1/v1"), ["multilingual-e5-small"]),
        (Settings(embedding="/models/own", llm="/models/own.gguf"), []),
    ],
)
def test_only_the_models_that_the_settings_need_are_fetched(
    machine: Machine, settings: Settings, models: list[str]
) -> None:
    assert machine.prepare.needed_models(settings) == models


def _add(articles: Path) -> None:
    (articles / "b.txt").write_text(FERRY.replace("Holm", "Norn"))


def _change(articles: Path) -> None:
    (articles / "a.txt").write_text(FERRY.replace("March", "April") + "It was a cold day.\n")


def _touch(articles: Path) -> None:
    os.utime(articles / "a.txt", ns=(1, 1))


def _swap(articles: Path) -> None:
    _add(articles)
    (articles / "a.txt").unlink()


@pytest.mark.parametrize("change", [_add, _change, _touch, _swap])
def test_articles_that_changed_are_indexed_again(
    machine: Machine, articles: Path, change: Callable[[Path], None]
) -> None:
    machine.run("--articles", str(articles))
    change(articles)
    machine.run("--articles", str(articles))

    assert machine.built() == [str(articles)]


def test_each_collection_has_an_index_of_its_own(machine: Machine, articles: Path) -> None:
    machine.run("--articles", str(articles))
    [own, *_] = machine.printed()
    machine.run()
    [examples, *_] = machine.printed()
    machine.run("--articles", str(articles))

    assert own != examples
    assert machine.built() == []
    assert machine.printed()[0] == own


def test_several_collections_become_one_index(machine: Machine, articles: Path, tmp_path: Path) -> None:
    single = tmp_path / "single.txt"
    single.write_text(FERRY.replace("Holm", "Norn"))

    machine.run("--articles", str(articles), "--articles", str(single))

    assert machine.built() == [str(articles), str(single)]


def test_an_index_that_was_chosen_is_served_as_it_is(
    machine: Machine, articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = tmp_path / "chosen"
    build([articles], chosen, OneVector(), on_error=_refuse)
    monkeypatch.setenv("FUNDSTELLE_INDEX", str(chosen))

    machine.run()

    assert machine.built() == []
    assert machine.printed()[0] == str(chosen)


def test_articles_that_were_named_replace_what_a_chosen_index_holds(
    machine: Machine, articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNDSTELLE_INDEX", str(tmp_path / "chosen"))
    machine.run()
    examples = current_directory(tmp_path / "chosen")

    machine.run("--articles", str(articles))

    assert machine.built() == [str(articles)]
    assert current_directory(tmp_path / "chosen") != examples


def test_another_embedding_model_or_another_way_of_splitting_indexes_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine.run()
    monkeypatch.setenv("FUNDSTELLE_EMBEDDING", str(tmp_path))
    machine.run()
    assert machine.built() == [str(machine.prepare.EXAMPLES)]

    monkeypatch.setattr(machine.prepare, "SPLITTING", {"name": "another"})
    machine.run()
    assert machine.built() == [str(machine.prepare.EXAMPLES)]


def test_a_snapshot_that_is_gone_is_built_again(machine: Machine) -> None:
    machine.run()
    (machine.root / ".fundstelle" / "index" / "CURRENT").unlink()
    machine.run()

    assert machine.built() == [str(machine.prepare.EXAMPLES)]


def test_articles_that_are_not_there_are_refused_before_anything_is_fetched(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        machine.run("--articles", str(tmp_path / "nowhere"))

    assert ended.value.code == 2
    assert f"there is no {tmp_path / 'nowhere'}" in capsys.readouterr().err
    assert machine.ran == []


def test_a_wrong_setting_is_refused_before_anything_is_fetched(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FUNDSTELLE_PROT", "8001")

    assert machine.run() == 2
    assert "FUNDSTELLE_PORT" in capsys.readouterr().err
    assert machine.ran == []


def test_where_a_script_fails_its_status_is_passed_on(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*command: str) -> None:
        raise subprocess.CalledProcessError(3, command)

    monkeypatch.setattr(machine.prepare, "_run", fails)

    assert machine.run() == 3
    assert machine.printed() == []


def test_ctrl_c_ends_it_as_shells_expect(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*command: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(machine.prepare, "_run", interrupted)

    assert machine.run() == 130


def test_where_nobody_could_ask_that_is_said_before_anything_is_fetched(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FUNDSTELLE_HOST", "0.0.0.0")

    assert machine.run() == 2

    assert machine.ran == []
    assert capsys.readouterr().err.startswith("scripts/run: others can reach 0.0.0.0 and there is no key: make one")
