// Making elements, and writing numbers. What is not known is null, and is written as a dash.

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element: attributes by name (`onclick` and such are listeners), then children. */
function h(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

/** Make an SVG element. */
function s(tag, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child != null));
  return element;
}

const byId = (id) => document.getElementById(id);
const known = (value) => value !== null && value !== undefined;

/** Write a number with so many decimals, or about so many digits, with commas between thousands. */
function fixed(value, decimals) {
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return known(value) ? value.toLocaleString("en-US", options) : "–";
}

function short(value) {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  return fixed(value, size >= 100 || value === Math.round(value) ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

/** Write a number with about four digits, small ones too. */
const digits = (value) => (known(value) ? value.toLocaleString("en-US", { maximumSignificantDigits: 4 }) : "–");

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const percent = (share) => (known(share) ? `${fixed(100 * share, 0)}%` : "–");

/** Write an estimate with its interval; `write` writes one number. An open end is a run that may never succeed. */
function interval(estimate, write) {
  if (!estimate || (!known(estimate[1]) && !known(estimate[2]))) return "";
  return `${write(estimate[1])}–${known(estimate[2]) ? write(estimate[2]) : "∞"}`;
}

/** Say something to those who cannot see it change. */
function announce(text) {
  byId("status").textContent = text;
}
