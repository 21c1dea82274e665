/** The receipt as a PDF, made in this browser: asking a server for it would tell which bid is ours. */
import { canonical } from "../sealed/canonical.js";
import { concat, utf8 } from "../sealed/bytes.js";
import { paint } from "../parts/qr.js";
import { linkOf } from "../sealed/receiptlink.js";
import { clock, text } from "./kit.js";

const [WIDTH, HEIGHT] = [1240, 1754]; // A4 at 150 dots an inch
const [POINTS_WIDE, POINTS_HIGH] = [595, 842];
const MARGIN = 100;
const CODE = 420; // 7 cm: what a telephone reads from where one holds it

function lines(context, words, most) {
  const out = [];
  let line = "";
  for (const letter of words) {
    if (context.measureText(line + letter).width > most) {
      out.push(line);
      line = "";
    }
    line += letter;
  }
  return [...out, line];
}

function draw({ title, rows, code, note }) {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext("2d");
  const family = getComputedStyle(document.body).fontFamily;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  let y = MARGIN + 40;
  const write = (words, size, colour) => {
    context.fillStyle = colour;
    context.font = `${size}px ${family}`;
    for (const line of lines(context, words, WIDTH - 2 * MARGIN)) {
      context.fillText(line, MARGIN, y);
      y += size * 1.5;
    }
  };
  write(title, 44, "#111");
  y += 30;
  for (const [name, value] of rows) {
    write(name, 22, "#555");
    write(value, 28, "#111");
    y += 18;
  }
  write(code.says, 22, "#555");
  y += paint(context, code.link, MARGIN, y, CODE) + 60;
  write(note, 22, "#555");
  return canvas;
}

/**
 * A PDF of one page that is a picture, with a file in it (ISO 32000-1, 7.11.4).
 * @param {Uint8Array} jpeg
 * @param {string} name of the file @param {Uint8Array} data
 * @returns {Uint8Array}
 */
export function pdf(jpeg, name, data) {
  const parts = [];
  const offsets = [];
  let at = 0;
  const add = (...pieces) => {
    for (const piece of pieces) {
      const raw = typeof piece === "string" ? utf8(piece) : piece;
      parts.push(raw);
      at += raw.length;
    }
  };
  const object = (number, ...pieces) => {
    offsets[number] = at;
    add(`${number} 0 obj\n`, ...pieces, "\nendobj\n");
  };
  add("%PDF-1.7\n%\u00e2\u00e3\n");
  object(1, `<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(${name}) 6 0 R]>>>>/AF[6 0 R]>>`);
  object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
  object(3, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${POINTS_WIDE} ${POINTS_HIGH}]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>`);
  const paint = `${POINTS_WIDE} 0 0 ${POINTS_HIGH} 0 0 cm /I Do`;
  object(4, `<</Length ${paint.length}>>stream\n${paint}\nendstream`);
  object(5, `<</Type/XObject/Subtype/Image/Width ${WIDTH}/Height ${HEIGHT}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Length ${jpeg.length}>>stream\n`, jpeg, "\nendstream");
  object(6, `<</Type/Filespec/F(${name})/UF(${name})/AFRelationship/Data/EF<</F 7 0 R>>>>`);
  object(7, `<</Type/EmbeddedFile/Subtype/application#2Fjson/Length ${data.length}>>stream\n`, data, "\nendstream");
  const start = at;
  const rows = offsets.slice(1).map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`);
  add(`xref\n0 8\n0000000000 65535 f \n${rows.join("")}trailer\n<</Size 8/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`);
  return concat(...parts);
}

/** @param {import("./lot.js").Lot} lot @param {object} one a kept receipt @returns {Promise<Blob>} */
export async function receiptPdf(lot, { kind, seq, sha256, receipt }) {
  const { at, minute } = receipt.object;
  const rows = [
    [text("pdf.lot"), `${lot.title} (${lot.tender} / ${lot.lot})`],
    [text("pdf.at"), text("beijing", { time: clock(at) })],
    [text("pdf.minute"), text("beijing", { time: clock(minute) })],
    [text("pdf.hash"), sha256],
    [text("pdf.key"), lot.trust.box_key],
    [text("pdf.signature"), receipt.signature],
  ];
  const code = { link: linkOf(receipt, location.origin), says: text("pdf.code") };
  const canvas = draw({ title: text(`receipt.${kind}`, { seq }), rows, code, note: text("pdf.note") });
  const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
  const made = pdf(new Uint8Array(await picture.arrayBuffer()), `receipt-${lot.lot}-${seq}.json`, concat(canonical(receipt), utf8("\n")));
  return new Blob([made], { type: "application/pdf" });
}
