"use strict";
let kitae = null;

/* Puts bytes where the module reads them. */
function give(...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const place = kitae.kitae_input(length) >>> 0;
  if (place === 0 && length > 0) throw new Error("there is not enough memory for " + length + " bytes");
  const room = new Uint8Array(kitae.memory.buffer, place, length);
  let at = 0;
  for (const part of parts) { room.set(part, at); at += part.length; }
}

/* What the module said, or why it did not. */
function taken(isDone) {
  const bytes = new Uint8Array(kitae.memory.buffer, kitae.kitae_output() >>> 0, kitae.kitae_output_length());
  const text = new TextDecoder().decode(bytes);
  if (!isDone) throw new Error(text);
  return text === "" ? null : JSON.parse(text);
}

const utf8 = (text) => new TextEncoder().encode(text);

const work = {
  async load({ wasm, name, files }) {
    kitae = (await WebAssembly.instantiate(wasm, {})).instance.exports;
    for (const [name, bytes] of files) {
      give(utf8(name), bytes);
      taken(kitae.kitae_file(utf8(name).length));
    }
    give(utf8(name));
    return taken(kitae.kitae_load());
  },
  answer({ rows, level }) {
    give(utf8(JSON.stringify(rows)));
    return taken(kitae.kitae_answer(level || 0));
  },
  csv({ name, bytes, level }) {
    give(utf8(name), bytes);
    return taken(kitae.kitae_csv(utf8(name).length, level || 0));
  },
};

onmessage = async ({ data: { number, what, given } }) => {
  try {
    postMessage({ number, said: await work[what](given) });
  } catch (error) {
    const stopped = error instanceof WebAssembly.RuntimeError;
    const words = stopped ? "the model stopped while it worked; reload the page: " : "";
    postMessage({ number, error: words + error.message });
  }
};
