"""A small convolutional net on digits: an ordinary training script."""

import argparse

import torch
from torch import nn

import digits_data


def build() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 2 * 2, 10))


def accuracy(model: nn.Module) -> float:
    images, labels = (torch.from_numpy(array) for array in digits_data.test())
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--site", type=int)
    options.add_argument("--epochs", type=int, default=150)
    given = options.parse_args()
    images, labels = (torch.from_numpy(array) for array in digits_data.part(given.site))
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    for epoch in range(given.epochs):
        for rows in torch.randperm(len(labels)).split(32):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
    print(f"accuracy {accuracy(model):.4f}")


if __name__ == "__main__":
    main()
