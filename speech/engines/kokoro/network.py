"""Kokoro-82M in torch, for rows that are padded: StyleTTS 2 with an iSTFTNet decoder.

It computes what `kokoro` 0.9 does for one row (`model.py`, `modules.py`, `istftnet.py`), with the
weights of its `.pth`, for several: each row comes out as it does alone.

- What normalises over time (AdaIN) takes its statistics from a row's own frames, and its shift
  does not reach into the padding.
- Padding is zero before every convolution, as the padding of a row alone is.
- The backward direction of an LSTM runs over the row's ids turned round, so it starts at the last.
- The phase of the sine source stands still behind a row's end; there the transform's reflection is
  the row's own.
- Noise comes from a table that each row enters at its own place.

T is ids, F units of 25 ms. The decoder begins with F steps, then has 2 F, 20 F and 120 F + 1, which
are the frames of an inverse transform of 20 samples, hop 5.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from speech.engines.noise import SIZE, noise_table
from speech.engines.torch_batches import Given

Weights = Mapping[str, Tensor]

HIDDEN = 512
STYLE = 128
"""Numbers of the decoder's half of a style; the prosody's follow."""
_HEADS, _LAYERS = 12, 12
_HARMONICS = 9
_HALF_UNIT = 300
"""Samples for which there is one pitch."""
_SIZE, _STEP = 20, 5
"""Of the transforms, in samples."""
_SAMPLE_RATE = 24_000
_PITCHES = 16
"""Steps of pitch in a Hertz. Errors of rounding, which differ from batch to batch, add up in the
phase and turn it round where it is near pi. Of rounded pitches the source is the same bit by bit,
but for a pitch on the edge of a step: in 6 of 52 rows of 4 seconds there was one, and samples after
it differed by 0.003 to 0.024 of full scale, those of the others by one 16-bit step. The steps are
half a cent of a low voice."""
_SINE, _NOISE, _VOICED = 0.1, 0.003, 10.0
"""Amplitude of a harmonic; deviation of the noise beside it; Hertz above which there is a voice."""


class Span(NamedTuple):
    """The steps of rows at one rate."""

    mask: Tensor
    """float [N, 1, steps]."""
    count: Tensor
    """float [N, 1, 1]."""


def spans(lengths: Tensor, steps: int) -> Span:
    """Of rows so long, in so many steps."""
    inside = torch.arange(steps, device=lengths.device) < lengths[:, None]
    return Span(inside[:, None].float(), lengths[:, None, None].float())


class Lstm:
    """One layer in both directions, without packing."""

    def __init__(self, weights: Weights, name: str) -> None:
        parts = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        self._there, self._back = (
            [weights[f"{name}.{part}{suffix}"].contiguous() for part in parts]
            for suffix in ("", "_reverse")
        )

    def __call__(self, x: Tensor, turned: Tensor) -> Tensor:
        """States, [N, T, 2 H] from [N, T, C]; `turned` is the order of the backward direction."""
        rows, _, channels = x.shape
        back = x.gather(1, turned[:, :, None].expand(-1, -1, channels))
        found = []
        for given, parts in ((x, self._there), (back, self._back)):
            size = parts[1].shape[1]
            zero = x.new_zeros((1, rows, size))
            out, _, _ = torch.lstm(given, (zero, zero), parts, True, 1, 0.0, False, False, True)
            found.append(out)
        behind = found[1].gather(1, turned[:, :, None].expand(-1, -1, found[1].shape[2]))
        return torch.cat([found[0], behind], dim=2)


def turned(lengths: Tensor, steps: int) -> Tensor:
    """Each row's valid steps from the last to the first; padding where it is, [N, steps]."""
    places = torch.arange(steps, device=lengths.device)[None]
    back = lengths[:, None] - 1 - places
    return torch.where(back >= 0, back, places)


