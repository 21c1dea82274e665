/** QR codes (ISO/IEC 18004), drawn here: a server that draws one would read it. */
import { qrcode } from "../../vendor/qrcode-generator-2.0.4/qrcode.js";

const SVG = "http://www.w3.org/2000/svg";
// What readers want free around a code, in its own squares.
const QUIET = 4;

/** @param {string} text ASCII @returns {{size: number, dark: (row: number, column: number) => boolean}} `size`: squares a side, with the free edge */
export function squares(text) {
  // The smallest version that holds it, by level M: up to 15 % of it may be unreadable.
  const made = qrcode(0, "M");
  made.addData(text);
  made.make();
  const count = made.getModuleCount();
  const inside = (at) => at >= QUIET && at < QUIET + count;
  const dark = (row, column) => inside(row) && inside(column) && made.isDark(row - QUIET, column - QUIET);
  return { size: count + 2 * QUIET, dark };
}

function eachDark({ size, dark }, what) {
  for (let row = 0; row < size; row += 1) for (let column = 0; column < size; column += 1) if (dark(row, column)) what(column, row);
}

/** @param {string} text @param {string} label said instead of it @returns {SVGElement} */
export function picture(text, label) {
  const found = squares(text);
  const [svg, ground, path] = ["svg", "rect", "path"].map((name) => document.createElementNS(SVG, name));
  const attributes = (node, values) => Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));
  attributes(svg, { viewBox: `0 0 ${found.size} ${found.size}`, role: "img", "aria-label": label, class: "qr" });
  attributes(ground, { width: found.size, height: found.size, fill: "#fff" });
  const marks = [];
  eachDark(found, (x, y) => marks.push(`M${x} ${y}h1v1h-1z`));
  attributes(path, { d: marks.join(""), fill: "#000", "shape-rendering": "crispEdges" });
  svg.append(ground, path);
  return svg;
}

/** Draws one with its upper left corner at a point. @param {CanvasRenderingContext2D} context @param {string} text @param {number} left @param {number} top @param {number} most pixels a side @returns {number} how many it has */
export function paint(context, text, left, top, most) {
  const found = squares(text);
  // Whole pixels a square: a blurred edge is what readers stumble over.
  const scale = Math.floor(most / found.size);
  context.fillStyle = "#000";
  eachDark(found, (x, y) => context.fillRect(left + scale * x, top + scale * y, scale, scale));
  return scale * found.size;
}
