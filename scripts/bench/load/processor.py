"""What a process has had of the machine's processors, as Linux tells it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Processor:
    """Seconds in which threads of a process ran, and in which its first thread could have run and had to wait."""

    used: float
    waited: float

    def since(self, before: Processor) -> Processor:
        """What came after `before`."""
        return Processor(self.used - before.used, self.waited - before.waited)


def processor(pid: int) -> Processor:
    """What the process has had so far. A thread that has ended counts no more."""
    return Processor(sum(ran for ran, _ in map(_schedule, _threads(pid))), _schedule(Path(f"/proc/{pid}"))[1])


def _threads(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").iterdir())


def _schedule(thread: Path) -> tuple[float, float]:
    with suppress(FileNotFoundError, ProcessLookupError):
        ran, waited, _ = (thread / "schedstat").read_text(encoding="ascii").split()
        return int(ran) / 1e9, int(waited) / 1e9
    return 0.0, 0.0
