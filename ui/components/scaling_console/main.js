// The scaling console: sliders, readouts and drawing that follow the hand without the server. The inputs of the page
// stay the state: it takes their values as data and reports a move when the hand lets go.
// Data: settings and possible (the last ones that make a network), lock, sliders, readouts (which, in this order),
// rules, unit, drawing (with share_of_b0 its scale is fixed), and heard (the number of the last report that Python got).
// Triggers: moved, { number, settings, possible }; stage, the number of one that was clicked.
// Event: it dispatches "scaling-network" on the window, { title, layers, ahead }, for each network that it shows.

import { Drawing } from "../shared/network_drawing.js"
import { growth, held, scaledNetwork } from "../shared/scaling_rule.js"
import { linkStages, stageOf } from "../shared/stages.js"
import { setText, threeDigits, whole } from "../shared/text_and_svg.js"

const KEYS_REST_MS = 300
const STAGE_STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }
const HINT = "Point at a stage for its numbers; click it to keep it."
const consoles = new WeakMap() // root -> its Console

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".console")
  const board = consoles.get(root) ?? new Console(root, data)
  consoles.set(root, board)
  board.report = setTriggerValue
  board.receive(data)
  return () => board.close()
}

class Console {
  constructor(root, data) {
    this.root = root
    this.dragging = false
    this.moved = false // since the last report
    this.reported = 0 // number of the last report
    this.waiting = 0 // timer of a report that waits for the keys to rest
    this.frame = 0
    this.possible = null
    this.drawing = new Drawing(root.querySelector("svg"), data.drawing)
    this.sliders = Object.fromEntries(data.sliders.map((row) => [row.name, this.addSlider(row)]))
    this.chooseReadouts(data.readouts)
    root.classList.toggle("fixed", Boolean(data.drawing.share_of_b0))
    root.classList.add("ready")
    this.addLegend(data.drawing)
    this.pointed = this.chosen = null // stages, as text
    this.takeStages(root.querySelector("svg"))
    this.observer = new ResizeObserver(() => this.show())
  }

  addSlider({ name, label, low, high, step }) {
    const row = document.createElement("div")
    row.innerHTML = `<label for="${name}"><span>${label} <em></em></span><output for="${name}"></output></label>
      <input type="range" id="${name}" min="${low}" max="${high}" step="${step}">`
    this.root.querySelector(".sliders").append(row)
    const [note, shown, input] = ["em", "output", "input"].map((tag) => row.querySelector(tag))
    input.oninput = () => this.move(name, Number(input.value))
    input.onpointerdown = () => this.hold()
    input.onchange = () => this.release()
    return { note, shown, input }
  }

  // A click keeps a stage, so do Enter and Space; arrows lead from one to the next.
  takeStages(svg) {
    svg.onclick = ({ target }) => this.choose(stageOf(target))
    svg.onkeydown = (press) => {
      const stages = this.drawing.networks[0].stages.map((stage) => stage.slabs)
      const at = stages.indexOf(press.target)
      if (at < 0 || !(press.key in STAGE_STEPS || press.key === "Enter" || press.key === " ")) return
      press.preventDefault()
      if (!(press.key in STAGE_STEPS)) this.choose(stageOf(press.target))
      else stages[Math.min(Math.max(at + STAGE_STEPS[press.key], 0), stages.length - 1)].focus()
    }
  }

  choose(stage) {
    if (!stage) return
    this.chosen = stage
    this.tell()
    this.report("stage", Number(stage))
  }

  // The numbers of the stage that is pointed at, or else of the one that was clicked.
  tell() {
    const stage = this.pointed ?? this.chosen
    setText(this.root.querySelector(".told"), stage ? this.wordsOf(Number(stage)) : HINT)
    this.drawing.mark(this.chosen)
  }

  wordsOf(stage) {
    const { network } = this.shown
    const { kind, channels, size, count } = network.slabs.find((slab) => slab.stage === stage)
    const share = (column) => {
      const own = network.layers.reduce((sum, row) => sum + (row.stage === stage ? row[column] : 0), 0)
      return `${((100 * own) / network[column]).toFixed(1)}\u00a0%`
    }
    const what = count === 1 ? kind : `${count} × ${kind}`
    const costs = `${share("params")} of the parameters, ${share("macs")} of the ${this.data.unit.name}`
    return `Stage ${stage}: ${what}, ${whole(channels)} channels of ${size} × ${size} px. ${costs}.`
  }

  chooseReadouts(names) {
    const all = this.root.querySelector(".readouts")
    all.replaceChildren(...names.map((name) => all.querySelector(`[data-name=${name}]`)))
  }

  addLegend({ colours, neutral, share_of_b0: fixed }) {
    this.root.style.setProperty("--neutral", neutral)
    const add = (look, kind) => {
      const entry = document.createElement("span")
      entry.innerHTML = `<i style="${look}"></i>${kind}`
      this.root.querySelector("figcaption").append(entry)
    }
    for (const [kind, colour] of Object.entries(colours)) add(`background: ${colour}`, kind)
    if (fixed) add("border: 2px solid", "outline: B0")
  }

  // The hand is, or was since the page's last data, on a slider.
  get ahead() {
    return this.dragging || this.waiting > 0 || this.data.heard < this.reported
  }

  // New data: the page's values count, unless they are older than the hand.
  receive(data) {
    this.data = data
    this.base = scaledNetwork(data.rules, { network: "b0" })
    this.observer.observe(this.root)
    this.unlink?.()
    this.unlink = linkStages(this.root.querySelector("svg"), (stage) => {
      this.pointed = stage
      this.tell()
    })
    if (!this.ahead) {
      this.settings = data.settings
      this.possible = data.possible ?? this.possible
    }
    this.show()
  }