class Shifts:
    """The scales and shifts that a style gives to all AdaIN of one half, in a single product."""

    def __init__(self, weights: Weights, names: list[str]) -> None:
        self._weight = torch.cat([weights[f"{name}.fc.weight"] for name in names])
        self._bias = torch.cat([weights[f"{name}.fc.bias"] for name in names])
        sizes = [len(weights[f"{name}.fc.bias"]) for name in names]
        self._names, self._sizes = names, sizes

    def __call__(self, style: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """By name, 1 + gamma and beta, [N, C, 1] each."""
        found = functional.linear(style, self._weight, self._bias)[:, :, None]
        parts = found.split(self._sizes, dim=1)
        halves = (part.chunk(2, dim=1) for part in parts)
        return {
            name: (1 + gamma, beta) for name, (gamma, beta) in zip(self._names, halves, strict=True)
        }


def adain(x: Tensor, shift: tuple[Tensor, Tensor], span: Span) -> Tensor:
    """Instance norm over a row's own steps, scaled and shifted; zero in the padding."""
    scale, beta = shift
    mean = torch.matmul(x, span.mask.transpose(1, 2)) / span.count
    centred = (x - mean).mul_(span.mask)
    variance = torch.linalg.vector_norm(centred, dim=2, keepdim=True).square() / span.count
    return centred.mul_(scale * torch.rsqrt(variance + 1e-5)).addcmul_(beta, span.mask)


class KokoroNetwork:
    """The network; a `TwoHalves`.

    A row's `Given.whole` is where its noise begins; its `Given.real` the speed and the style.

    Args:
        weights: By the names of the official file, weight norms folded; on the device.
        noise: Whether the source draws noise, as the official network does. Public ONNX graphs
            may leave it out.

    Raises:
        KeyError: a weight is missing.
    """

    channels, hop, whole, real = 2 * HIDDEN, 600, 1, 257

    def __init__(self, weights: Weights, *, noise: bool = True) -> None:
        self._w = weights
        self._noisy = noise
        names = [name.removesuffix(".fc.weight") for name in weights if name.endswith(".fc.weight")]
        curves = ("predictor.F0.", "predictor.N.")
        self._prosody = Shifts(weights, [it for it in names if it.startswith(curves)])
        self._decoding = Shifts(weights, [it for it in names if it.startswith("decoder.")])
        self._lstms = {
            name: Lstm(weights, name)
            for name in (
                *("text_encoder.lstm", "predictor.lstm", "predictor.shared"),
                *(f"predictor.text_encoder.lstms.{number}" for number in (0, 2, 4)),
            )
        }
        there = weights["bert_encoder.bias"].device
        self._table = torch.tensor(noise_table(), device=there)
        n = torch.arange(_SIZE, device=there, dtype=torch.float64)
        bins = torch.arange(_SIZE // 2 + 1, device=there, dtype=torch.float64)[:, None]
        angles = 2 * torch.pi * bins * n / _SIZE
        window = (0.5 - 0.5 * torch.cos(2 * torch.pi * n / _SIZE))[None]
        # The imaginary parts of the first and the last bin are exactly nothing.
        sines = torch.sin(angles)
        sines[[0, -1]] = 0.0
        forward = torch.cat([torch.cos(angles), -sines]) * window
        # A bin within stands for its mirror image, too.
        twice = torch.full_like(bins, 2.0)
        twice[[0, -1]] = 1.0
        backward = torch.cat([torch.cos(angles) * twice, -sines * twice]) * window / _SIZE
        self._forward = forward.float()[:, None]
        self._backward = backward.float()[:, None]
        self._squares = window.square().float()[:, None]
        # Where a sample lies between the middles of half units.
        self._between = ((torch.arange(_HALF_UNIT, device=there) + 0.5) / _HALF_UNIT - 0.5).float()

    # The text half.

    def encode(self, ids: Tensor, lengths: Tensor, given: Given) -> tuple[Tensor, Tensor, Tensor]:
        """See `TwoHalves`; durations are at least one unit, rounded as torch does, half to even."""
        w, steps = self._w, ids.shape[1]
        inside = torch.arange(steps, device=ids.device) < lengths[:, None]
        mask, back = inside[:, :, None].float(), turned(lengths, steps)
        style = given.real[:, 1 + STYLE :]
        beside = style[:, None].expand(-1, steps, -1)
        x = functional.linear(
            self._bert(ids, inside), w["bert_encoder.weight"], w["bert_encoder.bias"]
        )
        x = torch.cat([x, beside], dim=2) * mask
        for number in (0, 2, 4):
            name = f"predictor.text_encoder.lstms.{number + 1}.fc"
            x = self._lstms[f"predictor.text_encoder.lstms.{number}"](x, back)
            shift = functional.linear(style, w[f"{name}.weight"], w[f"{name}.bias"])[:, None]
            gamma, beta = shift.chunk(2, dim=2)
            x = (1 + gamma) * functional.layer_norm(x, (HIDDEN,)) + beta
            x = torch.cat([x, beside], dim=2) * mask
        durations = self._lstms["predictor.lstm"](x, back)
        name = "predictor.duration_proj.linear_layer"
        durations = functional.linear(durations, w[f"{name}.weight"], w[f"{name}.bias"])
        units = torch.sigmoid(durations).sum(2)
        paced, normal = (
            (torch.round(units / speed).clamp(min=1) * inside).cumsum(1)
            for speed in (given.real[:, :1], 1.0)
        )
        broken = ~torch.isfinite(paced[:, -1:])
        ends, normal_ends = (torch.where(broken, -1.0, it).long() for it in (paced, normal))
        states = torch.cat([x[:, :, :HIDDEN], self._text(ids, mask, back)], dim=2)
        return states, ends, normal_ends

    def _bert(self, ids: Tensor, inside: Tensor) -> Tensor:
        """PL-BERT, an ALBERT: one layer, twelve times. [N, T, 768]."""
        w = self._w
        x = (
            w["bert.embeddings.word_embeddings.weight"][ids]
            + w["bert.embeddings.position_embeddings.weight"][: ids.shape[1]]
            + w["bert.embeddings.token_type_embeddings.weight"][0]
        )

        def linear(x: Tensor, name: str) -> Tensor:
            return functional.linear(x, w[f"bert.{name}.weight"], w[f"bert.{name}.bias"])

        def norm(x: Tensor, name: str) -> Tensor:
            weight = w[f"bert.{name}.weight"]
            return functional.layer_norm(x, weight.shape, weight, w[f"bert.{name}.bias"], 1e-12)

        x = linear(norm(x, "embeddings.LayerNorm"), "encoder.embedding_hidden_mapping_in")
        seen = inside[:, None, None]
        layer = "encoder.albert_layer_groups.0.albert_layers.0"
        for _ in range(_LAYERS):
            query, key, value = (
                linear(x, f"{layer}.attention.{part}").unflatten(2, (_HEADS, -1)).transpose(1, 2)
                for part in ("query", "key", "value")
            )
            attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
            attended = linear(attended.transpose(1, 2).flatten(2), f"{layer}.attention.dense")
            x = norm(x + attended, f"{layer}.attention.LayerNorm")
            inner = functional.gelu(linear(x, f"{layer}.ffn"), approximate="tanh")
            x = norm(x + linear(inner, f"{layer}.ffn_output"), f"{layer}.full_layer_layer_norm")
        return x

    def _text(self, ids: Tensor, mask: Tensor, back: Tensor) -> Tensor:
        """What the decoder is told of each id, [N, T, 512]."""
        w = self._w
        x = w["text_encoder.embedding.weight"][ids] * mask
        for number in range(3):
            name = f"text_encoder.cnn.{number}"
            x = self._conv(x.transpose(1, 2), f"{name}.0", padding=2).transpose(1, 2)
            x = functional.layer_norm(x, (HIDDEN,), w[f"{name}.1.gamma"], w[f"{name}.1.beta"])
            x = functional.leaky_relu(x, 0.2) * mask
        return self._lstms["text_encoder.lstm"](x, back) * mask

    # The sound half.

    def speak(
        self, states: Tensor, slots: Tensor, ends: Tensor, given: Given, frames: int
    ) -> tuple[Tensor, Tensor]:
        """See `TwoHalves`."""
        lengths = ends[:, -1].clamp(min=1)
        places = torch.arange(frames, device=ends.device)[None].expand(len(slots), -1)
        ids = torch.searchsorted(ends, places.contiguous(), right=True)
        ids = ids.clamp(max=ends.shape[1] - 1)
        span = spans(lengths, frames)
        here = states[slots[:, None], ids] * span.mask.transpose(1, 2)
        style, prosody = given.real[:, 1 : 1 + STYLE], given.real[:, 1 + STYLE :]
        beside = prosody[:, None].expand(-1, frames, -1)
        alike = torch.cat([here[:, :, :HIDDEN], beside], dim=2) * span.mask.transpose(1, 2)
        x = self._lstms["predictor.shared"](alike, turned(lengths, frames)).transpose(1, 2)
        half = spans(2 * lengths, 2 * frames)
        shifts = self._prosody(prosody)
        pitch, energy = (self._curve(x, name, shifts, span, half) for name in ("F0", "N"))
        wave = self._decode(
            here[:, :, HIDDEN:].transpose(1, 2),
            pitch=pitch,
            energy=energy,
            style=style,
            noise=given.whole[:, 0],
            lengths=lengths,
        )
        sane = torch.isfinite(wave).all(dim=1)
        samples = torch.round(wave.clamp(-1, 1) * 32767).to(torch.int16)
        return samples, sane

    def _curve(
        self,
        x: Tensor,
        name: str,
        shifts: Mapping[str, tuple[Tensor, Tensor]],
        span: Span,
        half: Span,
    ) -> Tensor:
        """Pitch or energy of each half unit, [N, 1, 2 F]."""
        for number, (before, behind) in enumerate(((span, span), (span, half), (half, half))):
            x = self._block(x, f"predictor.{name}.{number}", shifts, before, behind)
        return self._conv(x, f"predictor.{name}_proj") * half.mask

    def _block(
        self,
        x: Tensor,
        name: str,
        shifts: Mapping[str, tuple[Tensor, Tensor]],
        before: Span,
        behind: Span,
    ) -> Tensor:
        """A residual block (`AdainResBlk1d`); twice as many steps where the spans differ."""
        w, doubles = self._w, behind is not before
        inner = functional.leaky_relu(adain(x, shifts[f"{name}.norm1"], before), 0.2)
        if doubles:
            pool = f"{name}.pool"
            inner = functional.conv_transpose1d(
                *(inner, w[f"{pool}.weight"], w[f"{pool}.bias"]),
                stride=2,
                padding=1,
                output_padding=1,
                groups=inner.shape[1],
            )
            inner = inner * behind.mask
            x = x[:, :, :, None].expand(-1, -1, -1, 2).flatten(2)
        inner = self._conv(inner, f"{name}.conv1", padding=1)
        inner = functional.leaky_relu(adain(inner, shifts[f"{name}.norm2"], behind), 0.2)
        inner = self._conv(inner, f"{name}.conv2", padding=1)
        if f"{name}.conv1x1.weight" in w:
            x = self._conv(x, f"{name}.conv1x1")
        return (inner + x) * 0.5**0.5

    def _decode(
        self,
        text: Tensor,
        *,
        pitch: Tensor,
        energy: Tensor,
        style: Tensor,
        noise: Tensor,
        lengths: Tensor,
    ) -> Tensor:
        """Samples, float [N, 600 F]."""
        frames = text.shape[2]
        rates = (1, 2, 20, 120)
        steps = [(rate * frames + (rate == 120), rate * lengths + (rate == 120)) for rate in rates]
        unit, half, tenth, fine = (spans(count, size) for size, count in steps)
        shifts = self._decoding(style)
        f0, n = (
            self._conv(curve, f"decoder.{name}_conv", padding=1, stride=2)
            for curve, name in ((pitch, "F0"), (energy, "N"))
        )
        x = self._block(torch.cat([text, f0, n], dim=1), "decoder.encode", shifts, unit, unit)
        beside = [self._conv(text, "decoder.asr_res.0"), f0, n]
        for number, behind in enumerate((unit, unit, unit, half)):
            joined = torch.cat([x, *beside], dim=1)
            x = self._block(joined, f"decoder.decode.{number}", shifts, unit, behind)
        source = self._spectra(self._source(pitch[:, 0], noise, lengths), lengths) * fine.mask
        x = functional.leaky_relu(x, 0.1) * half.mask
        x = self._upsampled(x, 0, stride=10, padding=5)
        beside_it = self._conv(source, "decoder.generator.noise_convs.0", stride=6, padding=3)
        x = self._mixed(
            x + self._resblock(beside_it, "noise_res.0", shifts, tenth), 0, shifts, tenth
        )
        x = functional.leaky_relu(x, 0.1) * tenth.mask
        x = functional.pad(self._upsampled(x, 1, stride=6, padding=3), (1, 0), mode="reflect")
        beside_it = self._conv(source, "decoder.generator.noise_convs.1")
        x = x + self._resblock(beside_it, "noise_res.1", shifts, fine)
        x = self._mixed(x, 3, shifts, fine)
        x = functional.leaky_relu(x, 0.01) * fine.mask
        x = self._conv(x, "decoder.generator.conv_post", padding=3)
        bins = _SIZE // 2 + 1
        size, angle = torch.exp(x[:, :bins]) * fine.mask, torch.sin(x[:, bins:])
        parts = torch.cat([size * torch.cos(angle), size * torch.sin(angle)], dim=1)
        wave = functional.conv_transpose1d(parts, self._backward, stride=_STEP)
        windows = functional.conv_transpose1d(fine.mask, self._squares, stride=_STEP)
        inner = slice(_SIZE // 2, _SIZE // 2 + 600 * frames)
        inside = torch.arange(600 * frames, device=x.device) < 600 * lengths[:, None]
        return wave[:, 0, inner] / windows[:, 0, inner].clamp(min=1e-6) * inside

    def _upsampled(self, x: Tensor, number: int, *, stride: int, padding: int) -> Tensor:
        name = f"decoder.generator.ups.{number}"
        weight, bias = self._w[f"{name}.weight"], self._w[f"{name}.bias"]
        return functional.conv_transpose1d(x, weight, bias, stride=stride, padding=padding)

    def _mixed(
        self, x: Tensor, first: int, shifts: Mapping[str, tuple[Tensor, Tensor]], span: Span
    ) -> Tensor:
        """The mean of three residual blocks of other widths."""
        blocks = [self._resblock(x, f"resblocks.{first + k}", shifts, span) for k in range(3)]
        return (blocks[0] + blocks[1] + blocks[2]) / 3

    def _resblock(
        self, x: Tensor, name: str, shifts: Mapping[str, tuple[Tensor, Tensor]], span: Span
    ) -> Tensor:
        """Three rounds of two convolutions with Snake activations (`AdaINResBlock1`)."""
        name = f"decoder.generator.{name}"
        for number, dilation in enumerate((1, 3, 5)):
            inner = x
            for half, spread in ((1, dilation), (2, 1)):
                inner = adain(inner, shifts[f"{name}.adain{half}.{number}"], span)
                alpha = self._w[f"{name}.alpha{half}.{number}"]
                inner.addcdiv_((alpha * inner).sin_().square_(), alpha)
                conv = f"{name}.convs{half}.{number}"
                width = self._w[f"{conv}.weight"].shape[2]
                inner = self._conv(inner, conv, padding=spread * (width - 1) // 2, dilation=spread)
            x = x + inner
        return x

    def _source(self, pitch: Tensor, start: Tensor, lengths: Tensor) -> Tensor:
        """The excitation, [N, 600 F]: a sum of nine harmonics, and noise.

        As in the original, the phase is summed up at one value for each half unit and goes in a
        straight line from one middle to the next.
        """
        w = self._w
        rows, steps = pitch.shape
        inside = torch.arange(steps, device=pitch.device) < 2 * lengths[:, None]
        if self._noisy:
            pitch = torch.round(pitch * _PITCHES) / _PITCHES
        voiced = (pitch > _VOICED).float()[:, :, None]
        weights = w["decoder.generator.m_source.l_linear.weight"][0]
        total = pitch.new_zeros((rows, steps, _HALF_UNIT))
        before = self._between < 0
        for number in range(_HARMONICS):
            cycles = torch.remainder(pitch * (number + 1) / _SAMPLE_RATE, 1.0) * inside * _HALF_UNIT
            phase = cycles.double().cumsum(1)
            base = (phase - phase.floor()).float()[:, :, None]
            # Half a unit before its middle the phase came from the last middle.
            left, right = cycles.clone(), functional.pad(cycles[:, 1:], (0, 1))
            left[:, 0] = 0.0
            slope = torch.where(before, left[:, :, None], right[:, :, None])
            wave = torch.sin(2 * torch.pi * (base + self._between * slope))
            total = total + wave * (weights[number] * _SINE)
        total = total * voiced
        if self._noisy:
            # Nine draws, weighted and added up, are one of the weights' norm.
            level = (voiced * _NOISE + (1 - voiced) * _SINE / 3) * weights.square().sum().sqrt()
            places = torch.arange(steps * _HALF_UNIT, device=pitch.device)[None] + start[:, None]
            drawn = self._table[torch.remainder(places, SIZE)]
            total = total + level * drawn.view(rows, steps, _HALF_UNIT)
        bias = w["decoder.generator.m_source.l_linear.bias"]
        return torch.tanh(total + bias).flatten(1)

    def _spectra(self, wave: Tensor, lengths: Tensor) -> Tensor:
        """Magnitudes and phases of a source, [N, 22, 120 F + 1]; its ends are reflected."""
        reach = _SIZE // 2
        ends = 600 * lengths[:, None]
        wave = wave * (torch.arange(wave.shape[1], device=wave.device) < ends)
        padded = functional.pad(wave[:, None], (reach, 0), mode="reflect")[:, 0]
        padded = functional.pad(padded, (0, reach))
        around = torch.arange(reach, device=wave.device)[None]
        mirrored = wave.gather(1, ends - 2 - around)
        padded = padded.scatter(1, ends + reach + around, mirrored)
        real, imaginary = functional.conv1d(padded[:, None], self._forward, stride=_STEP).chunk(
            2, 1
        )
        size = torch.sqrt(real.square() + imaginary.square())
        # The phase of a negative number is pi for 0 and -pi for -0, which is a matter of kernels.
        return torch.cat([size, torch.atan2(imaginary + 0.0, real)], dim=1)

    def _conv(self, x: Tensor, name: str, **more: int) -> Tensor:
        return functional.conv1d(x, self._w[f"{name}.weight"], self._w.get(f"{name}.bias"), **more)
