"""Trains the network on the teachers' parameters; goes on from its last checkpoint.

    python -m training.train SPEAKER... [--minutes M] [--steps N] [--critic SHARE] [--work DIR]

On a GPU, when there is one, with larger batches. One JSON line of losses every 100 steps in
WORK/train.jsonl; WORK/model.pt every two minutes, written whole or not at all.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from training.corpus import sentences
from training.critic import Critic, critic_loss, pull
from training.features import ORDER, TARGETS, Example, read
from training.model import Network, Size, loss_weights
from training.teachers import WORK

BATCH_FRAMES = 2_500
"""Padded frames in one step: 25 s of speech."""
GPU_BATCH_FRAMES = 32_000
CHECKPOINT_SECONDS = 120.0
PEAK_RATE = 1.5e-3
WARM_STEPS = 200
DECAY = 0.998
"""Of the running mean of the weights, per step."""
CRITIC_RATE = 3e-4
HALF = torch.cuda.is_available() or bool(torch.cpu.get_capabilities().get("avx512_bf16"))
UNJUDGED = "unjudged.pt"
"""The checkpoint of just before the critic joined."""

Row = tuple[int, Example]
"""Speaker and sentence."""


def load(work: Path, speakers: Sequence[str], count: int) -> tuple[list[Row], list[Row]]:
    """Training and validation rows; the test's are dropped here and never seen again."""
    splits = {item.key: item.split for item in sentences(count)}
    train: list[Row] = []
    validation: list[Row] = []
    for index, speaker in enumerate(speakers):
        for item in read(work / "features" / f"{speaker}.npz"):
            split = splits.get(item.key)
            if split == "train":
                train.append((index, item))
            elif split == "validation":
                validation.append((index, item))
    return train, validation


def statistics(rows: Sequence[Row], speakers: int) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each speaker's targets, [speakers, TARGETS]; F0 where it is voiced."""
    mean, deviation = torch.zeros(speakers, TARGETS), torch.ones(speakers, TARGETS)
    for speaker in range(speakers):
        values = np.concatenate([item.targets for index, item in rows if index == speaker])
        voiced = values[values[:, ORDER + 2] > 0.5]
        low, spread = values.mean(0), values.std(0)
        low[ORDER + 1], spread[ORDER + 1] = voiced[:, ORDER + 1].mean(), voiced[:, ORDER + 1].std()
        # Voicing and strengths stay as they are: they are shares.
        low[ORDER + 2 :], spread[ORDER + 2 :] = 0.5, 0.4
        mean[speaker], deviation[speaker] = torch.tensor(low), torch.tensor(spread) + 1e-3
    return mean, deviation


def batches(rows: Sequence[Row], limit: int, rng: np.random.Generator) -> Iterator[list[Row]]:
    """One epoch: rows of like length together, batches in random order."""
    order = sorted(
        range(len(rows)), key=lambda i: len(rows[i][1].targets) * (1 + 0.2 * rng.random())
    )
    groups: list[list[Row]] = [[]]
    longest = 0
    for i in order:
        longest = max(longest, len(rows[i][1].targets))
        if groups[-1] and (len(groups[-1]) + 1) * longest > limit:
            groups.append([])
            longest = len(rows[i][1].targets)
        groups[-1].append(rows[i])
    for place in rng.permutation(len(groups)):
        yield groups[place]


def collate(rows: Sequence[Row], device: str) -> dict[str, Tensor]:
    """Padded tensors of a batch."""
    tokens = max(len(item.ids) for _, item in rows)
    frames = max(len(item.targets) for _, item in rows)
    ids = np.zeros((len(rows), tokens), np.int64)
    durations = np.zeros((len(rows), tokens), np.int64)
    targets = np.zeros((len(rows), frames, TARGETS), np.float32)
    for place, (_, item) in enumerate(rows):
        ids[place, : len(item.ids)] = item.ids
        durations[place, : len(item.ids)] = item.durations
        targets[place, : len(item.targets)] = item.targets
    arrays: dict[str, Any] = {
        "ids": ids,
        "durations": durations,
        "targets": targets,
        "lengths": np.array([len(item.ids) for _, item in rows]),
        "frames": np.array([len(item.targets) for _, item in rows]),
        "sid": np.array([speaker for speaker, _ in rows]),
    }
    return {name: torch.from_numpy(value).to(device) for name, value in arrays.items()}


@dataclass(frozen=True, slots=True)
class Guess:
    """Predicted and wanted targets, normalised, [N, frames, TARGETS], and the frames' mask."""

    guess: Tensor
    goal: Tensor
    mask: Tensor
    """[N, frames]."""


