// A feature map with a frame around one pixel or a patch; a click or the arrow keys choose another pixel.
// Data: image (URL), alt, rows, columns, frame ({ top, left, side } in pixels of the map), clickable.
// Trigger: pixel, [row, column].

const KEYS_REST_MS = 300
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }
const waiting = new WeakMap() // map -> timer of a report that waits for the keys to rest

export default function ({ data, parentElement, setTriggerValue }) {
  const map = parentElement.querySelector(".map")
  const image = map.querySelector("img")
  Object.assign(image, { src: data.image, alt: data.alt })
  placeFrame(map, data, data.frame)
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
    placeFrame(map, data, frame)
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
}

const within = (index, count) => Math.max(0, Math.min(count - 1, index))

function placeFrame(map, { rows, columns }, { top, left, side }) {
  const percent = (part, all) => `${(100 * part) / all}%`
  Object.assign(map.querySelector(".frame").style, {
    top: percent(top, rows),
    left: percent(left, columns),
    height: percent(side, rows),
    width: percent(side, columns),
  })
}
