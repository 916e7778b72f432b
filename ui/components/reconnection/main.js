// Has the page run again when the connection to the server is back. Streamlit 1.67 does so only if a run was under way:
// what was clicked while nobody noticed that the connection had gone is seen on the control, and never on the page.
// A run takes all inputs' values along, but no reports of components: those that no run has followed are made again.
// window.effnetUnheard: Map of such reports, each a function; files.py fills it. No data. Trigger: back.

const CONNECTION = "data-test-connection-state"
const RUN = "data-test-script-state"
let report = () => {}
let owed = [] // reports that are made again once that run is over: it would set back the inputs that they stand for

export default function ({ setTriggerValue }) {
  report = () => setTriggerValue("back", true)
  window.effnetReconnection ??= watch(document.querySelector("[data-testid=stApp]"))
}

function watch(app) {
  const follow = {
    [CONNECTION]: { CONNECTED: connected },
    [RUN]: { running: () => window.effnetUnheard?.clear(), notRunning: ended },
  }
  const observer = new MutationObserver((changes) => {
    for (const name of new Set(changes.map((change) => change.attributeName))) follow[name][app.getAttribute(name)]?.()
  })
  observer.observe(app, { attributeFilter: Object.keys(follow) })
  return observer
}

function connected() {
  owed = [...(window.effnetUnheard?.values() ?? [])]
  report()
}

function ended() {
  for (const again of owed) again()
  owed = []
}
