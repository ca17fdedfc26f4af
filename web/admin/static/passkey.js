// Passkeys: the device makes or uses one, and the form carries what it says. Without script, and
// where a browser has none, the password is the way in.
const bytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0))
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")

const known = d => (d.has?.match(/\S+/g) ?? []).map(id => ({ type: "public-key", id: bytes(id) }))

async function made(d) {
	const { response: r } = await navigator.credentials.create({ publicKey: {
		challenge: bytes(d.challenge), rp: { id: d.host, name: "Aftercare" },
		user: { id: bytes(d.user), name: d.name, displayName: d.name },
		pubKeyCredParams: [-7, -8, -257].map(alg => ({ type: "public-key", alg })),
		excludeCredentials: known(d),
		authenticatorSelection: { residentKey: "required", userVerification: "required" },
	} })
	return { client: text(r.clientDataJSON), auth: text(r.getAuthenticatorData()), key: text(r.getPublicKey()) }
}

async function used(d) {
	const found = await navigator.credentials.get({ publicKey: {
		challenge: bytes(d.challenge), rpId: d.host, userVerification: "required", allowCredentials: known(d),
	} })
	const r = found.response
	return { client: text(r.clientDataJSON), auth: text(r.authenticatorData), signature: text(r.signature), user: text(r.userHandle), id: found.id }
}

for (const form of document.querySelectorAll("form[data-challenge]")) {
	if (!window.PublicKeyCredential) continue
	form.hidden = false
	form.addEventListener("submit", async e => {
		if (form.elements.client.value) return
		e.preventDefault()
		try {
			const said = await (form.dataset.user ? made : used)(form.dataset)
			for (const name in said) form.elements[name].value = said[name]
			form.requestSubmit()
		} catch {
			form.querySelector("[data-failed]").hidden = false
		}
	})
}
