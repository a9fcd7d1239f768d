"use strict";
const id = (name) => document.getElementById(name);
const made = (tag, attributes = {}, ...children) => {
  const drawn = ["svg", "rect"].includes(tag);
  const element = drawn ? document.createElementNS("http" + "://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
/* So many bars are drawn, so many levels are a list to choose from. */
const DRAWN = 12, LISTED = 60;
const LEVEL = 0.9;
let model = null, answer = null, asked = 0, waiting = null;

const number = (value) => {
  if (value === null) return "unbounded";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-3)) return value.toExponential(3);
  return value.toLocaleString("en", { maximumSignificantDigits: size >= 1000 ? 7 : 4, useGrouping: size >= 10000 });
};
const share = (value) => (100 * value).toFixed(1) + " %";

function tell(error) {
  id("fault").textContent = error.message;
  id("fault").hidden = false;
}

/* A time as its column writes it. */
function written(seconds, form) {
  const [date, time] = new Date(1000 * seconds).toISOString().split("T");
  const [year, month, day] = date.split("-").map(Number);
  const clock = time.slice(0, 5) === "00:00" ? "" : " " + time.slice(0, 8);
  switch (form) {
    case "year-month-day": return date + clock;
    case "day/month/year": return day + "/" + month + "/" + year + clock;
    case "month/day/year": return month + "/" + day + "/" + year + clock;
    case "yyyymmdd": return date.replaceAll("-", "");
    case "hour:minute": return time.slice(0, 5);
    case "seconds since 1970": return String(seconds);
    default: return null;
  }
}

/* The middle of training, or a missing cell where nothing is in the middle. */
const typical = (column) => {
  if (!column.quantiles) return null;
  return column.kind === "time" ? written(column.quantiles[3], column.levels[0]) : column.quantiles[3];
};

function numberField(column, name) {
  const [least, tenth, , , , ninth, most] = column.quantiles || [0, 0, 0, 0, 0, 1, 1];
  const text = made("input", { type: "number", id: name, step: "any", placeholder: "missing" });
  const [low, high] = tenth < ninth ? [tenth, ninth] : [least, most];
  const middle = typical(column);
  text.value = middle === null ? "" : middle;
  column.cell = () => (text.value === "" ? null : Number(text.value));
  if (!(low < high)) return [text];
  const slider = made("input", { type: "range", min: low, max: high, step: (high - low) / 200, "aria-label": column.name + ", slider" });
  slider.value = text.value;
  slider.addEventListener("input", () => { text.value = Number(Number(slider.value).toPrecision(6)); soon(); });
  text.addEventListener("input", () => { slider.value = text.value; });
  return [made("div", { class: "pair" }, slider, text)];
}

function timeField(column, name) {
  const text = made("input", { type: "text", id: name, placeholder: "missing", "aria-describedby": name + "-hint" });
  text.value = typical(column) || "";
  column.cell = () => text.value.trim() || null;
  return [text, made("div", { class: "hint", id: name + "-hint" }, "as " + column.levels.join(" or "))];
}

function levelField(column, name) {
  const levels = column.levels || [];
  if (levels.length > LISTED) {
    const text = made("input", { type: "text", id: name, list: name + "-list", placeholder: "missing", autocomplete: "off" });
    column.cell = () => text.value.trim() || null;
    return [text, made("datalist", { id: name + "-list" }, ...levels.map((level) => made("option", { value: level })))];
  }
  const select = made("select", { id: name }, made("option", {}, "missing"), ...levels.map((level) => made("option", {}, level)));
  column.cell = () => (select.selectedIndex === 0 ? null : levels[select.selectedIndex - 1]);
  return [select];
}

function field(column, place) {
  const name = "column-" + place;
  const made_of = column.kind === "number" ? numberField : column.kind === "time" ? timeField : levelField;
  return made("div", { class: "field" }, made("label", { for: name }, column.name), ...made_of(column, name));
}

function bar(name, words, from, to, kind) {
  const svg = made("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    made("rect", { class: "back", width: 100, height: 10 }),
    made("rect", { class: kind, x: 100 * Math.min(from, to), width: 100 * Math.abs(to - from), height: 10 }));
  return made("div", { class: "bar" }, made("span", { class: "name" }, name), svg, made("span", { class: "n" }, words));
}

function showAnswer(first, warnings) {
  const isClass = first.probabilities !== undefined;
  id("said").textContent = isClass ? first.prediction : number(first.prediction);
  id("fault").hidden = true;
  const region = id("region");
  region.hidden = !(first.interval || first.set);
  if (first.interval) region.textContent = "90 of 100 such rows lie between " + number(first.interval.low) + " and " + number(first.interval.high);
  if (first.set) region.textContent = "In 90 of 100 such rows it is one of: " + first.set.join(", ");
  const classes = isClass ? Object.entries(first.probabilities).sort((a, b) => b[1] - a[1]) : [];
  id("bars").replaceChildren(...classes.slice(0, DRAWN).map(([name, value]) => bar(name, share(value), 0, value, "more")));
  id("warnings").replaceChildren(...warnings.map((warning) => made("li", {}, warning.message)));
}

function showMoves(predictions, columns) {
  const [first, ...others] = predictions;
  const isClass = first.probabilities !== undefined;
  const value = (row) => (isClass ? row.probabilities[first.prediction] : row.prediction);
  const moves = others.map((row, place) => ({ column: columns[place], by: value(first) - value(row) }));
  moves.sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
  const most = Math.max(...moves.map((move) => Math.abs(move.by)), 1e-12);
  const what = isClass ? "the probability of " + first.prediction : "the prediction";
  id("moved-sub").textContent = moves.length === 0
    ? "Every column is at its typical value (its median, or missing)."
    : "How much " + what + " owes to each column: the difference if that column alone were at its typical value, its median or missing.";
  id("moved").replaceChildren(...moves.slice(0, DRAWN).map(({ column, by }) => {
    const words = (by < 0 ? "−" : "+") + (isClass ? (100 * Math.abs(by)).toFixed(1) + " points" : number(Math.abs(by)));
    return bar(column.name, words, 0.5, 0.5 + by / most / 2, by < 0 ? "less" : "more");
  }));
}

async function look() {
  const mine = ++asked;
  const row = Object.fromEntries(model.columns.map((column) => [column.name, column.cell()]));
  const columns = model.columns.filter((column) => row[column.name] !== typical(column));
  const rows = [row, ...columns.map((column) => ({ ...row, [column.name]: typical(column) }))];
  try {
    /* Warnings are about the row itself, so it is asked for alone. */
    const [alone, all] = await Promise.all([answer([row], model.has_regions ? LEVEL : null), answer(rows, null)]);
    if (mine !== asked) return;
    showAnswer(alone.predictions[0], alone.warnings);
    showMoves(all.predictions, columns);
  } catch (error) {
    if (mine === asked) tell(error);
  }
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(look, 60);
}

/* Shows the form of a model. `ask(rows, level)` gives what it says of some rows: {predictions, warnings}. */
async function show(described, ask) {
  [model, answer] = [described, ask];
  document.title = model.name + " · kitae";
  id("title").textContent = model.name;
  id("target").textContent = model.target;
  id("sub").textContent = "Move a value: the model answers at once. It learnt from " + model.n_rows.toLocaleString("en") + " rows.";
  id("row").replaceChildren(...model.columns.map(field));
  id("main").hidden = false;
  await look();
}

id("row").addEventListener("input", soon);
id("row").addEventListener("submit", (event) => event.preventDefault());
id("typical").addEventListener("click", () => show(model, answer));
