// Plays a text and highlights the written words while they are said: an example of how to use the
// times of POST /v1/audio/speech. Audio comes as PCM, which every browser plays to the sample.

const RATE = 24000;
const $ = (id) => document.getElementById(id);

// The events of a server-sent event stream, parsed.
async function* eventsOf(response) {
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

// Plays PCM as it comes, and knows which second of the audio is heard.
class Player {
  constructor() {
    this.context = new AudioContext({ sampleRate: RATE });
    this.runs = []; // [when, second]: from `when` on, the audio is heard from this second
    this.length = 0; // seconds that have come
    this.until = 0; // when they are over
    this.odd = new Uint8Array(0); // half a sample
  }

  add(base64) {
    const came = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const bytes = new Uint8Array([...this.odd, ...came]);
    const count = bytes.length >> 1;
    this.odd = bytes.slice(2 * count);
    if (!count) return;
    const view = new DataView(bytes.buffer);
    const buffer = this.context.createBuffer(1, count, RATE);
    const samples = buffer.getChannelData(0);
    for (let i = 0; i < count; i++) samples[i] = view.getInt16(2 * i, true) / 32768;
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

// The text, in which words become elements as their times come. Places count code points.
class Page {
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
    word?.scrollIntoView({ block: "nearest" });
  }
}

let current = null; // the player, and what ends its request

function stop() {
  current?.abort.abort();
  current?.player.close();
  current = null;
  $("stop").disabled = true;
}

async function play(event) {
  event.preventDefault();
  stop();
  $("error").textContent = "";
  const text = $("text").value;
  const own = { player: new Player(), abort: new AbortController() };
  const page = new Page($("page"), text);
  current = own;
  $("stop").disabled = false;
  let came = false;
  const step = () => {
    if (current !== own) return page.show(-1);
    page.show(own.player.time);
    if (came && own.player.isOver) stop();
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  try {
    const response = await fetch("v1/audio/speech", {
      method: "POST",
      headers: { "content-type": "application/json" },
      signal: own.abort.signal,
      body: JSON.stringify({
        model: "tts-1",
        input: text,
        voice: $("voice").value,
        speed: Number($("speed").value),
        response_format: "pcm",
        stream_format: "sse",
        timestamps: "word",
      }),
    });
    if (!response.ok) throw new Error((await response.json()).error.message);
    for await (const it of eventsOf(response)) {
      if (it.type === "speech.audio.delta") own.player.add(it.audio);
      if (it.type === "speech.audio.timestamps") it.marks.forEach((mark) => page.add(mark));
      if (it.type === "error") throw new Error(it.error.message);
    }
    came = true;
  } catch (error) {
    if (own.abort.signal.aborted) return;
    $("error").textContent = error.message;
    stop();
  }
}

$("form").addEventListener("submit", play);
$("stop").addEventListener("click", stop);
const voices = await (await fetch("v1/audio/voices")).json();
for (const { id, name } of voices.voices) $("voice").add(new Option(name, id));
$("voice").value = voices.default;
// For whoever watches the page: the second that is heard.
window.heard = () => current?.player.time ?? null;
