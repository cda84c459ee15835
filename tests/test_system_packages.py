"""scripts/system_packages, with an apt-get and a system that the test makes."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "system_packages"


class Machine:
    """A machine with only the programs that the script needs, and an apt-get that knows `offered` after an update."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name in ("bash", "grep", "mktemp", "rm", "cat", "chmod", "touch"):
            found = shutil.which(name)
            assert found
            (self.programs / name).symlink_to(found)
        self.root(True)
        self.system("debian")

    def program(self, name: str, text: str = "exit 0") -> None:
        path = self.programs / name
        path.write_text(f"#!{self.programs}/bash\n{text}\n")
        path.chmod(0o755)

    def root(self, is_root: bool) -> None:
        self.program("id", f"echo {0 if is_root else 1000}")

    def system(self, name: str) -> None:
        (self.folder / "os-release").write_text(f'NAME="Some system"\nID={name}\nID_LIKE=debian\n')

    def apt(self, *offered: str, updated: bool = True) -> None:
        """An apt-get that installs what is `offered`, where its lists are `updated`."""
        if updated:
            (self.folder / "lists").touch()
        self.program(
            "apt-get",
            f'echo "$*" >>{self.folder}/calls\n'
            f'if [ "$1" = update ]; then touch {self.folder}/lists; exit; fi\n'
            f"[ -e {self.folder}/lists ] || {{ echo 'E: Unable to locate package' >&2; exit 100; }}\n"
            'for word; do case $word in --*|install) ;; *) case " ' + " ".join(offered) + ' " in\n'
            f'  *" $word "*) touch {self.programs}/$word; chmod +x {self.programs}/$word ;;\n'
            '  *) echo "E: Unable to locate package $word" >&2; exit 100 ;; esac ;; esac; done',
        )

    def run(self, *names: str, ci: str = "") -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "OS_RELEASE": str(self.folder / "os-release"), "CI": ci}
        command = [str(self.programs / "bash"), str(SCRIPT), *names]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)

    def calls(self) -> list[str]:
        """What apt-get was asked for: `install` with the packages, or `update`."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [" ".join(word for word in line.split() if not word.startswith("-")) for line in lines]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.alone
def test_where_everything_is_there_nothing_happens_and_quickly(machine: Machine) -> None:
    machine.program("redis-server")
    machine.apt("redis-server")
    started = time.perf_counter()
    done = machine.run("redis-server")
    assert (done.returncode, done.stdout, done.stderr, machine.calls()) == (0, "", "", [])
    assert time.perf_counter() - started < 1


def test_what_is_missing_is_installed_and_nothing_else(machine: Machine) -> None:
    machine.program("redis-server")
    machine.apt("redis-server", "chromium")
    done = machine.run("redis-server", "chromium")
    assert (done.returncode, done.stderr) == (0, "Installing chromium with apt-get, for the tests\n")
    assert machine.calls() == ["install chromium"]
    assert machine.run("redis-server", "chromium").stderr == ""


def test_the_lists_are_fetched_only_where_that_is_needed(machine: Machine) -> None:
    machine.apt("redis-server", updated=False)
    assert machine.run("redis-server").returncode == 0
    assert machine.calls() == ["install redis-server", "update", "install redis-server"]


@pytest.mark.parametrize(("system", "is_root"), [("debian", False), ("ubuntu", True), ("fedora", True)])
def test_elsewhere_it_is_said_what_to_install(machine: Machine, system: str, is_root: bool) -> None:
    machine.system(system)
    machine.root(is_root)
    machine.apt("redis-server")
    done = machine.run("redis-server", "chromium", ci="true")
    assert (done.returncode, machine.calls()) == (0, [])
    assert "some tests are skipped: redis-server chromium" in done.stderr
    assert "apt-get install redis-server chromium" in done.stderr


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_what_can_not_be_installed_fails_only_where_nobody_would_see_tests_skipped(
    machine: Machine, ci: str, status: int
) -> None:
    machine.apt("redis-server")
    done = machine.run("redis-server", "chromium", ci=ci)
    assert done.returncode == status
    assert "E: Unable to locate package chromium" in done.stderr
    assert "redis-server chromium could not be installed; the reason is above" in done.stderr
