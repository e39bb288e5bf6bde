"""The starter voice's network in torch, for inference: phoneme ids to durations, and to samples.

It computes what `training/model.py`, `training/sound.py` and `training/voice.py` define, from the
same weights, in two steps with whole numbers of frames between them:

    encode   ids -> states of every id, and the frame at which each ends
    speak    states and ends -> int16 samples, for as many frames as the caller has room for

Three things are written otherwise than where the voice is trained, and none changes the result by
more than rounding. Fourier transforms are Fourier transforms (there they are products, which is
what ONNX has): the frame is transformed from its first sample on instead of from its middle, the
stored spectra of the noise are turned to match, and the response then begins where it is added. The
frame's token is found by bisection. Factors that only scale a product are part of its matrix.

Precision: a lower one is for the decoder alone, which has most of the arithmetic. Durations are
whole numbers, so they come from single precision always, and a phrase has the same frames in every
precision; F0 is summed in double precision, as in training, since the phase of every later pulse
hangs on it; spectra span more than half precision holds.

No step waits for the device, no shape depends on a value: both steps can be captured as CUDA
graphs. Rows are independent of each other and of padding, as the ONNX graph's are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from speech.engines.starter_weights import (
    BANDS,
    BINS,
    HOP,
    NOISE_ROWS,
    ORDER,
    WANDERS,
    BlockWeights,
    StarterWeights,
)

POINTS = 1_024
# What follows are the constants of training/voice.py and training/sound.py, by the same names.
LONGEST, SPOKEN, HURRY, FADE = 80.0, 1.5, 0.12, 3
TOP, LOWEST, HIGHEST, CEILING, WOBBLE = 11_500.0, 50.0, 500.0, 0.68, 0.04
PAD = 0
"""Id between any two phonemes, which is never heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A block's tensors; matrices are [outputs, inputs], `narrow` holds the block's scale."""

    kernel: Tensor
    kernel_bias: Tensor
    dilation: int
    norm: Tensor
    norm_bias: Tensor
    widen: Tensor
    widen_bias: Tensor
    narrow: Tensor
    narrow_bias: Tensor

    def __call__(self, x: Tensor, mask: Tensor) -> Tensor:
        """[N, T, C] in and out; `mask` is [N, T, 1]."""
        channels, _, steps = self.kernel.shape
        h = functional.conv1d(
            (x * mask).transpose(1, 2),
            self.kernel,
            self.kernel_bias,
            padding=(steps - 1) // 2 * self.dilation,
            dilation=self.dilation,
            groups=channels,
        ).transpose(1, 2)
        h = functional.layer_norm(h, (channels,), self.norm, self.norm_bias, 1e-5)
        h = functional.relu(functional.linear(h, self.widen, self.widen_bias))
        return x + functional.linear(h, self.narrow, self.narrow_bias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """Who speaks rows, and how."""

    sid: Tensor
    """Speakers, int64 [N]."""
    seeds: Tensor
    """Whole numbers, int64 [N]."""
    scales: Tensor
    """float32 [N, 3]: noise, length, noise_w."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """What `encode` says of rows."""

    states: Tensor
    """[N, T, C]."""
    ends: Tensor
    """First frame behind each id, int64 [N, T]; the last is the row's number of frames."""


