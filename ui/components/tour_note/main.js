// A note that points to one part of the page after another, with a frame around it.
// Data: place (key of the local storage that lists the pages already toured), page, pages (all that have a tour), steps
// ({ at: CSS class, text }). It reports nothing to Python: a tour goes on over reruns of its page. Skip ends the tours of
// all pages, Escape that of this one.

const GAP_PX = 6 // between the frame and what it surrounds

export default function ({ data, parentElement }) {
  const tour = (parentElement.tour ??= new Tour(parentElement))
  tour.receive(data)
  return () => tour.close()
}

class Tour {
  constructor(parent) {
    this.part = (name) => parent.querySelector(`.${name}`)
    this.page = null
    this.number = 0 // of the step that is shown, from 0
    this.running = false
    this.timer = 0
    this.press = (event) => this.running && event.key === "Escape" && this.stop()
  }

  receive(data) {
    this.data = data
    this.part("next").onclick = () => this.next()
    this.part("skip").onclick = () => this.skip()
    this.part("again").onclick = () => this.restart()
    document.addEventListener("keydown", this.press)
    if (this.page !== data.page) {
      Object.assign(this, { page: data.page, number: 0, running: !pagesToured(data.place).includes(data.page) })
    }
    if (this.running) this.run()
    else this.hide()
  }

  get target() {
    return document.querySelector(`.${this.data.steps[this.number].at}`)
  }

  run() {
    this.running = true
    this.part("note").hidden = false
    this.show()
    cancelAnimationFrame(this.timer)
    this.follow()
  }

  show() {
    const { steps } = this.data
    this.part("count").textContent = `${this.number + 1} / ${steps.length}`
    this.part("text").textContent = steps[this.number].text
    this.part("next").textContent = this.number + 1 < steps.length ? "Next" : "Done"
    this.target?.scrollIntoView({ block: "center" })
  }

  // The frame stays around its target while the page scrolls and grows.
  follow() {
    const box = this.target?.getBoundingClientRect()
    const frame = this.part("frame")
    frame.hidden = !box?.width
    if (box) {
      const [left, top] = [box.left - GAP_PX, box.top - GAP_PX]
      const [width, height] = [box.width + 2 * GAP_PX, box.height + 2 * GAP_PX]
      Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` })
    }
    this.timer = requestAnimationFrame(() => this.follow())
  }

  next() {
    if (this.number + 1 === this.data.steps.length) {
      this.stop()
      return
    }
    this.number += 1
    this.show()
  }

  stop() {
    this.running = false
    this.hide()
    cancelAnimationFrame(this.timer)
    this.remember(true)
  }

  skip() {
    this.stop()
    store(this.data.place, this.data.pages)
  }

  restart() {
    this.remember(false)
    this.number = 0
    this.run()
    this.part("next").focus()
  }

  hide() {
    this.part("note").hidden = true
    this.part("frame").hidden = true
  }

  remember(toured) {
    const { place, page } = this.data
    const others = pagesToured(place).filter((other) => other !== page)
    store(place, toured ? [...others, page] : others)
  }

  close() {
    document.removeEventListener("keydown", this.press)
    cancelAnimationFrame(this.timer)
  }
}

function pagesToured(place) {
  try {
    return [].concat(JSON.parse(localStorage.getItem(place)) ?? [])
  } catch {
    return []
  }
}

function store(place, pages) {
  try {
    localStorage.setItem(place, JSON.stringify(pages))
  } catch {
    // storage is off in this browser: the tour starts again with the next visit
  }
}
