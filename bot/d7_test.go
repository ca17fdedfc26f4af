package bot

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// D7: in a group, whose pace is slow, every tap of staff is answered in words before the card is
// drawn; a case is resolved in one keyboard, where nothing moves; and what answers a tap overtakes
// cards that wait.
func TestD7EveryTapOfStaffIsAnsweredAtOnce(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	w.member(2, "Amy", access.Agent)
	for _, button := range []string{
		"More…", "Assign", "Cancel", "More…", "Snooze", "Cancel", "More…", "Agree", "Cancel", "More…", "No action", "Cancel", "Take",
		"Resolve", "Too slow", "Apology", "Explanation", "Apology", "Price", "Cancel", "Resolve", "Price", "Gift", "Resolve", "Reopen",
	} {
		answers := w.onCard(bob, staffTG, w.button(staffTG, button))
		if len(answers) != 1 || strings.TrimSpace(answers[0].Text) == "" {
			t.Errorf("%s is answered by %+v", button, answers)
		}
	}
	if k := w.onlyCase(); k.State != recovery.Open || k.Before == nil || k.Before.Resolution == nil || k.Before.Resolution.Cause != "price" {
		t.Errorf("the case is %+v", k.Case)
	}
}

// The keyboard of Resolve keeps its buttons where they are, whatever is chosen; Resolve is there
// from the start, and says what it still needs.
func TestD7NothingMovesInTheKeyboardOfResolve(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	w.onCard(bob, staffTG, w.button(staffTG, "Take"))
	w.onCard(bob, staffTG, w.button(staffTG, "Resolve"))
	places := func() (all []string) {
		for _, row := range w.newest(staffTG, "case").Render.Rows {
			for _, b := range row {
				all = append(all, strings.TrimLeft(b.Text, "☐☑◉○ "))
			}
			all = append(all, "|")
		}
		return all
	}
	first := places()
	says(t, w.onCard(bob, staffTG, w.button(staffTG, "Resolve")), "Choose", true)
	for _, button := range []string{"Too slow", "Apology", "Price", "Refund or compensation"} {
		w.onCard(bob, staffTG, w.button(staffTG, button))
		sees(t, "after "+button, places(), first...)
	}
}

// D7: what answers a tap of staff goes ahead of a new card, and that ahead of what customers said.
func TestD7WhatAnswersATapGoesFirst(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	rank := func() storage.Rank {
		for _, d := range w.transcript(staffTG) {
			if strings.HasPrefix(d.Slot, "case:") {
				return d.Rank
			}
		}
		return -1
	}
	w.onCard(bob, staffTG, w.button(staffTG, "More…"))
	menu := rank()
	eve := telegramUser("2", "Eve", "en")
	w.started(eve, haircut)
	w.press(eve, "2")
	card := w.newest(staffTG, "case").Rank
	if menu != storage.Prompt || card == storage.Prompt || card == storage.Spare {
		t.Errorf("a menu has the rank %d, a new card %d", menu, card)
	}
}
