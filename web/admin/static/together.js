// What others do to a draft is shown once it is told of, where it disturbs nobody.
const draft = globalThis.aftercareDraft

// cards puts the cards around the open one as they are now. The open one stays where somebody writes.
function cards(fresh) {
	const here = document.querySelector(".cardlist"), there = fresh.querySelector(".cardlist")
	const mine = document.getElementById("open"), twin = fresh.getElementById("open")
	const order = list => [...list.querySelectorAll("[data-card]")].map(c => c.dataset.card).join()
	if (!here || !there || !mine || !twin || mine.dataset.card !== twin.dataset.card || order(here) === order(there)) return
	if (document.querySelector("#add") || here.contains(document.activeElement) && !mine.contains(document.activeElement)) return
	const all = [...there.children], at = all.indexOf(twin)
	for (const e of [...here.children]) if (e !== mine) e.remove()
	mine.before(...all.slice(0, at))
	mine.after(...all.slice(at + 1))
	mine.querySelector(".qhead").replaceWith(twin.querySelector(".qhead"))
}

let looking
document.addEventListener("aftercare:changed", async () => {
	if (looking || draft.open > 0) return
	looking = true
	try {
		const page = (await draft.load("GET", location.href.replace(/#.*/, "").replace(/([?&])done=\w*/, "$1"))).response
		if (draft.open > 0 || !page) return
		for (const form of draft.forms) if (form.isConnected) draft.merge(form, page, null)
		cards(page)
		draft.twins(page)
	} catch { /* the next news tries again */ } finally { looking = false }
})
