package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

var (
	hitsFlag   = flag.Int("hits", 5, "how often Postgres is killed or restarted")
	cutsFlag   = flag.Int("cuts", 20, "how many answers to COMMIT are cut")
	roundsFlag = flag.Int("rounds", 1, "how often each trouble is played")
	holdFlag   = flag.Duration("hold", 600*time.Millisecond, "how long each trouble lasts")
)

// bound is within what time the program must be at work again on a machine that is busy
// with other things. What it took is measured and told; see docs/reliability.md.
const bound = 30 * time.Second

// mustRecover checks the recoveries against the bound.
func (s *siege) mustRecover() {
	s.t.Helper()
	if longest := slices.Max(s.recoveries); longest > bound {
		s.t.Errorf("it took %v until it was at work again", longest)
	}
}

// Two of three times Postgres is killed with -9, else restarted in order.
func TestPostgresIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	database := privatePostgres(t)
	s := newSiege(t, siegePlan{database: database.DSN("postgres"), lows: true})
	server := s.serve()
	s.begin()
	kills := 0
	for hit := range *hitsFlag {
		time.Sleep(time.Duration(300+s.random.IntN(600)) * time.Millisecond)
		if hit%3 == 2 {
			if err := database.Restart(); err != nil {
				t.Fatal(err)
			}
		} else {
			kills++
			if err := database.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := database.Start(); err != nil {
				t.Fatal(err)
			}
		}
		s.hit()
		s.awaitRecovery()
	}
	s.end()
	server.stop()
	s.verify()
	s.mustRecover()
	s.figure("%d × kill -9 of Postgres and %d restarts: %s", kills, *hitsFlag-kills, s.counted())
}

// Postgres commits, and the program does not hear of it.
func TestAnswersToCommitAreCut(t *testing.T) {
	t.Parallel()
	l, database := newLineTo(t, migrated(t))
	s := newSiege(t, siegePlan{database: database})
	server := s.serve()
	s.begin()
	cut := l.spoil(`{"type":"lost_commit","attributes":{"every":7}}`).Toxic.(*lostCommit)
	for deadline := time.Now().Add(time.Duration(*cutsFlag)*time.Second + patience); cut.cuts.Load() < int64(*cutsFlag); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d answers were cut:\n%s", cut.cuts.Load(), server.log)
		}
	}
	l.heal()
	s.hit()
	s.awaitRecovery()
	s.end()
	server.stop()
	s.verify()
	s.figure("%d answers to COMMIT cut: %s", cut.cuts.Load(), s.counted())
}

func TestTroubleOnTheWayToPostgres(t *testing.T) {
	t.Parallel()
	l, database := newLineTo(t, migrated(t))
	s := newSiege(t, siegePlan{database: database})
	server := s.serve()
	s.begin()
	s.play(l, s.awaitRecovery)
	server.stop()
	s.verify()
	s.mustRecover()
	s.figure("%d troubles, %d × %v each: %s", len(troubles()), *roundsFlag, *holdFlag, s.counted())
}

// play plays every trouble in a random order, and waits after each until the program is
// at work again; then it lets the siege come to its end.
func (s *siege) play(l *line, awaitRecovery func()) {
	s.t.Helper()
	worst := map[string]time.Duration{}
	for range *roundsFlag {
		all := troubles()
		s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, trouble := range all {
			time.Sleep(200 * time.Millisecond)
			trouble.begin(l)
			time.Sleep(*holdFlag)
			l.heal()
			s.hit()
			awaitRecovery()
			worst[trouble.name] = max(worst[trouble.name], s.recoveries[len(s.recoveries)-1])
		}
	}
	s.end()
	var told []string
	for _, trouble := range troubles() {
		told = append(told, fmt.Sprintf("%s %.1f s", trouble.name, worst[trouble.name].Seconds()))
	}
	s.figure("longest until at work again: %s", strings.Join(told, ", "))
}

// awaitMessages waits until what somebody writes on Telegram after the hit is answered
// there: updates arrive, and messages go out. A notice that is in doubt is not repeated, so
// that the question is.
func (s *siege) awaitMessages() {
	s.t.Helper()
	if s.curious == nil {
		s.curious = s.tg.NewUser("Curious", "en")
	}
	said := len(s.curious.Chat().FromBot())
	asked := time.Time{}
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if len(s.curious.Chat().FromBot()) > said {
			s.recoveries = append(s.recoveries, time.Since(s.hitAt))
			return
		}
		if time.Since(asked) > 4*time.Second {
			asked = time.Now()
			s.curious.Send("/help")
		}
	}
	s.t.Fatalf("nobody on Telegram is answered within %v", 2*patience)
}

func TestTroubleOnTheWayToTelegram(t *testing.T) {
	t.Parallel()
	tg := telegramtest.New(t)
	l, api := newLineTo(t, tg.URL)
	s := newSiegeOn(t, tg, siegePlan{
		database: databases[0].url(t), api: api, onTelegram: 3 + *roundsFlag,
	})
	server := s.serve()
	s.begin()
	s.storm()
	s.play(l, s.awaitMessages)
	server.stop()
	s.verify()
	s.mustRecover()
	s.figure("%d troubles, %d × %v each, after a storm of 429 and 5xx: %s", len(troubles()), *roundsFlag, *holdFlag, s.counted())
}

// storm is a platform in a bad mood: 30 % of the requests are to be repeated in a second,
// 20 % fail, 10 % are cut off, before or after they were carried out.
func (s *siege) storm() {
	random := newLocked(s.random.Uint64())
	s.tg.Storm(func(r telegramtest.Request) *telegramtest.Fault {
		switch n := random.intN(100); {
		case r.Method == "getUpdates" || n >= 60:
			return nil
		case n < 30:
			return &telegramtest.Fault{Code: 429, RetryAfter: 1}
		case n < 45:
			return &telegramtest.Fault{Code: 500, Acts: n%2 == 0}
		case n < 50:
			return &telegramtest.Fault{HTML: 502}
		default:
			return &telegramtest.Fault{Reset: true, Acts: n%2 == 0}
		}
	})
	time.Sleep(5 * *holdFlag)
	s.tg.Storm(nil)
	s.hit()
	s.awaitMessages()
}