class StarterNetwork:
    """A voice's tensors on a device, and the two steps.

    Args:
        weights: Of the voice.
        device: Where it computes.
        precision: Of the decoder: a torch dtype.
    """

    def __init__(self, weights: StarterWeights, device: Any, precision: Any) -> None:
        self._device = device
        self._precision = precision
        rest = {name: self._tensor(value) for name, value in weights.rest.items()}
        self._rest = rest
        self.channels = weights.channels
        self._encoder = [self._block(block, torch.float32) for block in weights.encoder]
        self._duration_block = self._block(weights.duration_block, torch.float32)
        self._decoder = [self._block(block, precision) for block in weights.decoder]
        self._place = 0.3 * rest["network.place.weight"].t().contiguous()
        self._place_bias = 0.3 * rest["network.place.bias"]
        self._within = 0.5 * rest["network.within.weight"].t().contiguous()
        self._within_bias = 0.5 * rest["network.within.bias"]
        self._duration = rest["network.duration.1.weight"].t().contiguous()
        self._out = rest["network.out.1.weight"].t().contiguous()
        noise = weights.rest["sound.noise_real"] + 1j * weights.rest["sound.noise_imaginary"]
        turn = np.exp(-2j * np.pi * HOP * np.arange(BINS) / POINTS)
        self._noise = torch.tensor((noise * turn).astype(np.complex64), device=device)

    def _tensor(self, value: Any) -> Tensor:
        return torch.tensor(value, device=self._device, dtype=torch.float32)

    def _block(self, block: BlockWeights, precision: Any) -> _Block:
        narrow, narrow_bias = block.narrow * block.scale, block.narrow_bias * block.scale
        return _Block(
            kernel=self._tensor(block.kernel).to(precision),
            kernel_bias=self._tensor(block.kernel_bias).to(precision),
            dilation=block.dilation,
            norm=self._tensor(block.norm).to(precision),
            norm_bias=self._tensor(block.norm_bias).to(precision),
            widen=self._tensor(block.widen.T.copy()).to(precision),
            widen_bias=self._tensor(block.widen_bias).to(precision),
            narrow=self._tensor(narrow.T.copy()).to(precision),
            narrow_bias=self._tensor(narrow_bias).to(precision),
        )

    def encode(self, ids: Tensor, lengths: Tensor, manner: Manner) -> Encoded:
        """Ids to states and durations.

        Args:
            ids: int64 [N, T].
            lengths: Ids of each row, int64 [N], at least 1.
            manner: Of each row.
        """
        rest = self._rest
        sid, scales = manner.sid, manner.scales
        steps = torch.arange(ids.shape[1], device=ids.device)
        here = steps.to(torch.float32).unsqueeze(0)
        total = lengths.unsqueeze(1).to(torch.float32)
        mask = (here < total).to(torch.float32).unsqueeze(-1)
        left = (total - 1 - here).clamp(min=0.0)
        place = torch.stack(
            (
                here / total,
                torch.log(1.0 + here).expand_as(left),
                torch.log(1.0 + left),
                torch.log(total).expand_as(left),
            ),
            dim=-1,
        )
        x = rest["network.symbols.weight"][ids]
        x = x + rest["network.speakers.weight"][sid].unsqueeze(1)
        x = x + functional.linear(place, self._place, self._place_bias)
        for block in self._encoder:
            x = block(x, mask)
        h = self._duration_block(x, mask)
        h = self._normalised(h, "network.duration.0")
        spoken = (ids != PAD).to(torch.float32) * mask.squeeze(-1)
        guess = functional.linear(h, self._duration, rest["network.duration.1.bias"]).squeeze(-1)
        usual = (torch.exp(guess * spoken) - 1.0).clamp(0.0, LONGEST) * rest["pace"][sid][:, None]
        hurry = torch.exp(HURRY * scales[:, 2:3] * self._wandering(manner.seeds, steps, 1))
        frames = torch.round(usual * hurry * scales[:, 1:2])
        frames = torch.maximum(frames, (usual > SPOKEN).to(torch.float32))
        # Even a row without a sound is one frame long.
        frames = torch.maximum(frames, (here == 0).to(torch.float32))
        return Encoded(states=x, ends=frames.to(torch.int64).cumsum(1))

    def speak(
        self,
        states: Tensor,
        rows: Tensor,
        ends: Tensor,
        manner: Manner,
        frames: int,
    ) -> tuple[Tensor, Tensor]:
        """States to samples.

        Args:
            states: Of all rows there are, [R, T, C].
            rows: Which of these rows are to be spoken, int64 [N].
            ends: Of the rows to be spoken, [N, T]; behind a row's last id its end is repeated.
            manner: Of these.
            frames: Room for the longest.

        Returns:
            Samples, int16 [N, frames * HOP], zero behind a row's end; and whether all of a row's
            are numbers, bool [N].
        """
        rest, sid = self._rest, manner.sid
        time = torch.arange(frames, device=ends.device)
        total = ends[:, -1:]
        asked = time.repeat(len(rows), 1)
        inside = (asked < total).to(torch.float32).unsqueeze(-1)
        x = self._frames(states, rows, ends, asked, manner)
        x, half = x.to(self._precision), inside.to(self._precision)
        for block in self._decoder:
            x = block(x, half)
        x = self._normalised(x.to(torch.float32), "network.out.0")
        x = functional.linear(x, self._out, rest["network.out.1.bias"]) * inside
        values = x * rest["spread"][sid].unsqueeze(1)
        deviation, mean = rest["network.deviation"][sid], rest["network.mean"][sid]
        targets = values * deviation.unsqueeze(1) + mean.unsqueeze(1)
        away = values[:, :, ORDER + 1] * deviation[:, ORDER + 1 : ORDER + 2]
        log_f0 = away.to(torch.float64) + mean[:, ORDER + 1 : ORDER + 2].to(torch.float64)
        swing = WOBBLE * manner.scales[:, :1] * self._wandering(manner.seeds, time, 0)
        f0 = torch.exp(log_f0 + swing.to(torch.float64)).to(torch.float32).clamp(LOWEST, HIGHEST)
        edge = torch.minimum(asked, total - 1 - asked).to(torch.float32).clamp(0.0, FADE) / FADE
        pulses = self._pulses(f0.unsqueeze(-1), inside)
        noise = torch.remainder(time.unsqueeze(0) + manner.seeds.unsqueeze(1), NOISE_ROWS)
        wave = self._sound(targets, pulses, self._noise[noise], edge.unsqueeze(-1), sid)
        return self._limited(wave * (inside * rest["sound.gain"][sid].view(-1, 1, 1)))

    def _frames(
        self, states: Tensor, rows: Tensor, ends: Tensor, asked: Tensor, manner: Manner
    ) -> Tensor:
        """Decoder's input [N, F, C]: each frame gets the state of its id."""
        tokens, stretch = ends.shape[1], manner.scales[:, 1:2]
        index = torch.searchsorted(ends, asked, right=True).clamp(max=tokens - 1)
        end = ends.gather(1, index)
        begin = functional.pad(ends, (1, 0)).gather(1, index)
        length = (end - begin).to(torch.float32) / stretch
        to_end = (end - asked).to(torch.float32) / stretch
        part = to_end / length.clamp(min=0.25)
        within = torch.stack(
            (part, (part - 0.5).abs(), torch.log(1.0 + length), 1.0 / to_end.clamp(min=1.0)), dim=-1
        )
        x = states.view(-1, self.channels)[rows.unsqueeze(1) * tokens + index]
        x = x + functional.linear(within, self._within, self._within_bias)
        return x + self._rest["network.speakers.weight"][manner.sid].unsqueeze(1)

    def _sound(
        self, targets: Tensor, pulses: Tensor, noise: Tensor, edge: Tensor, sid: Tensor
    ) -> Tensor:
        """Waveform in frames, [N, F, HOP], before the voice's gain; see `training/sound.py`."""
        rest = self._rest
        voicing = targets[:, :, ORDER + 2 : ORDER + 3].clamp(0.0, 1.0)
        strengths = targets[:, :, -BANDS:].clamp(0.0, 1.0) * rest["sound.strength"][sid][:, None]
        share = torch.matmul(strengths * voicing, rest["sound.bands"]) * edge
        hiss = edge * rest["sound.low_cut"] * (1.0 - share)
        source = torch.fft.rfft(pulses, n=POINTS) * share + noise * hiss
        cepstra = targets[:, :, : ORDER + 1]
        size = torch.exp(torch.matmul(cepstra, rest["sound.magnitude"]).clamp(max=14.0))
        turn = torch.matmul(cepstra, rest["sound.phase"])
        response = torch.fft.irfft(source * torch.polar(size, turn), n=POINTS)
        count, frames, _ = response.shape
        # One frame more than there are: the first half frame belongs to time before the row.
        total = response.new_zeros((count, frames + 5, HOP))
        for part in range(5):
            piece = response[:, :, part * HOP : (part + 1) * HOP]
            total[:, part : part + frames, : piece.shape[2]].add_(piece)
        flat = total.flatten(1)[:, HOP // 2 : HOP // 2 + frames * HOP]
        return flat.view(count, frames, HOP)

    def _pulses(self, f0: Tensor, inside: Tensor) -> Tensor:
        """Windowed pulses, [N, F, 2 * HOP], of F0 [N, F, 1] in hertz; see `training/sound.py`."""
        around = functional.pad(f0 * inside, (0, 0, 1, 1))
        near = torch.cat((around[:, :-2], around[:, 1:-1], around[:, 2:]), dim=2)
        within = torch.matmul(near, self._rest["sound.glide"])
        last = within[:, :, -1].to(torch.float64)
        begins = last.cumsum(1) - last
        begins = (begins - torch.floor(begins)).to(torch.float32)
        turns = begins.unsqueeze(2) + within
        turns = turns - torch.floor(turns + 0.5)
        count = torch.floor(TOP / f0)
        below = torch.sin(np.pi * turns)
        close = below.abs() < 1e-4
        # Not `where` with a number: that copies it to the device, which no capture allows.
        kernel = torch.sin(2 * np.pi * (count + 0.5) * turns) / (2 * below).masked_fill(close, 1.0)
        kernel = torch.where(close, count + 0.5, kernel) - 0.5
        wave = (kernel * torch.sqrt(2.0 / count)).flatten(1)
        flat = functional.pad(wave, (HOP // 2, HOP // 2))
        return flat.unfold(1, 2 * HOP, HOP) * self._rest["sound.window"]

    def _limited(self, blocks: Tensor) -> tuple[Tensor, Tensor]:
        """Turned down where it would exceed CEILING, as int16; see `training/sound.py`."""
        peaks = blocks.abs().amax(2)
        gain = CEILING / peaks.clamp(min=CEILING).unsqueeze(1)
        least = -functional.max_pool1d(functional.pad(-gain, (4, 4), value=-1.0), 5, 1)
        mean = (least[:, :, :-2] + least[:, :, 1:-1] + least[:, :, 2:]) / 3
        border = 0.5 * (mean[:, 0, 1:] + mean[:, 0, :-1]).unsqueeze(2)
        turned = border[:, :-1] + (border[:, 1:] - border[:, :-1]) * self._rest["sound.ramp"]
        samples = torch.round(blocks * turned * 32_767.0).clamp(-32_768, 32_767)
        return samples.to(torch.int16).flatten(1), torch.isfinite(peaks.amax(1))

    def _wandering(self, seeds: Tensor, places: Tensor, stream: int) -> Tensor:
        """Slow noise of deviation 1 by seed and place, [N, T]; see `training/sound.py`."""
        one, other = WANDERS
        rest = torch.remainder(seeds, one)
        begin = (rest + 389 * stream).unsqueeze(1)
        shift = torch.floor_divide(seeds - rest, one)
        shift = (torch.remainder(shift, other) + 211 * stream).unsqueeze(1)
        return (
            self._rest["sound.wander"][torch.remainder(places.unsqueeze(0) + begin, one)]
            + self._rest["sound.other_wander"][torch.remainder(places.unsqueeze(0) + shift, other)]
        )

    def _normalised(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self._rest[f"{name}.weight"], self._rest[f"{name}.bias"]
        return functional.layer_norm(x, (self.channels,), weight, bias, 1e-5)
