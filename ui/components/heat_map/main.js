// Heat maps over a picture: they follow the hand on the page's opacity slider without the server, and the picture
// itself is seen while one of them is held. Data, by what it is mounted for:
// - the picture: 64 characters that name it, then its JPEG;
// - the look of all maps: slider (class of the element with the opacity's slider, in %), plain and signed colours
//   ({ table (256 × 4 bytes in base64), on_grey, lined }), and line (share of a drawing's long side that it is wide;
//   least, px; level, of the strongest; flat, what is no slope);
// - maps: picture (its name), size ([width, height]), least (px that each map is wide at least), whole (over the whole
//   picture, where the rest of it is dimmed), maps ([{ caption, alt, box ([left, top, right, bottom] of what the network
//   saw), values (null while there are none), stage (where a map is of one: shared/stages.js) }]). Values: base64 (of 16
//   bits each), unit (what 1 is), rows, columns, strongest, signed, coarse (then it can have a line).
// The arithmetic is that of effnet_core/images/overlay.py; a test compares both.

import { linkStages } from "../shared/stages.js"
import { coloured, enlarged, lineAround, makeGrey, numbersIn } from "../shared/heat.js"

const NAME_LENGTH = 64
const KEPT_PICTURES = 2
const MOST_PX = 1200 // of a drawing's long side
const HINT = "Press and hold the picture, or Space, to see it without heat."
const HELD = "Without heat."
const pictures = new Map() // name -> ImageBitmap
const boards = new Map() // root -> its Board
let look = null

export default function ({ parentElement, data }) {
  if (data instanceof Uint8Array) takePicture(data)
  else if (data.slider) return follow(data)
  else {
    const root = parentElement.querySelector(".heat")
    if (!boards.has(root)) boards.set(root, new Board(root))
    const board = boards.get(root)
    board.receive(data)
    return () => board.close()
  }
}

async function takePicture(data) {
  const name = new TextDecoder().decode(data.slice(0, NAME_LENGTH))
  if (pictures.has(name)) return
  pictures.set(name, await createImageBitmap(new Blob([data.slice(NAME_LENGTH)], { type: "image/jpeg" })))
  for (const old of [...pictures.keys()].slice(0, -KEPT_PICTURES)) pictures.delete(old)
  drawAll()
}

// Streamlit's slider says where its thumb is, also while it is dragged; what it says counts, it is ahead of the server.
function follow({ slider, plain, signed, ...given }) {
  const name = JSON.stringify([plain, signed])
  look = { ...look, ...given, name, plain: read(plain), signed: read(signed) }
  const moved = () => {
    const thumb = document.querySelector(`.${slider} input[type=range]`)
    if (thumb) look.opacity = thumb.value / 100
    drawAll()
  }
  moved()
  const observer = new MutationObserver(moved)
  observer.observe(document.body, { subtree: true, attributeFilter: ["aria-valuetext"] })
  return () => observer.disconnect()
}

const read = (colours) => ({ ...colours, table: numbersIn(colours.table, Uint8Array) })

function drawAll() {
  for (const [root, board] of boards) {
    if (root.isConnected) board.ask()
    else boards.delete(root)
  }
}

// Some maps side by side.
class Board {
  constructor(root) {
    this.root = root
    this.held = false
    this.frame = 0
    this.figures = []
    this.observer = new ResizeObserver(() => this.ask())
    const letGo = () => this.hold(false)
    const maps = root.querySelector(".maps")
    maps.onpointerdown = ({ button, target }) => button === 0 && target.matches("canvas") && this.hold(true)
    maps.onpointerup = maps.onpointercancel = maps.onpointerleave = letGo
    maps.oncontextmenu = (event) => this.held && event.preventDefault() // a long touch
    maps.onkeydown = (event) => {
      if (event.key !== " " && event.key !== "Enter") return
      event.preventDefault()
      this.hold(true)
    }
    maps.onkeyup = letGo
    maps.addEventListener("focusout", letGo)
  }

  receive(data) {
    this.data = data
    const maps = this.root.querySelector(".maps")
    maps.style.setProperty("--least", data.least ? `${data.least}px` : "100%")
    while (this.figures.length > data.maps.length) this.figures.pop().node.remove()
    while (this.figures.length < data.maps.length) this.figures.push(new Figure(maps, !this.figures.length))
    data.maps.forEach((map, place) => this.figures[place].receive(map, data))
    this.observer.observe(maps)
    this.unlink?.()
    this.unlink = linkStages(maps)
    this.hold(false)
  }

  hold(held) {
    this.held = held && this.data.maps.some((map) => map.values)
    const hint = this.data.maps.some((map) => map.values) ? HINT : ""
    this.root.querySelector("p").textContent = this.held ? HELD : hint
    this.ask()
  }

  ask() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0
      const picture = pictures.get(this.data.picture)
      if (picture && look?.opacity !== undefined) for (const figure of this.figures) figure.draw(picture, this.held)
    })
  }

  close() {
    this.unlink()
    this.observer.disconnect()
    cancelAnimationFrame(this.frame)
    this.frame = 0
  }
}

