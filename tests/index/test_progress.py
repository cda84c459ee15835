from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios

from index.progress import Bars, Silence

SCRIPT = """
from index.progress import Bars
bars = Bars()
with bars.step("Embedding", "text") as step:
    step.expect(3)
    step.expect(2)
    step.advance(4)
    bars.say("left out: a.txt")
    step.advance()
"""


def test_without_a_terminal_only_messages_are_printed() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "left out: a.txt\n")


def test_on_a_terminal_a_bar_tells_what_is_done_and_how_much() -> None:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    subprocess.run([sys.executable, "-c", SCRIPT], stderr=follower, check=True)
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    assert "Embedding: " in shown
    assert "5/5" in shown
    assert "left out: a.txt\r\n" in shown


def test_silence_takes_the_same_steps(capfd) -> None:
    for progress in (Silence(), Bars()):
        with progress.step("Reading", "article") as step:
            step.expect(2)
            step.advance()
    assert capfd.readouterr() == ("", "")
