// node clients.mjs URL: what clients for Node make of a server, a line of JSON for each.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { experimental_generateSpeech as generateSpeech } from "ai";
import OpenAI from "openai";

const baseURL = `${process.argv[2]}/v1`;
const openai = new OpenAI({ baseURL, apiKey: "unused" });
const speech = (more) => ({ model: "tts-1", voice: "alloy", input: "Hello from Node.", ...more });

async function attempt(client, what, run) {
  let works = "yes";
  try {
    if (!(await run())) works = "no: another answer";
  } catch (error) {
    works = `no: ${error.message}`.slice(0, 200);
  }
  console.log(JSON.stringify({ client, what, works }));
}

await attempt("openai (Node)", "speech", async () => (await (await openai.audio.speech.create(speech())).arrayBuffer()).byteLength > 1000);
await attempt("openai (Node)", "streamed", async () => {
  let size = 0;
  const reply = await openai.audio.speech.create(speech({ response_format: "pcm", input: "A sentence. ".repeat(20) }));
  for await (const piece of reply.body) size += piece.length;
  return size > 100_000;
});
await attempt("openai (Node)", "an error", () => openai.audio.speech.create(speech({ voice: "nobody" })).catch((error) => error.status === 400 && error.param === "voice"));
await attempt("openai (Node)", "models", async () => (await openai.models.list()).data.some((it) => it.id === "tts-1"));
await attempt("openai (Node)", "odd names", async () => (await openai.audio.speech.create(speech({ model: "TTS-1", voice: "Alloy" }))).headers.get("x-voice") === "heart/alloy");

for (const [name, provider] of [
  ["@ai-sdk/openai", createOpenAI({ baseURL, apiKey: "unused" })],
  ["@ai-sdk/openai-compatible", createOpenAICompatible({ name: "chorale", baseURL })],
]) {
  const model = provider.speech?.("tts-1") ?? provider.speechModel?.("tts-1");
  if (!model) {
    console.log(JSON.stringify({ client: name, what: "speech", works: "it has none" }));
    continue;
  }
  await attempt(name, "speech", async () => (await generateSpeech({ model, text: "Hello.", voice: "nova" })).audio.uint8Array.length > 1000);
  await attempt(name, "an error", () => generateSpeech({ model, text: "Hello.", voice: "nobody", maxRetries: 0 }).catch((error) => /unknown voice/.test(error.message)));
}
