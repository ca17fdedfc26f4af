package importing

import (
	"encoding/json"
	"errors"
	"io"
	"os"
)

// Refused gives every row that is not imported.
func (d *Desk) Refused(id string, f func(Refusal) error) error {
	x, err := d.Get(id)
	if err != nil {
		return err
	}
	return d.refused(&x, f)
}

func (d *Desk) refused(x *Import, f func(Refusal) error) error {
	aead, err := d.aead(x.ID, "refused")
	if err != nil {
		return err
	}
	file, err := os.Open(d.path(x.ID, "refused"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	in := json.NewDecoder(newOpening(io.LimitReader(file, x.Marked), aead, true))
	for {
		var r Refusal
		err := in.Decode(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(r)
		}
		if err != nil {
			return err
		}
	}
}
