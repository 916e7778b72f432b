// The network in small: its stages in a row, as high as their resolution and, within limits, as wide as their channels.
// They tell and mark stages (shared/stages.js). Data: alt, stages ([{ stage, words, tall, wide (shares) }]), chosen.
// Trigger: picked, the number of a stage.

import { radio, showRadios } from "../shared/radios.js"
import { linkStages } from "../shared/stages.js"

export default function ({ data, parentElement, setTriggerValue }) {
  const group = parentElement.querySelector(".stages")
  group.setAttribute("aria-label", data.alt)
  const buttons = data.stages.map((one) => stageButton(one, data.chosen))
  showRadios(group, buttons, (stage) => setTriggerValue("picked", Number(stage)))
  return linkStages(group)
}

function stageButton({ stage, words, tall, wide }, chosen) {
  const [slab, number] = [document.createElement("i"), document.createElement("span")]
  Object.assign(slab.style, { height: `${100 * tall}%`, width: `${100 * wide}%` })
  number.textContent = stage
  const made = radio({ value: stage, chosen: stage === chosen }, slab, number)
  made.dataset.stage = stage
  made.title = words
  made.setAttribute("aria-label", words)
  return made
}
