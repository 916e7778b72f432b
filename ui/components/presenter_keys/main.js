// Keys and scrolling for lessons: Page Down and Page Up, which presenters send too, follow the links of a lesson; a new
// step brings its subject up to the step's text, and keeps it there while the page still grows, until somebody scrolls.
// Data: step (its name), link (URL key -> value of the step's address), focus (CSS class of its subject, or empty).
// It reports nothing to Python; what it did for a step is kept in the body's dataset, which outlives reruns.

const LINKS = { PageDown: "next", PageUp: "back" }
const GAP_PX = 12 // between the step's text and its subject
const EVERY_MS = 250
const LONGEST_MS = 6000
const SCROLLING = ["wheel", "touchstart", "pointerdown"]

export default function ({ data }) {
  document.addEventListener("keydown", followLink)
  completeAddress(data)
  const release = holdSubject(data)
  return () => {
    release()
    document.removeEventListener("keydown", followLink)
  }
}

function followLink(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in LINKS)) return
  const link = document.querySelector(`.st-key-teach_${LINKS[event.key]} a[href]`)
  if (!link) return
  event.preventDefault()
  link.click()
}

// A link to the page that is on the screen may leave the address as it was: reloading and sharing must come back here.
function completeAddress({ step, link }) {
  const address = new URL(window.location.href)
  const arrives = document.body.dataset.arrived !== step
  for (const [key, text] of Object.entries(link)) {
    if (arrives || key === "teach" || key === "step") address.searchParams.set(key, text)
  }
  if (address.href !== window.location.href) window.history.replaceState(window.history.state, "", address)
  document.body.dataset.arrived = step
}

// Scroll to the step's subject again and again for a while; returns what ends that.
function holdSubject({ step, focus }) {
  const until = Date.now() + LONGEST_MS
  let timer = 0
  const rest = () => {
    clearTimeout(timer)
    document.body.dataset.taught = step // a control that is moved later does not scroll
  }
  const scroll = () => {
    const subject = document.querySelector(`.${focus}`)
    const text = document.querySelector(".st-key-teach")
    if (subject && text) {
      const distance = subject.getBoundingClientRect().top - text.getBoundingClientRect().bottom - GAP_PX
      document.querySelector("[data-testid=stMain]").scrollBy(0, distance)
    }
    if (Date.now() < until) timer = setTimeout(scroll, EVERY_MS)
    else rest()
  }
  if (focus && document.body.dataset.taught !== step) timer = setTimeout(scroll, EVERY_MS)
  for (const move of SCROLLING) document.addEventListener(move, rest, { passive: true })
  return () => {
    clearTimeout(timer)
    for (const move of SCROLLING) document.removeEventListener(move, rest)
  }
}
