package personal

import (
	"time"

	"github.com/aftercare/aftercare/storage"
)

// exportFormat names the form of an export. docs/privacy.md describes it.
const exportFormat = "aftercare person 1"

// Exported is the file that a person gets.
type Exported struct {
	Format   string    `json:"format"`
	Exported time.Time `json:"exported_at"`
	storage.Dossier
}

// Export makes the file of everything that is kept of a person.
func Export(d storage.Dossier, now time.Time) Exported { return Exported{exportFormat, now, d} }
