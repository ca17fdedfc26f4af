package page

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// What files take of a process.
const (
	// FilesAtOnce is how many files are made at a time: each reads the database by a connection that others lack.
	FilesAtOnce = 2
	// FilesKept is how many are made or being sent at a time: each takes room on the disk until its reader has it.
	FilesKept = 16

	firstPiece = 64 << 10 // bytes that are there before the first is sent: what fails before them is answered in words
)

// ErrManyFiles means that no file can be begun now: later one can.
var ErrManyFiles = errors.New("too many files are being made or sent")

// Files sends files that are made for whoever asks. Each is made as fast as it can be, into a temporary file, and sent
// from there as slowly as its reader takes it: no reader holds a connection of the database. All pages and the API of
// a process share one. The zero value is ready.
type Files struct {
	mu     sync.Mutex
	kept   int
	making chan struct{}
}

// File is a file that somebody is given.
type File struct {
	Name, MediaType string
	// Note keeps in mind that somebody has it. It is called before anything is made, and not where nothing is sent.
	Note func() error
	// Fill writes the file. It is called once.
	Fill func(to io.Writer) error
	// Wait waits for its turn where others are being made; else that is ErrManyFiles.
	Wait bool
	// Cut hears why a file that was begun did not become whole; may be nil.
	Cut func(error)
}

// begin takes a turn to make a file. made gives it back, sent what the file takes.
func (f *Files) begin(r *http.Request, wait bool) (made, sent func(), err error) {
	f.mu.Lock()
	if f.making == nil {
		f.making = make(chan struct{}, FilesAtOnce)
	}
	if f.kept == FilesKept {
		f.mu.Unlock()
		return nil, nil, ErrManyFiles
	}
	f.kept++
	f.mu.Unlock()
	sent = func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.kept--
	}
	made = sync.OnceFunc(func() { <-f.making })
	select {
	case f.making <- struct{}{}:
		return made, sent, nil
	default:
	}
	if !wait {
		sent()
		return nil, nil, ErrManyFiles
	}
	select {
	case f.making <- struct{}{}:
		return made, sent, nil
	case <-r.Context().Done():
		sent()
		return nil, nil, r.Context().Err()
	}
}

// Send answers a request with a file; one by HEAD with what stands above it. An error means that nothing was sent yet,
// so that it can be answered with it. Of a file that was begun and does not become whole the connection is cut off:
// there is no other way to say so.
func (f *Files) Send(w http.ResponseWriter, r *http.Request, file File) (err error) {
	if r.Method == http.MethodHead { // nobody is given anything
		file.head(w)
		return nil
	}
	to := &Patient{ResponseWriter: w}
	defer func() {
		if err == nil {
			return
		}
		if to.Begun {
			if file.Cut != nil {
				file.Cut(err)
			}
			panic(http.ErrAbortHandler)
		}
		w.Header().Del("Content-Disposition")
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(Still)) // what it took does not keep the answer back
	}()
	made, sent, err := f.begin(r, file.Wait)
	if err != nil {
		return err
	}
	defer sent()
	defer made()
	if err := file.Note(); err != nil {
		return err
	}
	kept, err := newSpool()
	if err != nil {
		return err
	}
	defer kept.drop()
	file.head(w)
	done := make(chan struct{})
	var failed error // of sending, once done
	go func() {
		defer close(done)
		failed = kept.sendTo(to)
	}()
	filled := errors.New("making a file ended in a panic")
	over := false
	defer func() { // however it ends nobody writes to w any more
		if kept.ended(filled); !over {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now())
		}
		<-done
	}()
	filled = file.Fill(kept)
	made()
	kept.ended(filled)
	<-done
	over = true
	return failed
}

// head says what follows.
func (f File) head(w http.ResponseWriter) {
	w.Header().Set("Content-Type", f.MediaType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
}

// errLeft means that whoever read a file went away.
var errLeft = errors.New("nobody takes the file any more")

// spool is a temporary file that one writes while another reads behind. It has no name where the system allows it, so
// that a program that is killed leaves nothing behind.
type spool struct {
	file  *os.File
	named bool // a name leads to the file

	mu    sync.Mutex
	grown sync.Cond
	size  int64 // bytes that are there
	end   bool  // no more come
	err   error // why it is not whole
	left  bool  // nobody reads any more
}

func newSpool() (*spool, error) {
	file, err := os.CreateTemp("", "aftercare-*.file")
	if err != nil {
		return nil, fmt.Errorf("begin a file: %w", err)
	}
	s := &spool{file: file, named: os.Remove(file.Name()) != nil}
	s.grown.L = &s.mu
	return s, nil
}

func (s *spool) drop() {
	_ = s.file.Close()
	if s.named {
		_ = os.Remove(s.file.Name())
	}
}

// Write adds to the file. One writes at a time.
func (s *spool) Write(b []byte) (int, error) {
	s.mu.Lock()
	at, left := s.size, s.left
	s.mu.Unlock()
	if left {
		return 0, errLeft
	}
	n, err := s.file.WriteAt(b, at)
	s.mu.Lock()
	s.size = at + int64(n)
	s.mu.Unlock()
	s.grown.Broadcast()
	return n, err
}

// ended says that no more comes: the file is whole, or err says why not. The first time counts.
func (s *spool) ended(err error) {
	s.mu.Lock()
	if !s.end {
		s.end, s.err = true, err
	}
	s.mu.Unlock()
	s.grown.Broadcast()
}

// sendTo sends what is there, as it comes, until it is whole.
func (s *spool) sendTo(w io.Writer) error {
	defer func() {
		s.mu.Lock()
		s.left = true
		s.mu.Unlock()
	}()
	for at := int64(0); ; {
		s.mu.Lock()
		for !s.end && (s.size == at || s.size < firstPiece) {
			s.grown.Wait()
		}
		size, end, err := s.size, s.end, s.err
		s.mu.Unlock()
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, io.NewSectionReader(s.file, at, size-at)); err != nil {
			return err
		}
		if at = size; end {
			return nil
		}
	}
}
