"""Everything Chorale knows about speech. Neither Ray nor HTTP is known here."""

import os

# ONNX Runtime's builds for Linux keep and send records of their use to Microsoft, and read this
# when they are loaded. Set here, where every process of ours comes by before it loads them.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
