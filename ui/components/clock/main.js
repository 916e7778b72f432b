const running = new WeakMap()
export default function ({ data, parentElement, setTriggerValue }) {
  const face = parentElement.querySelector(".time")
  const ends = performance.now() + 1000 * data.left
  clearInterval(running.get(face))
  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000))
    face.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`
    if (left === 0) {
      clearInterval(running.get(face))
      setTriggerValue("over", true)
    }
  }
  running.set(face, setInterval(tick, 250))
  tick()
  return () => clearInterval(running.get(face))
}
