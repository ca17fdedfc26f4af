package flowfile

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"sync"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

//go:embed data/*.yaml templates/*.yaml
var files embed.FS

// What is shipped is read once, when it is first needed, and never changed. Flows share
// it, as they share everything they are made of: a flow is not changed once it is read.
var (
	shippedScales = sync.OnceValue(func() map[string]survey.Scale {
		r, o := mustOpen("scales")
		return mustRead(r, r.readScales(o.Get("scales"), nil))
	})
	shippedChoices = sync.OnceValue(func() map[string]choiceList {
		r, o := mustOpen("choices")
		return mustRead(r, r.readLists(o.Get("choices"), nil))
	})
	shippedBands = sync.OnceValue(func() survey.BandSet {
		r, o := mustOpen("bands")
		return mustRead(r, r.readBands(o.Get("bands")))
	})
	// shippedFlows are the templates by name, each read by itself: a command needs one.
	shippedFlows = eachOnce(templateOrder, func(name string) template {
		source := mustFile("templates/" + name + ".yaml")
		f, err := Parse(source)
		if err != nil {
			panic(fmt.Sprintf("template %s: %v", name, err))
		}
		return template{f, source}
	})
)

// eachOnce are functions that make the thing of a name when it is first asked for.
func eachOnce[T any](names []string, read func(name string) T) map[string]func() T {
	out := make(map[string]func() T, len(names))
	for _, name := range names {
		out[name] = sync.OnceValue(func() T { return read(name) })
	}
	return out
}

type template struct {
	flow   survey.Flow
	source []byte
}

// templateOrder is the order in which the templates are offered: the most useful first.
var templateOrder = []string{
	"one_tap_csat", "post_service_3", "ladder7_expect", "servqual5", "expect_perceive", "consultation", "in_service",
	"nps_why", "ces",
	"restaurant", "repair", "it_helpdesk", "post_recovery", "lost_customer", "six_measures", "mystery_visit", "staff_pulse",
}

// The embedded files are part of the program: a broken one is a bug that every test of
// this package finds, so reading them panics instead of returning an error.
func mustFile(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return b
}

func mustOpen(what string) (*reader, *strictyaml.Object) {
	source := mustFile(path.Join("data", what+".yaml"))
	r := newReader(source)
	o, ok := r.Object(r.Load(source), "the shipped "+what, what)
	if !ok {
		panic(r.Err())
	}
	return r, o
}

func mustRead[T any](r *reader, v T) T {
	if err := r.Err(); err != nil {
		panic(err)
	}
	return v
}

// Templates returns the shipped flows, Version 0, in the order in which they are offered.
// What they hold is shared and must not be changed.
func Templates() []survey.Flow {
	out := make([]survey.Flow, len(templateOrder))
	for i, name := range templateOrder {
		out[i] = shippedFlows[name]().flow
	}
	return out
}

// Template returns the shipped flow of this name and its file as it is shipped.
func Template(name string) (survey.Flow, []byte, bool) {
	read, ok := shippedFlows[name]
	if !ok {
		return survey.Flow{}, nil, false
	}
	t := read()
	return t.flow, bytes.Clone(t.source), true
}

// Bands returns the shipped ladder: seven levels with their names and the mood that
// staff should expect, in English, Simplified Chinese, Spanish and Arabic. Every flow
// without a ladder of its own has it.
func Bands() survey.BandSet { return append(survey.BandSet(nil), shippedBands()...) }

// Scales returns the keys of the shipped scales in alphabetical order.
func Scales() []string { return sortedKeys(shippedScales()) }

// Scale returns a shipped scale.
func Scale(key string) (survey.Scale, bool) {
	s, ok := shippedScales()[key]
	return s, ok
}

// Lists returns the names of the shipped lists of choices in alphabetical order.
func Lists() []string { return sortedKeys(shippedChoices()) }
