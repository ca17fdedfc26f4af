package asking

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// HandOut is a link that somebody is to send to a customer.
type HandOut struct {
	Ask           storage.Ask
	Name          string // of the customer, "" = nobody knows
	Phone, Email  string // as attributes of the event tell them
	Web, Telegram string
}

// Link is the address that is sent.
func (h HandOut) Link() string {
	if h.Web != "" {
		return h.Web
	}
	return h.Telegram
}

// HandOuts are the links of these sites, nil = of all, that nobody has opened, the newest first.
func (a *Asking) HandOuts(ctx context.Context, sites []string, since time.Time, limit int) ([]HandOut, error) {
	asks, err := a.store.Asks(ctx, storage.AskFilter{Sites: sites, Since: since, State: string(invitation.HandedOut), Limit: limit})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, x := range asks {
		if x.Event != "" {
			names = append(names, x.Event)
		}
	}
	events, err := a.store.EventsOf(ctx, names)
	if err != nil {
		return nil, err
	}
	out := make([]HandOut, 0, len(asks))
	for _, x := range asks {
		h := HandOut{Ask: x}
		h.Web, h.Telegram = a.offers.Links(x.ID)
		if e, ok := events[x.Event]; ok && e.Customer != nil {
			if h.Name = e.Customer.Name; h.Name == "" {
				h.Name = e.Customer.FirstName
			}
			h.Phone, _ = e.Attributes["phone"].(string)
			h.Email, _ = e.Attributes["email"].(string)
		}
		out = append(out, h)
	}
	return out, nil
}

// Row is the link as a row of a sheet, in the order of HandOutColumns.
func (h HandOut) Row() []string {
	return []string{
		report.Inert(h.Ask.Customer), report.Inert(h.Name), report.Inert(h.Ask.Event), report.Inert(h.Ask.Service),
		report.Phone(h.Phone), report.Inert(h.Email), h.Link(),
	}
}

// HandOutColumns are the names of the columns of a sheet of links.
func HandOutColumns() []string {
	return []string{"customer", "name", "event", "service", "phone", "email", "link"}
}
