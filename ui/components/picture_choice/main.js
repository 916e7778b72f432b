// Pictures to choose one of by clicking on it, or with the arrow keys: radio buttons that show what they stand for.
// Data: label, chosen, pictures ([{ value, title, image (URL), note }]).
// Trigger: picked, the value of the picture that was chosen.

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

export default function ({ data, parentElement, setTriggerValue }) {
  const group = parentElement.querySelector(".choice")
  group.setAttribute("aria-label", data.label)
  const focused = group.contains(group.getRootNode().activeElement)
  group.replaceChildren(...data.pictures.map((picture) => button(picture, picture.value === data.chosen)))
  if (focused) group.querySelector("[aria-checked=true]")?.focus()
  group.onclick = ({ target }) => {
    const picked = target.closest("button")
    if (picked) setTriggerValue("picked", picked.value)
  }
  group.onkeydown = (event) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const at = data.pictures.findIndex(({ value }) => value === data.chosen) + step
    setTriggerValue("picked", data.pictures[(at + data.pictures.length) % data.pictures.length].value)
  }
}

function button({ value, title, image, note }, chosen) {
  const made = document.createElement("button")
  Object.assign(made, { type: "button", value, tabIndex: chosen ? 0 : -1 })
  made.setAttribute("role", "radio")
  made.setAttribute("aria-checked", String(chosen))
  const picture = Object.assign(document.createElement("img"), { src: image, alt: "" })
  made.append(picture, line("title", title))
  if (note) made.append(line("note", note))
  return made
}

const line = (kind, text) => Object.assign(document.createElement("span"), { className: kind, textContent: text })
