// The annotator: keys, selection, steps. What the labels are is known to the server alone, which saves every step.

import { fill, mark, plainText } from "./lists.js";
import { PageView } from "./view.js";

const $ = (id) => document.getElementById(id);
const view = new PageView($("frame"), $("overlay"), $("outline"));
let overview = null;
let page = null;      // what the server says of the page that is shown
let state = null;     // how its blocks stand
let chain = [];       // what may be selected around the block chosen, narrow to wide
let level = 0;        // which of it is selected
let block = -1;       // the block chosen
let reach = null;     // the other end, where several blocks in a row are selected
let tab = "open";
let found = [];
let plain = false;
let steps = Promise.resolve();

async function ask(path, body) {
  let response;
  try {
    response = await fetch(`api/${path}`, body === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The annotator does not answer. Start it again with the same command; all steps before are saved.");
  }
  const answer = await response.json().catch(() => ({ error: `The annotator answers with ${response.status}.` }));
  if (!response.ok) throw new Error(answer.error ?? `The annotator answers with ${response.status}.`);
  return answer;
}

function say(text, error = false) {
  $("message").textContent = text;
  $("message").classList.toggle("error", error);
}

// --- pages

async function open(number) {
  say("Opening …");
  $("trouble").hidden = true;
  page = state = null;
  block = -1;
  chain = [];
  found = [];
  location.replace(`#${number + 1}`);
  try {
    const answer = await ask(`pages/${number}`);
    await view.show(answer);
    page = answer;
  } catch (error) {
    // The page cannot be shown; the others can.
    page = null;
    $("frame").src = "frame";
    $("trouble").textContent = error.message;
    $("trouble").hidden = false;
    overview.pages[number].failed = true;
    view.select(null, false);
    say("");
    header(number);
    selection();
    lists();
    shown();
    return;
  }
  prepare();
  view.setPlain(plain);
  receive(page.state);
  say(page.notes.length ? page.notes.slice(0, 3).join(" ") : "");
  const first = wanted()[0];
  if (first !== undefined) choose(first);
  else if (page.blocks.text.length) choose(0);
  else say("There is no text on this page.");
}

const current = () => Math.max(0, Number(location.hash.slice(1)) - 1) || 0;

function go(step) {
  const number = current() + step;
  if (number < 0 || number >= overview.pages.length) say("There is no further page.");
  else run(() => open(number));
}

function nextUnfinished() {
  const n = overview.pages.length;
  for (let i = 1; i <= n; i++) {
    const at = (current() + i) % n;
    if (overview.pages[at].undecided !== 0 && !overview.pages[at].failed) return run(() => open(at));
  }
  say("Every page is finished.");
}

// How many blocks lie within each element, as differences of prefix sums; and the search texts.
function prepare() {
  const counts = new Array(page.parent.length + 1).fill(0);
  for (const element of page.blocks.element) counts[element + 1]++;
  for (let i = 1; i < counts.length; i++) counts[i] += counts[i - 1];
  page.within = (element) => counts[page.end[element]] - counts[element];
  page.plain = page.blocks.text.map(plainText);
}

// Counts what was shown, for whoever waits for it.
function shown() {
  const { dataset } = document.documentElement;
  dataset.revision = String(Number(dataset.revision ?? 0) + 1);
}

// --- steps

function run(work) {
  steps = steps.then(work).catch((error) => say(error.message, true));
  return steps;
}

function step(action) {
  if (!page) return;
  const number = page.number;
  run(async () => {
    const answer = await ask(`pages/${number}/steps`, action);
    if (page?.number !== number) return;
    receive(answer);
    say(answer.message);
  });
}

function receive(answer) {
  state = answer;
  overview.pages[page.number].undecided = state.page_undecided;
  view.paint(state.blocks);
  header(page.number);
  selection();
  lists();
  shown();
}

function label(name) {
  if (reach !== null) return step({ action: "label", ...several(), label: name });
  const target = chain[level];
  if (!target) return;
  if (target.element === null) step({ action: "label_block", block, label: name });
  else step({ action: "label", element: target.element, label: name });
}

const elementOfSelection = () => chain[level]?.element ?? page?.blocks.element[block];

const several = () => ({ first: Math.min(block, reach), last: Math.max(block, reach) });

function withElement(action) {
  if (reach !== null) return step({ action, ...several() });
  const element = elementOfSelection();
  if (element !== undefined) step({ action, element });
}

// Whether model and label differ, and nobody has said that the label is right.
const differs = (i) => "0123".includes(state.blocks[i]) && Number(state.blocks[i]) !== page.blocks.suggestion[i] &&
  !state.checked.includes(i);
const isOpen = (i) => !"0123".includes(state.blocks[i]);

function wanted() {
  if (!state) return [];
  const test = overview.review ? (i) => differs(i) : isOpen;
  return [...state.blocks].flatMap((_, i) => (test(i) ? [i] : []));
}

// --- selection

function choose(i, reveal = true) {
  block = i;
  level = 0;
  reach = null;
  const element = page.blocks.element[i];
  const shared = page.within(element) > 1;
  chain = [{ element: shared ? null : element, block: i }];
  let size = 1;
  for (let at = element; at >= 0; at = page.parent[at]) {
    if (page.within(at) > size) {
      size = page.within(at);
      chain.push({ element: at, block: i });
    }
  }
  reselect(reveal);
}

function widen(by) {
  reach = null;
  const to = level + by;
  if (to < 0 || to >= chain.length) return;
  level = to;
  reselect(false);
}

// One block more or less at the moving end of a selection of several in a row.
function stretch(by) {
  if (!page || block < 0) return;
  if (reach === null) {
    const [first, last] = extent();
    choose(by > 0 ? first : last, false);
    reach = by > 0 ? last : first;
  }
  reach = Math.max(0, Math.min(page.blocks.text.length - 1, reach + by));
  reselect();
}

function reselect(reveal = true) {
  const target = reach === null ? chain[level] : { element: null, block: several().first, last: several().last, seen: reach };
  const seen = view.select(target, reveal);
  selection();
  lists();
  if (!seen) say("This text is not shown on the page; press s to see it.");
  else if ($("message").textContent.startsWith("This text is not")) say("");
  shown();
}

// First and last block of the selection.
function extent() {
  if (reach !== null) return [several().first, several().last];
  const target = chain[level];
  if (!target || target.element === null || level === 0) return [block, block];
  let [first, last] = [block, block];
  const inside = (i) => page.blocks.element[i] >= target.element && page.blocks.element[i] < page.end[target.element];
  while (first > 0 && inside(first - 1)) first--;
  while (last + 1 < page.blocks.text.length && inside(last + 1)) last++;
  return [first, last];
}

function move(by) {
  if (!page || !page.blocks.text.length) return;
  if (block < 0) return choose(0);
  const [first, last] = extent();
  const inside = (i) => i >= 0 && i < page.blocks.text.length;
  // Beside the selection; within it, where there is nothing beside it.
  const to = [by > 0 ? last + 1 : first - 1, block + by].find(inside);
  if (to !== undefined) choose(to);
}

function jump(by) {
  if (!state) return;
  const items = tab === "found" && found.length ? found : wanted();
  const to = by > 0 ? items.find((i) => i > block) ?? items[0] : items.findLast((i) => i < block) ?? items.at(-1);
  if (to !== undefined) choose(to);
  else say(overview.review ? "Model and labels agree on this page; n goes on." : "Nothing is undecided on this page; n goes on.");
}

function pick(event) {
  if (!page) return;
  document.activeElement?.blur();
  const bounds = $("overlay").getBoundingClientRect();
  const target = view.at(event.clientX - bounds.left, event.clientY - bounds.top);
  if (!target) return;
  if (target.block !== undefined && event.shiftKey && block >= 0) {
    if (reach === null) choose(extent()[target.block < block ? 1 : 0], false);
    reach = target.block;
    return reselect(false);
  }
  if (target.block !== undefined) return choose(target.block, false);
  // An element without text of its own at this point: the whole of it, or the nearest ancestor with text.
  let element = target.element;
  while (element >= 0 && page.within(element) === 0) element = page.parent[element];
  if (element < 0) return;
  const first = page.blocks.element.findIndex((at) => at >= element && at < page.end[element]);
  choose(first, false);
  const size = page.within(element);
  const fits = chain.findIndex((entry) => (entry.element === null ? 1 : page.within(entry.element)) >= size);
  widen(Math.max(0, fits));
}

// --- what is shown beside the page

function header(number) {
  const pages = overview.pages;
  $("place").textContent = `${number + 1} of ${pages.length}`;
  $("name").textContent = pages[number].name;
  $("name").title = pages[number].url || pages[number].name;
  const done = pages.filter((p) => p.undecided === 0).length;
  const blocks = state ? `${state.blocks.length - state.undecided} of ${state.blocks.length} blocks decided, ` : "";
  $("progress").textContent = `${blocks}${done} of ${pages.length} pages finished`;
  $("bar").value = state?.blocks.length ? (state.blocks.length - state.undecided) / state.blocks.length : 0;
  $("undo").disabled = !state?.can_undo;
  $("redo").disabled = !state?.can_redo;
  document.title = `${pages[number].id} – boilerplate annotate`;
}

function selection() {
  const usable = Boolean(state) && block >= 0;
  for (const button of $("labels").children) button.disabled = !usable;
  for (const id of ["accept", "clear", "check"]) $(id).disabled = !usable;
  $("accept-all").disabled = !state?.undecided;
  if (!usable) {
    $("path").replaceChildren();
    for (const id of ["text", "facts", "guesses"]) $(id).textContent = "";
    return;
  }
  const [first, last] = extent();
  const codes = state.blocks.slice(first, last + 1);
  $("path").replaceChildren(...chain.map((target, i) => {
    const button = document.createElement("button");
    button.textContent = target.element === null ? `text in ${name(page.blocks.element[block])}` : name(target.element);
    if (i === level && reach === null) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => widen(i - level));
    return button;
  }));
  const text = page.blocks.text.slice(first, Math.min(last + 1, first + 8)).join("\n");
  $("text").textContent = text.length > 500 ? `${text.slice(0, 500)}…` : text;
  const decided = [...codes].filter((c) => "0123".includes(c)).length;
  $("facts").textContent = last > first
    ? `${last - first + 1} blocks, ${decided} of them decided`
    : [decided ? "decided" : "undecided: the model's suggestion", link()].filter(Boolean).join(" · ");
  $("guesses").textContent = last > first ? "" : "Model: " +
    overview.labels.map((name, k) => `${name} ${page.blocks.probabilities[block][k].toFixed(2)}`).join(", ");
  for (const [k, button] of [...$("labels").children].entries()) {
    const own = [...codes].filter((c) => c === String(k)).length;
    button.setAttribute("aria-pressed", String(own === codes.length));
    const count = [...state.blocks].filter((c) => c === String(k)).length;
    button.lastElementChild.textContent = ` ${count}`;
  }
  $("check").hidden = !overview.review;
  $("check").disabled = !differs(block);
}

