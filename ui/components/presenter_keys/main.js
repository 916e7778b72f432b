// Page Down and Page Up, which presenters send too, follow the links of a lesson; a new step brings its subject up to
// the step's text, and keeps it there while the page still grows, until somebody scrolls.
export default function ({ data }) {
  const follow = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const name = { PageDown: "next", PageUp: "back" }[event.key]
    const way = name && document.querySelector(`.st-key-teach_${name} a[href]`)
    if (!way) return
    event.preventDefault()
    way.click()
  }
  document.addEventListener("keydown", follow)

  // a link to the page that is on the screen may leave the address as it was: reloading and sharing must come back here
  const address = new URL(window.location.href)
  const arrives = document.body.dataset.told !== data.step
  for (const [key, text] of Object.entries(data.link)) {
    if (arrives || key === "teach" || key === "step") address.searchParams.set(key, text)
  }
  if (address.href !== window.location.href) window.history.replaceState(window.history.state, "", address)
  document.body.dataset.told = data.step

  const GAP = 12, EVERY_MS = 250, LONGEST_MS = 6000
  const since = Date.now()
  let waiting = 0
  const rest = () => {
    window.clearTimeout(waiting)
    document.body.dataset.taught = data.step // a control that is moved later does not scroll
  }
  const look = () => {
    const [subject, text, main] = ["." + data.focus, ".st-key-teach", "[data-testid=stMain]"].map((one) => document.querySelector(one))
    if (subject && text) main.scrollBy(0, subject.getBoundingClientRect().top - text.getBoundingClientRect().bottom - GAP)
    if (Date.now() - since < LONGEST_MS) waiting = window.setTimeout(look, EVERY_MS)
    else rest()
  }
  if (data.focus && document.body.dataset.taught !== data.step) waiting = window.setTimeout(look, EVERY_MS)
  for (const move of ["wheel", "touchstart", "pointerdown"]) document.addEventListener(move, rest, { passive: true })

  return () => {
    window.clearTimeout(waiting)
    document.removeEventListener("keydown", follow)
    for (const move of ["wheel", "touchstart", "pointerdown"]) document.removeEventListener(move, rest)
  }
}
