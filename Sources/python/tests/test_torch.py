"""PyTorch: the correction in front of every optimiser, and which tensors go where."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import starling
from starling import _torch_correction

torch = pytest.importorskip("torch")

import torch.optim.optimizer as optimisers  # noqa: E402

HOOKS = hasattr(optimisers, "register_optimizer_step_pre_hook")
needs_hooks = pytest.mark.skipif(not HOOKS, reason="hooks for all optimisers came with 2.0")


def given(optimizer):
    """PyTorch before 2.0 has to be told the optimiser."""
    return None if HOOKS else optimizer


def net(dtype=torch.float32, bias=True):
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 8, bias), torch.nn.ReLU(), torch.nn.Linear(8, 3, bias)).to(dtype)


def arrays(model):
    return {n: p.detach().float().numpy().copy() for n, p in model.named_parameters()}


def some_c(model, size=0.05):
    random = np.random.default_rng(1)
    return {n: (random.normal(size=a.shape) * size).astype(np.float32)
            for n, a in arrays(model).items()}


def batch(step, dtype=torch.float32):
    random = torch.Generator().manual_seed(100 + step)
    return (torch.randn(16, 4, generator=random).to(dtype),
            torch.randint(0, 3, (16,), generator=random))


def loss_of(model, step, dtype=torch.float32):
    rows, labels = batch(step, dtype)
    return torch.nn.functional.cross_entropy(model(rows).float(), labels)


OPTIMISERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
}


def by_hand(c, make, steps, change=lambda model: None):
    """The same training with c subtracted in plain sight; the corrected gradients, summed."""
    model = net()
    optimizer = make(model.parameters())
    sums = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for step in range(steps):
        optimizer.zero_grad()
        loss_of(model, step).backward()
        for name, p in model.named_parameters():
            p.grad -= torch.from_numpy(c[name])
            sums[name] += p.grad
        change(model)
        optimizer.step()
    return model, sums


def norm(tensors):
    return float(np.sqrt(sum(float((torch.as_tensor(t) ** 2).sum()) for t in tensors)))


@pytest.mark.parametrize("one", [pytest.param(False, marks=needs_hooks), True])
@pytest.mark.parametrize("kind", OPTIMISERS)
def test_every_optimiser_trains_as_by_hand(daemons, kind, one):
    model = net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c)
    optimizer = OPTIMISERS[kind](model.parameters())
    start = arrays(model)
    only = optimizer if one else None
    with starling.join(model, daemon.socket, optimizer=only, wait=True) as f:
        for step in range(5):
            optimizer.zero_grad()
            loss = loss_of(model, step)
            loss.backward()
            optimizer.step()
            taken = f.step(samples=16, loss=loss)
        assert taken
    expected, sums = by_hand(c, OPTIMISERS[kind], 5)
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(
            daemon.named()[name], p.detach().numpy(), rtol=0, atol=1e-6, err_msg=name)
        assert torch.allclose(p, dict(model.named_parameters())[name], rtol=0, atol=1e-6)
    told = daemon.hand_ins[0]
    delta = norm([daemon.named()[n] - start[n] for n in start])
    raw = norm([s / 5 + torch.from_numpy(c[n]) for n, s in sums.items()])
    assert told["corrected"] == "true" and int(told["samples"]) == 80
    assert float(told["rate"]) == pytest.approx(delta / norm(sums.values()), rel=1e-4)
    assert float(told["gradient_norm"]) == pytest.approx(raw, rel=1e-4)
    if kind == "sgd":
        assert float(told["rate"]) == pytest.approx(0.1, rel=1e-4)


def test_optimiser_state_lives_on_over_rounds(daemons):
    model = net()
    daemon = daemons(arrays(model), steps=1, drift=lambda x, round: x + np.float32(0.01))
    optimizer = OPTIMISERS["adam"](model.parameters())
    with starling.join(model, daemon.socket, wait=True) as federation:
        for step in range(3):
            optimizer.zero_grad()
            loss_of(model, step).backward()
            optimizer.step()
            assert federation.step()
    first = next(model.parameters())
    assert float(optimizer.state[first]["step"]) == 3
    assert np.array_equal(first.detach().numpy(), daemon.named()["0.weight"])


def test_accumulated_gradients_are_corrected_once(daemons):
    model, twin = net(), net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    only = given(optimizer)
    with starling.join(model, daemon.socket, optimizer=only, steps=1, wait=True) as federation:
        for part in range(3):
            (loss_of(model, part) / 3).backward()
        optimizer.step()
        federation.step()
    for part in range(3):
        (loss_of(twin, part) / 3).backward()
    for name, p in twin.named_parameters():
        expected = p.detach() - 0.1 * (p.grad - torch.from_numpy(c[name]))
        np.testing.assert_allclose(daemon.named()[name], expected, atol=1e-6)


def test_clipping_sees_corrected_gradients(daemons):
    model = net()
    c = some_c(model, 1.0)
    daemon = daemons(arrays(model), c=c)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with starling.join(model, daemon.socket, optimizer=given(optimizer), wait=True) as federation:
        for step in range(5):
            optimizer.zero_grad()
            loss_of(model, step).backward()
            federation.correct()
            federation.correct()  # Twice is once.
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            federation.step()
    expected, sums = by_hand(
        c, OPTIMISERS["sgd"], 5, lambda m: torch.nn.utils.clip_grad_norm_(m.parameters(), 0.5))
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(daemon.named()[name], p.detach().numpy(), atol=1e-6)
    told = daemon.hand_ins[0]
    assert told["corrected"] == "true"
    assert float(told["rate"]) < 0.1  # Of the gradients before clipping.


def scaled_steps(model, optimizer, scaler, federation):
    """Five steps through a scaler, and a sixth whose gradient is infinite and that it skips."""
    for step in range(6):
        optimizer.zero_grad()
        scaler.scale(loss_of(model, step % 5)).backward()
        if step == 5:
            next(model.parameters()).grad[0, 0] = float("inf")
        scaler.step(optimizer)
        scaler.update()
        federation.step()


def test_scaled_gradients_are_corrected_after_unscaling(daemons):
    """As with a GradScaler: gradients are unscaled before the step; a skipped step is none."""
    model = net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c, steps=6)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0) if hasattr(torch.amp, "GradScaler") \
        else pytest.skip("no scaler for the processor")
    with starling.join(model, daemon.socket, optimizer=given(optimizer), wait=True) as federation:
        scaled_steps(model, optimizer, scaler, federation)
    expected, sums = by_hand(c, OPTIMISERS["sgd"], 5)
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(daemon.named()[name], p.detach().numpy(), atol=1e-5)
    told = daemon.hand_ins[0]
    assert told["corrected"] == "true" and float(told["rate"]) == pytest.approx(0.1, rel=1e-3)


def test_a_step_that_is_skipped_after_correct_leaves_nothing_behind(daemons):
    model = net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c, steps=6)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    only = given(optimizer)
    with starling.join(model, daemon.socket, optimizer=only, wait=True) as federation:
        for step in range(6):
            optimizer.zero_grad()
            loss_of(model, max(0, step - 1)).backward()
            if step == 0:
                federation.correct()  # And then the scaler found an infinity.
            else:
                optimizer.step()
            federation.step()
    expected, _ = by_hand(c, OPTIMISERS["sgd"], 5)
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(daemon.named()[name], p.detach().numpy(), atol=1e-5)


def test_an_optimiser_that_unscales_by_itself(daemons):
    """Fused optimisers get scaled gradients, with the scale beside them."""
    model = net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c)

    try:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=True)
        scaler = torch.amp.GradScaler("cpu", init_scale=512.0)
    except (TypeError, RuntimeError, AttributeError):
        pytest.skip("no fused optimisers or no scaler for the processor")
    with starling.join(model, daemon.socket, steps=6, wait=True) as federation:
        scaled_steps(model, optimizer, scaler, federation)
    expected, _ = by_hand(c, OPTIMISERS["sgd"], 5)
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(daemon.named()[name], p.detach().numpy(), atol=1e-5)
    assert float(daemon.hand_ins[0]["rate"]) == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("named", [False, True])
def test_a_closure_is_corrected_after_its_backward(daemons, named):
    model = net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with starling.join(model, daemon.socket, optimizer=given(optimizer), wait=True) as federation:
        for step in range(5):
            def closure():
                optimizer.zero_grad()
                loss = loss_of(model, step)
                loss.backward()
                return loss

            loss = optimizer.step(closure=closure) if named else optimizer.step(closure)
            federation.step(loss=loss)
    expected, _ = by_hand(c, OPTIMISERS["sgd"], 5)
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(daemon.named()[name], p.detach().numpy(), atol=1e-6)
    assert daemon.hand_ins[0]["corrected"] == "true"


def test_lbfgs_is_not_corrected_and_says_so(daemons, caplog):
    model = net()
    daemon = daemons(arrays(model), c=some_c(model), steps=1)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2)
    with starling.join(model, daemon.socket, optimizer=given(optimizer), wait=True) as federation:
        for step in range(2):
            def closure():
                optimizer.zero_grad()
                loss = loss_of(model, step)
                loss.backward()
                return loss

            optimizer.step(closure)
            federation.step()
    assert [h["corrected"] for h in daemon.hand_ins] == ["false", "false"]
    assert caplog.text.count("LBFGS") == 1


@needs_hooks
def test_an_optimiser_of_ones_own_is_noticed(daemons, caplog):
    model = net()
    daemon = daemons(arrays(model), steps=1)
    with starling.join(model, daemon.socket, wait=True) as federation:
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.1
        federation.step()
    assert daemon.hand_ins[0]["corrected"] == "false" and "outside torch.optim" in caplog.text


@needs_hooks
def test_an_optimiser_inside_an_optimiser_corrects_once(daemons):
    class Around(torch.optim.Optimizer):
        def __init__(self, inner):
            super().__init__(inner.param_groups, {})
            self.inner = inner

        def step(self, closure=None):
            return self.inner.step(closure)

    model = net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c)
    optimizer = Around(torch.optim.SGD(model.parameters(), lr=0.1))
    with starling.join(model, daemon.socket, wait=True) as federation:
        for step in range(5):
            optimizer.zero_grad()
            loss_of(model, step).backward()
            optimizer.step()
            federation.step()
    expected, _ = by_hand(c, OPTIMISERS["sgd"], 5)
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(daemon.named()[name], p.detach().numpy(), atol=1e-6)


@needs_hooks
def test_two_optimisers_share_the_model(daemons):
    model = net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c)
    both = [torch.optim.SGD(part.parameters(), lr=0.1) for part in (model[0], model[2])]
    with starling.join(model, daemon.socket, wait=True) as federation:
        for step in range(5):
            model.zero_grad()
            loss_of(model, step).backward()
            if step == 2:
                federation.correct()
            for optimizer in both:
                optimizer.step()
            federation.step()
    expected, _ = by_hand(c, OPTIMISERS["sgd"], 5)
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(daemon.named()[name], p.detach().numpy(), atol=1e-6)


def test_another_models_optimiser_is_left_alone(daemons):
    model, other = net(), net()
    daemon = daemons(arrays(model), c=some_c(model, 1.0))
    untouched = torch.optim.SGD(other.parameters(), lr=0.1)
    with starling.join(model, daemon.socket):
        loss_of(other, 0).backward()
        before = [p.grad.clone() for p in other.parameters()]
        untouched.step()
        assert all(torch.equal(p.grad, g) for p, g in zip(other.parameters(), before))


def test_hooks_are_gone_after_leaving(daemons):
    model = net()
    daemon = daemons(arrays(model), c=some_c(model, 1.0))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with starling.join(model, daemon.socket):
        pass
    with pytest.raises(ZeroDivisionError), starling.join(model, daemon.socket, optimizer=optimizer):
        raise ZeroDivisionError
    assert not getattr(optimisers, "_global_optimizer_pre_hooks", None)
    assert not getattr(optimizer, "_optimizer_step_pre_hooks", None)


def test_pytorch_before_2_wraps_the_given_optimiser(daemons, monkeypatch, caplog):
    for name in ("register_optimizer_step_pre_hook", "register_optimizer_step_post_hook"):
        monkeypatch.delattr(optimisers, name, raising=False)
    monkeypatch.delattr(torch.optim.Optimizer, "register_step_pre_hook", raising=False)
    model = net()
    c = some_c(model)
    daemon = daemons(arrays(model), c=c)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    original = optimizer.step
    with starling.join(model, daemon.socket, optimizer=optimizer, wait=True) as federation:
        for step in range(5):
            def closure():
                optimizer.zero_grad()
                loss_of(model, step).backward()

            if step % 2:
                optimizer.step(closure)
            else:
                closure()
                optimizer.step()
            federation.step()
    assert optimizer.step == original and daemon.hand_ins[0]["corrected"] == "true"
    expected, _ = by_hand(c, OPTIMISERS["sgd"], 5)
    for name, p in expected.named_parameters():
        np.testing.assert_allclose(daemon.named()[name], p.detach().numpy(), atol=1e-6)
    caplog.clear()
    with starling.join(model, daemon.socket, wait=True) as federation:
        for _ in range(5):
            federation.step()
    assert daemon.hand_ins[-1]["corrected"] == "false"
    assert caplog.text.count("pass starling.join(model, optimizer=...)") == 1


def test_correction_can_be_left_out(daemons):
    model = net()
    daemon = daemons(arrays(model), c=some_c(model, 1.0), steps=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with starling.join(model, daemon.socket, correction=False, wait=True) as federation:
        loss_of(model, 0).backward()
        optimizer.step()
        federation.correct()
        federation.step()
        assert federation.correction == {}
    told = daemon.hand_ins[0]
    assert told["corrected"] == "false" and "rate" not in told


def test_missing_gradients_are_passed_over_and_sparse_ones_refused(daemons):
    model = net()
    daemon = daemons(arrays(model), c=some_c(model, 1.0), steps=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with starling.join(model, daemon.socket, optimizer=given(optimizer), wait=True) as federation:
        before = arrays(model)
        model[0](batch(0)[0]).sum().backward()
        optimizer.step()
        federation.step()
        assert np.array_equal(arrays(model)["2.weight"], before["2.weight"])
    table = torch.nn.Embedding(5, 2, sparse=True)
    daemon = daemons(arrays(table))
    optimizer = torch.optim.SGD(table.parameters(), lr=0.1)
    with pytest.raises(starling.ModelUnsupported, match="weight is sparse"):
        with starling.join(table, daemon.socket, optimizer=given(optimizer)):
            table(torch.tensor([1])).sum().backward()
            optimizer.step()


def test_bfloat16_models_take_part(daemons):
    model = net(torch.bfloat16)
    start = arrays(model)
    c = some_c(model)
    daemon = daemons(
        start, c=c, dtypes={n: "BF16" for n in start}, steps=2,
        drift=lambda x, round: x + np.float32(1e-5))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with starling.join(model, daemon.socket, optimizer=given(optimizer), wait=True) as federation:
        twin = net(torch.bfloat16)
        by = torch.optim.SGD(twin.parameters(), lr=0.1)
        for step in range(2):
            for m, o in ((model, optimizer), (twin, by)):
                o.zero_grad()
                loss_of(m, step, torch.bfloat16).backward()
            for name, p in twin.named_parameters():
                p.grad.copy_(p.grad.float() - torch.from_numpy(c[name]))
            optimizer.step()
            by.step()
            if step == 1:
                for p, q in zip(model.parameters(), twin.parameters()):
                    assert torch.equal(p, q) and p.dtype == torch.bfloat16
            federation.step()
        first = daemon.hand_ins[0]
        moved = daemon.flat(arrays(twin)) - daemon.flat(start)
        np.testing.assert_allclose(first["delta"], moved, atol=1e-7)
        federation.step()
        federation.step()
    assert np.array_equal(daemon.hand_ins[1]["delta"], np.zeros_like(first["delta"]))


class Mixed(torch.nn.Module):
    """Something of everything: normalisation, a private head, frozen and tied weights."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embed = torch.nn.Linear(4, 4, bias=False)
        self.norm = torch.nn.BatchNorm1d(4)
        self.frozen = torch.nn.Linear(4, 4)
        self.frozen.requires_grad_(False)
        self.back = torch.nn.Linear(4, 4, bias=False)
        self.back.weight = self.embed.weight
        self.head = torch.nn.Linear(4, 2)
        self.register_buffer("scale", torch.ones(1))
        self.register_buffer("mask", torch.ones(2, dtype=torch.bool))

    def forward(self, x):
        return self.head(self.back(self.frozen(self.norm(self.embed(x)))) * self.scale)


