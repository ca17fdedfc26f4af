// Saves a card's form when a field was left, and reads a file into its box. Without this
// module the form has its button, and the box takes what is pasted.
const state = document.getElementById("saving")
const forms = document.querySelectorAll("form[data-saves]")
let busy = Promise.resolve(), open = 0

const say = words => { if (state) state.textContent = words }

function save(form) {
	open++
	say(state?.dataset.saving ?? "")
	const body = new URLSearchParams(new FormData(form))
	busy = busy.then(() => fetch(form.action, { method: "POST", body, redirect: "follow" })).then(answer => {
		if (answer.status === 409 || answer.status === 422) { form.submit(); return }
		if (!answer.ok) throw new Error(answer.statusText)
		for (const was of form.querySelectorAll('input[type="hidden"][name$=".was"]')) {
			const name = was.name.slice(0, -4)
			if (body.has(name)) was.value = body.get(name)
			else if (form.querySelector(`[type="checkbox"][name="${CSS.escape(name)}"]`)) was.value = ""
		}
		if (--open === 0) say((state?.dataset.saved ?? "").replace("{0}", new Date().toTimeString().slice(0, 5)))
	}).catch(() => {
		open--
		say(state?.dataset.failed ?? "")
		setTimeout(() => save(form), 4000)
	})
}

for (const form of forms) form.addEventListener("change", e => {
	// A menu of a sentence changes what stands beside it: the page comes anew.
	if (e.target.dataset.anew !== undefined) form.requestSubmit()
	else if (e.target.name && !e.target.name.startsWith("many|")) save(form)
})
addEventListener("beforeunload", e => { if (open > 0) e.preventDefault() })

for (const pick of document.querySelectorAll("input[type=file][data-into]")) {
	pick.closest("[hidden]")?.removeAttribute("hidden")
	pick.addEventListener("change", async () => {
		const file = pick.files[0]
		if (file) document.getElementById(pick.dataset.into).value = await file.text()
	})
}
