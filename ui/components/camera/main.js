// Streamlit draws a plotly chart again whenever its numbers change, and a scene that was turned would jump back.
// This remembers the view that the hand chose and restores it whenever the chart shows another; a page has one scene
// at most. It looks ten times a second, since plotly resets the view on several occasions and announces few of them.
// It takes no data and reports nothing to Python.

const LOOK_MS = 100
const REST_MS = 500 // after the hand let go, while the scene turns on and buttons do their work
// on the window, since this file is loaded again, too
const hand = (window[Symbol.for("effnet.view")] ??= { view: null, down: false, until: 0, moved: false })

export default function () {
  const inScene = (event) => event.target.closest?.(".js-plotly-plot")?._fullLayout?.scene
  const press = (event) => inScene(event) && Object.assign(hand, { down: true, moved: true })
  const release = () => hand.down && Object.assign(hand, { down: false, until: Date.now() + REST_MS })
  const wheel = (event) => inScene(event) && Object.assign(hand, { moved: true, until: Date.now() + REST_MS })
  const listeners = { pointerdown: press, pointerup: release, pointercancel: release, wheel }
  for (const [name, listener] of Object.entries(listeners)) {
    document.addEventListener(name, listener, { capture: true, passive: true })
  }
  const timer = setInterval(look, LOOK_MS)
  return () => {
    clearInterval(timer)
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener, true)
  }
}

function look() {
  const plots = [...document.querySelectorAll(".js-plotly-plot")]
  const scene = plots.find((plot) => plot._fullLayout?.scene?._scene?.camera)?._fullLayout.scene
  if (!scene || hand.down || Date.now() < hand.until) return
  if (hand.moved) {
    const { eye, center, up } = scene.camera
    Object.assign(hand, { view: structuredClone({ eye, center, up }), moved: false })
  } else if (hand.view && JSON.stringify(scene.camera.eye) !== JSON.stringify(hand.view.eye)) {
    // plotly has no public way to move a chart's camera from outside: this is what its own button does
    Object.assign(scene.camera, structuredClone(hand.view))
    scene._scene.setViewport(scene)
  }
}
