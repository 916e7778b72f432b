// Charts that do not change: bars of answers, or rows of gates in colours; plain boxes, which follow the page's width.
// Data: alt, and bars ({ name, share, text, exact, strong }), with picked (the place of the one that is chosen, or null),
// where they can be clicked; or rows ([name, gates]) and colours (of a map, from 0 to 1).
// Rows tell and mark their stages (shared/stages.js). It reports nothing to Python.

import { strip } from "../shared/colours.js"
import { radio, showRadios } from "../shared/radios.js"
import { linkStages, stageOfBlock } from "../shared/stages.js"
import { setText } from "../shared/text_and_svg.js"

const POINT = "Point at a row for its gates."

export default function ({ parentElement, data, setTriggerValue }) {
  const figure = parentElement.querySelector("figure")
  const words = parentElement.querySelector(".words")
  figure.setAttribute("aria-label", data.alt)
  figure.className = data.bars ? "bars" : "gates"
  words.hidden = Boolean(data.bars)
  if (data.picked !== undefined) return pickBars(figure, data, setTriggerValue)
  figure.replaceChildren(...(data.bars ? data.bars.map(bar) : gateRows(data, words)))
  if (data.rows) return linkStages(figure)
}

function pickBars(figure, { bars, picked }, setTriggerValue) {
  figure.setAttribute("role", "radiogroup")
  figure.className = "bars picks"
  const none = !bars.some((_, place) => place === picked)
  const buttons = bars.map((one, place) => {
    const { title, children } = bar(one)
    const chosen = place === picked
    return Object.assign(radio({ value: place, chosen, stops: chosen || (none && !place) }, ...children), { title })
  })
  showRadios(figure, buttons, (place) => setTriggerValue("picked", Number(place)))
}

const box = (className, ...content) => {
  const made = document.createElement("div")
  made.className = className
  made.append(...content)
  return made
}

function bar({ name, share, text, exact, strong }) {
  const [number, mark] = [document.createElement("b"), box(strong ? "mark strong" : "mark")]
  number.textContent = text
  mark.style.width = `${100 * share}%`
  const row = box("bar", box("name", `${name}  `, number), mark)
  row.title = exact
  return row
}

function gateRows({ rows, colours }, words) {
  setText(words, POINT)
  const drawn = rows.flatMap(([name, gates]) => {
    const row = box("row")
    row.dataset.stage = stageOfBlock(name)
    row.style.background = strip(gates, colours)
    row.onpointermove = ({ clientX }) => {
      const { left, width } = row.getBoundingClientRect()
      const at = Math.min(Math.max(Math.floor(((clientX - left) / width) * gates.length), 0), gates.length - 1)
      const share = ((100 * (at + 0.5)) / gates.length).toFixed(0)
      setText(words, `Block ${name} channels: at ${share} % of them, sorted, the gate is ${gates[at].toFixed(3)}.`)
    }
    row.onpointerleave = () => setText(words, POINT)
    return [box("name", name), row]
  })
  const ends = box("ends", ...["0 %", "50 %", "100 %"].map((text) => box("end", text)))
  const scale = box("scale", "gate: closed 0", box("colours"), "1 open")
  scale.querySelector(".colours").style.background = `linear-gradient(to right, ${colours.map((one) => `#${one}`)})`
  const title = box("title", "channels of the block, most closed to most open")
  return [box("name", "block · channels"), scale, ...drawn, box("name"), ends, box("name"), title]
}
