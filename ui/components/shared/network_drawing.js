// Networks drawn to scale as SVG: a slab a block, as high as its output's resolution, as thick as its output has
// channels. The blocks of a stage are equal, so one transform sizes them all and a drag redraws in time.
// `look` has the colours by kind, the gap between stages and the steps of the scale (zooms); or else share_of_b0, what
// B0 takes of the frame: then the scale is fixed, and what outgrows the frame is cut. scaling_rule.js makes the slabs.

import { setText, svgElement, threeDigits, whole } from "./text_and_svg.js"

const LABEL_PX = 22 // room for a line of text
const EDGE_PX = 10

export class Drawing {
  constructor(svg, look) {
    this.svg = svg
    this.look = look
    this.title = svgElement("title", svg)
    this.networks = [new DrawnNetwork(svg, look), new DrawnNetwork(svg, look)]
    this.networks[1].group.setAttribute("class", look.share_of_b0 ? "outline" : "reference")
    this.fit = "" // how a network fits into a frame of fixed scale, in words
    this.isCut = false
  }

  // `stage`: the one that was chosen, as text, or null.
  mark(stage) {
    for (const { slabs } of this.networks[0].stages) {
      slabs.classList.toggle("chosen", slabs.dataset.stage === stage)
      slabs.setAttribute("aria-pressed", String(slabs.dataset.stage === stage))
      slabs.setAttribute("tabindex", slabs.dataset.stage === (stage ?? "1") ? 0 : -1) // one stop for Tab
    }
  }

  // The scale changes in steps, when the network outgrows it, so that a growing network is seen to grow.
  zoomed(largest, ofReference) {
    const ratio = largest / ofReference
    return ofReference * (this.look.zooms.find((zoom) => ratio <= zoom) ?? ratio)
  }

  show(network, title, reference) {
    const { clientWidth: width, clientHeight: height } = this.svg
    if (!width || !height) return
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`)
    if (this.look.share_of_b0) this.showFixed(network, title, reference, { width, height })
    else this.showZoomed(network, title, reference, { width, height })
  }

  showZoomed(network, title, reference, { width, height }) {
    setText(this.title, `${title}: ${network.blocks} blocks drawn to scale above B0's ${reference.blocks}`)
    const wide = this.zoomed(allChannels(network), allChannels(reference))
    const [tall, base] = [this.zoomed(network.slabs[0].size, reference.slabs[0].size), reference.slabs[0].size]
    const x = (width - 2 * EDGE_PX) / (wide * (1 + this.look.gap * reference.slabs.length))
    const y = (height - 4 * LABEL_PX) / (tall + base)
    const scale = { x, y, gap: this.look.gap * wide * x, right: width - EDGE_PX }
    this.networks[0].show(network.slabs, title, LABEL_PX + (tall * y) / 2, scale)
    this.networks[1].show(reference.slabs, "B0, to the same scale", 3 * LABEL_PX + (tall + base / 2) * y, scale)
  }

  // B0 as an outline over the network, stage by stage, to a scale that no network changes.
  showFixed(network, title, reference, { width, height }) {
    const [across, down] = this.look.share_of_b0
    const gaps = reference.slabs.length - 1
    const base = (across * width) / (1 + this.look.gap * gaps) // px, without gaps
    const x = base / allChannels(reference)
    const y = (down * height) / reference.slabs[0].size
    const scale = { x, y, gap: this.look.gap * base, right: width - EDGE_PX, bounds: [LABEL_PX, height - LABEL_PX] }
    const outline = reference.slabs.map((slab) => ({ ...slab, channels: slab.channels * slab.count, count: 1 }))
    this.networks[0].show(network.slabs, title, height / 2, scale)
    this.networks[1].show(outline, "", height / 2, scale)
    const wide = (EDGE_PX + allChannels(network) * x + gaps * scale.gap) / width
    this.tellFit({ wide, high: (network.slabs[0].size * y) / height })
    const drawn = `${title}: ${network.blocks} blocks drawn to one fixed scale, over them the outline of B0's`
    setText(this.title, `${drawn} ${reference.blocks}. ${this.fit}`)
  }

