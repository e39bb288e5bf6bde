"""Phrases to PCM, a folder for each engine; the only room that imports onnxruntime or torch.

Importing this package imports no engine's runtime: `load_engine` does, by the voice's engine name.
"""

from speech.engines.loading import load_engine
from speech.engines.residency import ResidentVoices

__all__ = ["ResidentVoices", "load_engine"]
