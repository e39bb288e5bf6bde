import { Page, Pcm, Player, eventsOf, fromLaw } from "./player.js";

const $ = (id) => document.getElementById(id);
const FORMATS = ["mp3", "opus", "aac", "flac", "wav", "pcm", "mulaw", "alaw"];
const PEAKS_PER_SECOND = 50;

const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });

// Requests of the server, with the key where one is needed.

async function ask(path, body, signal) {
  const key = sessionStorage.getItem("key");
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: { ...(body && { "content-type": "application/json" }), ...(key && { authorization: `Bearer ${key}` }) },
    body: body && JSON.stringify(body),
    signal,
  });
  if (response.ok) return response;
  const { error } = await response.json();
  if (response.status === 401) {
    $("key-field").hidden = false;
    $("key").focus();
  }
  throw Object.assign(new Error(error.message), { param: error.param });
}

// What the form asks for. Members that have their default are left out.

function lexicon() {
  const rows = [...$("lexicon").children].map((row) => [...row.querySelectorAll("input")].map((it) => it.value.trim()));
  return Object.fromEntries(rows.filter(([word, said]) => word && said));
}

function asked(voice) {
  const words = lexicon();
  const speed = Number($("speed").value);
  return {
    model: "tts-1",
    voice,
    input: $("text").value,
    ...($("format").value !== "mp3" && { response_format: $("format").value }),
    ...(speed !== 1 && { speed }),
    ...($("language").value && { language: $("language").value }),
    ...(Object.keys(words).length && { lexicon: words }),
  };
}

// One voice's reply: what came, how fast, and how it sounds.

class Take {
  constructor(letter, voice) {
    this.element = $("take").content.cloneNode(true).firstElementChild;
    this.find = (selector) => this.element.querySelector(selector);
    this.find("h2 b").textContent = letter;
    this.find("h2 span").textContent = voice;
    this.find(".again").addEventListener("click", () => run([this], (take, own) => take.play(own)));
    this.voice = voice;
    $("takes").append(this.element);
    this.draw(0);
  }

  async fetch(own) {
    const body = { ...asked(this.voice), stream_format: "sse", timestamps: "word" };
    this.format = $("format").value;
    this.page = new Page(this.find(".page"), body.input);
    const began = performance.now();
    const since = () => performance.now() - began;
    let response;
    try {
      response = await ask("v1/audio/speech", body, own.abort.signal);
    } catch (error) {
      if (error.param !== "timestamps") throw error;
      delete body.timestamps; // a voice without times
      response = await ask("v1/audio/speech", body, own.abort.signal);
    }
    this.find("h2 span").textContent = response.headers.get("x-voice");
    this.find(".warning").textContent = (response.headers.get("warning") ?? "").replace(/299 - /g, "");
    const pieces = [];
    const pcm = new Pcm();
    this.rate = this.format === "pcm" ? 24000 : /law/.test(this.format) ? 8000 : 48000;
    this.peaks = [];
    this.samples = [];
    own.player = new Player(this.rate);
    let first;
    for await (const it of eventsOf(response)) {
      if (it.type === "error") throw new Error(it.error.message);
      for (const mark of it.marks ?? []) this.mark(mark);
      if (!it.audio) continue;
      first ??= since();
      const bytes = Uint8Array.from(atob(it.audio), (letter) => letter.charCodeAt(0));
      pieces.push(bytes);
      if (this.format === "pcm") this.add(own.player, pcm.samples(bytes));
      else if (/law/.test(this.format)) this.add(own.player, Float32Array.from(bytes, (it) => fromLaw(it, this.format)));
    }
    const whole = since();
    const file = new Blob(pieces, { type: response.headers.get("content-type") });
    if (!this.samples.length) {
      const buffer = await own.player.context.decodeAudioData(await file.arrayBuffer());
      this.add(own.player, buffer.getChannelData(0));
    }
    const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
    const told = {
      "First audio": milliseconds(first),
      "All of it": milliseconds(whole),
      Length: `${own.player.length.toFixed(2)} s`,
      Size: `${(file.size / 1000).toFixed(file.size < 10000 ? 1 : 0)} kB`,
      Cache: response.headers.get("x-cache"),
    };
    this.find("dl").replaceChildren(
      ...Object.entries(told).map(([name, value]) => {
        const pair = make("div", "");
        pair.append(make("dt", name), make("dd", value));
        return pair;
      }),
    );
    const save = this.find(".save");
    save.href = URL.createObjectURL(file);
    save.download = `speech.${this.format}`;
    save.hidden = false;
    this.find(".again").disabled = false;
    $("status").textContent = `${response.headers.get("x-voice")}: ${told.Length} of audio, the first after ${told["First audio"]}, cache ${told.Cache}`;
    await this.watch(own);
  }

  play(own) {
    own.player = new Player(this.rate);
    this.samples.forEach((it) => own.player.add(it));
    return this.watch(own);
  }

