// The block drawn to scale: a slab a step, as high as its output has channels, with maps inside; between the slabs what
// leads from one to the next. Narrow windows get it from top to bottom instead of from left to right.

import { setAttributes, setText, svgElement } from "../shared/text_and_svg.js"
import { Plan, counted } from "./plan.js"

const MOST_STRANDS = 48 // more channels share a line
const SCAN_ROWS = 8 // in which the kernel is seen to pass over a map
const FADED = 0.2

const part = (f, from, to) => Math.max(0, Math.min(1, (f - from) / (to - from)))

export class FlowDrawing {
  constructor(svg, choose) {
    this.svg = svg
    this.choose = choose
    this.built = ""
  }

  // Draw it anew where anything changed that is drawn: what has the focus keeps it.
  build(data, steps) {
    const width = this.svg.clientWidth
    const { picture, gates, squeezed, kernel, kept } = data
    const drawn = JSON.stringify([
      width,
      steps.map((step) => [step.title, step.shape, step.maps]),
      picture,
      gates,
      kept,
    ])
    if (!width || drawn === this.built) return
    this.built = drawn
    const plan = new Plan(width, steps)
    setAttributes(this.svg, { viewBox: `0 0 ${width} ${plan.height}`, height: plan.height, "aria-label": data.alt })
    this.svg.replaceChildren()
    const about = { plan, steps, gates, squeezed, kernel, kept, picture }
    this.stages = steps.map((step, index) => new DRAWN[step.name](this.svg, about, index, this.choose))
  }

  // `at`: steps that the picture has passed; null: all are seen.
  show(at, chosen) {
    this.stages?.forEach((stage, index) => {
      const share = at === null ? 1 : part(at, index, index + 1)
      stage.group.style.opacity = share > 0 ? 1 : FADED
      stage.group.setAttribute("aria-pressed", stage.step.name === chosen)
      stage.show(share, at === null)
    })
  }
}

// A step: the slab of what it gives, with its maps, and in front of it what it does.
class Stage {
  constructor(svg, about, index, choose) {
    Object.assign(this, about, { index, step: about.steps[index], before: about.steps[index - 1] })
    const { step } = this
    const names = { class: "step", role: "button", tabindex: 0, "aria-label": `${step.title}, ${step.shape}` }
    this.group = svgElement("g", svg, { ...names, "data-step": step.name, style: `--role: ${step.colour}` })
    this.group.onclick = () => choose(step.name)
    this.group.onkeydown = (event) => {
      if (!["Enter", " "].includes(event.key)) return
      event.preventDefault()
      choose(step.name)
    }
    this.strands = []
    if (this.before) this.drawWay()
    this.drawSlab()
    this.drawTitle()
  }

  get way() {
    const start = this.plan.start(this.index)
    return [start - this.plan.gap, start]
  }

  // Place across the flow of a channel, or of a group of them, in a slab.
  across(step, share) {
    return this.plan.middle + (share - 0.5) * this.plan.reach(step)
  }

  drawWay() {
    const { plan, step, before } = this
    const [from, to] = this.way
    const corners = [[from, before, 0], [to, step, 0], [to, step, 1], [from, before, 1]] // prettier-ignore
    const points = corners.map(([along, one, share]) => plan.point(along, this.across(one, share))).join(" ")
    svgElement("polygon", this.group, { class: "way", points })
    this.drawStrands(from, to, before, step)
  }

  // A line for each channel of the wider side.
  drawStrands(from, to, before, step) {
    const count = Math.min(MOST_STRANDS, Math.max(step.channels, before.channels))
    const middle = (from + to) / 2
    this.strands.push(
      ...counted(count).map((number) => {
        const [left, right] = [this.across(before, (number + 0.5) / count), this.across(step, (number + 0.5) / count)]
        const points = [[from, left], [middle, left], [middle, right], [to, right]] // prettier-ignore
        const [first, ...bend] = points.map((point) => this.plan.point(...point))
        return svgElement("path", this.group, { class: "strand", d: `M${first} C${bend.join(" ")}` })
      }),
    )
  }

