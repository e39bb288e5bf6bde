"""The commands that measure voices: `chorale quality`, and `chorale quantize`."""
