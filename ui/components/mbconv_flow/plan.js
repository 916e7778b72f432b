// Where the parts of the drawn block stand.

const UPRIGHT_BELOW = 640 // px of width
const PAD = 4 // px between a slab's edge and its maps

export const counted = (count) => Array.from({ length: count }, (_, index) => index)

// Lengths along the flow and across it, as x and y or as y and x.
export class Plan {
  constructor(width, steps) {
    const [count, widest] = [steps.length, Math.max(...steps.map((step) => step.channels))]
    this.upright = width < UPRIGHT_BELOW
    this.width = width
    this.thick = this.upright ? 66 : Math.min(96, 0.09 * width)
    this.gap = this.upright ? 58 : (width - 4 - count * this.thick) / (count - 1)
    this.head = this.upright ? 28 : 50
    this.body = this.upright ? width - 60 : 236
    this.middle = this.upright ? 4 + this.body / 2 : this.head + this.body / 2
    this.scale = this.body / widest
    const along = count * this.thick + (count - 1) * this.gap
    this.height = this.upright
      ? this.head + along + 4
      : this.head + this.body + (steps.at(-1).name === "output" ? 46 : 4)
  }

  start(index) {
    return (this.upright ? this.head : 2) + index * (this.thick + this.gap)
  }

  reach({ channels }) {
    return Math.max(6, channels * this.scale)
  }

  point(along, across) {
    return this.upright ? `${across},${along}` : `${along},${across}`
  }

  box(along, across, deep, wide) {
    const [x, y, width, height] = this.upright ? [across, along, wide, deep] : [along, across, deep, wide]
    return { x, y, width, height }
  }

  // As many maps as stay large enough inside a slab, as squares in its middle.
  squares(index, step, count) {
    const [deep, wide] = [this.thick - 2 * PAD, this.reach(step) - 2 * PAD]
    const tries = counted(count).flatMap((less) => counted(count).map((lines) => [count - less, lines + 1]))
    const sized = tries.map(([shown, lines]) => {
      const each = Math.ceil(shown / lines)
      const side = Math.min((deep + PAD) / lines, (wide + PAD) / each) - PAD
      return { shown, lines, each, side, worth: side * shown ** 0.5 }
    })
    const { shown, lines, each, side } = sized.reduce((best, next) => (next.worth > best.worth ? next : best))
    const [centre, stretch] = [this.start(index) + this.thick / 2, Math.min(wide / each, 1.25 * side + PAD)]
    return counted(shown).map((at) => {
      const [line, place] = [Math.floor(at / each), at % each]
      const along = centre + (line - (lines - 1) / 2) * (side + PAD) - side / 2
      return this.box(along, this.middle + (place - (each - 1) / 2) * stretch - side / 2, side, side)
    })
  }
}
