let token = "";

async function ask(path, body) {
  const headers = token ? { Authorization: "Bearer " + token } : {};
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  const json = await answer.json();
  if (answer.ok) return json;
  if (answer.status === 401) id("key").hidden = false;
  throw new Error(json.error);
}

async function choose(name) {
  const path = "/models/" + encodeURIComponent(name);
  await show(await ask(path), (rows, level) => ask(path + "/predict" + (level ? "?interval=" + level : ""), { rows }));
}

async function start() {
  try {
    const { models } = await ask("/models");
    id("key").hidden = true;
    id("choice").hidden = models.length < 2;
    id("model").replaceChildren(...models.map((name) => made("option", {}, name)));
    await choose(models[0]);
  } catch (error) {
    if (id("key").hidden) document.body.append(made("p", { class: "fault", role: "alert" }, error.message));
    else id("sub").textContent = error.message;
  }
}

id("model").addEventListener("change", () => choose(id("model").value).catch(tell));
id("key").addEventListener("submit", (event) => { event.preventDefault(); token = id("token").value; start(); });
start();
