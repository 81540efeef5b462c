"""The callbacks for trainers of others, where those are installed."""

from __future__ import annotations

import types

import pytest

torch = pytest.importorskip("torch")


def tensors(model):
    return {n: p.detach().numpy().copy() for n, p in model.named_parameters()}


def test_transformers(daemons):
    pytest.importorskip("transformers")
    from starling.callbacks_hf import StarlingCallback

    model = torch.nn.Linear(2, 2)
    daemon = daemons(tensors(model), rounds=1)
    callback = StarlingCallback(daemon.socket, wait=True)
    args = types.SimpleNamespace(train_batch_size=4, gradient_accumulation_steps=2)
    control = types.SimpleNamespace(should_training_stop=False)
    callback.on_train_begin(args, None, control, model=model)
    for _ in range(5):
        assert not control.should_training_stop
        callback.on_step_end(args, None, control)
    assert control.should_training_stop and daemon.hand_ins[0]["samples"] == "40"
    callback.on_train_end(args, None, control)
    assert daemon.session is None


def test_lightning(daemons):
    try:
        import lightning.pytorch as lightning
    except ImportError:
        lightning = pytest.importorskip("pytorch_lightning")
    from starling.callbacks_lightning import StarlingCallback

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(2, 2)

        def training_step(self, batch, index):
            return self.inner(batch[0]).pow(2).mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    module = Module()
    daemon = daemons(tensors(module), rounds=2)
    rows = torch.utils.data.TensorDataset(torch.randn(64, 2))
    trainer = lightning.Trainer(
        max_epochs=9, callbacks=[StarlingCallback(daemon.socket, wait=True)], logger=False,
        enable_checkpointing=False, enable_progress_bar=False, accelerator="cpu", devices=1,
        accumulate_grad_batches=2, gradient_clip_val=1.0)
    trainer.fit(module, torch.utils.data.DataLoader(rows, batch_size=4))
    assert len(daemon.hand_ins) == 2 and daemon.session is None
    assert all(h["corrected"] == "true" for h in daemon.hand_ins)
