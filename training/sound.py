"""Spectral parameters to sound: a source and a filter, inside the graph. Learns nothing.

    excitation   a band-limited pulse train, sum of cos(k phase) up to 11.5 kHz, and fixed noise
    mixture      P = voicing * strength of the band; pulses times P plus noise times 1 - P,
                 as flite's mixed excitation has it
    filter       H = exp(sum of c_m exp(-j m w~)), w~ the warped frequency: the minimum-phase filter
                 that a mel-cepstrum stands for, and that the teachers' MLSA filter approximates
                 (Imai 1983; Tokuda et al., ICSLP 1994)

Each frame windows 20 ms of pulses (Hann, which sums to one at a hop of 10 ms), filters them in the
frequency domain (1,024 points: responses up to 22 ms do not wrap) and adds the result where it
belongs. Fourier transforms are products with cosine and sine bases; folding the input around the
middle of the window, and unfolding the output, makes each product a quarter of the dense one.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.features import BANDS, HOP, ORDER, SAMPLE_RATE, WARP
from training.teach_flite import BAND_CENTRES
from training.tracks import cosines, warped

Doubles = npt.NDArray[np.float64]

POINTS = 1_024
BINS = POINTS // 2 + 1
TOP = 11_500.0
"""Hertz up to which pulses have harmonics."""
LOWEST, HIGHEST = 50.0, 500.0
"""Hertz that F0 is held to."""
NOISE_ROWS = 137
"""Blocks of noise before it repeats: 1.37 s. A prime, as is the stride, so that all are used."""
NOISE_STRIDE = 37
CEILING = 0.68
"""Of full scale, what no sample exceeds: -3.3 dB. Peaks between samples are up to 1.9 dB higher."""
WOBBLE = 0.04
"""Deviation of F0's slow wandering at noise_scale 1, as a share: two thirds of a semitone."""
WANDERS = (1_021, 1_019)
"""Lengths of the two tables whose sum is a wandering. Primes: over a million seeds differ."""


