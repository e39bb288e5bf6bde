// Speech with the times of its words: an example of how to use server-sent events of
// POST /v1/audio/speech. PCM is played while it comes.

// The events of a server-sent event stream, parsed.
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (held + value).split("\n\n");
    held = blocks.pop();
    for (const block of blocks) yield JSON.parse(block.slice("data: ".length));
  }
}

// Bytes of 16-bit samples as they come, to samples; half a sample waits for the next bytes.
export class Pcm {
  odd = new Uint8Array(0);

  samples(came) {
    const bytes = new Uint8Array([...this.odd, ...came]);
    const count = bytes.length >> 1;
    this.odd = bytes.slice(2 * count);
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: count }, (_, i) => view.getInt16(2 * i, true) / 32768);
  }
}

// One sample of ITU-T G.711, -1 to 1.
export function fromLaw(byte, law) {
  const value = law === "alaw" ? byte ^ 0x55 : ~byte & 0xff;
  const exponent = (value >> 4) & 7;
  const mantissa = value & 15;
  if (law === "mulaw") {
    const size = (((mantissa << 3) + 132) << exponent) - 132;
    return (value & 0x80 ? -size : size) / 32768;
  }
  const size = exponent ? ((mantissa << 4) + 264) << (exponent - 1) : (mantissa << 4) + 8;
  return (value & 0x80 ? size : -size) / 32768;
}

// Plays samples as they come, and knows which second of the audio is heard.
export class Player {
  constructor(rate) {
    this.context = new AudioContext({ sampleRate: rate });
    this.rate = rate;
    this.runs = []; // [when, second]: from `when` on, the audio is heard from this second
    this.length = 0; // seconds that have come
    this.until = 0; // when they are over
  }

  add(samples) {
    if (!samples.length) return;
    const buffer = this.context.createBuffer(1, samples.length, this.rate);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.context.destination);
    const soonest = this.context.currentTime + 0.05;
    if (this.until < soonest) {
      this.until = soonest;
      this.runs.push([soonest, this.length]);
    }
    source.start(this.until);
    this.until += buffer.duration;
    this.length += buffer.duration;
  }

  // The second that is heard now.
  get time() {
    const now = this.context.currentTime - (this.context.outputLatency || 0);
    const run = this.runs.findLast(([when]) => when <= now);
    return run ? Math.min(run[1] + now - run[0], this.length) : 0;
  }

  get isOver() {
    return this.context.currentTime > this.until;
  }

  close() {
    if (this.context.state !== "closed") this.context.close();
  }
}

// A text, in which words become elements as their times come. Places count code points.
export class Page {
  constructor(element, text) {
    this.element = element;
    this.letters = Array.from(text);
    this.words = []; // [mark, element], in order
    this.rest = document.createTextNode(text);
    this.behind = 0;
    element.replaceChildren(this.rest);
  }

  add(mark) {
    const word = document.createElement("span");
    word.textContent = mark.text;
    word.title = mark.spoken;
    this.rest.before(this.letters.slice(this.behind, mark.start_index).join(""), word);
    this.behind = mark.end_index;
    this.rest.data = this.letters.slice(this.behind).join("");
    this.words.push([mark, word]);
  }

  show(time) {
    const found = this.words.findLast(([mark]) => mark.start <= time);
    const word = found && time < found[0].end ? found[1] : null;
    const shown = this.element.querySelector(".now");
    if (shown === word) return;
    shown?.classList.remove("now");
    word?.classList.add("now");
  }
}
