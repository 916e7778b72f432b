"""The optimizers of a run: Muon for matrices, AdamW for everything else."""

from __future__ import annotations

import torch
from torch import nn

from .recipe import Recipe


class Optimizers:
    """Muon for matrices (1x1 convolutions are matrices), AdamW for all the rest.

    torch's Muon takes two-dimensional parameters, so it works on views that share the weights' storage.
    """

    def __init__(self, model: nn.Module, recipe: Recipe) -> None:
        self.pairs: list[tuple[nn.Parameter, nn.Parameter]] = []
        decayed, squeeze, free = [], [], []
        for name, parameter in model.named_parameters():
            matrix = parameter.ndim == 4 and parameter.shape[2:] == (1, 1)
            if "fc" in name:
                squeeze.append(parameter)
            elif recipe.muon and matrix:
                self.pairs.append((parameter, nn.Parameter(parameter.detach().view(parameter.shape[:2]))))
            else:
                (decayed if parameter.ndim > 1 else free).append(parameter)
        groups = [
            {"params": decayed, "weight_decay": recipe.weight_decay},
            {"params": squeeze, "weight_decay": recipe.weight_decay, "share": recipe.squeeze_rate},
            {"params": free, "weight_decay": 0.0},
        ]
        self.all: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)]
        if self.pairs:
            views = [view for _, view in self.pairs]
            settings = {"weight_decay": recipe.weight_decay, "adjust_lr_fn": "match_rms_adamw"}
            self.all.append(torch.optim.Muon(views, lr=recipe.learning_rate, **settings))

    def step(self, learning_rate: float) -> None:
        for parameter, view in self.pairs:
            view.grad = parameter.grad.view(view.shape)
        for optimizer in self.all:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * group.get("share", 1)
            optimizer.step()

    def state_dict(self) -> list[dict]:
        return [optimizer.state_dict() for optimizer in self.all]

    def load_state_dict(self, states: list[dict]) -> None:
        for optimizer, state in zip(self.all, states, strict=True):
            optimizer.load_state_dict(state)
