package bot

import (
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
)

// coreFlow is something that people do with the program, step by step.
type coreFlow struct {
	name string
	play func(r *flowRun)
}

// coreFlows are what the program is for.
func coreFlows() []coreFlow {
	ann := telegramUser("1", "Ann", "en")
	own := chat.Address{}
	// unsatisfied has a case whose card hangs in the staff's chat, and no open question.
	unsatisfied := func(r *flowRun) {
		r.invited(ann, haircut)
		r.press(ann, own, "2")
		r.command(ann, "cancel", "")
	}
	resolved := func(r *flowRun, by customer) {
		r.press(by, staffTG, "Resolve")
		r.press(by, staffTG, "Too slow")
		r.press(by, staffTG, "Apology")
		r.press(by, staffTG, "Resolve")
	}
	return []coreFlow{
		{"satisfied", func(r *flowRun) {
			r.invited(ann, haircut)
			r.press(ann, own, "5")
		}},
		{"unsatisfied to the end", func(r *flowRun) {
			r.invited(ann, haircut)
			r.press(ann, own, "1")
			r.press(ann, own, "Too slow")
			r.press(ann, own, "Price")
			r.press(ann, own, "Done")
			r.say(ann, "It took two hours.")
			r.press(ann, own, "Yes, in this chat")
		}},
		{"an answer changed after the thanks", func(r *flowRun) {
			r.invited(ann, haircut)
			r.press(ann, own, "5")
			r.press(ann, own, "Change")
			r.press(ann, own, "1")
			r.press(ann, own, "Skip")
		}},
		{"typed, skipped and beside the questions", func(r *flowRun) {
			r.invited(ann, haircut)
			r.say(ann, "is Bob still working there?")
			r.say(ann, "2")
			r.command(ann, "skip", "")
			r.command(ann, "back", "")
			r.command(ann, "skip", "") // a button may be that of a copy which nobody knows of
			r.command(ann, "skip", "")
		}},
		{"kept for later", func(r *flowRun) {
			r.invited(ann, haircut)
			r.press(ann, own, "Later")
			r.pass(20 * time.Hour)
			r.command(ann, "start", "") // a notice in doubt is dropped, its button with it
			r.press(ann, own, "4")
		}},
		{"stopped and begun again", func(r *flowRun) {
			r.invited(ann, haircut)
			r.command(ann, "stop", "")
			r.command(ann, "start", "")
			r.invited(ann, haircut)
			r.press(ann, own, "3")
		}},
		{"staff link and take", func(r *flowRun) {
			unsatisfied(r)
			bob := r.member("9001", "Bob", access.Agent)
			r.press(bob, staffTG, "Take")
			r.press(bob, staffTG, "Release")
			r.press(bob, staffTG, "Take")
		}},
		{"staff and a customer talk", func(r *flowRun) {
			unsatisfied(r)
			bob := r.member("9001", "Bob", access.Agent)
			r.press(bob, staffTG, "Take")
			r.say(ann, "It took an hour.")
			r.reply(bob, staffTG, "It took an hour.", "I am sorry, Ann.")
			r.say(ann, "Nobody told me why.")
			r.reply(bob, staffTG, "Nobody told me why.", "We were two short.")
			resolved(r, bob)
		}},
		{"snoozed until its clock strikes", func(r *flowRun) {
			unsatisfied(r)
			bob := r.member("9001", "Bob", access.Agent)
			r.press(bob, staffTG, "Take")
			r.press(bob, staffTG, "More…")
			r.press(bob, staffTG, "Snooze")
			r.press(bob, staffTG, "1 hour")
			r.pass(time.Hour)
		}},
		{"clocks that nobody heeds", func(r *flowRun) {
			unsatisfied(r)
			r.pass(16 * time.Minute)
			r.pass(15 * time.Minute)
			r.pass(30 * time.Minute)
		}},
		{"not settled, says the customer", func(r *flowRun) {
			unsatisfied(r)
			bob := r.member("9001", "Bob", access.Agent)
			resolved(r, bob)
			r.pass(25 * time.Hour)
			r.press(ann, own, "6")
			r.press(ann, own, "No")
		}},
		{"a complaint", func(r *flowRun) {
			r.command(ann, "complain", "")
			r.say(ann, "The floor was dirty.")
			r.command(ann, "complain", "And it was cold.")
		}},
		{"nobody answers", func(r *flowRun) {
			r.invited(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
			r.press(ann, own, "1")
			r.pass(8 * 24 * time.Hour)
		}},
		{"a customer who blocks the bot", func(r *flowRun) {
			unsatisfied(r)
			bob := r.member("9001", "Bob", access.Agent)
			r.say(ann, "It took an hour.")
			r.block(ann)
			r.reply(bob, staffTG, "It took an hour.", "I am sorry, Ann.")
		}},
	}
}
