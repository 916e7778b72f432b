// A question as a heading, and the keys of the buttons that act on it. Streamlit loses a key that is pressed while its
// button is being drawn; here it waits for it. The question is not seen before its keys are listened to.
// Data: text, name (of the question), phases (of each: key -> CSS class of the button's element, this question's alone).
// It reports nothing to Python.
//
// A key acts on the question that was on the screen when it was pressed: it keeps that question's classes, and is left
// out, with a note, once another is shown. No other listener hears of these keys, and of a phase's buttons one is pressed
// once, so nothing is done twice.

const EVERY_MS = 50
const LONGEST_MS = 10_000 // that a key waits, and that a pressed button may take to do its work
const NOTE_MS = 6000
const TYPING = "input, textarea, select"

export default function ({ data, parentElement }) {
  const question = (parentElement.question ??= new Question(parentElement))
  return question.show(data)
}

class Question {
  constructor(parent) {
    this.part = (name) => parent.querySelector(name)
    this.waiting = [] // keys that were pressed and have not done their work
    this.taken = new Map() // class of a button of a phase that was pressed -> until when it is not free
  }

  // Streamlit may end an earlier call after a later one has begun: each ends its own listening alone.
  show({ text, name, phases }) {
    this.listening?.abort()
    const listening = new AbortController()
    const first = { capture: true, signal: listening.signal }
    window.addEventListener("keydown", (event) => this.hear(event), first)
    window.addEventListener("click", (event) => this.see(event), first)
    Object.assign(this, { name, phases, listening })
    this.part("h2").textContent = text
    return () => listening.abort()
  }

  hear(event) {
    const key = nameOf(event)
    const phase = this.phases.find((one) => key in one)
    if (!phase || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || isTyping(event)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (event.repeat) return
    const others = this.phases.filter((one) => one !== phase).flatMap(Object.values)
    this.waiting.push({ key, name: this.name, at: phase[key], others, until: Date.now() + LONGEST_MS })
    this.work()
  }

  // One press of a phase's buttons, by key or by hand, is all that its question takes.
  see({ target }) {
    const phase = this.phases.find((one) => Object.values(one).some((at) => target.closest?.(`.${at} button`)))
    for (const at of Object.values(phase ?? {})) this.taken.set(at, Date.now() + LONGEST_MS)
  }

  work() {
    clearTimeout(this.timer)
    while (this.waiting.length && this.isDone(this.waiting[0])) this.waiting.shift()
    if (this.waiting.length) this.timer = setTimeout(() => this.work(), EVERY_MS)
  }

  // Carries a key out, or leaves it out: with a note where it came too early, without where other buttons have the word.
  isDone({ key, name, at, others, until }) {
    if (name !== this.name || this.listening.signal.aborted || Date.now() > until) {
      this.say(`${key.toUpperCase()} was pressed before this was ready, and is left out.`)
      return true
    }
    const button = this.free(at)
    button?.click()
    return Boolean(button) || others.some((other) => this.free(other))
  }

  // The button, if it can be pressed now; React hides an old one while it fetches the code of what takes its place.
  free(at) {
    const button = document.querySelector(`.${at} button:enabled`)
    return button?.checkVisibility() && !(this.taken.get(at) > Date.now()) ? button : null
  }

  say(text) {
    clearTimeout(this.quiet)
    this.part(".note").textContent = text
    this.quiet = setTimeout(() => (this.part(".note").textContent = ""), NOTE_MS)
  }
}

// Digits by their place: without Shift a French keyboard's are other signs.
function nameOf({ code, key }) {
  return code.startsWith("Digit") ? code.at(-1) : key.toLowerCase()
}

function isTyping(event) {
  const [target] = event.composedPath()
  return target.isContentEditable || target.matches?.(TYPING)
}
