// Pictures to choose one of by clicking on it, or with the arrow keys: radio buttons that show what they stand for.
// Data: label, chosen, pictures ([{ value, title, image (URL), note }]).
// Trigger: picked, the value of the picture that was chosen.

import { radio, showRadios } from "../shared/radios.js"

export default function ({ data, parentElement, setTriggerValue }) {
  const group = parentElement.querySelector(".choice")
  group.setAttribute("aria-label", data.label)
  const buttons = data.pictures.map((picture) => button(picture, picture.value === data.chosen))
  showRadios(group, buttons, (value) => setTriggerValue("picked", value))
}

function button({ value, title, image, note }, chosen) {
  const picture = Object.assign(document.createElement("img"), { src: image, alt: "" })
  return radio({ value, chosen }, picture, line("title", title), ...(note ? [line("note", note)] : []))
}

const line = (kind, text) => Object.assign(document.createElement("span"), { className: kind, textContent: text })
