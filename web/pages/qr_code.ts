// A QR code (ISO/IEC 18004) of at most 180 bytes: version 9, error correction M, so 53 modules a side. A passkey's
// signer has 170 characters. The signing page may load nothing and reach no server, so it draws the code itself.

const SIZE = 53;
const DATA_BLOCKS = [36, 36, 36, 37, 37]; // codewords of data in each block
const CHECK_CODEWORDS = 22; // in each block
const DATA_CODEWORDS = 182;
export const MOST_BYTES = 180;
const ALIGNMENT = [6, 26, 46];
const VERSION_BITS = 0x09a99; // 9, with its BCH code
const QUIET = 4; // modules of white around it

/** The modules, row by row; true is dark. RangeError for more than 180 bytes. */
export function qrCode(text: string): readonly (readonly boolean[])[] {
  const codewords = interleaved(dataCodewords(new TextEncoder().encode(text)));
  const masked = MASKS.map((_, mask) => drawn(codewords, mask));
  return masked.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

/** The code as a picture that is black on white in every theme. */
export function qrPicture(text: string, label: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const whole = String(SIZE + 2 * QUIET);
  const ground = document.createElementNS(space, "rect");
  const dark = document.createElementNS(space, "path");
  const squares = qrCode(text).flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : [])));
  for (const [name, value] of [["viewBox", `0 0 ${whole} ${whole}`], ["class", "mark"], ["role", "img"], ["aria-label", label]] as const)
    picture.setAttribute(name, value);
  for (const [name, value] of [["width", whole], ["height", whole], ["fill", "#fff"]] as const) ground.setAttribute(name, value);
  for (const [name, value] of [["d", squares.join("")], ["fill", "#000"], ["shape-rendering", "crispEdges"]] as const) dark.setAttribute(name, value);
  picture.append(ground, dark);
  return picture;
}

/** Byte mode (0100), length, bytes, terminator, and padding. */
function dataCodewords(data: Uint8Array): number[] {
  if (data.length > MOST_BYTES) throw new RangeError(`at most ${MOST_BYTES} bytes fit, not ${data.length}`);
  const bits = [0, 1, 0, 0, ...bitsOf(data.length), ...[...data].flatMap(bitsOf), 0, 0, 0, 0];
  const found: number[] = [];
  for (let at = 0; at < bits.length; at += 8) found.push(bits.slice(at, at + 8).reduce((value, bit) => 2 * value + bit, 0));
  for (let at = 0; found.length < DATA_CODEWORDS; at++) found.push(at % 2 === 0 ? 0xec : 0x11);
  return found;
}

const bitsOf = (byte: number): number[] => [7, 6, 5, 4, 3, 2, 1, 0].map((at) => (byte >> at) & 1);

/** The blocks' codewords one of each in turn: first all data, then all check codewords. */
function interleaved(data: readonly number[]): number[] {
  let start = 0;
  const blocks = DATA_BLOCKS.map((size) => data.slice(start, (start += size)));
  const checks = blocks.map(checkCodewords);
  const turns = (parts: readonly (readonly number[])[]): number[] =>
    Array.from({ length: Math.max(...parts.map((part) => part.length)) }, (_, at) => parts.flatMap((part) => part.slice(at, at + 1))).flat();
  return [...turns(blocks), ...turns(checks)];
}

/** Reed-Solomon over GF(2^8) with the polynomial 0x11d: the remainder of the block by the generator. */
function checkCodewords(block: readonly number[]): number[] {
  let rest: number[] = Array.from({ length: CHECK_CODEWORDS }, () => 0);
  for (const codeword of block) {
    const factor = codeword ^ (rest[0] ?? 0);
    rest = [...rest.slice(1), 0].map((value, at) => value ^ product(GENERATOR[at] ?? 0, factor));
  }
  return rest;
}

function product(left: number, right: number): number {
  let found = 0;
  for (let at = 7; at >= 0; at--) found = (found << 1) ^ ((found >> 7) * 0x11d) ^ (((right >> at) & 1) * left);
  return found;
}

/** Coefficients of (x - 1)(x - 2)(x - 4)…, from the second highest power on. */
const GENERATOR: readonly number[] = (() => {
  let found: number[] = [1];
  let root = 1;
  for (let degree = 0; degree < CHECK_CODEWORDS; degree++) {
    const shifted = [...found, 0];
    found = shifted.map((value, at) => value ^ product(at === 0 ? 0 : (found[at - 1] ?? 0), root));
    root = product(root, 2);
  }
  return found.slice(1);
})();

