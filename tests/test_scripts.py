"""scripts/setup, in checkouts of its own, with wheels that the test makes and without a network."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import time
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
PYTORCH_INDEX = "https://download.pytorch.org/whl/cpu"

needs_linux = pytest.mark.skipif(os.uname().sysname != "Linux", reason="elsewhere every build of torch is a CPU build")


class Checkout:
    """A project with this scripts/setup, a lock of its own, and the wheels of that lock in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wheels = root.parent / "wheels"
        self.wheels.mkdir(exist_ok=True)
        for name in ("index", "service", "scripts"):
            (root / name).mkdir(parents=True)
        for name in ("index", "service"):
            (root / name / "__init__.py").write_text(f"NAME = {name!r}\n")
        shutil.copy(ROOT / "scripts" / "setup", root / "scripts" / "setup")
        (root / "pyproject.toml").write_text(
            '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
            '[project]\nname = "fundstelle"\nversion = "0"\n'
            '[tool.setuptools.packages.find]\ninclude = ["index*", "service*"]\n'
        )

    def lock(self, *requirements: str, torch: str = "None") -> None:
        """Write both locks: `requirements`, and a torch that says that its CUDA version is `torch`."""
        built = self.wheel(
            "torch",
            "2.13.0+cpu",
            {"torch/__init__.py": "from torch import version\n", "torch/version.py": f"cuda = {torch}\n"},
        )
        (self.root / "scripts" / "torch.lock").write_text(f"{built}\n")
        for name in LOCKS:
            (self.root / name).write_text("\n".join([*requirements, built, self._setuptools()]) + "\n")

    def _setuptools(self) -> str:
        """The installed setuptools as a wheel; the line of a lock that pins it."""
        installed = distribution("setuptools")
        path = self.wheels / f"setuptools-{installed.version}-py3-none-any.whl"
        if not path.exists():
            with zipfile.ZipFile(path, "w") as archive:
                for file in installed.files or []:
                    if file.suffix != ".pyc" and file.name not in ("INSTALLER", "REQUESTED"):
                        archive.write(file.locate(), str(file))
        return f"setuptools=={installed.version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"

    def wheel(self, name: str, version: str, files: dict[str, str]) -> str:
        """Make a wheel; the line of a lock that pins it."""
        info = f"{name}-{version}.dist-info"
        files = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
        path = self.wheels / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
                archive.writestr(member, text)
        hashed = hashlib.sha256(path.read_bytes()).hexdigest()
        marker = ' ; sys_platform == "linux"' if name == "torch" else ""
        return f"{name}=={version}{marker} --hash=sha256:{hashed}"

    def environment(self, **changes: str) -> dict[str, str]:
        """pip sees the folder of wheels and nothing else."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_") and name != "PYTHON"}
        offline = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_COMPILE": "1",
        }
        return {**kept, **offline, **changes}

    def setup(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "scripts" / "setup", *arguments],
            env=self.environment(**changes),
            cwd=self.root.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def python(self, code: str) -> str:
        command = [str(self.root / ".venv" / "bin" / "python"), "-c", code]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=True).stdout.strip()

    def state(self) -> dict[Path, tuple[int, int]]:
        """Every file with its size and time of change."""
        statuses = {path: path.lstat() for path in self.root.rglob("*")}
        return {path: (status.st_size, status.st_mtime_ns) for path, status in statuses.items()}


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path / "a checkout")
    made.lock(made.wheel("pinned", "1.0", {"pinned.py": "VALUE = 1\n"}))
    return made


@pytest.mark.alone
def test_setup_installs_the_lock_and_the_project_and_then_has_nothing_to_do(checkout: Checkout) -> None:
    first = checkout.setup()

    assert first.returncode == 0, first.stderr
    assert first.stdout == ""
    assert checkout.python("import index, service, pinned; print(index.NAME, service.NAME, pinned.VALUE)") == (
        "index service 1"
    )

    before = checkout.state()
    shutil.rmtree(checkout.wheels)
    started = time.perf_counter()
    second = checkout.setup()

    assert (second.returncode, second.stderr) == (0, "")
    assert time.perf_counter() - started < 1
    assert checkout.state() == before


def test_one_for_testing_serves_too_until_the_lock_changes(checkout: Checkout) -> None:
    extra = checkout.wheel("tester", "1.0", {"tester.py": "VALUE = 2\n"})
    with (checkout.root / "requirements-dev.lock").open("a") as lock:
        lock.write(f"{extra}\n")

    assert checkout.setup("dev").returncode == 0
    assert checkout.python("import tester; print(tester.VALUE)") == "2"
    assert checkout.setup().stderr == ""

    checkout.lock(checkout.wheel("pinned", "2.0", {"pinned.py": "VALUE = 2\n"}))

    assert checkout.setup().returncode == 0
    assert checkout.python("import pinned; print(pinned.VALUE)") == "2"
    assert not (checkout.root / ".venv" / "fundstelle.dev").exists()


def test_a_moved_checkout_is_set_up_again(checkout: Checkout, tmp_path: Path) -> None:
    checkout.setup()
    checkout.root = checkout.root.rename(tmp_path / "elsewhere")

    assert checkout.setup().returncode == 0
    assert checkout.python("import index; print(index.__file__)") == str(tmp_path / "elsewhere/index/__init__.py")


def test_a_file_that_is_not_the_pinned_one_is_refused_and_the_next_try_starts_anew(checkout: Checkout) -> None:
    checkout.wheel("pinned", "1.0", {"pinned.py": "VALUE = 'forged'\n"})

    refused = checkout.setup()

    assert refused.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr
    assert "the packages could not be installed" in refused.stderr

    (checkout.root / ".venv" / "half a package").touch()
    checkout.lock(checkout.wheel("pinned", "1.0", {"pinned.py": "VALUE = 1\n"}))
    again = checkout.setup()

    assert again.returncode == 0
    assert "interrupted" in again.stderr
    assert checkout.python("import pinned; print(pinned.VALUE)") == "1"
    assert not (checkout.root / ".venv" / "half a package").exists()


def test_a_cuda_build_of_torch_is_refused(checkout: Checkout) -> None:
    checkout.lock(torch="'13.0'")

    refused = checkout.setup()

    assert refused.returncode == 1
    assert "torch must be the CPU build" in refused.stderr
    assert not (checkout.root / ".venv" / "fundstelle.runtime").exists()


@needs_linux
def test_where_the_index_has_no_cpu_build_of_torch_it_comes_from_pytorchs(checkout: Checkout, tmp_path: Path) -> None:
    pytorch = tmp_path / "pytorch" / "torch"
    pytorch.mkdir(parents=True)
    [wheel] = checkout.wheels.glob("torch-*.whl")
    wheel = wheel.rename(pytorch / wheel.name)
    (pytorch / "index.html").write_text(f'<a href="{wheel.name.replace("+", "%2B")}">{wheel.name}</a>')
    (tmp_path / "main").mkdir()
    script = checkout.root / "scripts" / "setup"
    script.write_text(script.read_text().replace(PYTORCH_INDEX, pytorch.parent.as_uri()))

    done = checkout.setup(PIP_NO_INDEX="0", PIP_INDEX_URL=(tmp_path / "main").as_uri())

    assert done.returncode == 0, done.stderr
    assert f"no CPU build of torch: taking it from {pytorch.parent.as_uri()}" in done.stderr
    assert checkout.python("import torch; print(torch.version.cuda)") == "None"


@needs_linux
def test_where_nobody_has_the_cpu_build_it_is_said_what_to_do(checkout: Checkout) -> None:
    [wheel] = checkout.wheels.glob("torch-*.whl")
    wheel.unlink()

    refused = checkout.setup()

    assert refused.returncode == 1
    assert f"no CPU build of torch: taking it from {PYTORCH_INDEX}" in refused.stderr
    assert "torch==2.13.0+cpu could not be had" in refused.stderr
    assert "PIP_FIND_LINKS" in refused.stderr


def test_without_python_3_11_it_is_said_what_to_install(checkout: Checkout, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "cat", "cmp", "mkdir"):
        tool = shutil.which(name)
        assert tool
        (tools / name).symlink_to(tool)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)

    refused = checkout.setup(PATH=str(tools))

    assert refused.returncode == 1
    assert "Python 3.11 with its venv module is needed" in refused.stderr


@pytest.mark.skipif(shutil.which("flock") is None, reason="without flock two can't wait for one another")
def test_two_at_once_wait_for_one_another(checkout: Checkout) -> None:
    command = [str(checkout.root / "scripts" / "setup")]
    both = [subprocess.Popen(command, env=checkout.environment(), stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Installing" in text for text in said) == 1
    assert checkout.python("import pinned; print(pinned.VALUE)") == "1"


def test_ctrl_c_ends_it_and_the_next_one_completes(checkout: Checkout) -> None:
    process = subprocess.Popen(
        [str(checkout.root / "scripts" / "setup")],
        env=checkout.environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr
    assert "Making a virtual environment" in process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)

    assert process.returncode == 130
    assert not (checkout.root / ".venv" / "fundstelle.runtime").exists()
    assert checkout.setup().returncode == 0
    assert checkout.python("import pinned; print(pinned.VALUE)") == "1"


def test_an_unknown_kind_is_refused(checkout: Checkout) -> None:
    refused = checkout.setup("everything")

    assert (refused.returncode, refused.stderr) == (1, "scripts/setup: usage: scripts/setup [dev]\n")
    assert not (checkout.root / ".venv").exists()
