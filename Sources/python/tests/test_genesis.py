"""export_genesis: what is written, what is not, and that a federation can begin with it."""

from __future__ import annotations

import numpy as np
import pytest

import starling
from starling import _safetensors


def read(path):
    return _safetensors.decode(path.read_bytes())


def test_arrays_are_written_as_float32(tmp_path):
    path = tmp_path / "genesis.safetensors"
    model = {"w": np.arange(3.0), "head": np.ones(2, np.float32), "n": np.array([1])}
    summary = starling.export_genesis(model, str(path), private="head")
    assert list(read(path)) == ["w"] and read(path)["w"].dtype == np.float32
    assert summary.parameters == 3 and summary.bytes == 12
    lines = str(summary).splitlines()
    assert lines[0].endswith("3 parameters, 12 bytes")
    assert lines[1].split() == ["shared", "1", "w"] and lines[2].split() == ["private", "1", "head"]
    assert lines[3].split() == ["local", "1", "n"] and lines[4].split() == ["frozen", "0"]


def test_nothing_to_share_is_an_error(tmp_path):
    path = tmp_path / "genesis.safetensors"
    with pytest.raises(starling.ModelUnsupported, match="no tensor is left"):
        starling.export_genesis({"w": np.zeros(2)}, str(path), private=("*",))
    assert not path.exists()


def test_torch_tensors_keep_their_dtype(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "genesis.safetensors"
    model = torch.nn.ModuleDict({
        "a": torch.nn.Linear(2, 2).bfloat16(), "b": torch.nn.Linear(2, 2).half(),
        "norm": torch.nn.BatchNorm1d(2), "frozen": torch.nn.Linear(1, 1),
        "tied": torch.nn.Linear(2, 2)})
    model["frozen"].requires_grad_(False)
    model["tied"].weight = model["a"].weight
    summary = starling.export_genesis(
        model, str(path), private=("b.bias",), average=("*.running_var",))
    assert summary.groups.shared == [
        "a.weight", "a.bias", "b.weight", "norm.weight", "norm.bias", "norm.running_var",
        "tied.bias"]
    assert summary.groups.private == ["b.bias", "norm.running_mean"]
    assert summary.groups.local == ["norm.num_batches_tracked"]
    assert summary.groups.frozen == ["frozen.weight", "frozen.bias"]
    raw = path.read_bytes()
    assert raw.count(b'"BF16"') == 2 and raw.count(b'"F16"') == 1 and raw.count(b'"F32"') == 4
    found = read(path)
    np.testing.assert_array_equal(found["a.weight"], model["a"].weight.detach().float().numpy())
    np.testing.assert_array_equal(found["b.weight"], model["b"].weight.detach().numpy())


def test_a_federation_begins_with_it(tmp_path, daemons):
    torch = pytest.importorskip("torch")
    path = tmp_path / "genesis.safetensors"
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    starling.export_genesis(model, str(path))
    other = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    with starling.join(other, daemons(read(path)).socket):
        assert torch.equal(other[0].weight, model[0].weight)


def test_torch_float64_and_frozen_models_are_refused(tmp_path):
    torch = pytest.importorskip("torch")
    path = str(tmp_path / "genesis.safetensors")
    with pytest.raises(starling.ModelUnsupported, match="weight is torch.float64"):
        starling.export_genesis(torch.nn.Linear(2, 2).double(), path)
    with pytest.raises(starling.ModelUnsupported, match="require gradients"):
        starling.export_genesis(torch.nn.Linear(2, 2).requires_grad_(False), path)