  tellFit(sizes) {
    const over = Object.entries(sizes).filter(([, times]) => times > 1)
    this.isCut = over.length > 0
    const much = over.map(([side, times]) => `${threeDigits(times)} times as ${side}`).join(" and ")
    this.fit = this.isCut ? `Too large for this frame: it is ${much}.` : "It fits into this frame."
  }
}

const allChannels = ({ slabs }) => slabs.reduce((sum, slab) => sum + slab.channels * slab.count, 0)

class DrawnNetwork {
  constructor(svg, look) {
    this.look = look
    this.group = svgElement("g", svg)
    this.drawn = svgElement("g", this.group)
    this.labels = svgElement("g", this.group) // over all slabs
    this.title = svgElement("text", this.labels, { class: "name", "text-anchor": "end", dy: "0.35em" })
    this.stages = []
  }

  show(slabs, title, middle, scale) {
    let [left, shown] = [EDGE_PX, 0]
    setText(this.title, title)
    place(this.title, scale.right, scale.bounds ? scale.bounds[0] : middle - (slabs[0].size * scale.y) / 2)
    slabs.forEach((slab, index) => {
      const stage = (this.stages[index] ??= new DrawnStage(this, slab, this.look.colours[slab.kind]))
      const thick = slab.channels * scale.x
      stage.show(slab, left, middle, scale, slab.size === shown)
      left += thick * slab.count + scale.gap
      shown = slab.size
    })
  }
}

class DrawnStage {
  constructor({ drawn, labels }, slab, colour) {
    this.slabs = svgElement("g", drawn, { class: "stage", fill: colour, "data-stage": slab.stage })
    this.hint = svgElement("title", this.slabs)
    this.around = svgElement("rect", this.slabs, { class: "around", x: 0, y: -0.5, height: 1 })
    this.number = svgElement("text", labels, { "text-anchor": "middle", dy: "1.1em" })
    this.pixels = svgElement("text", labels, { "text-anchor": slab.stage === 1 ? "start" : "middle", dy: "-0.35em" })
  }

  show({ stage, kind, channels, size, count }, left, middle, scale, sameSize) {
    const [thick, high] = [channels * scale.x, size * scale.y]
    while (this.slabs.childElementCount > count + 2) this.slabs.lastChild.remove() // 2: the hint, the mark
    for (let x = this.slabs.childElementCount - 2; x < count; x++) {
      svgElement("rect", this.slabs, { class: "slab", x, y: -0.5, width: 1, height: 1 })
    }
    this.slabs.setAttribute("transform", `translate(${left} ${middle}) scale(${thick} ${high})`)
    this.slabs.setAttribute("stroke-width", Math.min(1, thick / 4))
    this.around.setAttribute("width", count)
    const centre = left + (thick * count) / 2
    const what = count === 1 ? kind : `${count} × ${kind}`
    setText(this.hint, `stage ${stage}: ${what}\n${whole(channels)} channels, ${size} × ${size} px`)
    this.slabs.setAttribute("role", "button")
    setText(this.number, `${stage}`)
    place(this.number, centre, within(scale, middle + high / 2))
    const cut = within(scale, middle - high / 2) !== middle - high / 2
    setText(this.pixels, stage === 1 ? `${size} px` : sameSize || cut ? "" : `${size}`)
    place(this.pixels, stage === 1 ? left : centre, within(scale, middle - high / 2))
  }
}

// A label's height in the drawing: of a network that is cut, at the frame.
function within({ bounds: [top, bottom] = [-Infinity, Infinity] }, y) {
  return Math.min(Math.max(y, top), bottom)
}

function place(text, x, y) {
  text.setAttribute("x", x)
  text.setAttribute("y", y)
}
