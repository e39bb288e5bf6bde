"""The voice's network: phoneme ids to spectral parameters of every 10 ms. Knows no sound.

Nothing in it looks beyond a row's own end: every convolution sees its input times a mask, and
normalisation is over the channels of one step. So a row is the same alone and in any batch.
Blocks are those of ConvNeXt (Liu et al. 2022, arXiv:2201.03545), in one dimension.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.features import BANDS, ORDER, PAD, TARGETS
from training.tiny_voice import SYMBOLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is built. 192 channels, 4 and 6 blocks: 2.4 M parameters, 9.6 MB."""

    channels: int = 192
    widening: int = 3
    """Channels inside a block, as a multiple."""
    encoder_dilations: tuple[int, ...] = (1, 2, 4, 8)
    """Kernels are of 5 tokens, of which every other one is a pad."""
    decoder_dilations: tuple[int, ...] = (1, 1, 3, 1, 5, 1)
    """Kernels are of 7 frames."""
    speakers: int = 3


TINY = Size(channels=32, encoder_dilations=(1, 2), decoder_dilations=(1, 2))
"""For tests of the whole chain."""


class Block(nn.Module):
    """Depthwise convolution, normalisation, two products; [N, T, C] in and out."""

    def __init__(self, channels: int, kernel: int, dilation: int, widening: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(
            *(channels, channels, kernel),
            padding=(kernel - 1) // 2 * dilation,
            dilation=dilation,
            groups=channels,
        )
        self.norm = nn.LayerNorm(channels, eps=1e-5)
        self.widen = nn.Linear(channels, widening * channels)
        self.narrow = nn.Linear(widening * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), 0.3))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`mask` is [N, T, 1]."""
        h = self.depthwise((x * mask).transpose(1, 2)).transpose(1, 2)
        h = self.narrow(functional.relu(self.widen(self.norm(h))))
        return x + self.scale * h


class Network(nn.Module):
    """Ids to durations and, given these, to targets."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        width = size.channels
        self.size = size
        self.symbols = nn.Embedding(len(SYMBOLS), width)
        self.speakers = nn.Embedding(size.speakers, width)
        self.place = nn.Linear(4, width)
        self.encoder = nn.ModuleList(
            Block(width, 5, dilation, size.widening) for dilation in size.encoder_dilations
        )
        self.duration_block = Block(width, 5, 2, size.widening)
        self.duration = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))
        self.within = nn.Linear(4, width)
        self.decoder = nn.ModuleList(
            Block(width, 7, dilation, size.widening) for dilation in size.decoder_dilations
        )
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, TARGETS))
        self.register_buffer("mean", torch.zeros(size.speakers, TARGETS))
        self.register_buffer("deviation", torch.ones(size.speakers, TARGETS))

    def encode(self, ids: Tensor, lengths: Tensor, sid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens [N, T] to states [N, T, C], log(1 + frames) [N, T] and the mask [N, T, 1]."""
        steps = torch.arange(ids.shape[1], device=ids.device).unsqueeze(0).to(torch.float32)
        total = lengths.unsqueeze(1).to(torch.float32)
        mask = (steps < total).to(torch.float32)
        left = (total - 1 - steps).clamp(min=0.0)
        # How far from either end, and where between them: intonation falls along a phrase.
        place = torch.stack(
            (
                steps / total,
                torch.log(1.0 + steps + 0 * total),
                torch.log(1.0 + left),
                torch.log(total + 0 * steps),
            ),
            dim=-1,
        )
        x = self.symbols(ids) + self.speakers(sid).unsqueeze(1) + 0.3 * self.place(place)
        mask = mask.unsqueeze(-1)
        for block in self.encoder:
            x = block(x, mask)
        # Gradients of durations shape the encoder little: they are few and noisy.
        h = self.duration_block(x if not self.training else 0.3 * x + 0.7 * x.detach(), mask)
        spoken = (ids != PAD).to(torch.float32) * mask.squeeze(-1)
        return x, self.duration(h).squeeze(-1) * spoken, mask

    def decode(
        self, x: Tensor, durations: Tensor, sid: Tensor, frames: int | Tensor, stretch: Tensor
    ) -> tuple[Tensor, Tensor]:
        """States of tokens to normalised targets [N, frames, TARGETS] and the frames' mask.

        Args:
            x: [N, T, C].
            durations: Whole frames of each token, [N, T].
            sid: Speakers, [N].
            frames: Of the longest row.
            stretch: Length scales, [N, 1]: slow speech is read as if it were of usual speed, or
                lengths would be outside of what was trained.
        """
        ends = durations.cumsum(1)
        time = torch.arange(frames, device=x.device)
        index = (ends.unsqueeze(1) <= time.view(1, -1, 1)).sum(2)
        inside = (time.unsqueeze(0) < ends[:, -1:]).to(torch.float32).unsqueeze(-1)
        index = index.clamp(max=x.shape[1] - 1)
        flat = index + torch.arange(x.shape[0], device=x.device).unsqueeze(1) * x.shape[1]
        length = durations.reshape(-1)[flat].to(torch.float32) / stretch
        end = ends.reshape(-1)[flat].to(torch.float32)
        to_end = (end - time.unsqueeze(0)) / stretch
        part = to_end / length.clamp(min=0.25)
        within = torch.stack(
            (part, (part - 0.5).abs(), torch.log(1.0 + length), 1.0 / to_end.clamp(min=1.0)), dim=-1
        )
        h = x.reshape(-1, x.shape[2])[flat] + 0.5 * self.within(within)
        h = h + self.speakers(sid).unsqueeze(1)
        for block in self.decoder:
            h = block(h, inside)
        return self.out(h) * inside, inside

    def denormalised(self, values: Tensor, sid: Tensor) -> Tensor:
        """Targets in their own units."""
        return values * self.deviation[sid].unsqueeze(1) + self.mean[sid].unsqueeze(1)

    def log_f0(self, values: Tensor, sid: Tensor) -> Tensor:
        """Logarithm of F0 in hertz, [N, frames, 1], out of normalised targets, in 64 bits.

        The phase of every later pulse hangs on it. Added up in 32 bits its last bit is a share of
        5e-7: a row of 16 differed by one in one frame, and its wave by 0.00018 from there on.
        """
        here = slice(ORDER + 1, ORDER + 2)
        away = values[:, :, here] * self.deviation[sid, here].unsqueeze(1)
        return away.to(torch.float64) + self.mean[sid, here].unsqueeze(1).to(torch.float64)


def loss_weights() -> Tensor:
    """Weight of each target's normalised L1: F0 and voicing are one number each but matter more.

    Cepstra weigh as their deviation to the power 0.5 would have it: in between the log spectral
    distance, where high orders vanish, and equal weights, where they would rule.
    """
    weights = torch.ones(TARGETS)
    weights[ORDER + 1] = 6.0
    weights[ORDER + 2] = 6.0
    weights[TARGETS - BANDS :] = 0.5
    return weights
