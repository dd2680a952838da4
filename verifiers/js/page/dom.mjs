/** Elements made from text alone: nothing of a receipt ever becomes markup. */

/** @typedef {Node | string} Child */

/**
 * @param {string} tag with classes: `p.hint`
 * @param {Record<string, string>} attributes
 * @param {...Child} children
 */
export function make(tag, attributes, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function find(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * A table of two columns whose first names the second.
 * @param {[name: string, value: Child][]} rows
 */
export function facts(rows) {
  const lines = rows.map(([name, value]) =>
    make("tr", {}, make("th", { scope: "row" }, name), make("td.value", {}, value)),
  );
  return make("table", {}, make("tbody", {}, ...lines));
}

/**
 * @param {string} caption
 * @param {string[]} heads
 * @param {Child[][]} rows
 */
export function table(caption, heads, rows) {
  const head = make("tr", {}, ...heads.map((each) => make("th", { scope: "col" }, each)));
  const lines = rows.map((row) =>
    make("tr", {}, ...row.map((cell) => make("td.value", {}, cell))),
  );
  const title = make("caption", {}, caption);
  const whole = make("table", {}, title, make("thead", {}, head), make("tbody", {}, ...lines));
  return make("div.scroll", { tabindex: "0", role: "region", "aria-label": caption }, whole);
}
