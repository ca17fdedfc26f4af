// Reads a file into its box. Without this module the box takes what is pasted.
for (const pick of document.querySelectorAll("input[type=file][data-into]")) {
	pick.closest("[hidden]")?.removeAttribute("hidden")
	pick.addEventListener("change", async () => {
		const file = pick.files[0]
		if (file) document.getElementById(pick.dataset.into).value = await file.text()
	})
}
