"""How voices are made."""

import speech  # noqa: F401 (before any module here loads ONNX Runtime: see there)
