// Streamlit puts up a plotly chart anew whenever its numbers change, and a scene that was turned would jump back.
// This keeps the view that the hand chose and gives it to whatever comes anew; a page has one scene at most.

const VIEW = Symbol.for("effnet.view") // on the window: this file, too, is loaded anew
const attended = new WeakSet()

export default function () {
  const observer = new MutationObserver(attendAll)
  observer.observe(document.body, { childList: true, subtree: true })
  attendAll()
  return () => observer.disconnect()
}

function attendAll() {
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    const scene = plot._fullLayout?.scene
    if (attended.has(plot) || (plot._fullLayout && !scene)) continue
    if (!scene?._scene?.camera) {
      requestAnimationFrame(attendAll) // it is still being made
      continue
    }
    attended.add(plot)
    if (window[VIEW]) show(plot, scene)
    else keep(plot) // it may have been turned before this came to attend it
    plot.on("plotly_relayout", () => keep(plot))
  }
}

function keep(plot) {
  const { eye, center, up } = plot._fullLayout.scene.camera
  window[VIEW] = structuredClone({ eye, center, up })
}

// plotly tells of no public way to move a chart's camera from outside: this is what its own button does.
function show(plot, scene) {
  Object.assign(scene.camera, structuredClone(window[VIEW]))
  plot.layout.scene.camera = { ...plot.layout.scene.camera, ...structuredClone(window[VIEW]) }
  scene._scene.setViewport(scene)
}
