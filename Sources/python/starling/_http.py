"""Blocking HTTP/1.1 to the local daemon: over a Unix socket, or over loopback with a token.

One connection a request: on a local socket that costs little, and a request that fails can then
never be confused with an idle connection that the daemon had closed before.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import quote, urlencode, urlsplit

from .errors import BadAnswer, DaemonAway, StarlingError, from_answer

DEFAULT_SOCKET = "/var/lib/starling/starling.sock"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0
"""How long one read or write may take. Our guess: a checkpoint may hold the daemon for seconds."""

Body = Union[bytes, Sequence[Any], None]
"""Bytes, or a sequence of buffers that are sent one behind the other."""


class Client:
    """Sends requests, one at a time; `abort` wakes a request from another thread.

    - socket_path: of the daemon's Unix socket; None: the environment's STARLING_SOCKET, else the
      packaged place.
    - url, token: `http://127.0.0.1:PORT` instead of the socket.
    """

    def __init__(
        self, socket_path: Optional[str] = None, url: Optional[str] = None,
        token: Optional[str] = None,
    ) -> None:
        self._host_port: Optional[Tuple[str, int]] = None
        self._token = token
        if url is not None:
            self._host_port = _loopback(url)
        self._path = os.fspath(
            socket_path or os.environ.get("STARLING_SOCKET") or DEFAULT_SOCKET)
        self._lock = threading.Lock()
        self._open: Optional[socket.socket] = None
        self._aborted = False

    @property
    def where(self) -> str:
        """The address in words, for messages."""
        if self._host_port:
            return "http://%s:%d" % self._host_port
        return self._path

    def twin(self) -> "Client":
        """Another client of the same address: one thread, one client."""
        other = Client(self._path, token=self._token)
        other._host_port = self._host_port
        return other

    def abort(self) -> None:
        """Ends the running request and refuses later ones. From any thread."""
        with self._lock:
            self._aborted = True
            if self._open is not None:
                try:
                    self._open.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # It had ended by itself.

    def ask(
        self, method: str, path: str, query: Optional[Mapping[str, Any]] = None,
        body: Optional[Mapping[str, Any]] = None, schema: Optional[str] = None,
        timeout: float = ANSWER_SECONDS, raw: Body = None,
    ) -> Dict[str, Any]:
        """A request whose answer is a JSON object; `raw` sends safetensors instead of JSON.

        Raises a `StarlingError` of the answer's code, `DaemonAway`, or `BadAnswer`.
        """
        content, kind = raw, "application/octet-stream"
        if body is not None:
            content, kind = json.dumps(body).encode(), "application/json"
        answer = _object(self.fetch(method, path, query, content, kind, timeout))
        if schema is not None and answer.get("schema") != schema:
            raise BadAnswer(
                "daemon.schema",
                f"the daemon answers with {answer.get('schema')!r}, expected {schema!r}",
                "daemon and Python package are of different versions; update the older one")
        return answer

    def fetch(
        self, method: str, path: str, query: Optional[Mapping[str, Any]] = None,
        body: Body = None, kind: str = "application/octet-stream",
        timeout: float = ANSWER_SECONDS,
    ) -> bytes:
        """A request whose answer is taken as it is."""
        target = path
        if query:
            said = {key: _word(value) for key, value in query.items() if value is not None}
            target += "?" + urlencode(said, quote_via=quote)
        connection = self._connection()
        try:
            status, answer = self._exchange(connection, method, target, body, kind, timeout)
        except (OSError, http.client.HTTPException) as fault:
            raise self._away(fault) from fault
        finally:
            with self._lock:
                self._open = None
            connection.close()
        if status >= 400:
            raise _failure(status, answer)
        return answer

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, target: str, body: Body,
        kind: str, timeout: float,
    ) -> Tuple[int, bytes]:
        connection.connect()
        with self._lock:
            if self._aborted:
                raise ConnectionAbortedError("stopped")
            self._open = connection.sock
        connection.sock.settimeout(timeout)
        pieces = [body] if isinstance(body, bytes) else list(body or ())
        connection.putrequest(method, target)
        connection.putheader("Connection", "close")
        if self._token is not None:
            connection.putheader("Authorization", f"Bearer {self._token}")
        if method != "GET":
            length = sum(memoryview(piece).nbytes for piece in pieces)
            connection.putheader("Content-Length", str(length))
            connection.putheader("Content-Type", kind)
        try:
            connection.endheaders()
            for piece in pieces:
                connection.sock.sendall(memoryview(piece).cast("B"))
        except (BrokenPipeError, ConnectionResetError):
            pass  # A daemon that refuses a long body answers before it has read it.
        answer = connection.getresponse()
        return answer.status, answer.read()

    def _connection(self) -> http.client.HTTPConnection:
        if self._host_port:
            host, port = self._host_port
            return http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
        return _UnixConnection(self._path)

    def _away(self, fault: Exception) -> DaemonAway:
        code, hint = "daemon.away", "is the daemon running? `starling status` tells"
        if isinstance(fault, PermissionError):
            code = "daemon.permission"
            hint = "the socket is the daemon's user's alone: use url=... and token=..."
        elif isinstance(fault, FileNotFoundError):
            hint = "start the daemon, or say where its socket is: socket=... or STARLING_SOCKET"
        return DaemonAway(code, f"no answer from the daemon at {self.where}: {fault}", hint)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=CONNECT_SECONDS)
        self._unix_path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CONNECT_SECONDS)
        self.sock.connect(self._unix_path)


def _loopback(url: str) -> Tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise StarlingError(
            "daemon.url", f"{url!r} is not an http:// address of this machine",
            "the daemon is asked on the same machine only, such as http://127.0.0.1:7448")
    return parts.hostname, parts.port or 80


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _object(body: bytes) -> Dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise BadAnswer("daemon.answer", "the daemon's answer is not a JSON object")
    return answer


def _failure(status: int, body: bytes) -> StarlingError:
    try:
        answer = _object(body)
    except BadAnswer:
        answer = {}
    if status == 503:
        # It stops, and may be there again soon.
        return DaemonAway("daemon.away", "the daemon is stopping")
    if status == 500:
        # A disk that is full, say: it may be well again, and training need not end for it.
        return DaemonAway(
            str(answer.get("code", "daemon.failed")),
            str(answer.get("error", "the daemon failed")), answer.get("hint"))
    return from_answer(
        status, str(answer.get("code", f"http.{status}")),
        str(answer.get("error", f"the daemon answers with status {status}")), answer.get("hint"))
