// A place in the browser's local storage that the session and other tabs write to.
// Data: place (key), save (what the session knows), base (what the session last knew to be stored).
// Trigger: stored, what is there if it is neither, so that the page can merge both; the same text may come again.

export default function ({ data, setTriggerValue }) {
  let stored = ""
  try {
    stored = localStorage.getItem(data.place) ?? ""
    if (stored === data.save) return
    if (stored === data.base && data.save !== "") {
      localStorage.setItem(data.place, data.save)
      return
    }
  } catch {
    return // storage is off in this browser: progress lasts as long as the session
  }
  setTriggerValue("stored", stored)
}
