// Bars of parameters and of compute, a bar a stage (stacked by role) or a role. They follow the hand by what the
// console announces of each network that it shows, and the page's own data after each of its runs.
// Data: network ({ title, layers }), quantities, by ("stage" or "role"), roles, groups, colours, neutral.
// Events: bars by stage tell and mark stages (shared/stages.js); it listens to "scaling-network", which scaling_console
// dispatches. It reports nothing to Python.

import { linkStages } from "../shared/stages.js"
import { setAttributes, setText, svgElement, whole } from "../shared/text_and_svg.js"

const BAR_SHARE = 0.8 // of the room that a bar has
const MOST_TICKS = 5
const COLUMNS = { height: 330, left: 62, right: 8, top: 14, bottom: 46 } // px around the bars
const ROWS = { height: 330, left: 92, right: 70, top: 4, bottom: 30 }
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }
const mounted = new WeakMap() // root -> its Bars
const tickText = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 })

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".bars")
  const bars = mounted.get(root) ?? new Bars(root, data)
  mounted.set(root, bars)
  bars.receive(data)
  return () => bars.close()
}

class Bars {
  constructor(root, data) {
    this.charts = data.quantities.map(() => new Chart(root, data.by === "role" ? ROWS : COLUMNS))
    this.root = root
    this.ahead = false // the hand is ahead of the page's data
    this.observer = new ResizeObserver(() => this.show())
    this.hear = ({ detail }) => {
      this.ahead = detail.ahead
      this.show(detail)
    }
    root.style.setProperty("--neutral", data.neutral)
    if (data.by === "stage") this.addLegend(data)
  }

  addLegend({ groups, colours }) {
    for (const [name, roles] of Object.entries(groups)) {
      const entry = document.createElement("span")
      entry.innerHTML = `<i style="background: ${colours[roles[0]]}"></i>${name}`
      this.root.querySelector(".legend").append(entry)
    }
  }

  receive(data) {
    this.data = data
    addEventListener("scaling-network", this.hear)
    this.observer.observe(this.root)
    this.unlink?.()
    if (data.by === "stage")
      this.unlink = linkStages(this.root, (stage) => this.charts.forEach((chart) => chart.pointAt(stage)))
    this.show(this.ahead ? this.network : data.network)
  }

  show(network = this.network) {
    this.network = network
    if (!this.root.clientWidth) return
    this.data.quantities.forEach((quantity, index) => {
      this.charts[index].show(counted(this.data, network.layers, quantity), this.data.by, network.title, quantity)
    })
  }

  close() {
    removeEventListener("scaling-network", this.hear)
    this.observer.disconnect()
    this.unlink?.()
  }
}

// The bars with their parts, counted in units of the quantity.
function counted({ by, roles, groups, colours }, layers, { column, factor }) {
  const sum = (rows) => factor * rows.reduce((total, row) => total + row[column], 0)
  if (by === "role") {
    return roles.map((role) => {
      const count = sum(layers.filter((row) => row.role === role))
      return { name: role, count, parts: [{ name: role, colour: colours[role], count }] }
    })
  }
  return [...new Set(layers.map((row) => row.stage))].map((stage) => {
    const own = layers.filter((row) => row.stage === stage)
    const parts = Object.entries(groups).map(([name, inGroup]) => {
      return { name, colour: colours[inGroup[0]], count: sum(own.filter((row) => inGroup.includes(row.role))) }
    })
    return { name: `${stage}`, count: sum(own), parts }
  })
}

class Chart {
  constructor(root, room) {
    const figure = root.querySelector(".charts").appendChild(document.createElement("figure"))
    figure.innerHTML = `<figcaption></figcaption><svg role="group" height="${room.height}"></svg><p></p>`
    ;[this.heading, this.svg, this.words] = figure.children
    this.room = room
    this.grid = svgElement("g", this.svg, { class: "grid" })
    this.bars = []
    this.pointed = null // by the mouse or the keyboard's focus
    this.svg.onkeydown = (press) => this.step(press)
  }

  step(press) {
    const now = this.bars.findIndex(({ group }) => group === press.target)
    if (now < 0 || !(press.key in STEPS)) return
    press.preventDefault()
    const next = Math.min(Math.max(now + STEPS[press.key], 0), this.bars.length - 1)
    this.bars.forEach(({ group }, index) => group.setAttribute("tabindex", index === next ? 0 : -1)) // one stop for Tab
    this.bars[next].group.focus()
  }

  show(bars, by, title, quantity) {
    const all = bars.reduce((sum, bar) => sum + bar.count, 0)
    const largest = bars.reduce((most, bar) => (bar.count > most.count ? bar : most))
    const called = (bar) => (by === "stage" ? `stage ${bar.name}` : bar.name)
    const share = (bar) => `${((100 * bar.count) / all).toFixed(1)}\u00a0%`
    setText(this.heading, quantity.axis)
    const takeaway = `${quantity.name} of ${title} by ${by}: most in ${called(largest)}, ${share(largest)} of the whole`
    this.svg.setAttribute("aria-label", takeaway)
    this.total = `In total: ${whole(all)} ${quantity.name}. Point at a bar for its exact number.`
    const scale = this.scaled(largest.count / quantity.per_axis_unit, by)
    bars.forEach((bar, index) => {
      const drawn = (this.bars[index] ??= new DrawnBar(this, index))
      const place = { ...this.across(index, bars.length), perCount: scale / quantity.per_axis_unit }
      drawn.show(bar, `${called(bar)}: ${whole(bar.count)} ${quantity.name}, ${share(bar)} of the whole`, place, this)
      if (by === "stage") drawn.group.dataset.stage = bar.name
      drawn.label(bar.name, share(bar), place, this)
    })
    this.tell()
  }

