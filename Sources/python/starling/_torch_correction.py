"""The drift correction of a PyTorch model: c is subtracted before the optimiser sees a gradient.

A hook before every optimiser step does `grad -= c` for each shared parameter with a gradient and
sums the corrected gradients up, from which the round's rate and gradient norm are estimated. That
is right with accumulated gradients (one optimiser step, one subtraction) and with scaled ones: a
GradScaler has unscaled them by then, or tells a fused optimiser the scale, which is looked up; a
step that it skips calls no hook.
"""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, List, Sequence, Tuple

import numpy as np

from .errors import ModelUnsupported

log = logging.getLogger("starling")


class Correction:
    """c and the sums of one model's trainable shared parameters.

    - parameters: each with its name and its slice of the flat vector.
    - optimizer: the only one to hook, or None for every one that holds such a parameter.
    - sums: whether this process needs the estimates.
    """

    def __init__(
        self, parameters: Sequence[Tuple[str, slice, Any]], optimizer: Any = None,
        sums: bool = True,
    ) -> None:
        self._names = [name for name, _, _ in parameters]
        self.slices = [part for _, part, _ in parameters]
        self._parameters = [parameter for _, _, parameter in parameters]
        self._index: Dict[int, int] = {id(p): k for k, p in enumerate(self._parameters)}
        self._c: List[Any] = []
        self._sums: List[Any] = []
        self._with_sums = sums
        self._done: set = set()  # Corrected by hand; the next hook leaves them out.
        self._depth = 0  # Optimisers inside optimisers: only the outermost counts.
        self._seen = False
        self.steps = 0  # Steps that the hook saw.
        self.missed = False  # A step changed the model unseen, or could not be corrected.
        self._warned: set = set()
        self._remove: List[Callable[[], None]] = []
        self.installed = self._install(optimizer)
        self._versions = self._version()

    # Attaching.

    def _install(self, optimizer: Any) -> bool:
        import torch.optim.optimizer as optimisers

        # Accelerate's and Lightning's wrappers: the hook belongs to what they wrap.
        while isinstance(getattr(optimizer, "optimizer", None), optimisers.Optimizer):
            optimizer = optimizer.optimizer
        if optimizer is not None and hasattr(optimizer, "register_step_pre_hook"):
            self._remove.append(optimizer.register_step_pre_hook(self._before_inner).remove)
        elif optimizer is not None:
            self._wrap_step(optimizer)
        elif hasattr(optimisers, "register_optimizer_step_pre_hook"):
            before = optimisers.register_optimizer_step_pre_hook(self._before)
            after = optimisers.register_optimizer_step_post_hook(self._after)
            self._remove += [before.remove, after.remove]
        else:
            log.warning(
                "this PyTorch has no hooks common to all optimisers: pass "
                "starling.join(model, optimizer=...) to have the drift corrected")
            return False
        return True

    def _wrap_step(self, optimizer: Any) -> None:
        """PyTorch before 2.0: a step of this very object is wrapped."""
        original = optimizer.step

        def step(*args: Any, **kwargs: Any) -> Any:
            changed = self._before_inner(optimizer, (optimizer, *args), kwargs)
            if changed is not None:
                args, kwargs = changed[0][1:], changed[1]
            return original(*args, **kwargs)

        optimizer.step = step
        self._remove.append(lambda: setattr(optimizer, "step", original))

    def remove(self) -> None:
        """Detaches the hooks; the optimisers are then as before."""
        for undo in self._remove:
            undo()
        self._remove.clear()

    # What the hooks do.

    def _before(self, optimizer: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
        self._depth += 1
        return self._before_inner(optimizer, args, kwargs) if self._depth == 1 else None

    def _after(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self._depth -= 1

    def _before_inner(self, optimizer: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
        import torch

        mine = [
            self._index[id(p)] for group in optimizer.param_groups for p in group["params"]
            if id(p) in self._index]
        if not mine:
            return None
        self._seen = True
        if isinstance(optimizer, torch.optim.LBFGS):
            self.missed = True
            self._warn("LBFGS evaluates many gradients a step: its drift is not corrected")
            return None
        closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
        if closure is None:
            self._apply(mine, optimizer)
            return None

        def corrected_closure() -> Any:
            # The gradients come to be inside the step.
            loss = closure()
            self._apply(mine, optimizer)
            return loss

        if "closure" in kwargs:
            return args, {**kwargs, "closure": corrected_closure}
        return (args[0], corrected_closure, *args[2:]), kwargs

    def correct_now(self) -> None:
        """Subtracts c at once; the hook leaves these gradients out once."""
        every = range(len(self._parameters))
        self._apply(every, None)
        self._done = set(every)

    def _apply(self, indices: Sequence[int], optimizer: Any) -> None:
        import torch

        fresh = [k for k in indices if k not in self._done]
        self._done.difference_update(indices)
        if not self._c:
            return
        scale = getattr(optimizer, "grad_scale", None)
        plain: List[int] = []
        with torch.no_grad():
            for k in fresh:
                grad = self._parameters[k].grad
                if grad is None:
                    continue
                self._prepare(k, grad)
                if grad.dtype == torch.float32 and scale is None:
                    plain.append(k)
                else:
                    self._apply_one(k, grad, scale, getattr(optimizer, "found_inf", None))
            if plain:
                grads = [self._parameters[k].grad for k in plain]
                torch._foreach_sub_(grads, [self._c[k] for k in plain])
                if self._with_sums:
                    torch._foreach_add_([self._sums[k] for k in plain], grads)

    def _apply_one(self, k: int, grad: Any, scale: Any, found_inf: Any) -> None:
        """One gradient of a smaller type, or one that a fused optimiser will unscale itself."""
        import torch

        raw = grad.float()
        if scale is not None:
            scale = scale.to(grad.device)
            raw = raw / scale
        raw = raw - self._c[k]
        grad.copy_(raw if scale is None else raw * scale)
        if self._with_sums:
            if scale is not None and found_inf is not None:  # That step will be skipped.
                raw = torch.where(found_inf.to(grad.device) > 0, torch.zeros_like(raw), raw)
            self._sums[k] += raw

    def _prepare(self, k: int, grad: Any) -> None:
        if grad.is_sparse:
            raise ModelUnsupported(
                "model.sparse", f"the gradient of {self._names[k]} is sparse",
                "use sparse=False, or starling.join(..., correction=False)")
        if self._c[k].device != grad.device:  # The model has moved since.
            self._c[k] = self._c[k].to(grad.device)
            if self._with_sums:
                self._sums[k] = self._sums[k].to(grad.device)

    # Rounds.

    def set(self, c: Sequence[np.ndarray]) -> None:
        """Takes c, one part for each parameter."""
        import torch

        with torch.no_grad():
            if not self._c:
                for p in self._parameters:
                    self._c.append(torch.zeros_like(p, dtype=torch.float32))
                    if self._with_sums:
                        self._sums.append(torch.zeros_like(p, dtype=torch.float32))
            for mine, part in zip(self._c, c):
                mine.copy_(torch.from_numpy(np.array(part, np.float32)).view(mine.shape))

    @property
    def c(self) -> List[Any]:
        """The correction's tensors, float32, on the parameters' devices."""
        return self._c

    def after_step(self) -> None:
        """The trainer says that a step was made."""
        if self._seen:
            self.steps += 1
        elif self._version() != self._versions:
            self.missed = True
            self._warn("an optimiser outside torch.optim trains the model: not corrected")
        self._seen, self._depth = False, 0
        self._done.clear()
        self._versions = self._version()

    def squared(self) -> None:
        """The parameters were set by us: that was no step."""
        self._versions = self._version()

    def norms(self) -> Tuple[float, float]:
        """|sum of corrected gradients| and |mean raw gradient|; zeros if nothing was seen."""
        import torch

        if not self._sums or not self.steps:
            return 0.0, 0.0
        sums = [torch.linalg.vector_norm(s).cpu() for s in self._sums]
        means = [
            torch.linalg.vector_norm(s / self.steps + c).cpu()
            for s, c in zip(self._sums, self._c)]
        return _norm(sums), _norm(means)

    def begin(self) -> None:
        """A round begins: sums are zero again."""
        self.steps, self.missed = 0, False
        for s in self._sums:
            s.zero_()

    def _version(self) -> int:
        return sum(p._version for p in self._parameters)

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            log.warning(text)


def _norm(parts: Sequence[Any]) -> float:
    return float(np.sqrt(sum(float(part) ** 2 for part in parts)))
