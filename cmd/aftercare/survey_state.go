package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

type surveyPauseCmd struct {
	outputFlags
	Flow string `arg:"" help:"NAME of a published flow, or a template."`
}

type surveyResumeCmd struct {
	outputFlags
	Flow string `arg:"" help:"NAME of a flow that is paused or retired."`
}

// flowStateView is whether people are asked by a flow, as programs see it.
type flowStateView struct {
	Name  string `json:"name"`
	State string `json:"state"` // asked, paused, retired
	Was   string `json:"was"`
}

// flowAsked is how the state of a flow is called by which people are asked.
const flowAsked = "asked"

// Run lets nobody be asked by a flow any more.
func (c *surveyPauseCmd) Run(a *terminal) error {
	return a.setFlowState(c.Flow, storage.FlowPaused, c.JSON, "%s is paused: nobody is invited by it, and its standing links begin nothing. "+
		"A link that somebody has already still opens, and what is under way ends as it began. `aftercare survey resume %[1]s` lets it be asked again.\n")
}

// Run lets people be asked by a flow again.
func (c *surveyResumeCmd) Run(a *terminal) error {
	return a.setFlowState(c.Flow, "", c.JSON, "%s is asked again.\n")
}

// setFlowState sets the state of a flow that there is and says what became of it.
func (a *terminal) setFlowState(name, state string, asJSON bool, says string) error {
	if strings.Contains(name, "@") {
		return usagef("a flow is paused and asked again as a whole: give its name without the @")
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	if _, err := lookUp(a.ctx, store, name); err != nil {
		return err
	}
	states, err := stateOfFlows(a, store)
	if err != nil {
		return err
	}
	view := flowStateView{Name: name, State: cmp.Or(state, flowAsked), Was: cmp.Or(states[name], flowAsked)}
	if err := store.PutFlowState(a.ctx, storage.FlowState{Flow: name, State: state, At: a.clock()}); err != nil {
		return fmt.Errorf("store the state of %s: %w", name, err)
	}
	if view.State != view.Was {
		if err := a.audited(store, "flow."+view.State, name, view.Was, view.State); err != nil {
			return err
		}
	}
	if asJSON {
		return a.printJSON(view)
	}
	return a.printf(says, name)
}

// stateOfFlows are the flows by which nobody is asked, with why.
func stateOfFlows(a *terminal, store storage.Store) (map[string]string, error) {
	list, err := store.FlowStates(a.ctx)
	if err != nil {
		return nil, fmt.Errorf("read the states of flows: %w", err)
	}
	states := make(map[string]string, len(list))
	for _, s := range list {
		states[s.Flow] = s.State
	}
	return states, nil
}
