"""Phrases to PCM. The only room that imports onnxruntime or torch."""
