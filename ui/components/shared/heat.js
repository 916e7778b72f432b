// The arithmetic of heat over a picture, as effnet_core/images/overlay.py has it. It needs no document.

// Numbers of a typed array's kind, from base64.
export const numbersIn = (base64, Kind) => new Kind(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)).buffer)

// A map resized bilinearly and scaled to 0..1, with signs to -1..1. `numbers`: a number of 1 is `unit`.
export function enlarged({ numbers, rows, columns, unit, strongest, signed }, width, height) {
  const across = resized(numbers, { lines: rows, from: columns, to: width, next: 1, line: columns })
  const large = resized(across, { lines: width, from: rows, to: height, next: width, line: 1 })
  const factor = strongest > 0 ? unit / strongest : 0
  return large.map((value) => Math.max(signed ? -1 : 0, Math.min(1, value * factor)))
}

// Each of some lines of values made longer or shorter, by Pillow's triangle: as wide as a value, or as what is joined.
function resized(values, { lines, from, to, next, line }) {
  const result = new Float32Array(lines * to)
  const step = from / to
  const reach = Math.max(step, 1)
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * step
    const first = Math.max(0, Math.floor(centre - reach + 0.5))
    const last = Math.min(from, Math.floor(centre + reach + 0.5))
    const weights = []
    for (let at = first; at < last; at++) weights.push(Math.max(0, 1 - Math.abs(at + 0.5 - centre) / reach))
    const whole = weights.reduce((sum, weight) => sum + weight, 0)
    for (let number = 0; number < lines; number++) {
      let sum = 0
      for (let at = first; at < last; at++) sum += weights[at - first] * values[number * line + at * next]
      result[next === 1 ? number * to + place : place * lines + number] = sum / whole
    }
  }
  return result
}

// Red, green, blue and how opaque, for each value of a map.
export function coloured(heat, table, signed) {
  const bytes = new Uint8ClampedArray(4 * heat.length)
  for (let at = 0; at < heat.length; at++) {
    const entry = 4 * Math.round(255 * (signed ? (heat[at] + 1) / 2 : heat[at]))
    for (let part = 0; part < 4; part++) bytes[4 * at + part] = table[entry + part]
  }
  return bytes
}

// A white line with dark edges where the magnitude passes `level`, `wide` px without its edges. `flat`: no slope.
export function lineAround(heat, width, height, { level, flat }, wide) {
  const bytes = new Uint8ClampedArray(4 * heat.length)
  const value = (row, column) => Math.abs(heat[row * width + column])
  for (let row = 0; row < height; row++) {
    const [above, below] = [Math.max(0, row - 1), Math.min(height - 1, row + 1)]
    for (let column = 0; column < width; column++) {
      const [before, after] = [Math.max(0, column - 1), Math.min(width - 1, column + 1)]
      const down = (value(below, column) - value(above, column)) / (below - above)
      const along = (value(row, after) - value(row, before)) / (after - before)
      const steep = Math.hypot(down, along)
      const away = steep > flat ? Math.abs(value(row, column) - level) / steep : Infinity
      const dark = Math.max(0, Math.min(1, wide - away + 0.5))
      const white = Math.max(0, Math.min(1, wide / 2 - away + 0.5))
      const at = 4 * (row * width + column)
      bytes[at] = bytes[at + 1] = bytes[at + 2] = dark ? (255 * white) / (white + dark * (1 - white)) : 0
      bytes[at + 3] = 255 * (white + dark * (1 - white))
    }
  }
  return bytes
}

// Red, green and blue made grey in place, as Pillow does it.
export function makeGrey(bytes) {
  for (let at = 0; at < bytes.length; at += 4) {
    const grey = 0.299 * bytes[at] + 0.587 * bytes[at + 1] + 0.114 * bytes[at + 2]
    bytes[at] = bytes[at + 1] = bytes[at + 2] = grey
  }
}