function name(element) {
  const attributes = page.tree.attributes[element] ?? {};
  const id = attributes.id ? `#${attributes.id}` : "";
  const first = !id && attributes.class ? `.${attributes.class.trim().split(/\s+/)[0]}` : "";
  const text = `${page.tree.tags[element]}${id}${first}`;
  return text.length > 28 ? `${text.slice(0, 27)}…` : text;
}

// Where a link leads often says whether it is a story or an advertisement.
function link() {
  for (let at = page.blocks.element[block], i = 0; at >= 0 && i < 4; at = page.parent[at], i++) {
    if (page.tree.links[at]) return `links to ${page.tree.links[at]}`;
  }
  for (let at = page.blocks.element[block]; at < page.end[page.blocks.element[block]]; at++) {
    if (page.tree.links[at]) return `holds a link to ${page.tree.links[at]}`;
  }
  return "";
}

function lists() {
  const open = state ? state.undecided : 0;
  const differing = state && overview.review ? wanted() : [];
  $("tab-open").textContent = `Undecided ${open}`;
  $("tab-differ").textContent = `Disagree ${differing.length}`;
  $("tab-found").textContent = `Found ${found.length}`;
  for (const other of ["open", "differ", "found", "pages"]) {
    $(`tab-${other}`).setAttribute("aria-selected", String(other === tab));
  }
  if (tab === "pages") {
    const marks = (p) => (p.failed ? "✗" : p.undecided === 0 ? "●" : p.undecided > 0 ? "◐" : "○");
    fill($("list"), foundPages(), overview.pages[current()], (p) => [span(marks(p)), span(p.name)],
      (p) => run(() => open_(p)), "There are no pages.");
    return;
  }
  const items = !state ? [] : tab === "found" ? found : tab === "differ" ? differing
    : [...state.blocks].flatMap((_, i) => (isOpen(i) ? [i] : []));
  const make = (i) => {
    const parts = [mark(state.blocks[i])];
    if (tab === "differ") parts.push(mark("abcd"[page.blocks.suggestion[i]]));
    return [...parts, span(page.blocks.text[i].slice(0, 120))];
  };
  const empty = { open: "Nothing is undecided.", differ: "Model and labels agree.", found: "Nothing is found." }[tab];
  fill($("list"), items, block, make, (i) => choose(i), empty);
}