class Sound(nn.Module):
    """Targets in their own units to a waveform."""

    def __init__(self, speakers: int, seed: int = 7) -> None:
        super().__init__()
        rng = np.random.default_rng(seed)
        half = HOP
        angle = 2 * np.pi * np.arange(BINS) / POINTS
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2 * HOP) / (2 * HOP))
        steps = np.arange(half)
        frequencies = np.arange(BINS) * SAMPLE_RATE / POINTS
        sines = np.sin(np.outer(warped(frequencies, WARP), np.arange(ORDER + 1)))
        both = np.where((np.arange(BINS) == 0) | (np.arange(BINS) == BINS - 1), 1.0, 2.0) / POINTS
        out = np.outer(angle, np.arange(BINS))
        self._constant("window", window)
        self._constant("forward_cos", np.cos(np.outer(steps, angle)))
        self._constant("forward_sin", -np.sin(np.outer(steps, angle)))
        self._constant("inverse_cos", np.cos(out) * both[:, None])
        self._constant("inverse_sin", -np.sin(out) * both[:, None])
        self._constant("magnitude", cosines(frequencies, ORDER, WARP).T)
        self._constant("phase", -sines.T)
        self._constant("bands", _band_weights(frequencies))
        # Nothing below 35 Hz: no DC, and no rumble from a cepstrum's error.
        self._constant("low_cut", 1 / (1 + (35.0 / np.maximum(frequencies, 1e-3)) ** 4))
        self._constant("glide", _glide())
        self._constant("ramp", (np.arange(HOP) + 0.5) / HOP)
        noise = rng.standard_normal((NOISE_ROWS, HOP))
        order = (np.arange(NOISE_ROWS) * NOISE_STRIDE) % NOISE_ROWS
        blocks = noise[order]
        frames = np.concatenate((blocks, np.roll(blocks, -1, axis=0)), axis=1) * window
        spectrum = np.fft.rfft(np.roll(np.pad(frames, ((0, 0), (0, POINTS - 2 * HOP))), -HOP, 1))
        self._constant("noise_real", spectrum.real)
        self._constant("noise_imaginary", spectrum.imag)
        # Slow: 0.3 s of frames, or some fifteen phonemes, from swing to swing. The ends meet.
        for name, length in zip(("wander", "other_wander"), WANDERS, strict=True):
            swings = np.convolve(np.tile(rng.standard_normal(length), 3), np.hanning(30), "same")
            middle = swings[length : 2 * length]
            self._constant(name, middle / middle.std() / np.sqrt(len(WANDERS)))
        self.register_buffer("gain", torch.ones(speakers))
        self.register_buffer("strength", torch.ones(speakers, BANDS))

    def _constant(self, name: str, values: Doubles) -> None:
        self.register_buffer(name, torch.tensor(np.ascontiguousarray(values), dtype=torch.float32))

    def forward(
        self,
        targets: Tensor,
        inside: Tensor,
        edge: Tensor,
        *,
        log_f0: Tensor,
        sid: Tensor,
        noise: Tensor,
        seeds: Tensor,
    ) -> Tensor:
        """Waveform [N, frames * HOP].

        Args:
            targets: [N, frames, TARGETS]; their F0 is not read.
            inside: Mask of the frames, [N, frames, 1].
            edge: Loudness of the frames from 0 to 1, [N, frames, 1].
            log_f0: Of hertz, [N, frames, 1], in 64 bits: see `Network.log_f0`.
            sid: Speakers, [N].
            noise: Piper's noise_scale of each row, [N].
            seeds: Whole numbers, [N].
        """
        time = torch.arange(targets.shape[1], device=targets.device)
        row = torch.remainder(time.unsqueeze(0) + seeds.unsqueeze(1), NOISE_ROWS)
        cepstra = targets[:, :, : ORDER + 1]
        swing = WOBBLE * noise.view(-1, 1, 1) * self.wandering(seeds, time, 0).unsqueeze(2)
        f0 = torch.exp(log_f0 + swing.to(torch.float64)).to(torch.float32).clamp(LOWEST, HIGHEST)
        voicing = targets[:, :, ORDER + 2 : ORDER + 3].clamp(0.0, 1.0)
        strengths = targets[:, :, ORDER + 3 :].clamp(0.0, 1.0) * self.strength[sid].unsqueeze(1)
        pulses = torch.matmul(strengths * voicing, self.bands) * edge

        real, imaginary = self._pulses(f0 * inside, f0)
        mask = inside * edge * self.low_cut
        hiss = mask - pulses * mask
        real = real * pulses + self.noise_real[row] * hiss
        imaginary = imaginary * pulses + self.noise_imaginary[row] * hiss
        size = torch.exp(torch.matmul(cepstra, self.magnitude).clamp(max=14.0))
        turn = torch.matmul(cepstra, self.phase)
        cos, sin = size * torch.cos(turn), size * torch.sin(turn)
        wave = self._overlapped(real * cos - imaginary * sin, real * sin + imaginary * cos)
        return self._limited(wave * self.gain[sid].unsqueeze(1), inside)

    def wandering(self, seeds: Tensor, places: Tensor, stream: int) -> Tensor:
        """Slow noise of deviation 1 that depends on a row's seed and the place alone.

        Args:
            seeds: Whole numbers, [N].
            places: Frames or tokens, [T].
            stream: What it is for: another wandering for another number.

        Returns:
            [N, T].
        """
        one, other = WANDERS
        begin = (torch.remainder(seeds, one) + 389 * stream).unsqueeze(1)
        shift = torch.floor_divide(seeds - torch.remainder(seeds, one), one)
        shift = (torch.remainder(shift, other) + 211 * stream).unsqueeze(1)
        return (
            self.wander[torch.remainder(places.unsqueeze(0) + begin, one)]
            + self.other_wander[torch.remainder(places.unsqueeze(0) + shift, other)]
        )

    def _limited(self, wave: Tensor, inside: Tensor) -> Tensor:
        """Turned down where it would exceed CEILING, over 50 ms before and behind the peak.

        A gain, not a bend: at -16 LUFS 2 to 6 % of the frames of slt and rms exceed it, by 4 dB at
        most, and bending these samples instead cost rms 12 points of word error.
        """
        blocks = wave.view(wave.shape[0], -1, HOP) * inside
        gain = CEILING / blocks.abs().amax(2).clamp(min=CEILING).unsqueeze(1)
        # The least of five frames, then the mean of three: no frame gets more than its own gain,
        # and at neither side of its border more than what its neighbour gets.
        least = -functional.max_pool1d(functional.pad(-gain, (4, 4), value=-1.0), 5, 1)
        mean = (least[:, :, :-2] + least[:, :, 1:-1] + least[:, :, 2:]) / 3
        border = 0.5 * (mean[:, 0, 1:] + mean[:, 0, :-1]).unsqueeze(2)
        turned = border[:, :-1] + (border[:, 1:] - border[:, :-1]) * self.ramp
        return (blocks * turned).flatten(1)

    def _pulses(self, f0: Tensor, unmasked: Tensor) -> tuple[Tensor, Tensor]:
        """Spectra of windowed pulses, real and imaginary, [N, frames, BINS]; f0 is 0 outside."""
        around = functional.pad(f0, (0, 0, 1, 1))
        near = torch.cat((around[:, :-2], f0, around[:, 2:]), dim=2)
        within = torch.matmul(near, self.glide)
        # Whole turns do not matter, and in 32 bits they would cost precision: 0.04 % of a turn
        # after 30 s. Fractions are summed in 64 bits.
        last = within[:, :, -1].to(torch.float64)
        begins = last.cumsum(1) - last
        begins = (begins - torch.floor(begins)).to(torch.float32)
        turns = begins.unsqueeze(2) + within
        turns = turns - torch.floor(turns + 0.5)
        count = torch.floor(TOP / unmasked)
        # Dirichlet's kernel: the sum over k = 1..K of cos(k x) is
        # sin((K + 1/2) x) / (2 sin(x / 2)) - 1/2.
        below = torch.sin(np.pi * turns)
        close = below.abs() < 1e-4
        kernel = torch.sin(2 * np.pi * (count + 0.5) * turns) / torch.where(
            close, torch.ones_like(below), 2 * below
        )
        kernel = torch.where(close, count + 0.5 + torch.zeros_like(below), kernel) - 0.5
        wave = kernel * torch.sqrt(2.0 / count)
        flat = functional.pad(wave.flatten(1), (HOP // 2, HOP // 2))
        blocks = flat.view(flat.shape[0], -1, HOP)
        frames = torch.cat((blocks[:, :-1], blocks[:, 1:]), dim=2) * self.window
        # The window's middle is time 0; its first sample is zero, so 1..479 are symmetric.
        right, left = frames[:, :, HOP:], frames[:, :, :HOP]
        mirrored = functional.pad(left[:, :, 1:].flip(2), (1, 0))
        return (
            torch.matmul(right + mirrored, self.forward_cos),
            torch.matmul(right - mirrored, self.forward_sin),
        )

    def _overlapped(self, real: Tensor, imaginary: Tensor) -> Tensor:
        even = torch.matmul(real, self.inverse_cos)
        odd = torch.matmul(imaginary, self.inverse_sin)
        ahead, behind = even + odd, (even - odd).flip(2)
        # `behind` runs from time -512 to 0, `ahead` from 0 to 512; the response is read from -240
        # on, and times past 512 have wrapped to the far end of `behind`.
        frame = torch.cat(
            (behind[:, :, 512 - HOP : 512], ahead, behind[:, :, 1 : 512 - HOP]), dim=2
        )
        frame = functional.pad(frame, (0, 5 * HOP - POINTS))
        count = frame.shape[1]
        total = functional.pad(frame[:, :, :HOP], (0, 0, 0, 1))
        for part in range(1, 5):
            piece = frame[:, :, part * HOP : (part + 1) * HOP]
            shifted = functional.pad(piece, (0, 0, part, 1))[:, : count + 1]
            total = total + shifted
        flat = total.flatten(1)
        return flat[:, HOP // 2 : -(HOP // 2)]


def _band_weights(frequencies: Doubles) -> Doubles:
    """Matrix [BANDS, bins]: straight lines between the bands' centres."""
    rows = [np.interp(frequencies, BAND_CENTRES, np.eye(BANDS)[band]) for band in range(BANDS)]
    return np.array(rows)


def _glide() -> Doubles:
    """Matrix [3, HOP]: turns so far in a frame, from F0 of the frame before, this and the next.

    F0 stands at the middle of its frame and runs straight from middle to middle.
    """
    place = (np.arange(HOP) + 0.5) / HOP - 0.5
    before, after = np.maximum(-place, 0), np.maximum(place, 0)
    weights = np.stack((before, 1 - before - after, after))
    return np.asarray(np.cumsum(weights, axis=1) / SAMPLE_RATE)
