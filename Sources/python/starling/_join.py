"""`starling.join`: from a model to a `Federation`."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, Optional, Tuple

from . import _folder
from ._adapter import Adapter
from ._api import Daemon, WorkInfo
from ._exchange import Exchange
from ._http import Client
from ._meeting import Meeting
from ._model_info import ModelInfo
from ._patterns import Patterns, listed
from ._progress import Progress
from ._session import Session
from .errors import BuiltInTrainer, ModelUnsupported, NotStored, TooLarge
from .federation import Federation

log = logging.getLogger("starling")


def join(
    model: Any, socket: Optional[str] = None, *, url: Optional[str] = None,
    token: Optional[str] = None, optimizer: Any = None, steps: Optional[int] = None,
    name: Optional[str] = None, wait: bool = False, timeout: float = 60.0,
    progress: Optional[bool] = None, correction: bool = True, average: Patterns = (),
) -> Federation:
    """Takes the trainer's place at the local daemon and loads the federation's parameters.

    - model: a `torch.nn.Module`, a scikit-learn estimator with weights, a dictionary of NumPy
      arrays, or an object with `get()` and `set(tensors)`. Changed in place.
    - socket: the daemon's Unix socket; None: STARLING_SOCKET, else /var/lib/starling/starling.sock.
    - url, token: instead of the socket, http://127.0.0.1:PORT with its token.
    - optimizer: the only one whose gradients are corrected; None: every optimiser of torch.optim
      that holds shared parameters.
    - steps: local steps in a round; None: as the federation says.
    - name: how this trainer is called in the daemon's status; None: the script's name.
    - wait: whether `step` waits at the end of a round for the next parameters.
    - timeout: seconds to wait for the place, and for parameters with `wait`.
    - progress: True: a bar over rounds (needs tqdm); None: only on a terminal; False: none.
    - correction: whether gradients are corrected for the drift between nodes.
    - average: name patterns that the federation has to share, such as "*.running_mean"; a check,
      since the genesis settles it.
    - Raises: `LayoutMismatch` naming the first tensors that do not fit, `Occupied`, `DaemonAway`,
      `BuiltInTrainer`, `ModelUnsupported`.
    """
    daemon = Daemon(Client(socket, url, token))
    meeting, info, adapter = _adapt(model, daemon, optimizer, correction, listed(average))
    session: Optional[Session] = None
    exchange: Optional[Exchange] = None
    try:
        if meeting is None or meeting.group.root:
            folder = _folder.find(info)
            _check_size(info, folder)
            session = Session(
                Daemon(daemon.client.twin()), info, name or _script(), folder)
            exchange = Exchange(adapter, info, session, folder)
        now = _begin(daemon, session, exchange, adapter, meeting, timeout)
    except BaseException:
        adapter.close()
        if session is not None:
            session.stop()
            session.leave()
        raise
    if session is not None:
        log.info("joined %s as %s: %s%s", info.name, info.node, adapter.groups, adapter.note)
    bar = Progress(progress if session else False, info.name, now)
    return Federation(
        adapter, info, exchange, session, daemon, meeting, steps, wait, timeout, bar, now)


def _adapt(
    model: Any, daemon: Daemon, optimizer: Any, correction: bool, average: Tuple[str, ...],
) -> Tuple[Optional[Meeting], ModelInfo, Adapter]:
    if not _is_torch(model):
        info = _checked(daemon.model())
        return None, info, _plain_adapter(model, info, correction)
    from . import _distributed
    from ._torch import TorchAdapter

    group = _distributed.find(model)
    if group is None:
        info = _checked(daemon.model())
        return None, info, TorchAdapter(model, info, optimizer, correction, average)
    info = ModelInfo.read(group.of_root(lambda: _checked(daemon.model()).to_json()))
    adapter = TorchAdapter(model, info, optimizer, correction, average, sums=group.root)
    return Meeting(group, adapter, info.policy.batch), info, adapter


def _plain_adapter(model: Any, info: ModelInfo, correction: bool) -> Adapter:
    if isinstance(model, dict):
        from ._numpy import NumpyAdapter

        return NumpyAdapter(model, info)
    if hasattr(model, "get_params") and hasattr(model, "fit"):
        from ._sklearn import SklearnAdapter

        return SklearnAdapter(model, info, correction)
    if callable(getattr(model, "get", None)) and callable(getattr(model, "set", None)):
        from .generic import GenericAdapter

        return GenericAdapter(model, info)
    raise ModelUnsupported(
        "model.kind", f"a {type(model).__name__} is no model that can be joined",
        "give a torch.nn.Module, a scikit-learn estimator, a dict of arrays, or get() and set()")


def _begin(
    daemon: Daemon, session: Optional[Session], exchange: Optional[Exchange], adapter: Adapter,
    meeting: Optional[Meeting], timeout: float,
) -> WorkInfo:
    """Takes the place, fills the model, starts the thread; the daemon's first word."""

    def root() -> list:
        assert session is not None and exchange is not None
        place = session.enter(timeout)
        work = session.first_work()
        exchange.begin(work, {} if work else daemon.averaged())
        if place.has_private and adapter.groups.private:
            try:
                exchange.restore_private(daemon.stored(place.session))
            except NotStored:
                pass
        session.start()
        latest = session.latest
        return [latest.state, latest.round, latest.rounds or place.rounds, latest.steps,
                latest.rate_factor]

    said = meeting.group.of_root(root) if meeting else root()
    if meeting is not None:
        if not meeting.group.root:
            layout = adapter.layout
            adapter.set_correction(layout.split(layout.zeros()))
        meeting.share_parameters()
        meeting.group.tensors(adapter.private_tensors)  # type: ignore[attr-defined]
    return WorkInfo(
        said[0], round=said[1], rounds=said[2], steps=said[3], rate_factor=said[4])


def _checked(info: ModelInfo) -> ModelInfo:
    if info.trainer == "built-in":
        raise BuiltInTrainer(
            "trainer.built-in", "this node trains by itself and takes no trainer from outside",
            "the federation's file decides who trains")
    return info


def _check_size(info: ModelInfo, folder: Optional[_folder.Folder]) -> None:
    needed = 4 * info.layout.length
    if folder is None and info.longest_body is not None and needed > info.longest_body:
        raise TooLarge(
            "body.length", f"a delta has {needed} bytes, the daemon takes {info.longest_body}",
            "run the trainer where it reaches the daemon's folder, or raise the daemon's limit")


def _is_torch(model: Any) -> bool:
    torch = sys.modules.get("torch")  # Whoever has a module has imported it.
    return torch is not None and isinstance(model, torch.nn.Module)


def _script() -> str:
    return os.path.basename(sys.argv[0] or "") or "python"
