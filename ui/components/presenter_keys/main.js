// Keys and scrolling for lessons: Page Down and Page Up, which presenters send too, follow the links of a lesson; B or a
// full stop, which they send for a black screen, hides it and shows it again. A new step brings its subject up to
// the bar, fitted into the window as it is while the page still grows, until somebody acts; the local storage tells the
// notes' window where the lesson is.
// Data: here ({ lesson, step }), settings (URL key -> value, of the step), focus (CSS classes of its subject, or once
// revealed of what answers its question),
// part (which part of the step is shown), place (key of the local storage).
// A key pressed while a step is on its way waits for it, and then goes on from there. (page_history makes a step one
// entry of the browser's history.)
// It reports nothing to Python; what it did for a step is kept in the body's dataset, which outlives reruns.

const LINKS = { PageDown: "next", PageUp: "back" }
const BLACK = new Set(["b", "B", "."])
const FORGOTTEN_MS = 4 * 60 * 60 * 1000 // then the same lesson is given anew
const GAP_PX = 12 // between what stands above and the subject
const EVERY_MS = 250
const LONGEST_MS = 6000 // of holding a step's subject
const PATIENCE_MS = 10_000 // with a step that is on its way
const SOON_MS = 100
const SCALES = [0.6, 1.4] // a page is made so much smaller or larger at most
const REVEALED_SCALES = [0.8, 1.4] // what is revealed besides is scrolled to: nothing gets too small to be read
const SCROLLING = ["wheel", "touchstart", "pointerdown"]

let end = () => {} // the call before: Streamlit ends it late, or never
let here = null // the step that is shown
let leftUntil = 0 // until when a key's next step is waited for
let waiting = [] // keys

export default function ({ data }) {
  end()
  const step = `${data.here.lesson} ${data.here.step}`
  const listening = new AbortController()
  document.addEventListener("keydown", hear, { signal: listening.signal })
  document.addEventListener("keydown", darken, { signal: listening.signal })
  completeAddress(data, step)
  tellNotes(data)
  const release = holdSubject(data, `${step} ${data.part}`)
  const mine = () => {
    release()
    listening.abort()
  }
  end = mine
  arrive(step)
  return mine
}

function hear(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in LINKS)) return
  const isOnItsWay = Date.now() < leftUntil
  const isComing = !isOnItsWay && !linkOf(event.key) && !isAtRest() // the first step is being drawn
  if (!isOnItsWay && !isComing && !linkOf(event.key)) return
  event.preventDefault()
  if (event.repeat) return
  if (isComing) followSoon(event.key, Date.now() + PATIENCE_MS)
  else if (isOnItsWay) waiting.push(event.key)
  else follow(event.key)
}

function followSoon(key, until) {
  if (linkOf(key)) follow(key)
  else if (Date.now() < until && !isAtRest()) setTimeout(followSoon, SOON_MS, key, until)
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
  document.querySelector("#teach-black")?.remove()
  link.click()
}

function darken(event) {
  const black = document.querySelector("#teach-black")
  if (black && event.key === "Escape") black.remove()
  if (event.altKey || event.ctrlKey || event.metaKey || !BLACK.has(event.key)) return
  if (event.composedPath()[0].matches?.("input, textarea, [contenteditable=true]")) return
  if (black) {
    black.remove()
    return
  }
  const cover = document.createElement("div")
  cover.id = "teach-black"
  cover.style.cssText = "position: fixed; inset: 0; background: #000; z-index: 1000000"
  cover.onclick = () => cover.remove()
  document.body.append(cover)
}

function tellNotes({ here: at, place }) {
  try {
    const before = JSON.parse(localStorage.getItem(place)) ?? {}
    const goesOn = before.lesson === at.lesson && Date.now() - before.since < FORGOTTEN_MS
    localStorage.setItem(place, JSON.stringify({ ...at, since: goesOn ? before.since : Date.now() }))
  } catch {
    // storage is off in this browser: the notes stay at the step that they were opened at
  }
}

// The address says all of the step: going back to it finds its settings there. On arrival through a link whatever was
// moved before is over; in a window that is opened with an address, what that says goes before.
function completeAddress({ here: at, settings }, step) {
  const address = new URL(window.location.href)
  const { arrived } = document.body.dataset
  for (const [key, text] of Object.entries(at)) address.searchParams.set(key === "lesson" ? "teach" : key, text)
  for (const [key, text] of Object.entries(settings)) {
    if (arrived !== step && (arrived || !address.searchParams.has(key))) address.searchParams.set(key, text)
  }
  if (address.href !== window.location.href) window.history.replaceState(window.history.state, "", address)
  document.body.dataset.arrived = step
}