  // Until all is heard, or stopped.
  watch(own) {
    return new Promise((resolve) => own.abort.signal.aborted || own.player.isOver ? resolve() : (own.over = resolve));
  }

  add(player, samples) {
    player.add(samples);
    this.samples.push(samples);
    const step = Math.round(this.rate / PEAKS_PER_SECOND);
    for (let at = 0; at < samples.length; at += step) {
      this.peaks.push(samples.subarray(at, at + step).reduce((most, it) => Math.max(most, Math.abs(it)), 0));
    }
  }

  mark(mark) {
    this.page.add(mark);
    const row = make("li", "");
    row.append(make("span", mark.text || mark.spoken), make("small", `${mark.start.toFixed(2)} – ${mark.end.toFixed(2)} s`));
    this.find(".times").append(row);
  }

  show(time) {
    this.page?.show(time);
    this.draw(Math.max(0, time));
  }

  draw(time) {
    const canvas = this.find("canvas");
    const shown = [Math.floor(time * 20), this.peaks?.length, canvas.clientWidth, devicePixelRatio].join();
    if (shown === this.shown) return; // drawing takes longer than a frame on a slow machine
    this.shown = shown;
    const style = getComputedStyle(canvas);
    const ratio = devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    const context = canvas.getContext("2d");
    const count = Math.floor(canvas.clientWidth / 4);
    const middle = canvas.height / 2;
    const peaks = this.peaks ?? [];
    for (let bar = 0; bar < count; bar++) {
      const from = Math.floor((bar / count) * peaks.length);
      const peak = 0.95 * Math.max(0.02, ...peaks.slice(from, Math.ceil(((bar + 1) / count) * peaks.length)));
      context.fillStyle = peaks.length && from / PEAKS_PER_SECOND < time ? style.color : style.borderTopColor;
      context.beginPath();
      context.roundRect(4 * bar * ratio, middle * (1 - peak), 2.5 * ratio, 2 * middle * peak, ratio);
      context.fill();
    }
  }
}

// Takes are heard one after the other; the next run ends the one before.

let current = null;

function stop() {
  current?.abort.abort();
  current?.player?.close();
  current?.over?.();
  current = null;
  $("stop").disabled = true;
}

async function run(takes, say) {
  stop();
  const own = (current = { abort: new AbortController() });
  $("error").textContent = "";
  $("stop").disabled = false;
  let take;
  const step = () => {
    if (current !== own) return take?.show(-1);
    if (own.player) {
      take.show(own.player.time);
      if (own.over && own.player.isOver) own.over();
    }
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  try {
    for (const it of takes) {
      take = it;
      own.over = null;
      await say(it, own);
      it.show(-1);
      own.player?.close();
      own.player = null;
      if (current !== own) return;
    }
    stop();
  } catch (error) {
    if (own.abort.signal.aborted) return;
    $("error").textContent = error.message;
    stop();
  }
}

async function speak() {
  stop();
  $("takes").querySelectorAll(".save").forEach((it) => URL.revokeObjectURL(it.href));
  $("takes").replaceChildren();
  const voices = [$("voice").value, $("other").value].filter(Boolean);
  read();
  await run(
    voices.map((voice, number) => new Take(voices.length > 1 ? "AB"[number] : "", voice)),
    (take, own) => take.fetch(own),
  );
}

// How the text is read: phrases with their phonemes; what is said otherwise than written is marked.

async function read() {
  const { voice, input, language, lexicon: words } = asked($("voice").value);
  try {
    const told = await (await ask("v1/text/normalize", { input, language, lexicon: words, voice })).json();
    $("reading").replaceChildren(
      ...told.phrases.map((phrase) => {
        const row = make("li", "");
        const changed = told.spans.filter((it) => it.reading && it.start >= phrase.start && it.end <= phrase.end);
        let rest = phrase.text;
        for (const { reading, original } of changed) {
          const at = rest.indexOf(reading);
          if (at < 0) continue;
          row.append(rest.slice(0, at), make("mark", reading, { title: `written: ${original}` }));
          rest = rest.slice(at + reading.length);
        }
        row.append(rest, make("code", phrase.phonemes));
        return row;
      }),
    );
  } catch {
    $("reading").replaceChildren(); // speaking tells what is wrong
  }
}

// Code that asks for the same.

const CODE = {
  curl: (body, key) =>
    [
      `curl ${location.origin}/v1/audio/speech \\`,
      ...(key ? ['  -H "Authorization: Bearer $CHORALE_KEY" \\'] : []),
      "  -H 'Content-Type: application/json' \\",
      `  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}' \\`,
      `  -o speech.${body.response_format ?? "mp3"}`,
    ].join("\n"),
  Python: (body, key) => {
    const { lexicon: words, language, ...own } = body;
    const extra = { ...(language && { language }), ...(words && { lexicon: words }) };
    const lines = Object.entries(own).map(([name, value]) => `    ${name}=${JSON.stringify(value)},`);
    if (Object.keys(extra).length) lines.push(`    extra_body=${JSON.stringify(extra)},`);
    return [
      "import os\n\nfrom openai import OpenAI\n".slice(key ? 0 : 11),
      `client = OpenAI(base_url="${location.origin}/v1", api_key=${key ? 'os.environ["CHORALE_KEY"]' : '"unused"'})`,
      "speech = client.audio.speech.create(",
      ...lines,
      ")",
      `speech.write_to_file("speech.${body.response_format ?? "mp3"}")`,
    ].join("\n");
  },
  Node: (body, key) =>
    [
      'import { writeFile } from "node:fs/promises";\nimport OpenAI from "openai";\n',
      `const client = new OpenAI({ baseURL: "${location.origin}/v1", apiKey: ${key ? "process.env.CHORALE_KEY" : '"unused"'} });`,
      `const speech = await client.audio.speech.create(${JSON.stringify(body, null, 2)});`,
      `await writeFile("speech.${body.response_format ?? "mp3"}", Buffer.from(await speech.arrayBuffer()));`,
    ].join("\n"),
};

function showCode() {
  const chosen = document.querySelector('.tabs [aria-selected="true"]').textContent;
  $("code").textContent = CODE[chosen](asked($("voice").value), sessionStorage.getItem("key"));
}

function choose(tab) {
  for (const it of tab.parentElement.children) {
    it.setAttribute("aria-selected", it === tab);
    it.tabIndex = it === tab ? 0 : -1;
  }
  showCode();
}

for (const name of Object.keys(CODE)) {
  const tab = make("button", name, { type: "button" });
  tab.setAttribute("role", "tab");
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const next = { ArrowRight: tab.nextElementSibling, ArrowLeft: tab.previousElementSibling }[key];
    if (next) choose(next), next.focus();
  });
  document.querySelector(".tabs").append(tab);
}