const MASKS: readonly ((x: number, y: number) => number)[] = [
  (x, y) => (x + y) % 2, (_, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2, (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

class Drawing {
  readonly dark = Array.from({ length: SIZE }, () => Array.from({ length: SIZE }, () => false));
  readonly isFixed = Array.from({ length: SIZE }, () => Array.from({ length: SIZE }, () => false));

  fix(x: number, y: number, isDark: boolean): void {
    const row = this.dark[y];
    const fixed = this.isFixed[y];
    if (row === undefined || fixed === undefined || x < 0 || x >= SIZE) return;
    row[x] = isDark;
    fixed[x] = true;
  }

  /** Squares round a centre; `radius` of the finders is 4 with their white border, of the alignment patterns 2. */
  target(centreX: number, centreY: number, radius: number): void {
    for (let y = -radius; y <= radius; y++) {
      for (let x = -radius; x <= radius; x++) {
        const ring = Math.max(Math.abs(x), Math.abs(y));
        this.fix(centreX + x, centreY + y, radius === 2 ? ring !== 1 : ring !== 2 && ring !== 4);
      }
    }
  }
}

function drawn(codewords: readonly number[], mask: number): readonly (readonly boolean[])[] {
  const drawing = new Drawing();
  for (let at = 0; at < SIZE; at++) {
    drawing.fix(6, at, at % 2 === 0);
    drawing.fix(at, 6, at % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [SIZE - 4, 3], [3, SIZE - 4]] as const) drawing.target(x, y, 4);
  for (const x of ALIGNMENT) for (const y of ALIGNMENT) if (!(x + y === 12 || x + y === 52 && x !== y)) drawing.target(x, y, 2);
  drawVersion(drawing);
  drawFormat(drawing, mask);
  drawData(drawing, codewords, mask);
  return drawing.dark;
}

function drawVersion(drawing: Drawing): void {
  for (let at = 0; at < 18; at++) {
    const isDark = ((VERSION_BITS >> at) & 1) === 1;
    const far = SIZE - 11 + (at % 3);
    const near = Math.floor(at / 3);
    drawing.fix(far, near, isDark);
    drawing.fix(near, far, isDark);
  }
}

/** Correction level M (00) and the mask, with their BCH code, twice. */
function drawFormat(drawing: Drawing, mask: number): void {
  let rest = mask;
  for (let at = 0; at < 10; at++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((mask << 10) | rest) ^ 0x5412;
  const isDark = (at: number): boolean => ((bits >> at) & 1) === 1;
  for (let at = 0; at < 15; at++) {
    if (at < 8) drawing.fix(SIZE - 1 - at, 8, isDark(at));
    else drawing.fix(8, SIZE - 15 + at, isDark(at));
    if (at < 6) drawing.fix(8, at, isDark(at));
    else if (at < 8) drawing.fix(8, at + 1, isDark(at));
    else if (at === 8) drawing.fix(7, 8, isDark(at));
    else drawing.fix(14 - at, 8, isDark(at));
  }
  drawing.fix(8, SIZE - 8, true);
}

/** The codewords' bits in columns two modules wide, from the right, up and down in turn. */
function drawData(drawing: Drawing, codewords: readonly number[], mask: number): void {
  const isInverted = MASKS[mask] ?? (() => 1);
  let bit = 0;
  for (let right = SIZE - 1; right >= 1; right -= right === 8 ? 3 : 2) {
    const isUpward = ((right + 1) & 2) === 0;
    for (let step = 0; step < SIZE; step++) {
      const y = isUpward ? SIZE - 1 - step : step;
      const row = drawing.dark[y];
      for (const x of [right, right - 1]) {
        if (row === undefined || drawing.isFixed[y]?.[x] === true) continue;
        const value = ((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        bit++;
        row[x] = (value === 1) !== (isInverted(x, y) === 0);
      }
    }
  }
}

/** The less, the better a camera reads it: long runs, blocks of one colour, and imbalance cost. */
function penalty(rows: readonly (readonly boolean[])[]): number {
  const columns = rows.map((_, x) => rows.map((row) => row[x] === true));
  let found = 0;
  let dark = 0;
  for (const line of [...rows, ...columns]) {
    let run = 0;
    line.forEach((isDark, at) => {
      run = at > 0 && line[at - 1] === isDark ? run + 1 : 1;
      if (run === 5) found += 3;
      else if (run > 5) found += 1;
    });
  }
  rows.forEach((row, y) => row.forEach((isDark, x) => {
    if (isDark) dark++;
    const below = rows[y + 1];
    if (x > 0 && below !== undefined && row[x - 1] === isDark && below[x] === isDark && below[x - 1] === isDark) found += 3;
  }));
  return found + 10 * Math.floor(Math.abs((20 * dark) / (SIZE * SIZE) - 10));
}
