#!/usr/bin/env python3
"""Kill writers of an index at random moments and damage random files of it, and check what is left each time.

After a kill the index must open on the snapshot that was served before or on the one that was being published, equal
byte by byte to one that is built from nothing, and hold every change that its inbox had acknowledged. Damage to a
snapshot must be refused with the name of the file, and another snapshot must open; damage to a cache must change
nothing that is built; damage to the inbox must be refused or change nothing.

Exit status: 1 if any single check failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from index.errors import IndexingError
from service.evaluation.faults.damage import Damage
from service.evaluation.faults.kills import Kills
from service.evaluation.faults.scene import Scene, chance_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the attacks; its exit status."""
    parser = argparse.ArgumentParser(description="Kill writers of an index and damage its files; check what is left.")
    parser.add_argument("--kills", type=int, default=200, metavar="N")
    parser.add_argument("--flips", type=int, default=500, metavar="N", help="bits flipped and files cut")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        kills = _tried(Path(directory) / "kills", chosen.seed, chosen.kills, Kills)
        flips = _tried(Path(directory) / "flips", chosen.seed, chosen.flips, Damage)
    print(f"seed {chosen.seed}")
    print(f"{'attack':<18}{'came of it':<36}{'times':>6}")
    for (attack, outcome), times in sorted((kills + flips).items()):
        print(f"{attack:<18}{outcome:<36}{times:>6}")
    failures = sum(times for (_, outcome), times in (kills + flips).items() if outcome == "FAILED")
    print(f"{'all':<18}{'failures':<36}{failures:>6}")
    return 1 if failures else 0


Attacker = Kills | Damage
Outcomes = Counter[tuple[str, str]]


def _tried(root: Path, seed: int, times: int, attacker_of: Callable[[Scene], Attacker]) -> Outcomes:
    """How often each thing came of an attack. What fails is told at once, and the scene is made anew."""
    outcomes: Outcomes = Counter()
    attacker: Attacker | None = None
    for number in range(times):
        if attacker is None:
            scene = Scene(root / str(number), chance_of(f"{seed} {number}"))
            scene.write_collections()
            attacker = attacker_of(scene)
        try:
            outcomes[attacker.once()] += 1
        except (AssertionError, IndexingError) as error:
            print(f"{root.name} {number}: {error}", file=sys.stderr)
            outcomes[root.name, "FAILED"] += 1
            attacker = None
    return outcomes


if __name__ == "__main__":
    raise SystemExit(main())
