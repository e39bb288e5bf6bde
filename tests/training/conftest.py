"""What all tests of training share."""

import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def _torch_takes_one_thread() -> None:
    """Its threads wait for one another by spinning: a network this small took 3.4 times the
    processor time with two of them, and more where others want the cores.
    """
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)