  drawSlab() {
    const { plan, index, step } = this
    const reach = plan.reach(step)
    const place = plan.box(plan.start(index), plan.middle - reach / 2, plan.thick, reach)
    this.slab = svgElement("rect", this.group, { class: "slab", ...place })
    this.squares = plan.squares(index, step, step.maps.length)
    this.images = this.drawMaps(step)
    svgElement("rect", this.group, { class: "edge", ...place })
    svgElement("title", this.group).textContent = `${step.title}: ${step.shape}`
  }

  drawMaps(step) {
    return this.squares.map((place, number) =>
      svgElement("image", this.group, { href: step.maps[number].url, preserveAspectRatio: "none", ...place }),
    )
  }

  drawTitle() {
    const { plan, index, step } = this
    const last = index === this.steps.length - 1
    const centre = plan.start(index) + plan.thick / 2
    if (plan.upright) {
      const along = plan.start(index) - (step.name === "output" ? 0.78 * plan.gap : index ? plan.gap / 2 : 14)
      const text = svgElement("text", this.group, { x: plan.middle, y: along + 5, "text-anchor": "middle" })
      setText(text, `${step.title} · ${step.shape}`)
      return
    }
    const [x, anchor] = index === 0 ? [2, "start"] : last ? [plan.width - 2, "end"] : [centre, "middle"]
    const title = svgElement("text", this.group, { class: "name", x, y: 16, "text-anchor": anchor })
    title.style.fontSize = `min(1rem, ${(plan.thick + plan.gap) / 8}px)` // neighbours don't touch
    setText(title, step.title)
    setText(svgElement("text", this.group, { x, y: 37, "text-anchor": anchor }), step.shape)
  }

  // Of `count` things, those that a share of the step has reached.
  reveal(things, share) {
    things.forEach((thing, number) => (thing.style.opacity = part(share * things.length, number, number + 1)))
  }
}

class Entering extends Stage {
  constructor(...args) {
    super(...args)
    const { plan, step, picture } = this
    const room = (plan.body - plan.reach(step)) / 2 - 12 // beside the slab, across the flow
    const side = Math.min(plan.upright ? plan.thick : 72, room - 18)
    if (side < 32) return
    const [along, across] = [plan.start(0) + (plan.thick - side) / 2, plan.middle - plan.body / 2]
    svgElement("image", this.group, { href: picture, ...plan.box(along, across, side, side) })
    const centre = plan.start(0) + plan.thick / 2
    const ends = [across + side + 3, plan.middle - plan.reach(step) / 2 - 4].map((end) => plan.point(centre, end))
    this.arrow = svgElement("path", this.group, { class: "arrow", d: `M${ends.join(" L")}`, pathLength: 1 })
  }

  show(share) {
    this.arrow?.style.setProperty("stroke-dashoffset", 1 - part(share, 0, 0.4))
    this.reveal(this.images, part(share, 0.3, 1))
  }
}

// Expand and project: every channel that leaves is a mix of all that enter; they come one after the other.
class Mixing extends Stage {
  show(share) {
    this.reveal(this.strands, part(share, 0, 0.8))
    const rest = 100 * (1 - part(share, 0.15, 0.95))
    this.slab.style.clipPath = this.plan.upright ? `inset(0 ${rest}% 0 0)` : `inset(0 0 ${rest}% 0)`
    this.reveal(this.images, part(share, 0.15, 1))
  }
}

// A kernel of its own slides over each map and leaves the next one.
class Depthwise extends Stage {
  constructor(...args) {
    super(...args)
    const entering = this.plan.squares(this.index - 1, this.before, this.before.maps.length)
    this.entering = entering.slice(0, this.images.length)
    this.kernels = this.entering.map(({ width }) => {
      const side = Math.max(9, (this.kernel * width) / this.before.size)
      return svgElement("rect", this.group, { class: "kernel", width: side, height: side })
    })
  }