SHARED = ["embed.weight", "norm.weight", "norm.bias"]


def mixed_daemon(daemons, **options):
    model = Mixed()
    return model, daemons(
        {n: p for n, p in arrays(model).items() if n in SHARED}, private=("head.*",), **options)


def step_mixed(model, optimizer, federation, count):
    for step in range(count):
        optimizer.zero_grad()
        model(batch(step)[0]).pow(2).mean().backward()
        optimizer.step()
        federation.step()


def test_each_tensor_goes_where_it_belongs(daemons, caplog):
    caplog.set_level(logging.INFO, "starling")
    model, daemon = mixed_daemon(daemons, drift=lambda x, round: x * 0.5)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    frozen = model.frozen.weight.clone()
    with starling.join(model, daemon.socket, wait=True) as federation:
        step_mixed(model, optimizer, federation, 5)
        assert model.back.weight is model.embed.weight
        assert np.array_equal(model.embed.weight.detach().numpy(), daemon.named()["embed.weight"])
        assert int(model.norm.num_batches_tracked) == 5
    assert torch.equal(model.frozen.weight, frozen)
    kept = {n: t.clone() for n, t in model.state_dict().items()}
    assert "3 shared (embed.weight, norm.weight, norm.bias)" in caplog.text
    assert "7 private (scale, mask, norm.running_mean and 4 more), none left local" in caplog.text
    assert "statistics of BatchNorm stay private" in caplog.text
    assert "2 frozen (frozen.weight, frozen.bias)" in caplog.text
    fresh = Mixed()
    with starling.join(fresh, daemon.socket):
        for name in ("norm.running_mean", "norm.running_var", "norm.num_batches_tracked",
                     "head.weight", "head.bias", "scale", "mask"):
            assert torch.equal(fresh.state_dict()[name], kept[name]), name
        assert fresh.mask.dtype == torch.bool


