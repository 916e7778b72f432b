// A note that points to one thing after another. Which pages were toured stays in the browser's local storage.
export default function ({ data, parentElement }) {
  const say = (name) => parentElement.querySelector("." + name)
  const note = say("note"), frame = say("frame")
  const tour = (parentElement.tour ??= { page: null, number: 0, running: false }) // a rerun of the page goes on with it
  const seen = () => {
    try { return [].concat(JSON.parse(window.localStorage.getItem(data.place)) ?? []) } catch { return [] }
  }
  const keep = (pages) => {
    try { window.localStorage.setItem(data.place, JSON.stringify(pages)) } catch { /* no storage: shown next time, too */ }
  }
  const others = () => seen().filter((page) => page !== data.page)
  const target = () => document.querySelector("." + data.steps[tour.number].at)
  let timer = 0

  const place = () => {
    const box = target()?.getBoundingClientRect()
    frame.hidden = !box?.width
    if (box) for (const [side, far] of [["left", -6], ["top", -6], ["width", 12], ["height", 12]]) frame.style[side] = `${box[side] + far}px`
    timer = window.requestAnimationFrame(place)
  }
  const show = () => {
    say("count").textContent = `${tour.number + 1} / ${data.steps.length}`
    say("text").textContent = data.steps[tour.number].text
    say("next").textContent = tour.number + 1 < data.steps.length ? "Next" : "Done"
    target()?.scrollIntoView({ block: "center" })
  }
  const run = () => {
    tour.running = true
    note.hidden = false
    show()
    window.cancelAnimationFrame(timer)
    place()
  }
  const stop = () => {
    tour.running = false
    note.hidden = frame.hidden = true
    window.cancelAnimationFrame(timer)
    keep([...others(), data.page])
  }
  say("next").onclick = () => {
    if (tour.number + 1 === data.steps.length) return stop()
    tour.number += 1
    show()
  }
  say("skip").onclick = stop
  say("again").onclick = () => {
    keep(others())
    tour.number = 0
    run()
    say("next").focus()
  }
  const escape = (event) => tour.running && event.key === "Escape" && stop()
  document.addEventListener("keydown", escape)

  if (tour.page !== data.page) Object.assign(tour, { page: data.page, number: 0, running: !seen().includes(data.page) })
  if (tour.running) run()
  else note.hidden = frame.hidden = true
  return () => {
    document.removeEventListener("keydown", escape)
    window.cancelAnimationFrame(timer)
  }
}
