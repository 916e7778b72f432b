// The presenter's clock; follows the lesson's window, which presenter_keys notes in the local storage.
// Data: place (key of the local storage), here ({ lesson, step } that this window shows), plan (seconds: from, to, all).
// State: moved, the { lesson, step } that the lesson's window shows, where it is another.

const TICK_MS = 500

export default function ({ data, parentElement, setStateValue }) {
  const part = (name) => parentElement.querySelector(`.${name}`)
  const { place, here, plan } = data
  let asked = `${here.lesson} ${here.step}`
  const follow = () => {
    const { lesson, step } = lessonIn(place)
    if (!lesson || `${lesson} ${step}` === asked) return
    asked = `${lesson} ${step}`
    setStateValue("moved", { lesson, step })
  }
  const tick = () => {
    follow() // a window in the background may have missed the event
    const since = lessonIn(place).since
    const seconds = since ? Math.max(0, (Date.now() - since) / 1000) : 0
    part("time").textContent = clockText(seconds)
    part("plan").textContent =
      `this step by the plan: ${clockText(plan.from)} to ${clockText(plan.to)} of ${clockText(plan.all)}` +
      (seconds > plan.to ? `; ${clockText(seconds - plan.to)} late` : "")
  }
  part("again").onclick = () => {
    localStorage.setItem(place, JSON.stringify({ ...lessonIn(place), since: Date.now() }))
    tick()
  }
  window.addEventListener("storage", follow)
  const timer = setInterval(tick, TICK_MS)
  tick()
  return () => {
    clearInterval(timer)
    window.removeEventListener("storage", follow)
  }
}

function clockText(seconds) {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`
}

function lessonIn(place) {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? {}
  } catch {
    return {}
  }
}