def losses(
    network: Network, batch: dict[str, Tensor], weights: Tensor
) -> tuple[dict[str, Tensor], Guess]:
    """`total` and its parts: mean absolute errors, normalised; and what they were taken of."""
    sid = batch["sid"]
    states, log_durations, _ = network.encode(batch["ids"], batch["lengths"], sid)
    spoken = (batch["ids"] != 0).float()
    wanted = torch.log1p(batch["durations"].float())
    duration = ((log_durations - wanted).abs() * spoken).sum() / spoken.sum()
    count = batch["targets"].shape[1]
    usual = torch.ones(len(sid), 1, device=sid.device)
    guess, _ = network.decode(states, batch["durations"], sid, count, usual)
    goal = (batch["targets"] - network.mean[sid].unsqueeze(1)) / network.deviation[sid].unsqueeze(1)
    inside = torch.arange(count, device=sid.device) < batch["frames"].unsqueeze(1)
    mask = inside.float().unsqueeze(-1)
    voiced = batch["targets"][:, :, ORDER + 2 : ORDER + 3] * mask
    error = (guess - goal).abs() * mask
    f0 = slice(ORDER + 1, ORDER + 2)
    frames = mask.sum()
    per_target = error.sum((0, 1)) / frames
    # F0 counts where it is heard; elsewhere it only has to be drawn on.
    pitch = (error[:, :, f0] * (0.1 + voiced)).sum() / (voiced.sum() + 0.1 * frames)
    others = torch.cat((per_target[: ORDER + 1], per_target[ORDER + 2 :]))
    other_weights = torch.cat((weights[: ORDER + 1], weights[ORDER + 2 :]))
    # The slope of every parameter from frame to frame: sharp onsets, and no jitter within phones.
    slope = (guess[:, 1:] - guess[:, :-1]) - (goal[:, 1:] - goal[:, :-1])
    moving = (slope.abs() * mask[:, 1:]).mean(2).sum() / frames
    # Log spectra at 40 places of the warped axis: what the cepstra sum up to.
    places = torch.arange(ORDER + 1, device=sid.device) * (math.pi / ORDER)
    read = torch.cos(places.unsqueeze(1) * torch.arange(ORDER + 1, device=sid.device))
    scale = network.deviation[sid, : ORDER + 1].unsqueeze(1)
    difference = ((guess - goal)[:, :, : ORDER + 1] * scale) @ read
    spectra = (difference.abs() * mask).mean(2).sum() / frames
    total = (others * other_weights).sum() / weights.sum() + 0.1 * pitch + 0.5 * duration
    found = {
        "total": total + 0.3 * moving + 0.2 * spectra,
        "spectra": spectra,
        "cepstra": per_target[: ORDER + 1].mean(),
        "f0": pitch,
        "voicing": per_target[ORDER + 2],
        "slope": moving,
        "duration": duration,
    }
    return found, Guess(guess, goal, mask.squeeze(-1))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train the voice's network.")
    parser.add_argument("speakers", nargs="+", help="the order gives the speaker ids")
    parser.add_argument("--minutes", type=float, default=75.0, help="of training in all")
    parser.add_argument("--steps", type=int, default=16_000, help="at most")
    parser.add_argument(
        "--critic", type=float, default=0.6, help="share of the schedule after which it joins"
    )
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train(
        options.work,
        load(options.work, options.speakers, options.count),
        Size(speakers=len(options.speakers)),
        Schedule(steps=options.steps, minutes=options.minutes, critic=options.critic),
        speakers=options.speakers,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long, counted over all calls; whichever ends first."""

    steps: int
    minutes: float
    critic: float
    """Share of the schedule after which the critic joins; 1 for never."""

    def progress(self, step: int, minutes: float) -> float:
        """From 0 to 1."""
        return min(1.0, max(step / self.steps, minutes / self.minutes))

    def rate(self, step: int, minutes: float) -> float:
        """A short rise, then half a cosine down to a fiftieth."""
        fall = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * self.progress(step, minutes)))
        return PEAK_RATE * min(1.0, (step + 1) / min(WARM_STEPS, self.steps / 10)) * fall


class Trainer:
    """Network, its running mean, critic and optimisers: everything a checkpoint holds."""

    def __init__(self, size: Size, rows: Sequence[Row], speakers: Sequence[str]) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(0)
        self.speakers = list(speakers)
        self.network = Network(size).to(self.device)
        mean, deviation = statistics(rows, size.speakers)
        self.network.mean.copy_(mean)
        self.network.deviation.copy_(deviation)
        # What is exported: the mean of the weights' last few hundred steps.
        self.average = AveragedModel(self.network, multi_avg_fn=_mean)
        self.critic = Critic(size.speakers).to(self.device)
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01
        )
        self._critic_optimizer = torch.optim.AdamW(
            self.critic.parameters(), lr=CRITIC_RATE, betas=(0.5, 0.9)
        )
        self._weights = loss_weights().to(self.device)
        self.step = 0
        self.minutes = 0.0

    def learn(self, batch: dict[str, Tensor], rate: float, *, judged: bool) -> dict[str, float]:
        """One step; `judged` by the critic too."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        with self._half():
            found, parts = losses(self.network, batch, self._weights)
            total = found["total"]
            if judged:
                found["critic"] = self._critic_step(parts, batch["sid"])
                total = total + pull(self.critic, total, parts.guess, batch["sid"], parts.mask)
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return {name: float(value.detach()) for name, value in found.items()}

    def _critic_step(self, parts: Guess, sid: Tensor) -> Tensor:
        cepstra = slice(0, ORDER + 1)
        mask = parts.mask.unsqueeze(-1)
        goal, guess = parts.goal[:, :, cepstra] * mask, parts.guess[:, :, cepstra] * mask
        loss = critic_loss(self.critic, guess, goal, sid, parts.mask)
        self._critic_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._critic_optimizer.step()
        return loss.detach()

    def _half(self) -> torch.autocast:
        """Products in bf16: with AVX-512's bf16 twice as many steps a second on one core."""
        return torch.autocast(self.device, torch.bfloat16, enabled=HALF)

    def validate(self, rows: Sequence[Row]) -> dict[str, float]:
        """Losses of the running mean over the validation rows, at most 48 of them."""
        if not rows:
            return {}
        self.average.eval()
        chosen = [rows[i] for i in np.linspace(0, len(rows) - 1, min(48, len(rows))).astype(int)]
        with torch.no_grad(), self._half():
            batch = collate(chosen, self.device)
            found, parts = losses(self.average.module, batch, self._weights)
        inside = parts.mask > 0
        spread = parts.guess[inside].std(0) / parts.goal[inside].std(0)
        found["spread"] = spread[1 : ORDER + 1].mean()
        return {f"validation_{name}": float(value) for name, value in found.items()}

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        partial = path.with_suffix(".part")
        state = {
            "network": self.average.module.state_dict(),
            "size": asdict(self.network.size),
            "speakers": self.speakers,
            "step": self.step,
            "minutes": self.minutes,
            "resume": {name: part.state_dict() for name, part in self._parts().items()},
        }
        torch.save(state, partial)
        partial.rename(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        saved = torch.load(path, map_location=self.device, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(saved["resume"][name])
        self.step, self.minutes = saved["step"], saved["minutes"]

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "average": self.average,
            "critic": self.critic,
            "optimizer": self._optimizer,
            "critic_optimizer": self._critic_optimizer,
        }


def train(
    work: Path,
    data: tuple[Sequence[Row], Sequence[Row]],
    size: Size,
    schedule: Schedule,
    *,
    speakers: Sequence[str],
) -> list[dict[str, float]]:
    """Train until the schedule ends; returns what was logged."""
    rows, validation = data
    trainer = Trainer(size, rows, speakers)
    path = work / "model.pt"
    if path.exists():
        trainer.load(path)
    limit = GPU_BATCH_FRAMES if trainer.device == "cuda" else BATCH_FRAMES
    before = trainer.minutes
    begin = saved_at = perf_counter()
    history: list[dict[str, float]] = []
    sums: dict[str, float] = {}
    counted = 0
    stream = _endless(rows, limit, trainer.step)
    with Progress() as bars:
        bar = bars.add_task("train", total=1.0)
        done = schedule.progress(trainer.step, trainer.minutes)
        while done < 1.0:
            if done >= schedule.critic and not (work / UNJUDGED).exists():
                trainer.save(work / UNJUDGED)
            rate = schedule.rate(trainer.step, trainer.minutes)
            batch = collate(next(stream), trainer.device)
            found = trainer.learn(batch, rate, judged=done >= schedule.critic)
            trainer.minutes = before + (perf_counter() - begin) / 60
            counted += 1
            sums = {name: sums.get(name, 0.0) + value for name, value in found.items()}
            done = schedule.progress(trainer.step, trainer.minutes)
            bars.update(bar, completed=done)
            if trainer.step % 100 == 0 or done >= 1.0:
                line = {name: value / counted for name, value in sums.items()}
                line |= {"step": trainer.step, "minutes": trainer.minutes}
                line |= trainer.validate(validation)
                sums, counted = {}, 0
                history.append(line)
                with (work / "train.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps({k: round(v, 4) for k, v in line.items()}) + "\n")
            if done >= 1.0 or perf_counter() - saved_at > CHECKPOINT_SECONDS:
                saved_at = perf_counter()
                trainer.save(path)
    return history


def _mean(means: list[Tensor], values: list[Tensor], count: Tensor) -> None:
    """Moves the running mean; over fewer steps while there are few."""
    decay = min(DECAY, (1 + int(count)) / (10 + int(count)))
    torch._foreach_lerp_(means, values, 1 - decay)


def _endless(rows: Sequence[Row], limit: int, seed: int) -> Iterator[list[Row]]:
    rng = np.random.default_rng(seed)
    while True:
        yield from batches(rows, limit, rng)


if __name__ == "__main__":
    main()
