// Keys and scrolling for lessons: Page Down and Page Up, which presenters send too, follow the links of a lesson; a new
// step brings its subject up to the step's text, and keeps it there while the page still grows, until somebody scrolls.
// Data: step (its name), link (URL key -> value of the step's address), focus (CSS class of its subject, or empty).
// A key pressed while the next step is on its way waits for it, and then goes on from there.
// It reports nothing to Python; what it did for a step is kept in the body's dataset, which outlives reruns.

const LINKS = { PageDown: "next", PageUp: "back" }
const GAP_PX = 12 // between the step's text and its subject
const EVERY_MS = 250
const LONGEST_MS = 6000 // of holding a step's subject
const PATIENCE_MS = 10_000 // with a step that is on its way
const SCROLLING = ["wheel", "touchstart", "pointerdown"]

let end = () => {} // the call before: Streamlit ends it late, or never
let here = null // the step that is shown
let leftUntil = 0 // until when a key's next step is waited for
let waiting = [] // keys

export default function ({ data }) {
  end()
  const listening = new AbortController()
  document.addEventListener("keydown", hear, { signal: listening.signal })
  completeAddress(data)
  const release = holdSubject(data)
  const mine = () => {
    release()
    listening.abort()
  }
  end = mine
  arrive(data.step)
  return mine
}

function hear(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in LINKS)) return
  const isOnItsWay = Date.now() < leftUntil
  if (!isOnItsWay && !linkOf(event.key)) return
  event.preventDefault()
  if (event.repeat) return
  if (isOnItsWay) waiting.push(event.key)
  else follow(event.key)
}

function arrive(step) {
  if (step === here) return
  here = step
  if (Date.now() > leftUntil) waiting = []
  leftUntil = 0
  while (waiting.length && !leftUntil) follow(waiting.shift())
}

function linkOf(key) {
  return document.querySelector(`.st-key-teach_${LINKS[key]} a[href]`)
}

function follow(key) {
  const link = linkOf(key)
  if (!link) return // before the first step or after the last
  leftUntil = Date.now() + PATIENCE_MS
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