function foundPages() {
  const needle = plainText($("search").value);
  return overview.pages.filter((p) => !needle || plainText(`${p.name} ${p.url}`).includes(needle));
}

const open_ = (p) => open(overview.pages.indexOf(p));

function span(text) {
  const element = document.createElement("span");
  element.textContent = text;
  element.dir = "auto";
  return element;
}

function show(which) {
  // What is searched for differs.
  if ((which === "pages") !== (tab === "pages")) {
    $("search").value = "";
    found = [];
  }
  tab = which;
  $("search").placeholder = tab === "pages" ? "Search the pages  ( / )" : "Search the text  ( / )";
  lists();
}

function search() {
  if (tab === "pages") return lists();
  const needle = plainText($("search").value);
  found = page && needle ? page.plain.flatMap((text, i) => (text.includes(needle) ? [i] : [])) : [];
  show(needle ? "found" : overview.review ? "differ" : "open");
  if (found.length) choose(found.find((i) => i >= block) ?? found[0]);
}

function setPlain() {
  plain = !plain;
  $("plain").setAttribute("aria-pressed", String(plain));
  if (page) {
    view.setPlain(plain);
    if (block >= 0) reselect();
  }
}

// --- keys and buttons

const KEYS = {
  ArrowDown: () => move(1), ArrowUp: () => move(-1), ArrowLeft: () => widen(1), ArrowRight: () => widen(-1),
  j: () => jump(1), k: () => jump(-1),
  a: () => withElement("accept"), A: () => step({ action: "accept_all" }),
  0: () => withElement("clear"), Delete: () => withElement("clear"), Backspace: () => withElement("clear"),
  c: () => check(), u: () => step({ action: "undo" }), U: () => step({ action: "redo" }),
  n: () => go(1), p: () => go(-1), N: nextUnfinished, s: setPlain,
  "/": () => $("search").focus(), "?": () => $("help").showModal(),
};

