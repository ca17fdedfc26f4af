package main

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// smallDisk is a file system of its own that a test can fill, made where mounting says that
// it may be made.
type smallDisk struct {
	t   *testing.T
	dir string
}

func newSmallDisk(t *testing.T, size string) *smallDisk {
	t.Helper()
	// Not t.TempDir: the user that Postgres runs as may not enter it.
	dir, err := os.MkdirTemp("", "aftercare-disk-")
	if err != nil {
		t.Fatal(err)
	}
	d := &smallDisk{t: t, dir: dir}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, "size="+size+",mode=0755"); err != nil {
		t.Fatalf("mount a small disk: %v\n%s", err, mayNotMount)
	}
	t.Cleanup(func() {
		if err := errors.Join(syscall.Unmount(d.dir, syscall.MNT_DETACH), os.Remove(d.dir)); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *smallDisk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill takes all the space that is left.
func (d *smallDisk) fill() {
	d.t.Helper()
	f, err := os.Create(d.ballast())
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) >= 512; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			d.t.Fatal(err)
		}
	}
}

// free gives the space back.
func (d *smallDisk) free() {
	d.t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.t.Fatal(err)
	}
}

// The database's disk is full: nothing is acknowledged, the instance is not ready, and
// once there is space everything goes on.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	if !mounting(t) {
		return
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		disk := newSmallDisk(t, "24m")
		s := newSiege(t, siegePlan{database: "sqlite:" + filepath.Join(disk.dir, "a.db")})
		s.overfill(disk, func() {})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		disk := newSmallDisk(t, "160m")
		data := filepath.Join(disk.dir, "postgres")
		if err := os.Mkdir(data, 0o755); err != nil {
			t.Fatal(err)
		}
		database, err := pgtest.Run(data, "max_wal_size=32MB", "min_wal_size=32MB", "autovacuum=off")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := database.Stop(); err != nil {
				t.Error(err)
			}
		})
		s := newSiege(t, siegePlan{database: database.DSN("postgres")})
		s.overfill(disk, func() {
			// A server that found no space for its log has stopped itself, and needs to be
			// started as its supervisor does.
			if err := database.Restart(); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// overfill fills the disk until the servers say so, and mends it, again and again.
func (s *siege) overfill(disk *smallDisk, restart func()) {
	s.t.Helper()
	server := s.serve()
	s.begin()
	for range *roundsFlag {
		time.Sleep(time.Second)
		disk.fill()
		awaitStatus(s.t, s.machine, "/readyz", http.StatusServiceUnavailable)
		acked := s.acked.Load()
		time.Sleep(*holdFlag)
		if n := s.acked.Load() - acked; n > 0 {
			s.t.Logf("%d updates found a little space", n)
		}
		disk.free()
		restart()
		s.hit()
		s.awaitRecovery()
		server.awaitReady()
	}
	s.end()
	server.stop()
	s.verify()
	s.mustRecover()
	s.figure("%d × full: %s", *roundsFlag, s.counted())
}

// What a customer whose answer cannot be stored is told.
func TestAnAnswerThatCannotBeStoredIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	if !mounting(t) {
		return
	}
	disk := newSmallDisk(t, "8m")
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:" + filepath.Join(disk.dir, "a.db")})
	m.env["PUBLIC_URL"] = "http://" + m.address
	server := m.serve()
	link := m.invite("--flow", "one_tap_csat", "--channel", "web")
	disk.fill()
	sent := 0
	post := func(name, value string) (int, string) {
		sent++
		form := url.Values{"nonce": {strconv.Itoa(sent)}, name: {value}}
		response, err := postForm("http://"+m.address+"/chat/"+link.Token, form)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	// Files that are there already have a little space left.
	code, text := post("start", "1")
	for code == http.StatusOK && sent < 3000 {
		code, text = post("text", strings.Repeat("It was late. ", 100))
	}
	if code != http.StatusServiceUnavailable {
		t.Errorf("%d after %d posts, want 503: %s", code, sent, text)
	}
	if code, text := status(m, "/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d %s", code, text)
	}
	disk.free()
	if code, text := post("text", "It was late."); code >= 400 {
		t.Errorf("with space again: %d: %s", code, text)
	}
	server.stop()
}
