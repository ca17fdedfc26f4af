package access

// Deed is something that somebody may do or not. A page, a command or a button names its
// deed and never a role.
type Deed string

// What may be seen.
const (
	SeeReports   Deed = "reports.see"   // figures, without anybody's words
	SeeCases     Deed = "cases.see"     // which cases there are and where they stand
	SeeWords     Deed = "words.see"     // what customers wrote
	SeeCustomers Deed = "customers.see" // who a customer is and what they answered
	SeeOwnLine   Deed = "staff.own"     // one's own line in the comparison of staff
	CompareStaff Deed = "staff.compare" // the lines of everybody
	SeeFlows     Deed = "flows.see"     // questionnaires, their versions and links
	SeeAsking    Deed = "asking.see"    // who was asked, who was not, and why
	SeeSettings  Deed = "settings.see"  // how everything is set
	SeeAudit     Deed = "audit.see"     // who changed what
	SeeOutbox    Deed = "outbox.see"    // what could not be sent or handled
)

// What may be done to a case: the acts of package recovery that are done by people.
const (
	TakeCase    Deed = "case.take" // and be given one
	ReleaseCase Deed = "case.release"
	AssignCase  Deed = "case.assign"
	NoteCase    Deed = "case.note"
	ContactCase Deed = "case.contact" // write to the customer, or say that one spoke with them
	AgreeCase   Deed = "case.agree"
	SnoozeCase  Deed = "case.snooze"
	ResolveCase Deed = "case.resolve"
	DismissCase Deed = "case.dismiss" // close it without an action
	GiveUpCase  Deed = "case.give_up" // close it because the customer cannot be reached
	ReopenCase  Deed = "case.reopen"

	ActForOthers Deed = "case.others" // do these to a case that somebody else holds
	ReturnCases  Deed = "case.return" // put back into the queue what somebody holds who has left
)

// What may be done with customers and their answers.
const (
	Reveal       Deed = "customer.reveal" // learn who a pseudonym is
	EditCustomer Deed = "customer.edit"
	ExportPerson Deed = "customer.export" // all that is kept of one person, as a file
	ErasePerson  Deed = "customer.erase"  // remove all that is kept of one person
	ExportData   Deed = "answers.export"
	PostEvents   Deed = "events.post" // say that a service took place, or that it did not
	AskNow       Deed = "invitation.make"
	MakeLinks    Deed = "links.make" // links and codes that many customers open
	Import       Deed = "import.run" // services and customers from a file
)

// What may be set.
const (
	Improve        Deed = "improvement.edit" // write down what was changed, and tell those who said why
	Mute           Deed = "site.mute"        // staff hear of nothing but a P1 for a while
	EditFlows      Deed = "flows.edit"       // and publish them
	EditTriggers   Deed = "triggers.edit"
	EditRules      Deed = "rules.edit"  // rules, clocks, hours, holidays
	EditRoutes     Deed = "routes.edit" // and link staff chats
	EditTexts      Deed = "texts.edit"
	EditSites      Deed = "sites.edit"   // sites, services, standards
	ManageAgents   Deed = "staff.agents" // invite, change and remove agents and viewers
	ManageStaff    Deed = "staff.manage" // the same for everybody, and merge two of them
	ConnectChats   Deed = "accounts.connect"
	EditSignIn     Deed = "signin.edit"
	ManageTokens   Deed = "tokens.manage"
	ManageWebhooks Deed = "webhooks.manage"
	MendOutbox     Deed = "outbox.mend"     // try again, or give up, what got stuck
	RebuildReports Deed = "reports.rebuild" // count the figures anew
)

// What only owners may do. Owner is a mark of a login and no role.
const (
	BackUp       Deed = "data.backup" // and restore
	MoveData     Deed = "data.move"   // to another database
	SetRetention Deed = "retention.set"
	NameOwners   Deed = "owners.name"
	RotateKey    Deed = "key.rotate"
	CallPrivate  Deed = "webhooks.private" // let webhooks call private addresses
)

// ownerOnly stands in the table for what no role may do.
const ownerOnly Role = "owner"

// right is a row of the table: from which role on a deed is allowed.
type right struct {
	deed  Deed
	least Role
}

var table = []right{
	{SeeReports, Viewer},
	{SeeCases, Viewer},
	{SeeWords, Agent},
	{SeeCustomers, Agent},
	{SeeOwnLine, Agent},
	{CompareStaff, Lead},
	{SeeFlows, Lead},
	{SeeAsking, Lead},
	{SeeSettings, Admin},
	{SeeAudit, Admin},
	{SeeOutbox, Admin},

	{TakeCase, Agent},
	{ReleaseCase, Agent},
	{AssignCase, Agent},
	{NoteCase, Agent},
	{ContactCase, Agent},
	{AgreeCase, Agent},
	{SnoozeCase, Agent},
	{ResolveCase, Agent},
	{DismissCase, Agent},
	{GiveUpCase, Agent},
	{ReopenCase, Agent},
	{ActForOthers, Lead},
	{ReturnCases, Lead},

	{Reveal, Lead},
	{EditCustomer, Agent},
	{ExportPerson, Admin},
	{ErasePerson, Admin},
	{ExportData, Lead},
	{PostEvents, Lead},
	{AskNow, Lead},
	{MakeLinks, Lead},
	{Import, Admin},

	{Improve, Lead},
	{Mute, Lead},
	{EditFlows, Admin},
	{EditTriggers, Admin},
	{EditRules, Admin},
	{EditRoutes, Admin},
	{EditTexts, Admin},
	{EditSites, Admin},
	{ManageAgents, Lead},
	{ManageStaff, Admin},
	{ConnectChats, Admin},
	{EditSignIn, Admin},
	{ManageTokens, Admin},
	{ManageWebhooks, Admin},
	{MendOutbox, Admin},
	{RebuildReports, Admin},

	{BackUp, ownerOnly},
	{MoveData, ownerOnly},
	{SetRetention, ownerOnly},
	{NameOwners, ownerOnly},
	{RotateKey, ownerOnly},
	{CallPrivate, ownerOnly},
}

// Deeds lists every deed.
func Deeds() []Deed {
	all := make([]Deed, len(table))
	for i, row := range table {
		all[i] = row.deed
	}
	return all
}
