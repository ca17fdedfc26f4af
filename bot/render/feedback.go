package render

import (
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// FeedbackFlow is the id of the flow of a kind. No published flow can have it.
func FeedbackFlow(k storage.FeedbackKind) string { return "_" + string(k) }

// feedbackKey is the key of its only question.
const feedbackKey = "words"

// FeedbackKind is the kind of feedback that a flow asks for; "" for all others.
func FeedbackKind(flow string) storage.FeedbackKind {
	for _, k := range voice.FeedbackCommands {
		if FeedbackFlow(k) == flow {
			return k
		}
	}
	for _, k := range []storage.FeedbackKind{storage.Remark, storage.Silence} {
		if FeedbackFlow(k) == flow {
			return k
		}
	}
	return ""
}

// FeedbackFlows are these flows in every language of the interface.
func FeedbackFlows(t *voice.Texts) map[snapshot.FlowKey]*snapshot.Flow {
	flows := make(map[snapshot.FlowKey]*snapshot.Flow, len(voice.FeedbackCommands)+2)
	for command, kind := range voice.FeedbackCommands {
		ask, title, thanks := survey.Text{}, survey.Text{}, survey.Text{}
		for _, tag := range voice.Languages {
			w := t.Of(tag)
			ask[tag], title[tag], thanks[tag] = w.Say("ask_"+command), w.Say("feedback_"+string(kind)), w.Say("thanks_"+string(kind))
		}
		f := survey.Flow{
			ID: FeedbackFlow(kind), Version: 1, Class: survey.Transactional, Title: title, Languages: voice.Languages,
			Questions: []survey.Question{{Key: feedbackKey, Kind: survey.TextQ, Ask: ask, Long: true}},
			Texts:     map[string]survey.Text{"thanks_neutral": thanks, "thanks_unsatisfied_open": thanks},
		}
		flows[snapshot.FlowKey{ID: f.ID, Version: f.Version}] = snapshot.NewFlow(f)
	}
	words, title, silence := survey.Text{}, survey.Text{}, survey.Text{}
	for _, tag := range voice.Languages {
		w := t.Of(tag)
		words[tag], title[tag], silence[tag] = w.Say("card_wrote"), w.Say("feedback_remark"), w.Say("feedback_silence")
	}
	remark := survey.Flow{ // nobody is asked: the words are there when the session begins
		ID: FeedbackFlow(storage.Remark), Version: 1, Class: survey.Transactional, Title: title, Languages: voice.Languages,
		Questions: []survey.Question{{Key: feedbackKey, Kind: survey.TextQ, Ask: words, Long: true}},
	}
	flows[snapshot.FlowKey{ID: remark.ID, Version: remark.Version}] = snapshot.NewFlow(remark)
	silent := survey.Flow{ // nobody is asked anything in it
		ID: FeedbackFlow(storage.Silence), Version: 1, Class: survey.Transactional, Title: silence, Languages: voice.Languages,
	}
	flows[snapshot.FlowKey{ID: silent.ID, Version: silent.Version}] = snapshot.NewFlow(silent)
	return flows
}
