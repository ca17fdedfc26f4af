// Tells of cases that wait, while a page of cases is open: by a sound and, where the browser
// may, by a notice. Whether is for each browser to say.
const button = document.getElementById("notify"), kept = "aftercare.notify"
const on = () => localStorage.getItem(kept) === "on"
const waiting = () => Number(document.title.match(/^\((\d+)/)?.[1] ?? 0)
let had = waiting()

function sound() {
	const a = new AudioContext(), tone = a.createOscillator(), loud = a.createGain()
	loud.gain.setValueAtTime(0.1, a.currentTime)
	loud.gain.exponentialRampToValueAtTime(0.001, a.currentTime + 0.4)
	tone.frequency.value = 660
	tone.connect(loud).connect(a.destination)
	tone.start()
	tone.stop(a.currentTime + 0.4)
	tone.onended = () => a.close()
}

if (button) {
	const show = () => button.setAttribute("aria-pressed", on())
	button.hidden = false
	button.onclick = async () => {
		localStorage.setItem(kept, on() ? "off" : "on")
		show()
		if (!on()) return
		sound()
		if (window.Notification?.permission === "default") await Notification.requestPermission()
	}
	show()
}
document.addEventListener("aftercare:shown", () => {
	const now = waiting()
	if (now > had && on()) {
		sound()
		if (document.hidden && button && window.Notification?.permission === "granted") new Notification(button.dataset.words, { tag: "aftercare" })
	}
	had = now
})