  // Where a bar's room begins, and its thickness, across the chart.
  across(index, bars) {
    const { left, right, top, bottom, height } = this.room
    const room = (this.room === ROWS ? height - top - bottom : this.width - left - right) / bars
    return { from: (this.room === ROWS ? top : left) + index * room, room }
  }

  // Draw the axis up to a round number over the largest bar; px a unit of it.
  scaled(largest, by) {
    this.width = this.svg.clientWidth
    const { left, right, top, bottom, height } = this.room
    const power = 10 ** Math.floor(Math.log10(largest / MOST_TICKS))
    const step = power * [1, 2, 5, 10].find((digit) => digit * power * MOST_TICKS >= largest)
    const ticks = Math.ceil(largest / step)
    const way = this.room === ROWS ? this.width - left - right : height - top - bottom
    const scale = way / (ticks * step)
    while (this.grid.childElementCount > 2 * ticks + 2) this.grid.lastChild.remove()
    for (let tick = 0; tick <= ticks; tick++) this.drawTick(tick, tick * step * scale, tickText.format(tick * step))
    if (this.room === COLUMNS) {
      this.axis ??= svgElement("text", this.svg, { "text-anchor": "middle", y: height - 4 })
      this.axis.setAttribute("x", left + (this.width - left - right) / 2)
      setText(this.axis, by)
    }
    return scale
  }

  drawTick(tick, along, text) {
    const { left, right, top, bottom, height } = this.room
    const line = this.grid.children[2 * tick] ?? svgElement("line", this.grid)
    const label = this.grid.children[2 * tick + 1] ?? svgElement("text", this.grid)
    if (this.room === ROWS) {
      const x = left + along
      setAttributes(line, { x1: x, x2: x, y1: top, y2: height - bottom })
      setAttributes(label, { x, y: height - 8, "text-anchor": "middle" })
    } else {
      const y = height - bottom - along
      setAttributes(line, { x1: left, x2: this.width - right, y1: y, y2: y })
      setAttributes(label, { x: left - 8, y, dy: "0.35em", "text-anchor": "end" })
    }
    setText(label, text)
  }

  pointAt(stage) {
    this.point(this.bars.find(({ group }) => stage && group.dataset.stage === stage) ?? null)
  }

  point(bar) {
    this.pointed = bar
    this.tell()
  }

  tell() {
    setText(this.words, this.pointed?.words ?? this.total)
  }
}

class DrawnBar {
  constructor(chart, index) {
    this.group = svgElement("g", chart.svg, { class: "bar", role: "img", tabindex: index ? -1 : 0 })
    this.hint = svgElement("title", this.group)
    this.room = svgElement("rect", this.group, { class: "room" })
    this.parts = []
    this.name = svgElement("text", chart.svg)
    this.share = svgElement("text", chart.svg, { class: "share", dy: "0.35em" })
    this.group.onpointerenter = this.group.onfocus = () => chart.point(this)
    this.group.onpointerleave = this.group.onblur = () => chart.point(null)
  }

  show({ parts }, words, { from, room, perCount }, { room: chart, width }) {
    const several = parts.length > 1 ? parts.filter((part) => part.count) : []
    const exact = several.map((part) => `${part.name} ${whole(part.count)}`).join(" · ")
    this.words = exact ? `${words}. ${exact}` : words
    this.group.setAttribute("aria-label", this.words)
    setText(this.hint, words)
    const rows = chart === ROWS
    // a rectangle that is `long` along the values' axis, from `start`, and `thick` across it
    const placed = (rect, start, long, first, thick) =>
      setAttributes(
        rect,
        rows
          ? { x: chart.left + start, y: first, width: long, height: thick }
          : { x: first, y: chart.height - chart.bottom - start - long, width: thick, height: long },
      )
    placed(this.room, 0, rows ? width - chart.left : chart.height - chart.bottom - chart.top, from, room)
    let start = 0
    parts.forEach((part, index) => {
      const rect = (this.parts[index] ??= this.addPart(part))
      const long = part.count * perCount
      placed(rect, start, long, from + (room * (1 - BAR_SHARE)) / 2, room * BAR_SHARE)
      setText(rect.firstChild, `${part.name}: ${whole(part.count)}`)
      start += long
    })
    this.end = start
  }

  addPart({ name, colour }) {
    const rect = svgElement("rect", this.group, { class: "part", fill: colour, "data-part": name })
    svgElement("title", rect)
    return rect
  }

  label(name, share, { from, room }, { room: chart }) {
    const middle = from + room / 2
    setText(this.name, name)
    if (chart === ROWS) {
      setAttributes(this.name, { x: chart.left - 8, y: middle, dy: "0.35em", "text-anchor": "end" })
      setAttributes(this.share, { x: chart.left + this.end + 8, y: middle })
      setText(this.share, share)
    } else {
      setAttributes(this.name, { x: middle, y: chart.height - chart.bottom + 18, "text-anchor": "middle" })
    }
  }
}