def test_averaged_statistics_are_shared_without_correction(daemons):
    model = Mixed()
    tensors = {n: p for n, p in arrays(model).items() if n in SHARED}
    tensors.update({f"norm.{s}": model.norm.state_dict()[s].numpy().copy()
                    for s in ("running_mean", "running_var")})
    daemon = daemons(tensors, private=("head.*",), drift=lambda x, round: x + 1)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    with starling.join(model, daemon.socket, average="*.running_*",
                       optimizer=given(optimizer), wait=True) as federation:
        step_mixed(model, optimizer, federation, 5)
        assert np.array_equal(model.norm.running_var.numpy(), daemon.named()["norm.running_var"])
        assert sorted(federation.correction) == sorted(SHARED)
    model, daemon = mixed_daemon(daemons)
    with pytest.raises(starling.LayoutMismatch, match="norm.running_mean is to be averaged"):
        starling.join(model, daemon.socket, average=("*.running_mean",))


def test_a_trainable_parameter_that_nobody_claims_is_an_error(daemons):
    model, daemon = mixed_daemon(daemons)
    daemon.private_patterns = ("head.weight",)
    with pytest.raises(starling.LayoutMismatch, match="too much: head.bias"):
        starling.join(model, daemon.socket)


def test_whole_numbers_cannot_be_shared(daemons):
    model = torch.nn.BatchNorm1d(2)
    daemon = daemons({**arrays(model), "num_batches_tracked": np.zeros((), np.float32)})
    with pytest.raises(starling.ModelUnsupported, match="num_batches_tracked is shared, but holds"):
        starling.join(model, daemon.socket)


