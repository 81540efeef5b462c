"""The daemon's answers against `config/openapi.yaml`: thousands of requests, right and wrong.

Needs the binary (STARLING_BINARY) and schemathesis.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pytest

schemathesis = pytest.importorskip("schemathesis")
from hypothesis import HealthCheck, Phase, settings  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance, response_schema_conformance, status_code_conformance)

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from cluster import Cluster, free_ports  # noqa: E402
from starling import export_genesis  # noqa: E402

pytestmark = pytest.mark.skipif(
    "STARLING_BINARY" not in os.environ, reason="STARLING_BINARY names no daemon")

CASES = int(os.environ.get("API_CASES", "30"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance]
# It would end the daemon that all others ask.
schema = schemathesis.openapi.from_path(str(ROOT / "config" / "openapi.yaml")).exclude(
    operation_id="leaveFederation")
made = {"cases": 0}
seen: Counter[tuple[str, int]] = Counter()


def file_of(name: str) -> bytes:
    """A safetensors file of one tensor [3, 2] of F32."""
    head = json.dumps(
        {name: {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}}).encode()
    return len(head).to_bytes(8, "little") + head + bytes(24)


FILES = {"handIn": file_of("w"), "keepPrivate": file_of("head.w")}


class Node:
    """A daemon of one, and a place at it that is taken anew where a case gave it up."""

    def __init__(self, cluster: Cluster, port: int) -> None:
        self.cluster = cluster
        self.url = f"http://127.0.0.1:{port}"
        token = (cluster.folder / "alice" / "interface.token").read_text().strip()
        self.headers = {"Authorization": f"Bearer {token}"}
        self.session = ""

    def ask(self, method: str, path: str, body: bytes | None = None) -> dict:
        request = Request(self.url + path, body, self.headers, method=method)
        with urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def place(self) -> tuple[str, str]:
        """A session that holds, and the work that is open; empty where there is none."""
        try:
            work = self.ask("GET", f"/v1/work?session={self.session}")
        except OSError:
            self.session = self._join()
            work = self.ask("GET", f"/v1/work?session={self.session}")
        return self.session, work["work"] or ""

    def _join(self) -> str:
        body = json.dumps({"name": "fuzz", "pid": 1}).encode()
        try:
            return self.ask("POST", "/v1/trainer", body)["session"]
        except OSError:
            # A case has joined and nobody knows its session: the lease has to run out.
            self.cluster.wait_for(
                "alice", lambda s: not s["trainer"]["present"], "an empty place", 30)
            return self.ask("POST", "/v1/trainer", body)["session"]


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    genesis = tmp_path_factory.mktemp("api") / "genesis.safetensors"
    export_genesis({"w": np.zeros((3, 2), np.float32)}, str(genesis))
    (port,) = free_ports(1)
    new = ["--name", "api", "--genesis", str(genesis), "--private", "head.*",
           "--rounds", "1000000"]
    with Cluster(["alice"], new, configuration=f'[interface]\nlisten = "127.0.0.1:{port}"',
                 ) as cluster:
        yield Node(cluster, port)
        print(f"{made['cases']} requests held against the description")
        for (operation, status), count in sorted(seen.items()):
            print(f"{count:6} {status} {operation}")


@schema.parametrize()
@settings(
    max_examples=CASES, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck), derandomize=False, database=None)
def test_every_answer_is_one_that_the_description_has(case, node):
    query = case.query or {}
    if "session" in query and made["cases"] % 4:
        # Three of four with a place that holds, so that what lies behind it is reached.
        query["session"], work = node.place()
        if "work" in query and made["cases"] % 3:
            query["work"] = work
        case.query = query
    name = case.operation.definition.raw.get("operationId")
    if name in ("handIn", "keepPrivate") and made["cases"] % 2:
        # What is sent is right, so that the numbers beside it are looked at.
        case.body = FILES[name]
        query.pop("file", None)
    if "wait" in query and str(query["wait"]).replace(".", "", 1).isdigit():
        query["wait"] = "0.01"
    if name == "join":
        node.session = ""
    answer = case.call_and_validate(
        base_url=node.url, headers=node.headers, checks=CHECKS, timeout=30)
    made["cases"] += 1
    seen[case.operation.label, answer.status_code] += 1


def test_without_the_token_nothing_is_told_on_the_port(node):
    for path in ("/v1/status", "/v1/model", "/v1/parameters", "/metrics", "/nothing"):
        with pytest.raises(OSError, match="401"):
            urlopen(Request(node.url + path), timeout=30)
    wrong = {"Authorization": "Bearer " + "0" * 64}
    with pytest.raises(OSError, match="401"):
        urlopen(Request(node.url + "/v1/status", headers=wrong), timeout=30)


def test_both_sides_of_each_request_were_reached(node):
    """A fuzzer that never got past the door would prove little."""
    done = {operation for (operation, status), count in seen.items() if status < 300}
    assert {"GET /v1/work", "POST /v1/trainer", "GET /v1/work/parameters", "GET /v1/model",
            "POST /v1/metrics", "GET /v1/status", "POST /v1/work", "PUT /v1/private"} <= done
    assert any(status >= 400 for _, status in seen)


def test_the_daemon_is_well_after_all_that(node):
    status = node.ask("GET", "/v1/status")
    assert status["phase"] in ("idle", "training", "settling", "finished")
    assert status["checkpoint"]["error"] is None