// The form.

let listing = { voices: [], data: [], aliases: [] };

function languages() {
  const name = $("voice").value;
  const alias = listing.aliases.find((it) => it.id === name);
  const ids = alias ? [alias.voice, alias.other_languages?.voice] : [name.split("/")[0]];
  const tags = ids.flatMap((id) => listing.data.find((it) => it.id === id)?.languages ?? []);
  const before = $("language").value;
  $("language").replaceChildren(new Option("the voice's own", ""), ...[...new Set(tags)].sort().map((it) => new Option(it)));
  $("language").value = tags.includes(before) ? before : "";
}

function changed() {
  $("speed-shown").textContent = `${Number($("speed").value).toFixed(2)}×`;
  $("count").textContent = `${Array.from($("text").value).length} of 4,096`;
  showCode();
}

function addWord(word = "", said = "") {
  const row = make("li", "");
  const field = (label, value, placeholder) => {
    const input = make("input", "", { value, placeholder, spellcheck: false });
    input.setAttribute("aria-label", label);
    return input;
  };
  const remove = make("button", "×", { type: "button", className: "quiet" });
  remove.setAttribute("aria-label", "Remove this word");
  remove.addEventListener("click", () => (row.remove(), $("add").focus(), changed()));
  row.append(field("Word", word, "nginx"), field("How it is said", said, "engine X, or /ˈɛndʒɪn/"), remove);
  $("lexicon").append(row);
  row.firstElementChild.focus();
}

async function load() {
  listing = await (await ask("v1/audio/voices")).json();
  const aliases = listing.voices.filter(({ id }) => listing.aliases.some((it) => it.id === id));
  const others = listing.voices.filter((it) => !aliases.includes(it));
  for (const select of [$("voice"), $("other")]) {
    for (const [label, choices] of [["Voices", others], ["Names of OpenAI's clients, and other aliases", aliases]]) {
      const group = make("optgroup", "", { label });
      group.append(...choices.map(({ id, name }) => new Option(name === id ? id : `${name} (${id})`, id)));
      select.append(group);
    }
  }
  $("voice").value = listing.default;
  languages();
  changed();
}

FORMATS.forEach((it) => $("format").add(new Option(it)));
$("format").value = "pcm";
choose(document.querySelector(".tabs button"));
new Take("", "");
$("form").addEventListener("submit", (event) => (event.preventDefault(), speak()));
$("form").addEventListener("input", changed);
$("voice").addEventListener("change", languages);
$("add").addEventListener("click", () => addWord());
$("stop").addEventListener("click", stop);
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("code").textContent);
  $("status").textContent = "Copied";
});
$("key").value = sessionStorage.getItem("key") ?? "";
$("key").addEventListener("change", () => {
  sessionStorage.setItem("key", $("key").value);
  $("error").textContent = "";
  if (!listing.voices.length) load().catch((error) => ($("error").textContent = error.message));
  showCode();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("form").requestSubmit();
});
await load().catch((error) => ($("error").textContent = error.message));
// For whoever watches the page: the second that is heard.
window.heard = () => current?.player?.time ?? null;
