package importing

import (
	"time"

	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
)

// Stage is how far an import has got.
type Stage string

// The stages.
const (
	Columns  Stage = "columns" // somebody says what they are
	Checking Stage = "checking"
	Checked  Stage = "checked"
	Running  Stage = "running"
	Done     Stage = "done"
	Stopped  Stage = "stopped" // by somebody; what was imported stays
	Failed   Stage = "failed"
)

// Import is a file that somebody sent, with what is known and became of it.
type Import struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"` // of the file
	By         string        `json:"by"`   // sign-in name
	Made       time.Time     `json:"made"`
	Stage      Stage         `json:"stage"`
	Found      Found         `json:"found"`
	Map        sheet.Map     `json:"map"`
	Remembered bool          `json:"remembered,omitempty"` // the map, from another sheet that names its columns so
	Foretold   Counts        `json:"foretold"`
	Counts     Counts        `json:"counts"`
	At         int           `json:"at"`               // rows that are seen to
	Marked     int64         `json:"marked"`           // bytes of refused rows that belong to them
	Began      time.Time     `json:"began,omitzero"`   // the run
	Ended      time.Time     `json:"ended,omitzero"`   // the run
	Undone     int           `json:"undone,omitempty"` // asks that were called off
	Wrong      *table.Error  `json:"wrong,omitempty"`  // why it failed
	Resumed    time.Time     `json:"resumed,omitzero"` // what is told of time left begins here
	ResumeAt   int           `json:"resume_at"`
	Audit      storage.Audit `json:"audit"`            // what is written down when it is done
	Known      []string      `json:"known,omitempty"`  // hashes of who was erased before it was looked for them
	Erased     bool          `json:"erased,omitempty"` // somebody in it was erased, so the rows are gone
}
