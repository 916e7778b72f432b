// A note that points to one thing after another. Which pages were toured stays in the browser's local storage.
export default function ({ data, parentElement }) {
  const note = parentElement.querySelector(".note")
  const frame = parentElement.querySelector(".frame")
  const say = (name) => parentElement.querySelector("." + name)
  const seen = () => {
    try { return JSON.parse(window.localStorage.getItem(data.place)) || [] } catch { return [] }
  }
  const remember = () => {
    try { window.localStorage.setItem(data.place, JSON.stringify([...new Set([...seen(), data.page])])) } catch { /* storage is off: shown again next time */ }
  }
  let number = 0
  let timer = 0

  const target = () => document.querySelector("." + data.steps[number].at)
  const place = () => {
    const box = target()?.getBoundingClientRect()
    frame.hidden = !box || box.width === 0
    if (box) Object.assign(frame.style, { left: `${box.left - 6}px`, top: `${box.top - 6}px`, width: `${box.width + 12}px`, height: `${box.height + 12}px` })
    timer = window.requestAnimationFrame(place)
  }
  const show = () => {
    say("count").textContent = `${number + 1} / ${data.steps.length}`
    say("text").textContent = data.steps[number].text
    say("next").textContent = number + 1 < data.steps.length ? "Next" : "Done"
    target()?.scrollIntoView({ block: "nearest" })
  }
  const stop = () => {
    note.hidden = frame.hidden = true
    window.cancelAnimationFrame(timer)
    timer = 0
    remember()
  }
  const start = () => {
    number = 0
    note.hidden = false
    show()
    if (!timer) place()
  }
  say("next").onclick = () => {
    number += 1
    if (number < data.steps.length) show()
    else stop()
  }
  say("skip").onclick = stop
  note.onkeydown = (event) => event.key === "Escape" && stop()

  if (!seen().includes(data.page)) start()
  else note.hidden = frame.hidden = true
  return () => window.cancelAnimationFrame(timer)
}
