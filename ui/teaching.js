// Page Down and Page Up, which presenters send too, follow the links of a lesson; a new step scrolls to its subject.
export default function ({ data, parentElement }) {
  const follow = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const name = { PageDown: "next", PageUp: "back" }[event.key]
    const way = name && document.querySelector(`.st-key-teach_${name} a[href]`)
    if (!way) return
    event.preventDefault()
    way.click()
  }
  document.addEventListener("keydown", follow)

  const sought = Date.now()
  const look = () => {
    const subject = data.focus && document.querySelector("." + data.focus)
    if (subject) subject.scrollIntoView({ block: "center", behavior: "smooth" })
    else if (data.focus && Date.now() - sought < 5000) waiting = window.setTimeout(look, 200)
  }
  let waiting = window.setTimeout(look, 400)

  return () => {
    document.removeEventListener("keydown", follow)
    window.clearTimeout(waiting)
  }
}
