// A clock that counts down.
// Data: left, in seconds. Trigger: over, when time is up.

const TICK_MS = 250
const running = new WeakMap() // face -> timer of its ticks

export default function ({ data, parentElement, setTriggerValue }) {
  const face = parentElement.querySelector(".time")
  const ends = performance.now() + 1000 * data.left
  const stop = () => clearInterval(running.get(face))
  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000))
    face.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`
    if (left === 0) {
      stop()
      setTriggerValue("over", true)
    }
  }
  stop()
  running.set(face, setInterval(tick, TICK_MS))
  tick()
  return stop
}
