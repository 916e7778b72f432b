// Keeps one entry of the browser's history for each page that was opened, with the address that it had at last.
// Streamlit 1.67 makes an entry of its own whenever the server changes a setting of the address, and on the way to
// another page one of the old page without its settings: Back then comes to that one, and all that was set is lost.
// No data; it reports nothing.

const NAMES = ["stPageLink-NavLink", "stTopNavDropdownLink", "stSidebarNavLink"]
const LINK = NAMES.map((name) => `a[data-testid='${name}']`).join()

export default function () {
  window.effnetHistory ??= keepOneEntry()
}

function keepOneEntry() {
  const push = history.pushState
  let goal = null // the page that a clicked link leads to
  let left = null // the address of the page that is being left, with its settings

  const forget = () => {
    goal = left = null
  }
  document.addEventListener("click", (event) => (goal = pathOf(event) ?? goal), true)
  window.addEventListener("popstate", forget)

  history.pushState = function (state, title, to) {
    const path = new URL(to, location.href).pathname
    if (path === goal || path !== location.pathname) {
      if (left) history.replaceState(state, title, left)
      forget()
      push.call(history, state, title, to)
    } else {
      if (goal) left ??= location.href
      history.replaceState(state, title, to)
    }
  }
  return true
}

function pathOf(event) {
  const link = event.composedPath().find((part) => part.matches?.(LINK))
  return link && new URL(link.href).pathname
}
