package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

// Trial is how far somebody got who tries a link.
type Trial struct {
	Session  string           // "" = nobody tapped yet
	Answered int              // questions that have an answer
	Of       *storage.Session // the conversation; nil = nobody tapped yet
	Case     string           // id of the case that it opened; "" = none
}

// Tried says how far the conversation of a link is. ErrUnknownLink if there is no such link.
func (l Links) Tried(ctx context.Context, token string) (Trial, error) {
	inv, err := l.invitation(ctx, token)
	if err != nil || inv.Session == "" {
		return Trial{}, err
	}
	s, err := l.bot.store.Session(ctx, inv.Bucket, inv.Session)
	if errors.Is(err, storage.ErrNotFound) {
		return Trial{}, nil
	}
	if err != nil {
		return Trial{}, fmt.Errorf("read the conversation: %w", err)
	}
	return Trial{Session: s.ID, Answered: len(s.Answers), Case: s.Case, Of: &s}, nil
}
