export default function ({ data, setStateValue }) {
  let stored = ""
  try {
    stored = window.localStorage.getItem(data.place) ?? ""
    if (stored === data.save) return
    if (stored === data.base && data.save !== "") {
      window.localStorage.setItem(data.place, data.save)
      return
    }
  } catch {
    return  // storage is off in this browser: progress lasts as long as the session
  }
  setStateValue("stored", stored)
}
