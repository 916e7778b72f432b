// What happens in the step of an MBConv that mbconv_flow shows: a sentence, numbers, and maps that lead to their
// arithmetic. A component of its own: a lesson can hold it back until it is revealed.
// Data: steps, as mbconv_flow has them, and chosen. Trigger: map, [step, channel].
// Event: it listens to "mbconv-step" of mbconv_flow, the name of the step where the picture is.

import { setText } from "../shared/text_and_svg.js"

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".told")
  const report = (step, channel) => setTriggerValue("map", [step, channel])
  const hear = ({ detail }) => tellStep(root, data, detail, report)
  tellStep(root, data, data.chosen, report)
  addEventListener("mbconv-step", hear)
  return () => removeEventListener("mbconv-step", hear)
}

function tellStep(root, { steps }, name, report) {
  const step = steps.find((one) => one.name === name)
  if (!step) return // of another block
  const part = (selector) => root.querySelector(selector)
  const missing = steps.filter((one) => one.missing && one !== step)
  setText(part(".notes"), missing.map((one) => one.sentence).join(" "))
  setText(part(".sentence"), step.sentence)
  root.style.setProperty("--role", step.colour)
  part("dl").replaceChildren(...step.numbers.flatMap(numberRow))
  part(".maps").replaceChildren(...step.maps.map((map) => mapButton(step, map, report)))
}

function mapButton({ name, title, opens }, { channel, url, caption }, report) {
  const button = document.createElement(opens ? "button" : "div")
  button.append(Object.assign(new Image(), { src: url, alt: opens ? "" : `Channel ${channel} of ${title}` }), caption)
  if (!opens) return button
  Object.assign(button, { type: "button", title: "Its arithmetic", onclick: () => report(name, channel) })
  button.setAttribute("aria-label", `${title}, ${caption}: its arithmetic`)
  return button
}

// A name with one line or more behind it.
function numberRow([name, ...lines]) {
  const term = Object.assign(document.createElement("dt"), { textContent: name })
  return [term, ...lines.map((line) => Object.assign(document.createElement("dd"), { textContent: line }))]
}
