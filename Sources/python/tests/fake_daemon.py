"""A daemon in Python for the tests: the trainers' interface on a Unix socket, version 1.

It keeps x and c as float32 vectors, gives out work, and adds what is handed in. `drift` stands for
what peers do between two rounds. Faults are switched on by fields: `die` breaks off the connection
at the next hand-in, before or after it was taken.
"""

from __future__ import annotations

import json
import os
import socketserver
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from starling import _safetensors
from starling._flat import Layout


class Refused(Exception):
    """Becomes a failure answer."""

    def __init__(self, status: int, code: str, error: str = "no", hint: Any = None) -> None:
        super().__init__(code)
        self.status, self.code, self.error, self.hint = status, code, error, hint


class FakeDaemon:
    """Start with `with FakeDaemon(...) as daemon:`; its address is `daemon.socket`."""

    def __init__(
        self, tensors: Dict[str, np.ndarray], *, private: Tuple[str, ...] = (), steps: int = 5,
        rounds: int = 1000, batch: int = 8, auto: bool = True, lease: float = 10.0,
        c: Optional[Dict[str, np.ndarray]] = None, dtypes: Optional[Dict[str, str]] = None,
        drift: Optional[Callable[[np.ndarray, int], np.ndarray]] = None, folder: bool = False,
        classes: Tuple[str, ...] = (), token: Optional[str] = None, tcp: bool = False,
    ) -> None:
        self.layout = Layout([(n, tuple(a.shape)) for n, a in tensors.items()])
        self.x = self.flat(tensors)
        self.c = self.flat(c) if c else self.layout.zeros()
        self.dtypes = dtypes or {}
        self.private_patterns, self.steps, self.rounds, self.batch = private, steps, rounds, batch
        self.auto, self.lease, self.drift, self.classes = auto, lease, drift, classes
        self.token, self.trainer, self.tcp = token, "outside", tcp
        self.dir = tempfile.mkdtemp(prefix="starling-test-")
        self.folder = os.path.join(self.dir, "work") if folder else None
        if self.folder:
            os.mkdir(self.folder)
        self.socket = os.path.join(self.dir, "starling.sock")
        self.news = threading.Condition()
        self.session: Optional[str] = None
        self.sessions = 0
        self.renewed = 0.0
        self.federation = "f" * 64
        self.phase, self.round, self.over = "training", 0, False
        self.open: Optional[str] = None
        self.ids = 0
        self.taken: Dict[str, int] = {}
        self.hand_ins: List[Dict[str, Any]] = []  # What was added, in order.
        self.private: Optional[bytes] = None
        self.metrics: List[Dict[str, float]] = []
        self.requests: List[str] = []
        self.die: Optional[str] = None
        self.closed_once = False  # The next hand-in comes too late: its round was closed.
        self.refuse_once = 0  # The next hand-in is answered with this status.
        self.once_dead: Callable[[], None] = lambda: None
        self.limits = {"body": 1 << 30, "private": 1 << 30}
        self.finish_phase = "finished"
        self.stopped = False
        self._open_work()

    # Driving it from a test.

    def flat(self, tensors: Dict[str, np.ndarray]) -> np.ndarray:
        return np.concatenate(
            [np.asarray(tensors[n], np.float32).reshape(-1) for n in self.layout.names])

    def named(self, vector: Optional[np.ndarray] = None) -> Dict[str, np.ndarray]:
        return self.layout.named(self.layout.split(self.x if vector is None else vector))

    def release(self) -> None:
        """Opens the next work (with auto=False)."""
        with self.news:
            self._open_work()
            self.news.notify_all()

    def end(self) -> None:
        """Training is over for everybody."""
        with self.news:
            self.over, self.open, self.phase = True, None, "settling"
            self.news.notify_all()

    def forget_session(self) -> None:
        with self.news:
            self.session = None
            self.news.notify_all()

    def begin_anew(self, x: Optional[np.ndarray] = None) -> None:
        """As after a crash: sessions and open work are gone, x is of a checkpoint."""
        with self.news:
            self.session, self.taken, self.hand_ins = None, {}, []
            if x is not None:
                self.x = x.copy()
            self._open_work()
            self.news.notify_all()

    def wait(self, until: Callable[["FakeDaemon"], Any], timeout: float = 20.0) -> None:
        with self.news:
            assert self.news.wait_for(lambda: until(self), timeout), "waited in vain"

    def start(self) -> None:
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        handler = type("Handler", (_Handler,), {"daemon": self})
        self.stopped = False
        self.server = _TCP(("127.0.0.1", 0), handler) if self.tcp else _Unix(self.socket, handler)
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        with self.news:
            self.stopped = True  # Breaks off the requests that wait.
            self.news.notify_all()

    def __enter__(self) -> "FakeDaemon":
        self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    # The interface. Each returns JSON or bytes; called with `news` held.

    def get_model(self, q: Dict[str, str], body: bytes) -> Any:
        return {
            "schema": "starling.model/1",
            "federation": {"id": self.federation, "short": "ffff", "name": "tumours"},
            "node": {"id": "n", "short": "n", "name": "alice"}, "kind": "tensors",
            "trainer": self.trainer, "parameters": self.layout.length,
            "tensors": [
                {"name": n, "shape": list(s), "dtype": self.dtypes.get(n, "F32")}
                for n, s in zip(self.layout.names, self.layout.shapes)],
            "private": list(self.private_patterns),
            "policy": {
                "rounds": self.rounds, "steps": self.steps, "batch": self.batch, "rate": 0.3,
                "momentum": 0.0, "weight_decay": 0.0, "schedule": "step", "correction": True},
            "classes": list(self.classes), "folder": self.folder, "limits": self.limits}

    def post_trainer(self, q: Dict[str, str], body: bytes) -> Any:
        said = json.loads(body)
        if self.session is not None and time.monotonic() - self.renewed < self.lease:
            raise Refused(409, "trainer.occupied", "another trainer lives", "wait")
        if said["federation"] not in (None, self.federation):
            raise Refused(409, "trainer.federation", "another federation")
        shapes = {t["name"]: tuple(t["shape"]) for t in said["tensors"]}
        if shapes != dict(zip(self.layout.names, self.layout.shapes)):
            raise Refused(409, "trainer.layout")
        self.sessions += 1
        self.session, self.renewed = f"s{self.sessions}", time.monotonic()
        return 201, {
            "schema": "starling.trainer/1", "session": self.session, "lease_seconds": self.lease,
            "round": self.round, "rounds": self.rounds, "has_private": self.private is not None}

    def post_trainer_alive(self, q: Dict[str, str], body: bytes) -> Any:
        self._check(q)
        return {"schema": "starling.trainer/1", "lease_seconds": self.lease}

    def delete_trainer(self, q: Dict[str, str], body: bytes) -> Any:
        self._check(q)
        self.session = None
        return {"schema": "starling.trainer/1"}

    def get_work(self, q: Dict[str, str], body: bytes) -> Any:
        self._check(q)
        after = q.get("after")
        self.news.wait_for(
            lambda: self.over or (self.open is not None and self.open != after)
            or self.session != q["session"] or self.stopped, float(q.get("wait", 0)))
        if self.stopped:
            raise ConnectionAbortedError
        self._check(q)
        fresh = self.open is not None and self.open != after
        state = "over" if self.over else "train" if fresh else "wait"
        files = None
        if q.get("files") == "true" and self.folder and fresh:
            files = {"parameters": "parameters.safetensors", "correction": "correction.safetensors"}
            self._write("parameters.safetensors", self.x)
            self._write("correction.safetensors", self.c)
        return {
            "schema": "starling.work/1", "state": state, "why": None,
            "work": self.open if fresh else None, "round": self.round, "rounds": self.rounds,
            "steps": self.steps, "rate_factor": 0.5, "phase": self.phase, "links": 3,
            "members": 4, "disagreement": 0.01, "files": files}

    def get_work_parameters(self, q: Dict[str, str], body: bytes) -> bytes:
        self._check(q)
        self._check_work(q)
        return b"".join(self.layout.body(self.x))

    def get_work_correction(self, q: Dict[str, str], body: bytes) -> bytes:
        self._check(q)
        self._check_work(q)
        return b"".join(self.layout.body(self.c))

    def post_work(self, q: Dict[str, str], body: bytes) -> Any:
        self._check(q)
        if self.refuse_once:
            status, self.refuse_once = self.refuse_once, 0
            raise Refused(status, "folder.failed")
        if self.die == "before":
            self.die = None
            self.once_dead()
            raise ConnectionAbortedError
        answer = self._take(q, body)
        if self.die == "after":
            self.die = None
            self.once_dead()
            raise ConnectionAbortedError
        return answer

    def _take(self, q: Dict[str, str], body: bytes) -> Any:
        answer = {"schema": "starling.handed/1", "accepted": True, "why": None}
        if self.over:
            raise Refused(409, "work.over")
        if q["work"] in self.taken:
            return {**answer, "again": True, "round": self.round}
        self._check_work(q)
        if "file" in q:
            with open(os.path.join(self.folder or "", q["file"]), "rb") as file:
                body = file.read()
        delta = np.concatenate(self.layout.arrange(_safetensors.decode(body)))
        if not np.isfinite(delta).all():
            raise Refused(422, "work.not-finite")
        assert q["as"] == "delta" and int(q["steps"]) >= 1 and int(q["samples"]) >= 0
        if self.closed_once:
            self.closed_once = False
            self.taken[q["work"]] = self.round
            self._open_work()
            self.news.notify_all()
            return {**answer, "accepted": False, "why": "closed", "again": False,
                    "round": self.round}
        self.hand_ins.append({**q, "delta": delta, "bytes": len(body)})
        self.x = self.x + delta
        self.taken[q["work"]] = self.round
        self.round += 1
        self.open = None
        if self.drift is not None:
            self.x = self.drift(self.x, self.round).astype(np.float32)
        if self.round >= self.rounds:
            self.over, self.phase = True, "settling"
        elif self.auto:
            self._open_work()
        self.news.notify_all()
        return {**answer, "again": False, "round": self.round}

    def put_private(self, q: Dict[str, str], body: bytes) -> Any:
        self._check(q)
        _safetensors.decode(body)
        self.private = body
        self.news.notify_all()
        return {"schema": "starling.private/1", "tensors": 1, "bytes": len(body)}

    def get_private(self, q: Dict[str, str], body: bytes) -> bytes:
        self._check(q)
        if self.private is None:
            raise Refused(404, "private.none")
        return self.private

    def post_metrics(self, q: Dict[str, str], body: bytes) -> Any:
        self._check(q)
        self.metrics.append(json.loads(body))
        return {"schema": "starling.metrics/1"}

    def post_finish(self, q: Dict[str, str], body: bytes) -> Any:
        self._check(q)
        self.over, self.phase = True, self.finish_phase
        self.news.notify_all()
        return {"schema": "starling.finish/1"}

    def get_parameters(self, q: Dict[str, str], body: bytes) -> bytes:
        return b"".join(self.layout.body(self.x))

    def get_status(self, q: Dict[str, str], body: bytes) -> Any:
        return {"phase": self.phase, "round": self.round, "rounds": self.rounds}

    # Inside.

    def _check(self, q: Dict[str, str]) -> None:
        if self.session is None or q.get("session") != self.session:
            raise Refused(409, "trainer.session", "the session is not the current one")
        self.renewed = time.monotonic()

    def _check_work(self, q: Dict[str, str]) -> None:
        if q.get("work") != self.open:
            raise Refused(409, "work.stale", "not the open work")

    def _open_work(self) -> None:
        self.ids += 1
        self.open = f"w{self.ids}"

    def _write(self, name: str, vector: np.ndarray) -> None:
        assert self.folder is not None
        path = os.path.join(self.folder, name)
        with open(path, "r+b" if os.path.exists(path) else "wb") as file:
            for piece in self.layout.body(vector):
                file.write(piece)


class _Threads(socketserver.ThreadingMixIn):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # Connections that are broken off on purpose.


class _Unix(_Threads, socketserver.UnixStreamServer):
    pass


class _TCP(_Threads, socketserver.TCPServer):
    pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    daemon: FakeDaemon

    def address_string(self) -> str:
        return "local"

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = self.command.lower() + parts.path.replace("/v1", "", 1).replace("/", "_")
        status, answer = 200, None
        try:
            with self.daemon.news:
                self.daemon.requests.append(name)
                self.daemon.news.notify_all()
                if self.daemon.token and (
                        self.headers.get("Authorization") != f"Bearer {self.daemon.token}"):
                    raise Refused(401, "token.wrong", "a token is needed")
                answer = getattr(self.daemon, name)(query, body)
                self.daemon.news.notify_all()
        except Refused as refused:
            status = refused.status
            answer = {
                "schema": "starling.error/1", "code": refused.code, "error": refused.error,
                "hint": refused.hint}
        except ConnectionAbortedError:
            with self.daemon.news:
                self.daemon.news.notify_all()
            self.close_connection = True
            return
        if isinstance(answer, tuple):
            status, answer = answer
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _answer