  hold() {
    this.dragging = true
    const letGo = () => {
      this.dragging = false
      removeEventListener("pointerup", letGo)
      removeEventListener("pointercancel", letGo)
      if (this.moved) this.send()
    }
    addEventListener("pointerup", letGo)
    addEventListener("pointercancel", letGo)
  }

  move(name, value) {
    const settings = { ...this.settings, [name]: value, network: "formula" }
    this.settings = held(this.data.rules, settings, this.data.lock, name).settings
    this.moved = true
    this.frame ||= requestAnimationFrame(() => this.show())
  }

  // By keys: wait until they rest, so that a held key does not flood the server.
  release() {
    if (this.dragging || !this.moved) return
    clearTimeout(this.waiting)
    this.waiting = setTimeout(() => this.send(), KEYS_REST_MS)
  }

  send() {
    clearTimeout(this.waiting)
    this.waiting = 0
    this.moved = false
    this.reported = Date.now()
    this.show()
    this.report("moved", { number: this.reported, settings: this.settings, possible: this.possible })
    setText(this.root.querySelector(".summary"), this.summary())
  }

  show() {
    cancelAnimationFrame(this.frame)
    this.frame = 0
    const { rules, lock } = this.data
    const wanted = scaledNetwork(rules, this.settings)
    if (!wanted.problem) this.possible = this.settings
    this.root.classList.toggle("refused", Boolean(wanted.problem))
    this.shown = wanted.problem ? this.lastPossible() : { network: wanted, title: this.titleOf(this.settings) }
    this.root.classList.toggle("released", this.settings.network !== "formula")
    this.showSliders(lock)
    this.showReadouts()
    this.drawing.show(this.shown.network, this.shown.title, this.base)
    setText(this.root.querySelector(".fit"), this.drawing.fit)
    this.root.classList.toggle("cut", this.drawing.isCut)
    const refused = wanted.problem && `No such network: ${wanted.problem}. Shown: ${this.shown.title}.`
    const unheld = held(rules, this.settings, lock).problem
    this.problem = [refused, unheld].filter(Boolean).join(" ")
    setText(this.root.querySelector(".problem"), this.problem)
    this.tell()
    this.announce()
  }

  // For cost_bars, which follow the hand too.
  announce() {
    const { network, title } = this.shown
    dispatchEvent(new CustomEvent("scaling-network", { detail: { title, layers: network.layers, ahead: this.ahead } }))
  }

  lastPossible() {
    const settings = this.possible ?? { network: "b0" }
    return { network: scaledNetwork(this.data.rules, settings), title: this.titleOf(settings) }
  }

  titleOf({ network, phi }) {
    return network === "formula" ? `Formula, φ = ${short(phi)}` : `${network.toUpperCase()} as released`
  }

  showSliders(lock) {
    for (const [name, { note, shown, input }] of Object.entries(this.sliders)) {
      const value = this.settings[name]
      if (Number(input.value) !== value) input.value = value
      input.style.setProperty("--share", `${(100 * (value - input.min)) / (input.max - input.min)}%`)
      input.disabled = lock.frees === name
      const isImplied = name === "phi" && this.settings.network !== "formula"
      setText(note, lock.frees === name ? "gives way" : isImplied ? "implied" : "")
      setText(shown, `${isImplied && value ? "≈ " : ""}${short(value)}`)
    }
  }

  showReadouts() {
    const { network } = this.shown
    const texts = this.readouts(network)
    for (const name of this.data.readouts) {
      const [value, change, exact] = texts[name]
      const readout = this.root.querySelector(`[data-name=${name}]`)
      setText(readout.querySelector("output"), value)
      setText(readout.querySelector("small"), change)
      readout.title = exact
    }
    setText(this.root.querySelector("[data-name=compute] span"), `Compute, ${this.data.unit.name}`)
  }

  // name -> what is shown, its distance from B0, the exact number
  readouts({ depth, width, resolution, blocks, params, macs }) {
    const { base, data } = this
    const product = growth(data.rules, this.settings)
    const apart = Math.abs(product - 2).toFixed(3)
    const distance = Number(apart) ? `${apart} ${product > 2 ? "above" : "below"} 2` : "equals 2"
    const times = (ratio) => `B0 × ${threeDigits(ratio)}`
    const more = (count, unit) => `B0 ${count < 0 ? "−" : "+"} ${Math.abs(count)}${unit}`
    const { name, factor } = data.unit
    return {
      depth: [`× ${depth.toFixed(2)}`, "layers of B0", `${depth}, before layers are rounded up`],
      width: [`× ${width.toFixed(2)}`, "channels of B0", `${width}, before channels are rounded to 8`],
      resolution: [`${resolution} px`, more(resolution - base.resolution, " px"), "side of the square picture"],
      blocks: [`${blocks}`, more(blocks - base.blocks, ""), "each stage's layers are rounded up"],
      params: [`${threeDigits(params / 1e6)} M`, times(params / base.params), whole(params)],
      compute: [`${threeDigits((factor * macs) / 1e9)} G`, times(macs / base.macs), `${whole(factor * macs)} ${name}`],
      growth: [product.toFixed(3), distance, `${product}`],
    }
  }

  summary() {
    const texts = [...this.root.querySelectorAll(".readouts div")].map(
      (div) => `${div.querySelector("span").textContent} ${div.querySelector("output").textContent}`,
    )
    return [this.problem, this.shown.title, ...texts, this.drawing.isCut && this.drawing.fit].filter(Boolean).join(", ")
  }

  close() {
    this.unlink()
    this.observer.disconnect()
    clearTimeout(this.waiting)
    cancelAnimationFrame(this.frame)
  }
}

const short = (value) => `${Number(value.toFixed(4))}`
