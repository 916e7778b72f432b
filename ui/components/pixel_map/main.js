// A feature map with a frame around one pixel or a patch; a click or the arrow keys choose another pixel.
// Data: image (URL), alt, rows, columns, frame ({ top, left, side } in pixels of the map), clickable.
// Trigger: pixel, [row, column]. Event: it listens to "linked-cell" of linked_cells, and marks that pixel of a patch.

const KEYS_REST_MS = 300
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }
const waiting = new WeakMap() // map -> timer of a report that waits for the keys to rest

export default function ({ data, parentElement, setTriggerValue }) {
  const map = parentElement.querySelector(".map")
  const image = map.querySelector("img")
  Object.assign(image, { src: data.image, alt: data.alt })
  const framed = map.querySelector(".frame")
  place(framed, data, data.frame)
  map.classList.toggle("clickable", data.clickable)
  if (data.clickable) {
    map.tabIndex = 0
    map.setAttribute("role", "application")
    map.setAttribute("aria-label", `${data.alt}. Arrow keys choose a pixel`)
  }
  const frame = { ...data.frame }
  map.onkeydown = (event) => {
    const step = data.clickable && STEPS[event.key]
    if (!step) return
    event.preventDefault()
    frame.top = within(frame.top + step[0], data.rows)
    frame.left = within(frame.left + step[1], data.columns)
    place(framed, data, frame)
    const report = () => setTriggerValue("pixel", [frame.top, frame.left])
    clearTimeout(waiting.get(map)) // until the keys rest: a held key does not flood the server
    waiting.set(map, setTimeout(report, KEYS_REST_MS))
  }
  map.onclick = ({ clientX, clientY }) => {
    if (!data.clickable) return
    const box = image.getBoundingClientRect()
    const row = Math.floor(((clientY - box.top) / box.height) * data.rows)
    const column = Math.floor(((clientX - box.left) / box.width) * data.columns)
    setTriggerValue("pixel", [within(row, data.rows), within(column, data.columns)])
  }
  const { top, left, side } = data.frame
  const mark = map.querySelector(".mark")
  const hear = ({ detail: cell }) => {
    mark.hidden = cell === null || side === 1
    place(mark, data, { top: top + Math.floor(cell / side), left: left + (cell % side), side: 1 })
  }
  addEventListener("linked-cell", hear)
  return () => removeEventListener("linked-cell", hear)
}

const within = (index, count) => Math.max(0, Math.min(count - 1, index))

function place(square, { rows, columns }, { top, left, side }) {
  const percent = (part, all) => `${(100 * part) / all}%`
  Object.assign(square.style, {
    top: percent(top, rows),
    left: percent(left, columns),
    height: percent(side, rows),
    width: percent(side, columns),
  })
}
