// A labelled page: what is under the pointer or has the focus says why it has its label.
// The page itself is built in a frame that runs nothing; everything here is done from outside it.

const LETTERS = ["A", "P", "F", "C"];
// Colours that the colour-blind tell apart, each with an underline of its own.
const COLOURS = {
  0: "background-color: rgba(0, 158, 115, .20); text-decoration: underline solid rgb(0, 121, 90) 2px;",
  1: "background-color: rgba(230, 97, 0, .24); text-decoration: underline wavy rgb(179, 71, 0) 1.5px;",
  2: "background-color: rgba(0, 114, 178, .20); text-decoration: underline dotted rgb(0, 99, 163) 2px;",
  3: "background-color: rgba(107, 107, 107, .18); text-decoration: underline dashed rgb(90, 90, 90) 1px;",
  n: "",
  f: "color: rgba(90, 90, 90, .28);",
};
// Room for tags at the left of the page, as the style sheet has it.
const GUTTER = 16;
// Tags of more blocks than this would only cover each other.
const MAX_TAGS = 400;

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("page-data").textContent);
const codes = data.labels;
const items = [...document.querySelectorAll("#blocks > li")];
const view = new PageView($("frame"), $("glass"), $("outline"), COLOURS, (frame, page) => {
  // The document that a frame has without a source is in quirks mode; a source is not, even without a doctype.
  if (page.tree.quirks) frame.dispatchEvent(new Event("load"));
  else frame.srcdoc = "<!DOCTYPE html><html><head></head><body></body></html>";
});
let selected = -1;
let pointed = -1;

const shows = (block) => $(`show-${data.names[Number(codes[block])]}`).checked;
const blocksShown = () => [...codes].flatMap((_, block) => (shows(block) ? [block] : []));

function paint() {
  const onlyKept = $("show-kept").checked;
  view.paint([...codes].map((code, block) => (onlyKept && data.kept[block] !== "1" ? "f" : shows(block) ? code : "n")).join(""));
  placeTags();
}

// Letters at the blocks that are in sight, so that colour is never all there is to tell labels by.
function placeTags() {
  const layer = $("tags");
  if (!view.document?.documentElement) return;
  const height = view.frame.clientHeight;
  const tags = [];
  for (let block = 0; block < codes.length && tags.length < MAX_TAGS; block++) {
    if (!shows(block) || !view.near[block] || !view.texts[block].length) continue;
    const range = view.document.createRange();
    range.selectNodeContents(view.texts[block][0]);
    const rect = [...range.getClientRects()].find((r) => r.width > 1 && r.height > 1);
    if (!rect || rect.bottom < 0 || rect.top > height) continue;
    const tag = document.createElement("span");
    tag.className = `tag ${data.names[Number(codes[block])]}`;
    tag.textContent = LETTERS[Number(codes[block])];
    tag.style.left = `${Math.max(0, rect.left + GUTTER - 14)}px`;
    tag.style.top = `${rect.top + (Math.min(rect.height, 40) - 13) / 2}px`;
    tags.push(tag);
  }
  layer.replaceChildren(...tags);
}

// Show what is said of a block beside it; `block` -1 for none.
function tell(block) {
  const card = $("card");
  if (block < 0) {
    card.hidden = true;
    return;
  }
  const body = items[block]?.querySelector(".why");
  const heading = document.createElement("strong");
  heading.textContent = `${data.names[Number(codes[block])]}`;
  if (card.dataset.block !== String(block)) card.replaceChildren(body ? body.cloneNode(true) : heading);
  card.dataset.block = String(block);
  card.className = data.names[Number(codes[block])];
  card.hidden = false;
  const box = boxOf(block);
  const stage = $("stage");
  const below = box ? box.bottom + 8 : 8;
  // Beside the block if there is room, else to the right, where the ends of lines are.
  const right = stage.clientWidth - card.offsetWidth - 24;
  if (box && box.right + 16 < right) {
    card.style.left = `${box.right + 16}px`;
    card.style.top = `${Math.max(4, Math.min(box.top, stage.clientHeight - card.offsetHeight - 8))}px`;
    return;
  }
  const left = box ? right : 8;
  const fitsBelow = below + card.offsetHeight < stage.clientHeight;
  const above = box ? box.top - card.offsetHeight - 8 : 8;
  card.style.top = `${Math.max(4, fitsBelow ? below : above > 0 ? above : stage.clientHeight - card.offsetHeight - 8)}px`;
  card.style.left = `${Math.max(4, Math.min(left, stage.clientWidth - card.offsetWidth - 20))}px`;
}