def test_tied_weights_may_go_by_either_name_but_not_both(daemons):
    model = Mixed()
    tensors = {n: p for n, p in arrays(model).items() if n in SHARED}
    second = {"back.weight": tensors["embed.weight"], **tensors}
    with pytest.raises(starling.LayoutMismatch, match="here one tied tensor"):
        starling.join(model, daemons(second, private=("head.*",)).socket)
    del second["embed.weight"]
    with starling.join(model, daemons(second, private=("head.*",)).socket):
        pass


def test_wrapped_models_go_by_their_inner_names(daemons):
    model = net()
    daemon = daemons(arrays(model), steps=1)
    wrapped = torch.nn.DataParallel(model)
    with starling.join(wrapped, daemon.socket, wait=True) as federation:
        assert federation.model is wrapped and federation.step()


def test_evaluation_switches_modes_and_back(daemons):
    model, daemon = mixed_daemon(daemons)
    model.frozen.eval()
    with starling.join(model, daemon.socket) as federation:
        local = model.embed.weight.clone()
        daemon.x = daemon.x * 2
        with federation.evaluation() as shown:
            assert not shown.training and not shown.norm.training
            assert torch.equal(shown.embed.weight, local * 2)
        assert model.training and model.norm.training and not model.frozen.training
        assert torch.equal(model.embed.weight, local)


