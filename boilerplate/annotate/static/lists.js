// Lists of blocks and pages beside the page.

// A list shows this many rows at most: thousands of them would slow every key down.
const MAX_ROWS = 150;

export function mark(code) {
  const label = "0123".includes(code) ? Number(code) : "abcd".indexOf(code);
  const span = document.createElement("span");
  span.className = "0123".includes(code) ? "mark" : "mark open";
  span.style.setProperty("--colour", `var(--label-${label})`);
  span.textContent = String(label + 1);
  return span;
}

// Rows around the current one; `make` gives the parts of a row, `choose` is called with what was clicked.
export function fill(list, items, current, make, choose, empty) {
  // What is current may not be in the list: then the rows are those that follow it.
  const here = items.indexOf(current);
  const following = here < 0 && typeof current === "number" ? items.findIndex((item) => item > current) : here;
  const at = following < 0 ? (here < 0 && typeof current === "number" ? items.length - 1 : 0) : following;
  const from = Math.max(0, Math.min(at - 20, items.length - MAX_ROWS));
  const shown = items.slice(from, from + MAX_ROWS);
  const rows = shown.map((item) => {
    const row = document.createElement("li");
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(item === current));
    row.append(...make(item));
    row.addEventListener("click", () => choose(item));
    return row;
  });
  if (from > 0) rows.unshift(note(`${from} more above`));
  const rest = items.length - from - shown.length;
  if (rest > 0) rows.push(note(`${rest} more below`));
  if (!items.length) rows.push(note(empty));
  list.replaceChildren(...rows);
  (list.querySelector("[aria-selected=true]") ?? rows[at - from + (from > 0 ? 1 : 0)])?.scrollIntoView({ block: "nearest" });
}

function note(text) {
  const row = document.createElement("li");
  row.className = "more";
  row.textContent = text;
  return row;
}

// Case, width and runs of white space make no difference to a search.
export function plainText(text) {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/gu, " ").trim();
}
