// Buttons of which one is chosen: by a click, or by the arrow keys. It needs the document alone.

const RADIO_STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

// The one that is chosen stops Tab; where none is, pass `stops` to the first.
export function radio({ value, chosen, stops = chosen, className = "" }, ...content) {
  const made = document.createElement("button")
  Object.assign(made, { type: "button", value, tabIndex: stops ? 0 : -1, className })
  made.setAttribute("role", "radio")
  made.setAttribute("aria-checked", String(chosen))
  made.append(...content)
  return made
}

// Puts the buttons into their group; `pick` gets the value of the one that is chosen, which is marked before the answer.
export function showRadios(group, buttons, pick) {
  const focused = group.contains(group.getRootNode().activeElement)
  group.replaceChildren(...buttons)
  if (focused) buttons.find((one) => one.tabIndex === 0)?.focus()
  const choose = (button) => {
    for (const one of buttons) one.setAttribute("aria-checked", String(one === button))
    pick(button.value)
  }
  group.onclick = ({ target }) => {
    const picked = target.closest("[role=radio]")
    if (picked) choose(picked)
  }
  group.onkeydown = (event) => {
    const step = RADIO_STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const at = buttons.findIndex((one) => one.tabIndex === 0)
    const next = buttons[(at + step + buttons.length) % buttons.length]
    next.focus()
    choose(next)
  }
}
