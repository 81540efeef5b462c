"""The place at the daemon: taking it, losing it, and handing in exactly once."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import starling
from starling._api import HandIn, WorkInfo
from starling._mailbox import Mailbox, Work
from starling.errors import NotAllowed, TooLarge

ONE = np.float32(1.0)


def train(model, federation, steps, **options):
    """Local steps that add 1 to every parameter."""
    taken = []
    for _ in range(steps):
        for array in model.values():
            array += ONE
        taken.append(federation.step(**options))
    return taken


def fresh(two):
    return {name: np.zeros_like(array) for name, array in two.items()}


def news(federation):
    """Waits until the next step will take something."""
    assert federation._session.wait(Mailbox.has_news, 20)


def same(model, expected):
    return all(np.array_equal(model[n], expected[n]) for n in expected)


def test_join_loads_the_parameters_in_place(daemons, two, caplog):
    caplog.set_level(logging.INFO, "starling")
    daemon, model = daemons(two), fresh(two)
    kept = dict(model)
    with starling.join(model, daemon.socket) as federation:
        assert same(model, two) and all(model[n] is kept[n] for n in model)
        assert (federation.round, federation.rounds, federation.steps) == (0, 1000, 5)
        assert (federation.rate_factor, federation.links) == (0.5, 3)
        assert federation.disagreement == 0.01 and not federation.over
    assert "joined tumours as alice: 2 shared (w, b), none private" in caplog.text
    assert daemon.session is None


def test_the_environment_says_where_the_socket_is(daemons, two, monkeypatch):
    daemon = daemons(two)
    monkeypatch.setenv("STARLING_SOCKET", daemon.socket)
    with starling.join(fresh(two)):
        assert daemon.session


def test_loopback_with_a_token(daemons, two):
    daemon = daemons(two, tcp=True, token="secret")
    url = "http://127.0.0.1:%d" % daemon.server.server_address[1]
    with starling.join(model := fresh(two), url=url, token="secret", wait=True) as federation:
        assert train(model, federation, 5) == [False] * 4 + [True]
    with pytest.raises(NotAllowed):
        starling.join(fresh(two), url=url, token="wrong")


def test_other_machines_are_not_asked(two):
    for url in ("http://example.org:80", "https://127.0.0.1:1", "http://127.0.0.1.example.org"):
        with pytest.raises(starling.StarlingError, match="daemon.url"):
            starling.join(fresh(two), url=url)


def test_nobody_at_the_socket_is_said_with_a_hint(two, tmp_path):
    with pytest.raises(starling.DaemonAway, match="hint: start the daemon"):
        starling.join(fresh(two), str(tmp_path / "none.sock"))


@pytest.mark.parametrize("change, complaint", [
    (lambda m: m.pop("b"), r"missing: b"),
    (lambda m: m.update(more=np.zeros(1, np.float32)), r"too much: more"),
    (lambda m: m.update(b=np.zeros(3, np.float32)), r"of another shape: b \(\[3\] instead"),
])
def test_a_model_that_does_not_fit_is_told_where(daemons, two, change, complaint):
    daemon, model = daemons(two), fresh(two)
    change(model)
    with pytest.raises(starling.LayoutMismatch, match=complaint):
        starling.join(model, daemon.socket)
    assert daemon.sessions == 0


def test_a_node_that_trains_by_itself_takes_nobody(daemons, two):
    daemon = daemons(two)
    daemon.trainer = "built-in"
    with pytest.raises(starling.BuiltInTrainer):
        starling.join(fresh(two), daemon.socket)


def test_a_delta_longer_than_the_daemon_takes_is_said_at_once(daemons, two):
    daemon = daemons(two)
    daemon.limits["body"] = 16
    with pytest.raises(TooLarge, match="32 bytes"):
        starling.join(fresh(two), daemon.socket)


def test_an_occupied_place_is_waited_for(daemons, two, caplog):
    caplog.set_level(logging.INFO, "starling")
    daemon = daemons(two)
    first = starling.join(fresh(two), daemon.socket)
    with pytest.raises(starling.Occupied):
        starling.join(fresh(two), daemon.socket, timeout=0.1)
    asked = daemon.requests.count("post_trainer")
    waiting = threading.Thread(
        target=lambda: daemon.wait(lambda d: d.requests.count("post_trainer") > asked)
        or first.leave())
    waiting.start()
    with starling.join(fresh(two), daemon.socket, timeout=20):
        assert daemon.sessions == 2
    waiting.join(20)
    assert caplog.text.count("another trainer lives; trying for 20 s") == 1


def test_a_killed_trainers_place_is_free_after_its_lease(daemons, two):
    daemon = daemons(two, lease=0.3)
    daemon.post_trainer({}, b'{"federation":null,"tensors":[{"name":"w","shape":[2,3]},'
                            b'{"name":"b","shape":[2]}]}')
    with starling.join(fresh(two), daemon.socket, timeout=20):
        assert daemon.session == "s2"


def test_the_lease_is_kept_while_the_trainer_is_slow(daemons, two):
    daemon = daemons(two, lease=0.3)
    with starling.join(fresh(two), daemon.socket):
        daemon.wait(lambda d: d.requests.count("post_trainer_alive") >= 3)
        assert daemon.sessions == 1


def test_a_lost_session_is_taken_anew_and_nothing_is_lost(daemons, two):
    daemon, model = daemons(two, auto=False, lease=0.3), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        train(model, federation, 3)
        daemon.forget_session()
        daemon.wait(lambda d: d.sessions == 2)
        train(model, federation, 2, wait=False)
        daemon.wait(lambda d: len(d.hand_ins) == 1)
    assert np.array_equal(daemon.hand_ins[0]["delta"], np.full(8, 5, np.float32))
    assert int(daemon.hand_ins[0]["steps"]) == 5


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_that_breaks_at_a_hand_in_counts_once(daemons, two, when):
    daemon, model = daemons(two), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        daemon.die = when
        assert train(model, federation, 10).count(True) == 2
    assert len(daemon.hand_ins) == 2
    assert np.array_equal(daemon.x, daemon.flat(two) + 10)
    assert same(model, daemon.named())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_daemon_that_begins_anew_gets_the_unacknowledged_delta_once(daemons, two, when):
    daemon, model = daemons(two), fresh(two)
    start = daemon.x.copy()
    with starling.join(model, daemon.socket) as federation:
        daemon.die = when
        # It comes back from the checkpoint before, and knows of no work that was out.
        daemon.once_dead = lambda: daemon.begin_anew(start)
        train(model, federation, 5)
        news(federation)  # The delta came back.
        train(model, federation, 2, wait=True)
    # Seven steps were made, and seven are in the model of the daemon that came back.
    assert [int(h["steps"]) for h in daemon.hand_ins] in ([6, 1], [7])
    assert np.array_equal(daemon.x, start + 7)
    assert same(model, daemon.named())


def test_work_that_grew_stale_goes_with_the_next(daemons, two):
    daemon, model = daemons(two, auto=False), fresh(two)
    with starling.join(model, daemon.socket) as federation:
        train(model, federation, 4, samples=3, loss=2.0)
        daemon.open = None  # Withdrawn behind our back.
        train(model, federation, 1, samples=3, loss=2.0)
        news(federation)
        daemon.release()
        train(model, federation, 1, samples=3, loss=8.0, wait=True)
        daemon.release()
    one = daemon.hand_ins[0]
    assert (one["steps"], one["samples"], float(one["loss"])) == ("6", "18", 3.0)
    assert "rate" not in one
    assert np.array_equal(one["delta"], np.full(8, 6, np.float32))


def test_steps_whose_round_was_closed_meanwhile_go_with_the_next(daemons, two):
    daemon, model = daemons(two), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        daemon.closed_once = True
        train(model, federation, 6)
    assert np.array_equal(daemon.x, daemon.flat(two) + 6)


@pytest.mark.parametrize("status", [500, 503])
def test_a_daemon_that_stops_in_order_or_has_a_full_disk_is_waited_for(daemons, two, status):
    daemon, model = daemons(two), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        daemon.refuse_once = status
        train(model, federation, 10)
    assert np.array_equal(daemon.x, daemon.flat(two) + 10)


def test_work_handed_in_by_somebody_else_does_not_swallow_ours(daemons, two):
    daemon, model = daemons(two), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        with daemon.news:
            daemon.taken[daemon.open] = 0
        train(model, federation, 5, wait=False)
        news(federation)
        daemon.release()
        train(model, federation, 1)
    assert np.array_equal(daemon.x, daemon.flat(two) + 6)


def test_new_work_is_taken_though_the_old_was_not_handed_in(daemons, two):
    daemon, model = daemons(two, lease=0.3), fresh(two)
    with starling.join(model, daemon.socket) as federation:
        train(model, federation, 2)
        daemon.begin_anew(daemon.x + 50)
        news(federation)
        assert train(model, federation, 1) == [True] and not daemon.hand_ins
        assert np.array_equal(model["b"], two["b"] + 53)
    assert np.array_equal(daemon.x, daemon.flat(two) + 53)


def test_a_daemon_that_offers_again_what_it_had_taken_is_believed(daemons, two):
    daemon, model = daemons(two, auto=False, lease=0.3), fresh(two)
    start = daemon.x.copy()
    with starling.join(model, daemon.socket) as federation:
        train(model, federation, 5)
        assert federation._session.wait(Mailbox.is_quiet, 20)
        daemon.ids = 0  # From the checkpoint before: the same work by the same name.
        daemon.begin_anew(start)
        news(federation)
        assert train(model, federation, 1) == [True]
        assert np.array_equal(model["b"], two["b"] + 1)
    assert np.array_equal(daemon.x, start + 1)


def test_work_that_comes_while_a_hand_in_is_put_down_is_taken_first(daemons, two, monkeypatch):
    daemon, model = daemons(two, auto=False), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        session, once = federation._session, []
        original = session.hand_in

        def interrupted(handed):
            if not once:
                once.append(handed)
                daemon.begin_anew(daemon.x + 50)
                layout = daemon.layout
                session._deliver(Work(
                    session.latest._replace(work=daemon.open), layout.split(daemon.x),
                    layout.split(daemon.c)))
            return original(handed)

        monkeypatch.setattr(session, "hand_in", interrupted)
        assert train(model, federation, 5)[-1] is True
        assert np.array_equal(model["b"], two["b"] + 55) and not daemon.hand_ins
    assert len(once) == 1 and daemon.hand_ins[0]["steps"] == "5"
    assert np.array_equal(daemon.x, daemon.flat(two) + 55)


def test_what_came_back_is_seen_before_the_work_that_came_later():
    mail = Mailbox(10)
    handed = HandIn("w1", np.zeros(1, np.float32), 5, 5)
    later = Work(WorkInfo("train", work="w2"), [], [])
    assert not mail.hand_in(handed)  # Nothing is open.
    mail._deliver(later._replace(info=WorkInfo("train", work="w1")))
    assert mail.collect().work.info.work == "w1" == mail.open_work
    assert mail.hand_in(handed) and not mail.hand_in(handed)
    mail._deliver(later)
    assert mail.collect() == (None, None) and not Mailbox.has_news(mail)
    mail._settle(handed, back=True)
    assert mail.collect() == (handed, later) and mail.open_work == "w2"


def test_training_goes_on_while_the_daemon_is_away(daemons, two, caplog):
    caplog.set_level(logging.INFO, "starling")
    daemon, model = daemons(two, lease=0.3), fresh(two)
    start = daemon.x.copy()
    with starling.join(model, daemon.socket) as federation:
        daemon.stop()
        assert train(model, federation, 12) == [False] * 12
        assert federation._session.wait(lambda mail: mail._away_said, 20)
        daemon.begin_anew()
        daemon.start()
        daemon.wait(lambda d: d.sessions == 2)
        news(federation)  # What was in flight came back.
        train(model, federation, 3, wait=True)
    assert caplog.text.count("training goes on locally") == 1
    assert sum(int(h["steps"]) for h in daemon.hand_ins) == 15
    assert np.array_equal(daemon.x, start + 15)


def test_another_federation_at_the_socket_ends_it(daemons, two):
    daemon, model = daemons(two, lease=0.3), fresh(two)
    with pytest.raises(starling.OtherFederation):
        with starling.join(model, daemon.socket) as federation:
            daemon.federation = "e" * 64
            daemon.forget_session()
            federation._session.wait(lambda mail: False, 20)
            train(model, federation, 1)


def test_an_exception_leaves_and_hands_in_nothing(daemons, two):
    daemon, model = daemons(two), fresh(two)
    with pytest.raises(ZeroDivisionError):
        with starling.join(model, daemon.socket) as federation:
            train(model, federation, 3)
            raise ZeroDivisionError
    assert daemon.session is None and not daemon.hand_ins


def test_leaving_hands_in_what_is_open_and_loads_the_newest(daemons, two):
    daemon = daemons(two, drift=lambda x, round: x + 100)
    model = fresh(two)
    with starling.join(model, daemon.socket) as federation:
        train(model, federation, 3)
    assert daemon.hand_ins[0]["steps"] == "3" and daemon.session is None
    assert np.array_equal(daemon.x, daemon.flat(two) + 103) and same(model, daemon.named())
    federation.leave()
    assert train(model, federation, 9) == [False] * 9 and len(daemon.hand_ins) == 1


def test_a_dropped_federation_frees_the_place(daemons, two):
    daemon = daemons(two)
    federation = starling.join(fresh(two), daemon.socket)
    del federation
    gc.collect()
    assert daemon.session is None


def test_the_programs_end_frees_the_place(daemons, two):
    daemon = daemons(two)
    script = (
        "import sys, numpy, starling\n"
        "model = {'w': numpy.zeros((2, 3)), 'b': numpy.zeros(2)}\n"
        "kept = starling.join(model, sys.argv[1])\n")
    root = os.path.dirname(os.path.dirname(__file__))
    subprocess.run(
        [sys.executable, "-c", script, daemon.socket], check=True, timeout=60,
        env={**os.environ, "PYTHONPATH": root})
    assert daemon.sessions == 1 and daemon.session is None and not daemon.hand_ins


def test_a_forked_child_leaves_the_session_alone(daemons, two):
    daemon, model = daemons(two), fresh(two)
    federation = starling.join(model, daemon.socket)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            federation.leave()
            federation.__exit__(None, None, None)
            federation._forsaken()
            try:
                federation.step()
            except starling.StarlingError:
                code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert "delete_trainer" not in daemon.requests
    assert train(model, federation, 5, wait=True)[-1] is True
    federation.leave()


def test_no_thread_is_left(daemons, two):
    daemon = daemons(two, auto=False)
    with starling.join(model := fresh(two), daemon.socket) as federation:
        train(model, federation, 5)  # The thread waits for work now, in a request.
        daemon.wait(lambda d: d.requests[-1] == "get_work")
    assert not [t for t in threading.enumerate() if t.name == "starling"]