function check() {
  if (!overview.review || block < 0 || !differs(block)) return;
  const here = block;
  step({ action: "check", block: here });
  run(() => jump(1));
}

function onKey(event) {
  if ($("help").open || !overview) return;
  if (event.target === $("search")) {
    if (event.key === "Escape") event.target.blur();
    else if (event.key === "Enter") {
      event.preventDefault();
      const [first] = tab === "pages" ? foundPages() : [];
      if (first) { event.target.blur(); run(() => open_(first)); }
      else if (tab !== "pages") jump(event.shiftKey ? -1 : 1);
    }
    return;
  }
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    const key = event.key.toLowerCase();
    if (key === "z") { event.preventDefault(); step({ action: event.shiftKey ? "redo" : "undo" }); }
    if (key === "y") { event.preventDefault(); step({ action: "redo" }); }
    return;
  }
  if (event.altKey || event.isComposing) return;
  // The digits' place on the keyboard, where the layout has other characters there.
  const digit = /^[0-4]$/.test(event.key) ? event.key : /^Digit([1-4])$/.exec(event.code)?.[1];
  if (event.shiftKey && event.key.startsWith("Arrow")) {
    event.preventDefault();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") stretch(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  const action = digit && digit !== "0" && !event.shiftKey ? () => label(overview.labels[digit - 1]) : KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

async function start() {
  try {
    overview = await ask("pages");
  } catch (error) {
    say(error.message, true);
    return;
  }
  for (const [k, text] of overview.labels.entries()) {
    const button = document.createElement("button");
    button.style.setProperty("--colour", `var(--label-${k})`);
    button.append(span(`${k + 1} ${text}`), span(""));
    button.addEventListener("click", () => label(text));
    $("labels").append(button);
  }
  if (overview.review) {
    tab = "differ";
    $("tab-differ").hidden = false;
    $("tab-open").hidden = true;
  }
  const click = (id, action) => $(id).addEventListener("click", (event) => { event.currentTarget.blur(); action(); });
  click("previous", () => go(-1));
  click("next", () => go(1));
  click("undo", () => step({ action: "undo" }));
  click("redo", () => step({ action: "redo" }));
  click("plain", setPlain);
  click("help-button", () => $("help").showModal());
  click("accept", () => withElement("accept"));
  click("accept-all", () => step({ action: "accept_all" }));
  click("clear", () => withElement("clear"));
  click("check", check);
  for (const name of ["open", "differ", "found", "pages"]) click(`tab-${name}`, () => show(name));
  $("search").addEventListener("input", search);
  $("overlay").addEventListener("click", pick);
  document.addEventListener("keydown", onKey);
  const from = current();
  const first = overview.pages.findIndex((p) => p.undecided !== 0);
  const begin = location.hash && from < overview.pages.length ? from : overview.review ? 0 : Math.max(first, 0);
  run(() => open(begin));
}

start();