function boxOf(block) {
  const rects = view.texts[block].flatMap((node) => {
    const range = view.document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].filter((r) => r.width && r.height);
  });
  if (!rects.length) return null;
  return {
    left: GUTTER + Math.min(...rects.map((r) => r.left)), top: Math.min(...rects.map((r) => r.top)),
    right: GUTTER + Math.max(...rects.map((r) => r.right)), bottom: Math.max(...rects.map((r) => r.bottom)),
  };
}

function select(block, { reveal = true, scrollList = true } = {}) {
  if (selected >= 0) items[selected]?.removeAttribute("aria-current");
  selected = block;
  if (block < 0) {
    view.target = null;
    view.place();
    tell(-1);
    return;
  }
  items[block]?.setAttribute("aria-current", "true");
  if (scrollList) items[block]?.scrollIntoView({ block: "nearest" });
  const seen = view.select({ element: null, block }, reveal);
  placeTags();
  tell(block);
  $("said").textContent = seen ? "" : "The page does not show this text. Tick “show hidden text” to see it.";
}

function step(by) {
  const shown = blocksShown();
  const next = by > 0 ? shown.find((block) => block > selected) : shown.findLast((block) => block < selected);
  if (next !== undefined) select(next);
}

function end(last) {
  const shown = blocksShown();
  if (shown.length) select(last ? shown.at(-1) : shown[0]);
}

const KEYS = {
  ArrowDown: () => step(1), ArrowRight: () => step(1), ArrowUp: () => step(-1), ArrowLeft: () => step(-1),
  Home: () => end(false), End: () => end(true), Escape: () => select(-1),
};

function onKey(event) {
  const action = KEYS[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
}

// In the list the arrows move the focus, and the focus selects.
function onListKey(event) {
  const shown = items.flatMap((item, block) => (item.offsetParent ? [block] : []));
  const at = shown.indexOf(items.findIndex((item) => item.contains(document.activeElement)));
  const to = { ArrowDown: shown[at + 1], ArrowUp: shown[at - 1], Home: shown[0], End: shown.at(-1) }[event.key];
  if (event.key === "Escape") select(-1);
  if (to === undefined) return;
  event.preventDefault();
  items[to].querySelector("summary").focus();
}

function under(event) {
  const bounds = $("glass").getBoundingClientRect();
  return view.at(event.clientX - bounds.left, event.clientY - bounds.top)?.block ?? -1;
}

function onMove(event) {
  const block = under(event);
  if (block === pointed) return;
  pointed = block;
  if (block >= 0 && shows(block)) tell(block);
  else tell(selected);
}

function setPlain() {
  view.setPlain($("show-all").checked);
  if (selected >= 0) select(selected);
  placeTags();
}

async function start() {
  await view.show({ tree: data.tree, blocks: { text: { length: codes.length }, element: data.elements } });
  if (!view.document || !view.texts) return;
  document.body.classList.add("live");
  view.place();
  paint();
  for (const input of document.querySelectorAll("#legend input")) {
    input.addEventListener("change", input.id === "show-all" ? setPlain : paint);
  }
  const again = () => requestAnimationFrame(() => { placeTags(); if (!$("card").hidden) tell(pointed >= 0 ? pointed : selected); });
  view.window.addEventListener("scroll", again, { capture: true, passive: true });
  new ResizeObserver(again).observe($("stage"));
  $("stage").addEventListener("keydown", onKey);
  $("glass").addEventListener("mousemove", onMove);
  $("glass").addEventListener("mouseleave", () => { pointed = -1; tell(selected); });
  $("glass").addEventListener("click", (event) => {
    $("stage").focus({ preventScroll: true });
    select(under(event), { reveal: false });
  });
  $("blocks").addEventListener("keydown", onListKey);
  $("blocks").addEventListener("focusin", (event) => {
    const block = items.findIndex((item) => item.contains(event.target));
    if (block >= 0 && block !== selected) select(block, { scrollList: false });
  });
  document.documentElement.dataset.ready = "true";
}

start().catch(() => document.body.classList.remove("live"));
