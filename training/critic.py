"""Tells predicted cepstra from a teacher's, and so teaches the network not to blur them.

Absolute errors alone are least for the middle of all that may follow, which is smoother than
speech. Least squares GAN (Mao et al. 2017, arXiv:1611.04076) on parameters instead of sound (Saito
et al. 2018, arXiv:1709.08041): no waveform is made, so a step costs a third more, not ten times.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.features import ORDER

SHARE = 0.4
"""Of the gradient of the errors, at the network's output, that the critic's gradient gets."""


class Critic(nn.Module):
    """Normalised cepstra to one opinion per frame, which sees 150 ms to either side."""

    def __init__(self, speakers: int, channels: int = 96) -> None:
        super().__init__()
        self.speakers = nn.Embedding(speakers, channels)
        self.enter = nn.Conv1d(ORDER + 1, channels, 3, padding=1)
        self.layers = nn.ModuleList(
            nn.Conv1d(channels, channels, 5, padding=2 * dilation, dilation=dilation)
            for dilation in (1, 2, 4)
        )
        self.judge = nn.Conv1d(channels, 1, 3, padding=1)

    def forward(self, cepstra: Tensor, sid: Tensor) -> Tensor:
        """[N, frames, ORDER + 1] to [N, frames]; 1 for a teacher's, 0 for predicted ones."""
        x = self.enter(cepstra.transpose(1, 2)) + self.speakers(sid).unsqueeze(2)
        for layer in self.layers:
            x = x + layer(functional.leaky_relu(x, 0.1))
        return self.judge(functional.leaky_relu(x, 0.1)).squeeze(1).float()


def critic_loss(critic: Critic, guess: Tensor, goal: Tensor, sid: Tensor, mask: Tensor) -> Tensor:
    """How badly the critic tells them apart: 0.5 for blind guessing."""
    wrong = (critic(goal, sid) - 1) ** 2 + critic(guess.detach(), sid) ** 2
    return (wrong * mask).sum() / mask.sum()


def pull(critic: Critic, error: Tensor, guess: Tensor, sid: Tensor, mask: Tensor) -> Tensor:
    """What to add to `error`, the loss of the same `guess`, so that the critic has its share."""
    cepstra = guess[:, :, : ORDER + 1] * mask.unsqueeze(-1)
    blame = (((critic(cepstra, sid) - 1) ** 2) * mask).sum() / mask.sum()
    (ours,) = torch.autograd.grad(error, guess, retain_graph=True)
    (its,) = torch.autograd.grad(blame, guess, retain_graph=True)
    return SHARE * ours.norm() / (its.norm() + 1e-8) * blame
