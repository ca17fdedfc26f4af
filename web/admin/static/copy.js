// A button that copies what stands beside it; without script the words can be marked and copied.
for (const button of document.querySelectorAll("[data-copy]")) {
	if (!navigator.clipboard) continue
	button.hidden = false
	button.addEventListener("click", async () => {
		await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim())
		button.textContent = button.dataset.done
	})
}
// Tokens are checked once they are pasted: the last one sends the form.
for (const form of document.querySelectorAll("form[data-paste]")) {
	const all = [...form.querySelectorAll("input[type=password]")]
	form.addEventListener("paste", () => setTimeout(() => { if (all.every(e => e.value)) form.requestSubmit() }))
}