// Fit the step into the window, again and again while the page grows; if that is not enough, scroll to its subject.
// Where the text stands above the subject, as on phones, nothing is fitted. Returns what ends it.
function holdSubject({ focus, revealed }, step) {
  let until = 0
  let timer = 0
  const rest = () => {
    clearTimeout(timer)
    document.body.dataset.taught = step // a control that is moved later does not scroll
  }
  const hold = () => {
    showSubject(focus, revealed ? REVEALED_SCALES : SCALES)
    if (!isAtRest()) until = Date.now() + LONGEST_MS // a network may take long
    if (Date.now() < until) timer = setTimeout(hold, EVERY_MS)
    else rest()
  }
  const begin = () => {
    clearTimeout(timer)
    until = Date.now() + LONGEST_MS
    const page = document.querySelector(".st-key-lesson-page")
    if (page) scalePage(page, 1)
    timer = setTimeout(hold, EVERY_MS)
  }
  if (document.body.dataset.taught !== step) begin()
  window.addEventListener("resize", begin)
  for (const move of SCROLLING) document.addEventListener(move, rest, { passive: true })
  return () => {
    clearTimeout(timer)
    window.removeEventListener("resize", begin)
    for (const move of SCROLLING) document.removeEventListener(move, rest)
  }
}

function showSubject(focus, scales) {
  const main = document.querySelector("[data-testid=stMain]")
  const page = document.querySelector(".st-key-lesson-page")
  const text = document.querySelector(".st-key-teach_text")
  const beside = text && getComputedStyle(text).position === "fixed"
  if (page) fitPage(page, beside, scales)
  main.scrollTo(0, 0)
  const seen = focus.map((name) => document.querySelector(`.${name}`)).filter((part) => part?.offsetHeight)
  if (!seen.length || !beside) return
  const boxes = seen.map((part) => part.getBoundingClientRect())
  const [top, bottom] = [Math.min(...boxes.map((box) => box.top)), Math.max(...boxes.map((box) => box.bottom))]
  const above = top - document.querySelector(".st-key-teach").getBoundingClientRect().bottom - GAP_PX
  main.scrollBy(0, Math.min(above, Math.max(0, bottom + GAP_PX - window.innerHeight)))
}

function isAtRest() {
  return document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
}

// Larger only where all has come; from then on only smaller, since a narrower page may be higher.
function fitPage(page, beside, [smallest, largest]) {
  const scale = Number(page.dataset.scale ?? 1)
  const top = page.getBoundingClientRect().top + document.querySelector("[data-testid=stMain]").scrollTop
  const fits = (window.innerHeight - top - GAP_PX) / heightOf(page, scale)
  const ready = isAtRest() && !page.querySelector("[data-testid=stSkeleton]")
  const wanted = beside ? Math.min(largest, Math.max(smallest, fits)) : 1
  if (wanted < scale || (scale === 1 && ready)) scalePage(page, wanted)
}

// Without "What to notice", where that stands last: nothing shrinks for it on Reveal, it is scrolled to.
function heightOf(page, scale) {
  const notice = page.querySelector('[class*="st-key-app-notice"]')
  if (!notice?.offsetHeight) return page.offsetHeight
  const parts = [...page.querySelectorAll("[data-testid=stElementContainer]")]
  const others = parts.filter((part) => !notice.contains(part) && !part.contains(notice) && part.offsetHeight)
  const bottoms = others.map((part) => part.getBoundingClientRect().bottom)
  return Math.max(1, Math.max(...bottoms) - page.getBoundingClientRect().top) / scale
}

function scalePage(page, scale) {
  page.dataset.scale = scale
  const larger = scale > 1 // it keeps to the window's width
  page.style.setProperty("--larger", larger ? scale : 1)
  page.style.transform = scale === 1 ? "" : `scale(${scale})`
  page.style.width = larger ? `${100 / scale}%` : ""
  page.style.alignSelf = larger ? "center" : ""
  page.style.marginBottom = scale < 1 ? `${(scale - 1) * page.offsetHeight}px` : ""
}