def test_a_loss_on_a_device_is_not_read_at_every_step(daemons, monkeypatch):
    model = net()
    daemon = daemons(arrays(model))
    reads = []
    original = torch.Tensor.__float__
    monkeypatch.setattr(
        torch.Tensor, "__float__", lambda self: reads.append(1) or original(self), raising=False)
    with starling.join(model, daemon.socket, wait=True) as federation:
        for step in range(4):
            federation.step(loss=loss_of(model, step))
        assert not reads
        federation.step(loss=torch.tensor(0.0))
    assert float(daemon.hand_ins[0]["loss"]) > 0


def test_float64_models_and_strides_are_fine(daemons):
    model = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last).double()
    start = arrays(model)
    daemon = daemons(start, steps=1, drift=lambda x, round: x * 2)
    with starling.join(model, daemon.socket, wait=True) as federation:
        federation.step()
        assert model.weight.dtype == torch.float64
        np.testing.assert_array_equal(
            model.weight.detach().numpy(), daemon.named()["weight"].astype(np.float64))


def test_lazy_models_are_asked_to_be_run_first(daemons):
    with pytest.raises(starling.ModelUnsupported, match="weight has no shape yet"):
        starling.join(torch.nn.LazyLinear(2), daemons({"w": np.zeros(1)}).socket)


def test_norm_of_nothing_is_nothing():
    made = _torch_correction.Correction([], None)
    made.remove()
    assert made.norms() == (0.0, 0.0)
