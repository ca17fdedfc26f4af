package storage

import (
	"context"
	"slices"
	"time"
)

// Token is what another system shows so that it may use the API.
type Token struct {
	ID      string // UUIDv7: names it in lists, and opens nothing
	Name    string // as people call it
	Hash    string // of the token: the database holds none that works
	Scopes  []string
	Sites   []string // at which it may do that; none = at every site
	By      string   // who made it: a sign-in name; "" = a command
	Made    time.Time
	Expires time.Time // from when it opens nothing; zero = never
	Ended   time.Time // when somebody ended it; zero = nobody did
	Used    time.Time // last, to a minute or so; zero = never
}

// Good reports whether a token opens anything at now.
func (t Token) Good(now time.Time) bool {
	return t.Ended.IsZero() && (t.Expires.IsZero() || now.Before(t.Expires))
}

// At reports whether a token is for a site.
func (t Token) At(site string) bool { return len(t.Sites) == 0 || slices.Contains(t.Sites, site) }

// Tokens keeps what other systems use the API with.
type Tokens interface {
	// PutToken stores a new token.
	PutToken(ctx context.Context, t Token, a Audit) error
	// TokenOf returns the token with this hash, also one that opens nothing any more.
	// ErrNotFound.
	TokenOf(ctx context.Context, hash string) (Token, error)
	// TokenList returns all, the newest first.
	TokenList(ctx context.Context) ([]Token, error)
	// EndToken ends a token for good. ErrNotFound if there is none, or it ended before.
	EndToken(ctx context.Context, id string, at time.Time, a Audit) error
	// MarkToken writes when a token was used.
	MarkToken(ctx context.Context, id string, at time.Time) error

	KeptAnswers
}

// KeptAnswer is what was answered to a request that carried a key of its own: sent again, it is answered
// the same and has no second effect.
type KeptAnswer struct {
	Token  string    // id of the token that it came with
	Key    string    // hash of the key, with the address that it was sent to
	Body   string    // hash of what was sent
	Began  time.Time // when whoever answers it began
	Status int       // of HTTP; 0 = it is under way
	Answer string    // sealed
}

// KeptFor is how long answers are kept.
const KeptFor = 24 * time.Hour

// KeptAnswers are kept for as long as somebody may send the same again.
type KeptAnswers interface {
	// BeginAnswer stores that a request is under way. Where it came before, found is that, and begun
	// says whether it is to be answered now all the same: because what answered it began before dead,
	// and did not end; then it may have had its effect since found.Began. What came more than KeptFor
	// ago did not come.
	BeginAnswer(ctx context.Context, k KeptAnswer, dead time.Time) (found KeptAnswer, begun bool, err error)
	// EndAnswer stores what was answered; nothing if another answers it by now.
	EndAnswer(ctx context.Context, k KeptAnswer) error
	// DropAnswer forgets a request that had no effect.
	DropAnswer(ctx context.Context, k KeptAnswer) error
	// ForgetAnswers removes what was answered to all requests. That they came is known until their day is over: sent
	// again, they have no second effect.
	ForgetAnswers(ctx context.Context) error
	// PruneAnswers removes up to limit requests that came before then, and returns how many went.
	PruneAnswers(ctx context.Context, before time.Time, limit int) (int, error)
}
