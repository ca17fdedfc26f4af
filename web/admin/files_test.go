package admin

import (
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

// manyRows is a store of which each row is handed out so often that no buffer holds a file, and which says when a file
// was read to its end.
type manyRows struct {
	storage.Store
	read chan error
}

func (m manyRows) Export(ctx context.Context, what storage.Exported, f storage.ExportFilter, row func([]any) error) error {
	err := m.Store.Export(ctx, what, f, func(values []any) error {
		for range 100_000 {
			if err := row(values); err != nil {
				return err
			}
		}
		return nil
	})
	m.read <- err
	return err
}

// TestWhoReadsNothingHoldsNothingUp has more files asked for than there are connections that read, of pages and of the
// API, by clients who take nothing of them. Whoever comes then is served.
func TestWhoReadsNothingHoldsNothingUp(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, _ *sql.DB) {
		w.unhappy("main", "900", "Anna", "I waited.")
		w.folds()
		store, files := manyRows{w.store, make(chan error)}, new(page.Files)
		value := signin.NewAPIToken()
		hash, _ := signin.HashAPIToken(value)
		token := storage.Token{ID: "t", Name: "t", Hash: hash, Scopes: []string{string(access.ReadRows)}, Made: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour)}
		if err := w.store.PutToken(t.Context(), token, storage.Audit{}); err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.Handle("/", New(Config{Store: store, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now, Files: files}))
		mux.Handle("/api/", api.New(api.Config{Store: store, Bot: w.bot, Files: files, Clock: w.clock.Now}))
		s := httptest.NewServer(mux)
		var clients []net.Conn
		for _, at := range []string{
			"/download/answers.csv", "/api/v1/exports/answers?format=csv", "/download/sessions.jsonl", "/api/v1/exports/sessions?format=jsonl", "/download/cases.csv",
			"/download/answers.jsonl", "/download/answers.csv", "/api/v1/exports/answers?format=jsonl", "/download/sessions.csv", "/download/sessions.csv",
		} {
			c, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			clients = append(clients, c)
			if _, err := io.WriteString(c, "GET "+at+" HTTP/1.1\r\nHost: care.example\r\nAuthorization: Bearer "+value+"\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-store.read:
				if err != nil {
					t.Fatal(at, err)
				}
			case <-time.After(time.Minute):
				t.Fatalf("%s holds a connection of the database while nobody reads it", at)
			}
		}
		if got := w.as("robin").get("/cases").Code; got != 200 {
			t.Errorf("a page: %d", got)
		}
		w.unhappy("main", "901", "Tom", "Rude.")
		for _, c := range clients {
			_ = c.Close()
		}
		s.Close()
	})
}

// TestTheHeadOfAFileIsNoFile asks each address of a file by HEAD, as what looks at a link does: nobody had it.
func TestTheHeadOfAFileIsNoFile(t *testing.T) {
	w := newWorld(t)
	w.unhappy("main", "900", "Anna", "I waited.")
	w.folds()
	robin := w.as("robin")
	noted := func() int {
		all, err := w.store.Audits(t.Context(), storage.AuditFilter{What: "data.export", Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for _, at := range []string{"/download/words.csv", "/download/answers.xlsx", "/list/cases.csv", "/list/asking.jsonl", "/answers.csv", "/reports/words/words.csv"} {
		before, out := noted(), httptest.NewRecorder()
		robin.h.ServeHTTP(out, httptest.NewRequest("HEAD", at, nil))
		if out.Code != 200 || out.Body.Len() > 0 || noted() != before || out.Header().Get("Content-Disposition") == "" {
			t.Errorf("HEAD %s: %d, %d bytes; noted %d times", at, out.Code, out.Body.Len(), noted()-before)
		}
		if got := robin.get(at).Code; got != 200 || noted() != before+1 {
			t.Errorf("GET %s: %d; noted %d times", at, got, noted()-before)
		}
	}
}
