"""Some nodes of a federation on this machine, for the examples and the tests.

What a consortium does by hand (`starling init`, `federation new`, one configuration a site,
`starling run`), in a folder of its own that is removed in the end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence


def binary() -> str:
    """The daemon: STARLING_BINARY, or `starling` on the path."""
    found = os.environ.get("STARLING_BINARY") or shutil.which("starling")
    if not found:
        raise SystemExit("no starling: build it, or say where it is with STARLING_BINARY")
    return found


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Cluster:
    """One daemon a name. `settings` are keys of the federation file that have no option.

    data: one CSV file a node, for a built-in kind of model; else a trainer joins each.
    """

    def __init__(
        self,
        names: Sequence[str],
        new: Sequence[str],
        *,
        data: Sequence[str | os.PathLike[str]] | None = None,
        settings: dict[str, str] | None = None,
        configuration: str = "",
    ) -> None:
        self.names = list(names)
        # Short: a Unix socket's path has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="starling-"))
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        founders: list[str] = []
        for name, port in zip(self.names, free_ports(len(self.names))):
            identity = self.starling("init", "--state", name).split()[0]
            founders += ["--founder", f"{name}={identity}@127.0.0.1:{port}"]
            text = (
                f'[node]\nstate = "{name}"\nfederation = "federation.toml"\n'
                f'listen = ["127.0.0.1:{port}"]\n[checkpoint]\ninterval = 0.5\n'
                f"[links]\nbackoff_cap = 1\n{configuration}\n"
            )
            if data is not None:
                text += f'[data]\nfile = "{Path(data[self.names.index(name)]).absolute()}"\n'
            (self.folder / f"{name}.toml").write_text(text)
        self.starling("federation", "new", *new, *founders, "--output", "federation.toml")
        federation = self.folder / "federation.toml"
        text = federation.read_text()
        for key, value in (settings or {}).items():
            lines = [f"{key} = {value}" if line.startswith(f"{key} =") else line
                     for line in text.splitlines()]
            if lines == text.splitlines() and f"{key} = {value}" not in lines:
                raise ValueError(f"the federation file has no '{key}'")
            text = "\n".join(lines) + "\n"
        federation.write_text(text)
        if "--genesis" in new:
            genesis = new[list(new).index("--genesis") + 1]
            for name in self.names:
                shutil.copy(genesis, self.folder / name / "genesis.safetensors")

    # Life

    def __enter__(self) -> "Cluster":
        # All at once: a small model has trained its rounds before a late one is there.
        for name in self.names:
            self.launch(name)
        for name in self.names:
            self.wait_for(name, lambda status: True, "its socket")
        return self

    def __exit__(self, *_: object) -> None:
        for daemon in self.daemons.values():
            daemon.terminate()
        for daemon in self.daemons.values():
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name: str) -> None:
        self.launch(name)
        self.wait_for(name, lambda status: True, "its socket")

    def launch(self, name: str) -> None:
        log = open(self.folder / f"{name}.log", "ab")
        self.daemons[name] = subprocess.Popen(
            [binary(), "run", "--config", f"{name}.toml"], cwd=self.folder, stdout=log, stderr=log)
        log.close()

    def kill(self, name: str) -> None:
        """As a power cut would."""
        self.daemons[name].send_signal(signal.SIGKILL)
        self.daemons[name].wait()

    # Asking

    def socket(self, name: str) -> str:
        return str(self.folder / name / "starling.sock")

    def starling(self, *words: str) -> str:
        done = subprocess.run(
            [binary(), *words], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"starling {' '.join(words[:2])}: {done.stderr.strip()}")
        return done.stdout

    def status(self, name: str) -> dict[str, Any]:
        return json.loads(self.starling("status", "--json", "--state", name))

    def wait_for(
        self, name: str, fits: Callable[[dict[str, Any]], bool], what: str, seconds: float = 120
    ) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while True:
            if self.daemons[name].poll() is not None:
                raise RuntimeError(f"{name} has ended:\n{self.log(name)}")
            try:
                status = self.status(name)
                if fits(status):
                    return status
            except RuntimeError:
                status = {}
            if time.monotonic() > end:
                raise TimeoutError(f"{what} at {name}: {status}\n{self.log(name)[-2000:]}")
            time.sleep(0.1)

    def finished(self, seconds: float = 300) -> None:
        """Waits until all have finished."""
        for name in self.names:
            self.wait_for(name, lambda s: s["phase"] == "finished", "the end", seconds)

    def export(self, name: str, *, personal: bool = False) -> Path:
        path = self.folder / f"{name}{'-own' if personal else ''}.safetensors"
        words = ["model", "export", "--state", name, "--output", str(path)]
        self.starling(*words, *(["--personal"] if personal else []))
        return path

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")


def last_words(scripts: Iterable[Sequence[str]], seconds: float = 600) -> list[Any]:
    """Runs Python scripts at once, a process each; what the last line of each says, as JSON."""
    # Torch starts as many threads as there are processors in each of many processes.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, *script], stdout=subprocess.PIPE, text=True, env=environment)
        for script in scripts
    ]
    end = time.monotonic() + seconds
    said: list[Any] = []
    try:
        for each in running:
            output, _ = each.communicate(timeout=max(1, end - time.monotonic()))
            if each.returncode != 0:
                raise RuntimeError(f"{each.args} ended with {each.returncode}")
            said.append(json.loads(output.splitlines()[-1]))
    finally:
        for each in running:
            if each.poll() is None:
                each.kill()
    return said
