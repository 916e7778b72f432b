// SE gates to choose by clicking, or with the keys: a row a block in colours, or a bar a channel of one block.
// Data: alt, colours (of a map, from 0 to 1), and rows ([{ block, name, gates (sorted) }]) with chosen (a block), or
// gates (in the network's order) with edited ([[channel, gate that it got]]).
// Rows tell and mark their stages (shared/stages.js).
// Trigger: picked, a block or a channel's number.

import { strip } from "../shared/colours.js"
import { radio, showRadios } from "../shared/radios.js"
import { linkStages, stageOfBlock } from "../shared/stages.js"
import { setAttributes, setText, svgElement } from "../shared/text_and_svg.js"

const BAR_STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }
const HINT = "Click a bar to flip its gate, or choose one with the arrow keys and press Enter."
const places = new WeakMap() // parent -> channel at which the keys stand

export default function (component) {
  const { data, parentElement } = component
  const [box, words] = [parentElement.querySelector(".gates"), parentElement.querySelector(".words")]
  box.className = data.rows ? "gates rows" : "gates bars"
  box.setAttribute("role", data.rows ? "radiogroup" : "slider")
  box.setAttribute("aria-label", data.alt)
  words.hidden = Boolean(data.rows)
  if (data.rows) {
    drawRows(component, box)
    return linkStages(box)
  }
  drawBars(component, box, words)
}

function drawRows({ data, setTriggerValue }, box) {
  showRadios(
    box,
    data.rows.map((row) => rowButton(row, data)),
    (block) => setTriggerValue("picked", block),
  )
}

function rowButton({ block, name, gates }, { chosen, colours }) {
  const drawn = document.createElement("span")
  drawn.className = "row"
  drawn.style.background = strip(gates, colours)
  const named = Object.assign(document.createElement("span"), { textContent: name })
  const made = radio({ value: block, chosen: block === chosen }, named, drawn)
  made.dataset.stage = stageOfBlock(block)
  return made
}

function drawBars({ data, parentElement, setTriggerValue }, box, words) {
  const [gates, edited] = [data.gates, new Map(data.edited)]
  const pointed = drawing(box, data)
  const within = (channel) => Math.min(Math.max(channel, 0), gates.length - 1)
  let at = within(places.get(parentElement) ?? data.edited[0]?.[0] ?? 0)
  const show = (channel) => {
    pointed.setAttribute("x", channel ?? 0)
    pointed.style.display = channel === undefined ? "none" : ""
    setText(words, channel === undefined ? HINT : said(channel, gates[channel], edited.get(channel)))
  }
  const stand = (channel) => {
    at = within(channel)
    places.set(parentElement, at)
    setAttributes(box, { "aria-valuenow": at, "aria-valuetext": said(at, gates[at], edited.get(at)) })
  }
  const rest = () => show(edited.has(at) || box.getRootNode().activeElement === box ? at : undefined)
  box.tabIndex = 0
  setAttributes(box, { "aria-valuemin": 0, "aria-valuemax": gates.length - 1 })
  stand(at)
  rest()
  const under = ({ clientX }) => {
    const { left, width } = box.getBoundingClientRect()
    return within(Math.floor(((clientX - left) / width) * gates.length))
  }
  box.onpointermove = (event) => show(under(event))
  box.onpointerleave = box.onfocus = box.onblur = rest
  box.onclick = (event) => {
    stand(under(event))
    setTriggerValue("picked", at)
  }
  box.onkeydown = (event) => {
    const to = { Home: 0, End: gates.length - 1 }[event.key] ?? at + BAR_STEPS[event.key]
    const isPick = event.key === "Enter" || event.key === " "
    if (!isPick && Number.isNaN(to)) return
    event.preventDefault()
    if (isPick) setTriggerValue("picked", at)
    else stand(to)
    rest()
  }
}

function said(channel, gate, now) {
  const own = `Channel ${channel}: gate ${gate.toFixed(2)}`
  if (now !== undefined) return `${own}, now ${now}. A click gives it back its own gate.`
  return `${own}. A click ${gate < 0.5 ? "opens it: 1" : "closes it: 0"}.`
}

// All bars as one outline, whose colour follows the height; what was edited, from its own gate to the new one; and the
// mark of the channel that is pointed at, which is returned.
function drawing(box, { gates, edited, colours }) {
  box.replaceChildren()
  const svg = svgElement("svg", box, { viewBox: `0 0 ${gates.length} 1`, preserveAspectRatio: "none" })
  const upwards = { id: "ramp", x1: 0, x2: 0, y1: 1, y2: 0, gradientUnits: "userSpaceOnUse" }
  const ramp = svgElement("linearGradient", svg, upwards)
  for (const [at, colour] of colours.entries())
    svgElement("stop", ramp, { offset: at / (colours.length - 1), "stop-color": `#${colour}` })
  const outline = gates.map((gate) => `V${1 - gate}h1`).join("")
  svgElement("path", svg, { d: `M0 1${outline}V1Z`, fill: "url(#ramp)" })
  const pointed = svgElement("rect", svg, { class: "pointed", x: 0, y: 0, width: 1, height: 1 })
  for (const [channel, now] of edited) {
    const [low, high] = [Math.min(gates[channel], now), Math.max(gates[channel], now)]
    svgElement("rect", svg, { class: "edited", x: channel, y: 1 - high, width: 1, height: high - low })
  }
  return pointed
}
