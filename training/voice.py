"""Network and sound as one module with Piper's inputs: what is exported."""

from pathlib import Path

import torch
from torch import Tensor, nn

from training.features import TARGETS
from training.model import Network, Size
from training.sound import Sound

LONGEST = 80.0
"""Frames of one token at length_scale 1: no phoneme or pause lasts longer than 0.8 s."""
SPOKEN = 1.5
"""Frames at length_scale 1 from which on a phoneme keeps at least one frame at any speed."""
HURRY = 0.12
"""Deviation of the durations' wandering at noise_w 1, as a share."""
FADE = 3
"""Frames at either end over which a row rises from silence and falls back to it."""


class Voice(nn.Module):
    """Ids, their counts, scales and speakers to waveform and frames per id."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        speakers = network.size.speakers
        self.network = network
        self.sound = Sound(speakers)
        self.register_buffer("pace", torch.ones(speakers))
        self.register_buffer("spread", torch.ones(speakers, TARGETS))

    def forward(
        self, ids: Tensor, lengths: Tensor, scales: Tensor, sid: Tensor, seed: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Speak.

        Args:
            ids: Piper's `input`, [N, T].
            lengths: `input_lengths`, [N].
            scales: [3], or [N, 3] for each row its own: noise, length, noise_w.
            sid: Speakers, [N].
            seed: Any whole numbers, [N], or [1] for all rows: which wandering of pitch and lengths
                and which noise is heard. The same, and the same place in the text, sounds the same.

        Returns:
            Waveform [N, 1, samples] and frames of each id, [N, T], as floats.
        """
        rows = scales.reshape(-1, 3) + torch.zeros_like(lengths).unsqueeze(1).to(torch.float32)
        stretch = rows[:, 1:2]
        states, log_frames, _ = self.network.encode(ids, lengths, sid)
        seeds = seed.reshape(-1) + torch.zeros_like(lengths)
        place = torch.arange(ids.shape[1], device=ids.device)
        hurry = torch.exp(HURRY * rows[:, 2:3] * self.sound.wandering(seeds, place, 1))
        usual = (torch.exp(log_frames) - 1.0).clamp(0.0, LONGEST) * self.pace[sid].unsqueeze(1)
        frames = torch.round(usual * hurry * stretch)
        frames = torch.maximum(frames, (usual > SPOKEN).to(torch.float32))
        # Even a row without a sound is one frame long.
        first = (torch.arange(ids.shape[1], device=ids.device) == 0).to(torch.float32)
        frames = torch.maximum(frames, first.unsqueeze(0))
        whole = frames.to(torch.int64)
        total = whole.sum(1)
        values, inside = self.network.decode(states, whole, sid, total.max(), stretch)
        values = values * self.spread[sid].unsqueeze(1)
        targets = self.network.denormalised(values, sid)
        steps = torch.arange(targets.shape[1], device=ids.device).unsqueeze(0).to(torch.float32)
        left = total.unsqueeze(1).to(torch.float32) - steps
        edge = torch.minimum(steps, left - 1.0).clamp(0.0, FADE) / FADE
        wave = self.sound(
            targets,
            inside,
            edge.unsqueeze(-1),
            log_f0=self.network.log_f0(values, sid),
            sid=sid,
            noise=rows[:, 0],
            seeds=seeds,
        )
        return wave.unsqueeze(1), frames


def load_network(path: Path) -> tuple[Network, list[str], int]:
    """Network of a checkpoint, the speakers' names and the steps it was trained for."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network = Network(Size(**saved["size"]))
    network.load_state_dict(saved["network"])
    network.eval()
    return network, list(saved["speakers"]), int(saved["step"])
