package admin

import (
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"
)

// serve shows the world's pages until the named file is there; for looking at them by hand.
func serve(t *testing.T, w *world, file string) {
	t.Helper()
	w.runs()
	a := w.unhappy("main", "1", "Anna", "I waited forty minutes, and nobody told me why. When it was my turn, Maya was rushed and the fringe is uneven.")
	w.as("robin").post("/cases/"+a.Name()+"/take", nil)
	w.clock.add(6 * time.Minute)
	w.as("robin").post("/cases/"+a.Name()+"/reply", url.Values{"reply": {"Anna, I am so sorry. Forty minutes is not what we promise. I have just asked Maya what happened."}})
	w.clock.add(6 * time.Minute)
	await(t, "the words are sent", func() bool { return w.told("1", "so sorry") == 1 })
	w.as("mei").post("/cases/"+a.Name()+"/note", url.Values{"note": {"Maya had two colours overlapping, the booking was ours. Free slot today 12:30 with Priya."}})
	w.unhappy("harbour", "2", "Li", "The shade is not what we agreed on, and I was told it would “settle”.")
	w.clock.add(40 * time.Minute)
	w.unhappy("harbour", "3", "Nadia", "I asked for two centimetres and lost ten. I have a wedding tomorrow.")
	b := w.unhappy("main", "4", "Tom", "Fine, but the price was not the one on the board outside.")
	w.as("mei").post("/cases/"+b.Name()+"/take", nil)
	mux := http.NewServeMux()
	for _, lang := range []string{"en", "zh-Hans", "ar"} {
		for _, theme := range []string{"light", "dark"} {
			v := viewer("robin")
			v.Language, v.Look = lang, theme
			prefix := "/" + lang + "-" + theme
			mux.Handle(prefix+"/", New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(v), Clock: w.clock.Now, Prefix: prefix}))
		}
	}
	server := &http.Server{Addr: "127.0.0.1:18555", Handler: mux}
	go server.ListenAndServe()
	defer server.Close()
	for range 3000 {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
