from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch, which serving does not install")
from training.corpus import sentences  # noqa: E402
from training.critic import SHARE, Critic, critic_loss, pull  # noqa: E402
from training.features import ORDER, TARGETS  # noqa: E402
from training.model import TINY, Size  # noqa: E402
from training.teach_tiny import teach  # noqa: E402
from training.train import PEAK_RATE, Schedule, Trainer, batches, collate, load, train  # noqa: E402

SPEAKERS = ("slt", "rms")
TWO = Size(channels=16, encoder_dilations=(1,), decoder_dilations=(1,), speakers=2)


def test_the_rate_rises_shortly_and_falls_by_what_ends_first() -> None:
    schedule = Schedule(steps=1_000, minutes=10.0, critic=0.5)
    assert schedule.rate(0, 0.0) < 0.02 * PEAK_RATE
    assert schedule.rate(100, 0.1) == pytest.approx(PEAK_RATE, rel=0.05)
    assert schedule.rate(100, 5.0) == pytest.approx(0.51 * PEAK_RATE)
    assert schedule.rate(1_000, 5.0) == pytest.approx(0.02 * PEAK_RATE)
    assert schedule.progress(200, 9.0) == 0.9
    assert schedule.progress(5_000, 0.0) == 1.0


def test_the_critic_learns_to_tell_and_gets_its_share_of_the_gradient() -> None:
    torch.manual_seed(0)
    critic = Critic(2, channels=8)
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)
    sid, mask = torch.tensor([0, 1]), torch.ones(2, 40)
    goal = torch.randn(2, 40, ORDER + 1)
    blurred = goal * 0.3
    first = critic_loss(critic, blurred, goal, sid, mask).item()
    for _ in range(60):
        loss = critic_loss(critic, blurred, goal, sid, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.6 * first
    guess = torch.cat((blurred, torch.zeros(2, 40, TARGETS - ORDER - 1)), dim=2)
    guess.requires_grad_(requires_grad=True)
    error = guess.abs().mean()
    added = pull(critic, error, guess, sid, mask)
    (ours,) = torch.autograd.grad(error, guess, retain_graph=True)
    (its,) = torch.autograd.grad(added, guess)
    assert (its.norm() / ours.norm()).item() == pytest.approx(SHARE, rel=0.02)


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    teach(sentences(60), SPEAKERS, tmp_path)
    data = load(tmp_path, SPEAKERS, 60)
    # Half an epoch, then the critic; the second call has 4 steps left.
    for steps in (6, 10):
        schedule = Schedule(steps=steps, minutes=5.0, critic=0.5)
        history = train(tmp_path, data, TWO, schedule, speakers=SPEAKERS)
    assert history[-1]["step"] == 10
    assert "critic" in history[-1]
    assert (tmp_path / "unjudged.pt").exists()
    saved = torch.load(tmp_path / "model.pt", weights_only=True)
    assert saved["step"] == 10
    assert saved["speakers"] == list(SPEAKERS)
    assert len((tmp_path / "train.jsonl").read_text("utf-8").splitlines()) == 2
    # It is over.
    assert train(tmp_path, data, TWO, schedule, speakers=SPEAKERS) == []


def test_the_running_mean_is_near_the_weights_from_the_start(tmp_path: Path) -> None:
    teach(sentences(60), SPEAKERS, tmp_path)
    rows, _ = load(tmp_path, SPEAKERS, 60)
    trainer = Trainer(TWO, rows, SPEAKERS)
    batch = collate(next(batches(rows, 500, np.random.default_rng(0))), "cpu")
    for _ in range(30):
        trainer.learn(batch, 1e-3, judged=False)
    pairs = zip(trainer.network.parameters(), trainer.average.module.parameters(), strict=True)
    far = max((one - other).detach().abs().max().item() for one, other in pairs)
    assert 0 < far < 0.03


def test_the_tests_sentences_are_never_seen(tmp_path: Path) -> None:
    teach(sentences(60), SPEAKERS, tmp_path)
    splits = {item.key: item.split for item in sentences(60)}
    train_rows, validation = load(tmp_path, SPEAKERS, 60)
    assert {splits[item.key] for _, item in train_rows} == {"train"}
    assert {splits[item.key] for _, item in validation} <= {"validation"}
    assert TINY.channels < Size().channels
