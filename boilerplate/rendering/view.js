// The page in its frame: built element by element, coloured, and asked what lies under the pointer.
// The frame runs no script; everything here is done from outside it.

const SVG = "http://www.w3.org/2000/svg";
// Browsers lay elements out recursively, and pages nest them without limit.
const MAX_DEPTH = 400;
// Blocks at each end of a selection of several whose places are measured.
const MAX_MEASURED = 100;
// Pages with at most this many blocks are coloured as a whole.
const ALL_COLOURED = 800;
const RGB = ["0, 158, 115", "213, 94, 0", "0, 114, 178", "107, 107, 107"];

// How the annotator colours blocks, by code: digits for decided labels, letters for suggested ones.
const ANNOTATOR_COLOURS = Object.fromEntries(RGB.flatMap((rgb, i) => [
  [String(i), `background-color: rgba(${rgb}, .38);`],
  ["abcd"[i], `background-color: rgba(${rgb}, .13); text-decoration: underline dotted rgb(${rgb});`],
]));
// The annotator's server has an empty document for the frame. A number makes its address new, so that the frame loads
// even if the same page is shown again.
const fromServer = (frame, page) => {
  frame.src = `frame?${page.tree.quirks ? "quirks&" : ""}page=${page.number}.${Date.now()}`;
};

const OWN_STYLE = [
  "boilerplate-box { display: inline-block; min-width: 1em; min-height: 1em; background: #0001; outline: 1px dotted #999; }",
  "boilerplate-unseen { display: none; }",
  "@view-transition { navigation: none; }",  // the frame is emptied for the next page, which cannot be shown as a film
  // Drawings whose size is in a style sheet that is not there.
  ":where(svg:not([width], [height])) { max-width: 100%; max-height: 6em; }",
  "img:not([src]) { background: #0001; outline: 1px dotted #999; }",
].join("\n");
const PLAIN_STYLE = "* { all: revert !important; } " +
  "[hidden], boilerplate-unseen { display: block !important; } " +
  "html, body { margin: 8px !important; font: 15px/1.4 sans-serif !important; }";

export class PageView {
  // `colours` has a style for each code that blocks are painted with; `load` puts an empty document into the frame.
  constructor(frame, overlay, outline, colours = ANNOTATOR_COLOURS, load = fromServer) {
    this.colouring = colours;
    this.load = load;
    this.frame = frame;
    this.overlay = overlay;
    this.outline = outline;
    this.target = null;
    this.queued = false;
    overlay.addEventListener("wheel", (event) => this.#scroll(event), { passive: false });
    new ResizeObserver(() => this.place()).observe(frame);
  }

  // Load an empty document and build the page in it.
  async show(page) {
    this.target = null;
    this.outline.hidden = true;
    this.codes = "";
    this.inlineStyles = [];
    await new Promise((resolve) => {
      this.frame.addEventListener("load", resolve, { once: true });
      this.load(this.frame, page);
    });
    this.window = this.frame.contentWindow;
    this.document = this.frame.contentDocument;
    this.#build(page.tree, page.blocks.text.length);
    this.#prepareColours();
    this.#watchNear(page.blocks.element);
    this.window.addEventListener("scroll", () => this.place(), { capture: true, passive: true });
    this.place();
  }

  #build(tree, blockCount) {
    const doc = this.document;
    this.nodes = new Array(tree.tags.length).fill(null);
    this.index = new Map();
    this.texts = Array.from({ length: blockCount }, () => []);
    this.blockOf = new Map();
    this.styles = [];
    const stack = [];
    let text = 0;
    let usedHead = false;
    let usedBody = false;
    const fragment = doc.createDocumentFragment();
    for (const item of tree.content) {
      const parent = stack.length ? stack[Math.min(stack.length, MAX_DEPTH) - 1] : fragment;
      if (item === -1) {
        stack.pop();
      } else if (typeof item === "string") {
        const node = doc.createTextNode(item);
        const block = tree.text_block[text++];
        if (block >= 0) {
          this.texts[block].push(node);
          this.blockOf.set(node, block);
        }
        if (stack.length) parent.append(node);
      } else {
        const tag = tree.tags[item];
        let node;
        if (item === 0) {
          node = doc.documentElement;
        } else if (tag === "head" && stack.length === 1 && !usedHead) {
          usedHead = true;
          node = doc.head;
        } else if (tag === "body" && stack.length === 1 && !usedBody) {
          usedBody = true;
          node = doc.body;
        } else {
          node = this.#element(tag);
        }
        for (const [name, value] of Object.entries(tree.attributes[item] ?? {})) {
          try { node.setAttribute(name, value); } catch { /* a name that no browser takes */ }
        }
        if (tag === "style") this.styles.push(node);
        this.nodes[item] = node;
        this.index.set(node, item);
        if (!node.parentNode && stack.length) parent.append(node);
        stack.push(node);
      }
    }
    const own = doc.createElement("style");
    const colours = Object.entries(this.colouring).map(([code, style]) => `::highlight(boilerplate-${code}) { ${style} }`);
    own.textContent = [...colours, OWN_STYLE].join("\n");
    doc.head.append(own);
    this.plainStyle = doc.createElement("style");
    this.plainStyle.textContent = PLAIN_STYLE;
    this.plainStyle.media = "not all";
    doc.head.append(this.plainStyle);
  }

