package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Assets are the files of pages under names that hold their hash, so that a browser may
// keep them for good and a new release is seen at once.
type Assets struct {
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
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

//go:embed static
var sharedFiles embed.FS

// NewAssets reads the folder dir of files that are embedded in the program, and those that all
// pages share: the colours (tokens.css). Their addresses begin with at, which ends with a slash.
func NewAssets(files fs.FS, dir, at string) *Assets {
	a := &Assets{files: map[string]asset{}, urls: map[string]string{}}
	a.add(sharedFiles, "static", at)
	a.add(files, dir, at)
	return a
}

func (a *Assets) add(files fs.FS, dir, at string) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		panic(err) // embedded: cannot fail in a binary that was built
	}
	for _, e := range entries {
		body, err := fs.ReadFile(files, dir+"/"+e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.files[name] = asset{assetKinds[ext], body, pack(body)}
		a.urls[e.Name()] = at + name
	}
}

// URL is the address of a file by its plain name, "" if there is none.
func (a *Assets) URL(name string) string { return a.urls[name] }

// ServeHTTP serves the file that the request's pattern names {file}.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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

// packers are used again: each takes 0.8 MB.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func pack(body []byte) []byte {
	var b bytes.Buffer
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(&b) // into memory: neither call can fail
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}
