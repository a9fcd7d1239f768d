let worker = null, last = 0;
const asking = new Map();

const block = (name) => document.querySelector("script[data-name='" + name + "']");

async function unpacked(element) {
  const packed = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* The module works in a thread of its own, so the page never waits for it. */
function ask(what, given) {
  return new Promise((done, failed) => {
    asking.set(++last, { done, failed });
    worker.postMessage({ number: last, what, given });
  });
}

function hear({ data: { number, said, error } }) {
  const { done, failed } = asking.get(number);
  asking.delete(number);
  if (error === undefined) done(said);
  else failed(new Error(error));
}

async function start() {
  const source = new Blob([block("worker").textContent], { type: "text/javascript" });
  worker = new Worker(URL.createObjectURL(source));
  worker.onmessage = hear;
  worker.onerror = (event) => refuse(new Error(event.message || "the page's own script was refused"));
  const packed = [...document.querySelectorAll("script[type='application/gzip']")];
  const files = await Promise.all(packed.map(async (element) => [element.dataset.name, await unpacked(element)]));
  const [[, wasm], ...model] = files;
  const described = await ask("load", { wasm, name: JSON.parse(block("name").textContent), files: model });
  await show(described, (rows, level) => ask("answer", { rows, level }));
  id("file-level").parentElement.hidden = !described.has_regions;
  id("file-section").hidden = false;
}

/* The page cannot answer; it says why. */
function refuse(error) {
  id("sub").textContent = "This page cannot answer: " + error.message;
  id("sub").className = "sub fault";
  id("sub").setAttribute("role", "alert");
}

async function predict(file) {
  const said = id("file-said");
  said.className = "";
  said.textContent = "Reading " + file.name + " …";
  id("file-warnings").replaceChildren();
  id("file-save").hidden = true;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const level = id("file-level").checked ? LEVEL : null;
    const { csv, n_rows, warnings } = await ask("csv", { name: file.name, bytes, level });
    const save = id("file-save");
    URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    save.download = file.name.replace(/(\.csv)?(\.gz)?$/i, "") + "-predictions.csv";
    save.textContent = "Save " + save.download;
    save.hidden = false;
    said.textContent = n_rows.toLocaleString("en") + (n_rows === 1 ? " row answered." : " rows answered.");
    id("file-warnings").replaceChildren(...warnings.map((warning) => made("li", {}, warning.message)));
  } catch (error) {
    said.className = "fault";
    said.textContent = error.message;
  }
}

const drop = id("drop");
id("file").addEventListener("change", () => { if (id("file").files[0]) predict(id("file").files[0]); });
id("file-level").addEventListener("change", () => { if (id("file").files[0]) predict(id("file").files[0]); });
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name !== "dragleave" && name !== "drop");
  });
}
document.addEventListener("drop", (event) => {
  if (event.dataTransfer.files.length === 0) return;
  id("file").files = event.dataTransfer.files;
  id("file").dispatchEvent(new Event("change"));
});
start().catch(refuse);