  #element(tag) {
    try {
      return tag.startsWith("svg:") ? this.document.createElementNS(SVG, tag.slice(4)) : this.document.createElement(tag);
    } catch {
      return this.document.createElement("boilerplate-element");
    }
  }

  #prepareColours() {
    const { Highlight, CSS } = this.window;
    this.ranges = this.texts.map((nodes) => nodes.map((node) => new this.window.StaticRange({
      startContainer: node, startOffset: 0, endContainer: node, endOffset: node.length,
    })));
    this.colours = {};
    for (const name of Object.keys(this.colouring)) {
      this.colours[name] = new Highlight();
      CSS.highlights.set(`boilerplate-${name}`, this.colours[name]);
    }
  }

  // Browsers go through all coloured ranges whenever one changes. On long pages only what is near the visible part is
  // coloured, so that a key press does not get slower with the length of the page.
  #watchNear(elements) {
    this.observer?.disconnect();
    this.near = new Array(this.texts.length).fill(this.texts.length <= ALL_COLOURED);
    if (this.texts.length <= ALL_COLOURED) return;
    const blocksOf = new Map();
    elements.forEach((element, block) => {
      const node = this.nodes[element];
      if (node) blocksOf.set(node, [...(blocksOf.get(node) ?? []), block]);
      else this.near[block] = true;
    });
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const box = entry.boundingClientRect;
        // An element without a box of its own may hold text that has one.
        const near = entry.isIntersecting || (!box.width && !box.height);
        for (const block of blocksOf.get(entry.target)) this.#setNear(block, near);
      }
    }, { root: this.document, rootMargin: "100%" });
    for (const node of blocksOf.keys()) this.observer.observe(node);
  }

  #setNear(block, near) {
    if (this.near[block] === near) return;
    this.near[block] = near;
    const code = this.codes[block];
    if (code !== undefined) this.#colour(block, near ? undefined : code, near ? code : undefined);
  }

  #colour(block, before, after) {
    for (const range of this.ranges[block]) {
      if (before !== undefined) this.colours[before].delete(range);
      if (after !== undefined) this.colours[after].add(range);
    }
  }

  // Colour the blocks: a character for each, one of the codes.
  paint(codes) {
    for (let block = 0; block < codes.length; block++) {
      if (codes[block] !== this.codes[block] && this.near[block]) this.#colour(block, this.codes[block], codes[block]);
    }
    this.codes = codes;
  }

  setPlain(plain) {
    this.plainStyle.media = plain ? "all" : "not all";
    for (const style of this.styles) if (style.sheet) style.sheet.disabled = plain;
    // An element's own style may be more important than any style sheet.
    if (plain) {
      this.inlineStyles = this.nodes.filter((node) => node?.hasAttribute("style")).map((node) => [node, node.getAttribute("style")]);
      for (const [node] of this.inlineStyles) node.removeAttribute("style");
    } else {
      for (const [node, style] of this.inlineStyles) node.setAttribute("style", style);
      this.inlineStyles = [];
    }
    this.place();
  }

  // The element or block under a point of the overlay.
  at(x, y) {
    const element = this.document.elementFromPoint(x, y);
    if (!element) return null;
    const node = this.#textAt(x, y);
    if (node !== null && element.contains(node)) return { block: this.blockOf.get(node) };
    for (let above = element; above; above = above.parentElement) {
      if (this.index.has(above)) return { element: this.index.get(above) };
    }
    return null;
  }

  #textAt(x, y) {
    const doc = this.document;
    const node = doc.caretPositionFromPoint
      ? doc.caretPositionFromPoint(x, y)?.offsetNode
      : doc.caretRangeFromPoint?.(x, y)?.startContainer;
    if (!node || !this.blockOf.has(node)) return null;
    // The nearest text may lie far from the point.
    const near = this.#rects(node).some((r) => x >= r.left - 4 && x <= r.right + 4 && y >= r.top - 4 && y <= r.bottom + 4);
    return near ? node : null;
  }

  #rects(node) {
    const range = this.document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()];
  }

  // Outline an element, or the texts of blocks; scroll to it if it is out of sight. False if it cannot be seen.
  // `target`: an element or null, a block of it, and the last of several blocks, if they are several.
  select(target, reveal = true) {
    this.target = target;
    const several = target?.last !== undefined;
    const rect = several ? this.#union(this.#rectsOf(target.seen)) : this.#box();
    if (rect && reveal) {
      const height = this.document.documentElement.clientHeight;
      const place = target.element !== null ? this.nodes[target.element]
        : this.texts[several ? target.seen : target.block][0].parentElement;
      if (rect.bottom < 40 || rect.top > height - 40) {
        place.scrollIntoView({ block: rect.height > height ? "start" : "center", inline: "nearest", behavior: "instant" });
      }
    }
    this.place();
    return rect !== null;
  }

  #box() {
    if (!this.target) return null;
    const { element, block, last } = this.target;
    let rects = [];
    if (element !== null && this.nodes[element]) rects = [this.nodes[element].getBoundingClientRect()];
    if (!rects.some((r) => r.width && r.height)) {
      const to = last ?? block;
      for (let at = block; at <= to; at++) {
        // The ends of a long selection are enough to draw around it, and it is drawn anew at each scrolling.
        if (at === block + MAX_MEASURED && to - at > MAX_MEASURED) at = to - MAX_MEASURED;
        rects.push(...this.#rectsOf(at));
      }
    }
    return this.#union(rects);
  }

  #rectsOf(block) {
    return this.texts[block].flatMap((node) => this.#rects(node));
  }

  #union(all) {
    const rects = all.filter((r) => r.width && r.height);
    if (!rects.length) return null;
    const left = Math.min(...rects.map((r) => r.left));
    const top = Math.min(...rects.map((r) => r.top));
    const right = Math.max(...rects.map((r) => r.right));
    const bottom = Math.max(...rects.map((r) => r.bottom));
    return { left, top, right, bottom, width: right - left, height: bottom - top };
  }

  // Put the outline where its element is now; at most once a frame.
  place() {
    if (this.queued || !this.document) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      if (!this.document.documentElement) return;
      // The frame's own scroll bars stay within reach.
      this.overlay.style.right = `${Math.max(0, this.frame.clientWidth - this.document.documentElement.clientWidth)}px`;
      const box = this.#box();
      this.outline.hidden = box === null;
      if (box === null) return;
      Object.assign(this.outline.style, {
        left: `${box.left - 3}px`, top: `${box.top - 3}px`, width: `${box.width + 6}px`, height: `${box.height + 6}px`,
      });
    });
  }

  #scroll(event) {
    if (!this.document || event.ctrlKey) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? this.frame.clientHeight : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    const bounds = this.overlay.getBoundingClientRect();
    let box = this.document.elementFromPoint(event.clientX - bounds.left, event.clientY - bounds.top);
    for (; box && box !== this.document.body && box !== this.document.documentElement; box = box.parentElement) {
      const style = this.window.getComputedStyle(box);
      const before = [box.scrollLeft, box.scrollTop];
      if (/auto|scroll/.test(style.overflowX + style.overflowY)) box.scrollBy({ left: dx, top: dy, behavior: "instant" });
      if (box.scrollLeft !== before[0] || box.scrollTop !== before[1]) break;
    }
    if (!box || box === this.document.body || box === this.document.documentElement) {
      this.window.scrollBy({ left: dx, top: dy, behavior: "instant" });
    }
    this.place();
  }
}