// One map over the picture, or over what the network saw of it.
class Figure {
  constructor(maps, first) {
    this.node = maps.appendChild(document.createElement("figure"))
    this.canvas = this.node.appendChild(document.createElement("canvas"))
    this.caption = this.node.appendChild(document.createElement("figcaption"))
    this.canvas.setAttribute("role", "img")
    if (first) this.canvas.tabIndex = 0
  }

  receive({ caption, alt, box, values, stage }, { size, whole }) {
    if (stage) this.node.dataset.stage = stage
    if (stage) this.canvas.tabIndex = 0
    this.caption.textContent = caption
    this.canvas.setAttribute("aria-label", alt)
    const [left, top, right, bottom] = box
    this.crop = { left, top, width: right - left, height: bottom - top }
    this.part = whole ? { left: 0, top: 0, width: size[0], height: size[1] } : this.crop
    this.canvas.style.aspectRatio = `${this.part.width} / ${this.part.height}`
    this.values = values && { ...values, numbers: numbersIn(values.base64, Int16Array) }
    this.made = "" // the layers are of older values
  }

  draw(picture, held) {
    const { canvas, part, crop } = this
    const wide = Math.round(canvas.clientWidth * devicePixelRatio)
    if (!wide) return
    const scale = Math.min(wide / part.width, MOST_PX / Math.max(part.width, part.height))
    const [width, height] = [Math.round(part.width * scale), Math.round(part.height * scale)]
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    const pen = canvas.getContext("2d")
    pen.globalAlpha = 1
    pen.imageSmoothingQuality = "high"
    drawPart(pen, picture, part, { left: 0, top: 0, width, height })
    if (held) return
    const place = part === crop ? { left: 0, top: 0, width, height } : scaled(crop, scale)
    if (part !== crop) dim(pen, width, height)
    const { seen, heat, line } = this.layersOf(picture, place)
    pen.drawImage(seen, place.left, place.top)
    if (heat) {
      pen.globalAlpha = look.opacity
      pen.drawImage(heat, place.left, place.top)
      pen.globalAlpha = 1
    }
    if (line) pen.drawImage(line, place.left, place.top)
    if (part !== crop) outline(pen, place, Math.floor(lineWidth(width, height)))
  }

  // What stays the same while the opacity moves.
  layersOf(picture, { width, height }) {
    const made = `${width} ${height} ${look.name}`
    if (this.made !== made) {
      const drawSeen = (pen) => drawPart(pen, picture, this.crop, { left: 0, top: 0, width, height })
      this.layers = makeLayers(this.values, width, height, drawSeen)
      this.made = made
    }
    return this.layers
  }
}

// Canvases: what the network saw, the heat, and the line around its strongest places; the last two where there are any.
function makeLayers(values, width, height, drawSeen) {
  const seen = layer(width, height, drawSeen)
  const heat = values && enlarged(values, width, height)
  if (!heat?.some((value) => value !== 0)) return { seen }
  const { table, on_grey, lined } = values.signed ? look.signed : look.plain
  const line = lined && values.coarse && lineAround(heat, width, height, look.line, lineWidth(width, height))
  return {
    seen: on_grey ? layer(width, height, (pen) => drawGrey(pen, seen)) : seen,
    heat: layerOf(coloured(heat, table, values.signed), width, height),
    line: line && layerOf(line, width, height),
  }
}

const lineWidth = (width, height) => Math.max(look.line.least, look.line.share * Math.max(width, height))

function layer(width, height, draw) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height })
  const pen = canvas.getContext("2d")
  pen.imageSmoothingQuality = "high"
  draw(pen)
  return canvas
}

const layerOf = (bytes, width, height) =>
  layer(width, height, (pen) => pen.putImageData(new ImageData(bytes, width, height), 0, 0))

const drawPart = (pen, picture, part, to) =>
  pen.drawImage(picture, part.left, part.top, part.width, part.height, to.left, to.top, to.width, to.height)

// As Pillow turns colours into grey. Not every browser has a filter for it.
function drawGrey(pen, canvas) {
  pen.drawImage(canvas, 0, 0)
  const image = pen.getImageData(0, 0, canvas.width, canvas.height)
  makeGrey(image.data)
  pen.putImageData(image, 0, 0)
}

const scaled = ({ left, top, width, height }, scale) => ({
  left: Math.round(left * scale),
  top: Math.round(top * scale),
  width: Math.round(width * scale),
  height: Math.round(height * scale),
})

function dim(pen, width, height) {
  pen.fillStyle = "rgb(0 0 0 / 50%)"
  pen.fillRect(0, 0, width, height)
}

function outline(pen, { left, top, width, height }, line) {
  for (const [colour, wide] of [
    ["black", 2 * line],
    ["white", line],
  ]) {
    Object.assign(pen, { strokeStyle: colour, lineWidth: wide })
    pen.strokeRect(left + wide / 2, top + wide / 2, width - wide, height - wide)
  }
}
