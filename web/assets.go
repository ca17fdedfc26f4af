package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// assets are the page's own files under names that hold their hash, so that a browser
// may keep them for good and a new release is seen at once.
type assets struct {
	files map[string]asset  // by hashed name
	urls  map[string]string // by plain name
}

type asset struct {
	kind   string
	body   []byte
	packed []byte // body, gzipped
}

var assetKinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
}

func newAssets(prefix string) assets {
	a := assets{files: map[string]asset{}, urls: map[string]string{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err) // embedded: cannot fail in a binary that was built
	}
	for _, e := range entries {
		body, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.files[name] = asset{assetKinds[ext], body, pack(body)}
		a.urls[e.Name()] = prefix + "/static/web/" + name
	}
	return a
}

func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(f.packed)
		return
	}
	_, _ = w.Write(f.body)
}

func pack(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b) // into memory: neither call can fail
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}
