"""Trains the network on the teachers' parameters; goes on from its last checkpoint.

    python -m training.train SPEAKER... [--minutes M] [--steps N] [--work DIR] [--tiny]

On a GPU, when there is one, with larger batches. One JSON line of losses every 100 steps in
WORK/train.jsonl; WORK/model.pt every few minutes, written whole or not at all.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor

from training.corpus import sentences
from training.features import ORDER, TARGETS, Example, read
from training.model import TINY, Network, Size, loss_weights
from training.teachers import WORK

BATCH_FRAMES = 2_500
"""Padded frames in one step: 25 s of speech."""
GPU_BATCH_FRAMES = 32_000
CHECKPOINT_SECONDS = 120.0
PEAK_RATE = 1.5e-3
WARM_STEPS = 200

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


def losses(network: Network, batch: dict[str, Tensor], weights: Tensor) -> dict[str, Tensor]:
    """`total` and its parts: mean absolute errors, normalised."""
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
    total = (others * other_weights).sum() / weights.sum() + 0.1 * pitch + 0.5 * duration
    return {
        "total": total + 0.3 * moving,
        "cepstra": per_target[: ORDER + 1].mean(),
        "f0": pitch,
        "voicing": per_target[ORDER + 2],
        "slope": moving,
        "duration": duration,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train the voice's network.")
    parser.add_argument("speakers", nargs="+", help="the order gives the speaker ids")
    parser.add_argument("--minutes", type=float, default=60.0, help="of training, this call")
    parser.add_argument("--steps", type=int, default=6_000, help="of the whole schedule")
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    size = Size(speakers=len(options.speakers))
    if options.tiny:
        size = Size(**{**asdict(TINY), "speakers": len(options.speakers)})
    train(
        options.work,
        load(options.work, options.speakers, options.count),
        size,
        steps=options.steps,
        minutes=options.minutes,
        speakers=options.speakers,
    )


def train(
    work: Path,
    data: tuple[Sequence[Row], Sequence[Row]],
    size: Size,
    *,
    steps: int,
    minutes: float,
    speakers: Sequence[str],
) -> list[dict[str, float]]:
    """Train until the schedule or the time ends; returns what was logged."""
    rows, validation = data
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    network = Network(size).to(device)
    mean, deviation = statistics(rows, size.speakers)
    network.mean.copy_(mean)
    network.deviation.copy_(deviation)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01
    )
    path = work / "model.pt"
    step = 0
    if path.exists():
        saved = torch.load(path, map_location=device, weights_only=True)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    weights = loss_weights().to(device)
    limit = GPU_BATCH_FRAMES if device == "cuda" else BATCH_FRAMES
    history: list[dict[str, float]] = []
    sums: dict[str, float] = {}
    begin = saved_at = perf_counter()
    rng = np.random.default_rng(step)
    with Progress() as progress:
        bar = progress.add_task("train", total=steps, completed=step)
        while step < steps and perf_counter() - begin < minutes * 60:
            for rows_now in batches(rows, limit, rng):
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(step, steps)
                network.train()
                found = losses(network, collate(rows_now, device), weights)
                optimizer.zero_grad(set_to_none=True)
                found["total"].backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                step += 1
                progress.update(bar, completed=step)
                for name, value in found.items():
                    sums[name] = sums.get(name, 0.0) + float(value.detach())
                due = perf_counter() - begin > minutes * 60 or step >= steps
                if step % 100 == 0 or due:
                    line = {name: value / (step % 100 or 100) for name, value in sums.items()}
                    line |= {"step": step, "minutes": (perf_counter() - begin) / 60}
                    line |= validate(network, validation, weights, device)
                    sums = {}
                    history.append(line)
                    with (work / "train.jsonl").open("a", encoding="utf-8") as file:
                        file.write(json.dumps({k: round(v, 4) for k, v in line.items()}) + "\n")
                if due or perf_counter() - saved_at > CHECKPOINT_SECONDS:
                    saved_at = perf_counter()
                    save(path, network, optimizer, step, speakers)
                if due:
                    break
    return history


def learning_rate(step: int, steps: int) -> float:
    """A short rise, then half a cosine down to a fiftieth."""
    fall = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
    return PEAK_RATE * min(1.0, (step + 1) / min(WARM_STEPS, steps / 10)) * fall


def validate(
    network: Network, rows: Sequence[Row], weights: Tensor, device: str
) -> dict[str, float]:
    """Losses over the validation rows, at most 48 of them."""
    if not rows:
        return {}
    network.eval()
    with torch.no_grad():
        chosen = [rows[i] for i in np.linspace(0, len(rows) - 1, min(48, len(rows))).astype(int)]
        found = losses(network, collate(chosen, device), weights)
    return {f"validation_{name}": float(value) for name, value in found.items()}


def save(
    path: Path,
    network: Network,
    optimizer: torch.optim.Optimizer,
    step: int,
    speakers: Sequence[str],
) -> None:
    """Write a checkpoint, whole or not at all."""
    partial = path.with_suffix(".part")
    torch.save(
        {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "step": step,
            "size": asdict(network.size),
            "speakers": list(speakers),
        },
        partial,
    )
    partial.rename(path)


if __name__ == "__main__":
    main()
