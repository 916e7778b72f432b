// One MBConv with the picture's maps inside it. Play sends the picture through, step by step; a click on a slab chooses
// its step.
// Data: steps (name, title, shape, channels, size, colour, missing, maps), chosen, gates, squeezed, kernel, kept,
// picture, alt. Trigger: step, the name of the one chosen.
// Event: it dispatches "mbconv-step" on the window, the name of the step where the picture is; mbconv_step tells it.

import { setText } from "../shared/text_and_svg.js"
import { FlowDrawing } from "./drawing.js"

const SECONDS = { input: 1.5, expand: 2.8, depthwise: 4.5, gate: 4, project: 2.8, output: 3 }
const flows = new WeakMap() // root -> its Flow

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".flow")
  const flow = flows.get(root) ?? new Flow(root)
  flows.set(root, flow)
  flow.report = setTriggerValue
  flow.receive(data)
  return () => flow.close()
}

class Flow {
  constructor(root) {
    const part = (name) => root.querySelector(name)
    this.root = root
    this.calm = matchMedia("(prefers-reduced-motion: reduce)")
    this.at = null // steps that the picture has passed, with a fraction; null: at rest, all of them are seen
    this.until = 0 // where playing stops
    this.playing = false
    this.asked = [] // the steps that were reported and have not come back yet, in their order
    this.drawing = new FlowDrawing(part("svg"), (name) => this.choose(name))
    this.bar = part(".progress")
    this.bar.oninput = () => this.scrub(Number(this.bar.value))
    this.bar.onchange = () => this.tell()
    part(".play").onclick = () => this.toggle()
    part(".back").onclick = () => this.step(-1)
    part(".next").onclick = () => this.step(1)
    root.onkeydown = (event) => this.press(event)
    this.observer = new ResizeObserver(() => this.redraw())
  }

  receive(data) {
    const before = this.data?.chosen
    this.data = data
    this.steps = data.steps.filter((step) => !step.missing)
    this.bar.max = this.steps.length
    if (this.at > this.steps.length) this.at = null // another block, with fewer steps
    const answered = this.asked.indexOf(data.chosen) // the first: a step may have been left and chosen again since
    if (answered >= 0 || data.chosen !== before) this.asked = answered >= 0 ? this.asked.slice(answered + 1) : []
    if (!this.asked.length && !this.playing && data.chosen !== this.chosen) [this.chosen, this.at] = [data.chosen, null]
    if (!data.steps.some((step) => step.name === this.chosen)) this.chosen = data.chosen
    this.observer.observe(this.root)
    this.redraw()
    if (this.playing) this.run()
  }

  redraw() {
    this.drawing.build(this.data, this.steps)
    this.show()
  }

  press(event) {
    const onButton = event.target.closest("button, select, [role=button]")
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (event.target.matches("select") || (event.key === " " && onButton) || !(move || event.key === " ")) return
    event.preventDefault()
    if (move) this.step(move)
    else this.toggle()
  }

  // A click on a slab or an arrow below it: all is seen, this step is marked.
  choose(name) {
    this.pause()
    ;[this.chosen, this.at] = [name, null]
    this.show()
    this.tell()
  }

  toggle() {
    if (this.playing) {
      this.pause()
      this.tell()
      return
    }
    if (this.at === null || this.at >= this.steps.length) this.at = 0
    this.play(this.steps.length)
  }

  // One step on, which is played, or back, which is shown as it was at its end.
  step(by) {
    this.pause()
    const index = this.steps.findIndex((step) => step.name === this.chosen)
    const next = Math.max(0, Math.min(this.steps.length - 1, index + by))
    this.at = by > 0 && next > index && !this.calm.matches ? next : next + 1
    this.chosen = this.steps[next].name
    if (this.at === next) this.play(next + 1)
    else this.tell()
    this.show()
  }

  scrub(at) {
    this.pause()
    this.at = at
    this.follow()
    this.show()
  }

  play(until) {
    ;[this.until, this.playing, this.last] = [until, true, performance.now()]
    if (this.calm.matches) this.last -= 1000 * this.duration // the first step stands there at once
    this.run()
  }

  pause() {
    this.playing = false
    cancelAnimationFrame(this.frame)
  }

  get duration() {
    const step = this.steps[Math.min(Math.floor(this.at), this.steps.length - 1)]
    return SECONDS[step.name] / Number(this.root.querySelector("select").value)
  }

  run() {
    cancelAnimationFrame(this.frame)
    this.frame = requestAnimationFrame(() => this.tick(performance.now()))
  }

  // Without motion a step stands complete as long as it would have taken, then comes the next one.
  tick(now) {
    const passed = (now - this.last) / 1000 / this.duration
    if (!this.calm.matches || passed >= 1) {
      this.at = Math.min(this.until, this.calm.matches ? Math.floor(this.at) + 1 : this.at + passed)
      this.last = now
      this.follow()
    }
    if (this.at >= this.until) this.playing = false
    this.show()
    if (this.playing) this.run()
    else this.tell()
  }

  // The step where the picture is becomes the chosen one.
  follow() {
    this.chosen = this.steps[Math.max(0, Math.ceil(this.at) - 1)].name
  }

  tell() {
    if (this.chosen === this.data.chosen && !this.asked.length) return
    this.asked.push(this.chosen)
    this.report("step", this.chosen)
  }

  show() {
    const chosen = this.data.steps.find((step) => step.name === this.chosen)
    this.drawing.show(this.at, this.chosen)
    this.bar.value = this.at ?? 0
    this.bar.style.setProperty("--share", `${(100 * (this.at ?? 0)) / this.steps.length}%`)
    this.bar.setAttribute("aria-valuetext", chosen.title)
    const play = this.root.querySelector(".play")
    setText(play, this.playing ? "❙❙ Pause" : "▶ Play")
    if (this.told === this.chosen) return
    this.told = this.chosen
    dispatchEvent(new CustomEvent("mbconv-step", { detail: this.chosen }))
  }

  close() {
    this.observer.disconnect()
    cancelAnimationFrame(this.frame)
  }
}