  show(share, resting) {
    this.reveal(this.strands, part(share, 0, 0.1))
    const passed = part(share, 0.05, 0.97) * SCAN_ROWS
    const [row, along] = [Math.min(SCAN_ROWS - 1, Math.floor(passed)), passed >= SCAN_ROWS ? 1 : passed % 1]
    const [x, above, below] = [100 * along, (100 * row) / SCAN_ROWS, (100 * (row + 1)) / SCAN_ROWS].map((n) => `${n}%`)
    const seen = `polygon(0 0, 100% 0, 100% ${above}, ${x} ${above}, ${x} ${below}, 0 ${below})`
    for (const image of this.images) image.style.clipPath = share === 1 ? "none" : seen
    this.kernels.forEach((kernel, number) => {
      const { x: left, y: top, width } = this.entering[number]
      const side = Number(kernel.getAttribute("width"))
      const [dx, dy] = [along * (width - side), (row / (SCAN_ROWS - 1)) * (width - side)]
      kernel.setAttribute("transform", `translate(${left + (resting ? 0 : dx)} ${top + (resting ? 0 : dy)})`)
      kernel.style.opacity = resting || (share > 0 && share < 1) ? 1 : 0
    })
  }
}

// Every map becomes one number; a narrow layer and a wide one make the gates, and the gates dim the maps.
class Gating extends Stage {
  drawWay() {
    const { plan, before, step, squeezed } = this
    const [from, to] = this.way
    const narrow = { channels: squeezed }
    const [node, bars] = [from + 0.42 * (to - from), from + 0.62 * (to - from)]
    this.drawStrands(from, node, before, narrow)
    const reach = plan.reach(narrow)
    const place = plan.box(node, plan.middle - reach / 2, 6, reach)
    this.node = svgElement("rect", this.group, { class: "node", ...place })
    this.gathered = this.strands.splice(0)
    this.drawStrands(node + 6, bars, narrow, step)
    this.drawGates(bars + 2, to)
  }

  drawGates(from, to) {
    const wide = this.plan.reach(this.step) / this.gates.length
    this.bars = this.gates.map((gate, number) => {
      const [long, across] = [gate * (to - from), this.across(this.step, number / this.gates.length)]
      const place = this.plan.box(to - long, across + wide * 0.1, long, wide * 0.8)
      return svgElement("rect", this.group, { class: "gate", "fill-opacity": 0.25 + 0.75 * gate, ...place })
    })
  }

  drawMaps(step) {
    this.ungated = super.drawMaps(this.before)
    return super.drawMaps(step)
  }

  show(share) {
    this.reveal(this.gathered, part(share, 0, 0.3))
    this.node.style.opacity = part(share, 0.2, 0.35)
    this.reveal(this.strands, part(share, 0.3, 0.5))
    this.reveal(this.bars, part(share, 0.4, 0.7))
    for (const image of this.ungated) image.style.opacity = share > 0 ? 1 : 0
    for (const image of this.images) image.style.opacity = part(share, 0.7, 1)
  }
}

// The shortcut comes around the block and joins.
class Adding extends Stage {
  drawWay() {
    const { plan, before, step } = this
    const [from, to] = this.way
    this.drawStrands(from, to, before, step)
    const [start, joint] = [plan.start(0) + plan.thick / 2, from + (plan.upright ? 0.7 : 0.5) * (to - from)]
    const edge = plan.middle + plan.body / 2 + (plan.upright ? 26 : 14)
    const path = [
      [start, plan.middle + plan.reach(this.steps[0]) / 2], [start, edge], [joint, edge], [joint, plan.middle + 13],
    ] // prettier-ignore
    const points = path.map((point) => plan.point(...point)).join(" L")
    this.shortcut = svgElement("path", this.group, { class: "shortcut", d: `M${points}`, pathLength: 1 })
    const [x, y] = plan.point(joint, plan.middle).split(",").map(Number)
    this.plus = svgElement("g", this.group, { class: "plus" })
    svgElement("circle", this.plus, { cx: x, cy: y, r: 12 })
    svgElement("path", this.plus, { d: `M${x - 6},${y} h12 M${x},${y - 6} v12` })
    if (plan.upright) return
    const place = { x: (start + joint) / 2, y: edge + 22, "text-anchor": "middle" }
    setText(svgElement("text", this.group, place), this.kept)
  }

  show(share) {
    this.shortcut.style.strokeDashoffset = 1 - part(share, 0, 0.6)
    this.reveal(this.strands, part(share, 0.1, 0.6))
    this.plus.style.opacity = part(share, 0.5, 0.7)
    this.reveal(this.images, part(share, 0.6, 1))
  }
}

const DRAWN = {
  input: Entering,
  expand: Mixing,
  depthwise: Depthwise,
  gate: Gating,
  project: Mixing,
  output: Adding,
}
