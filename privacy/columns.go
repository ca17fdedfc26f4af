package privacy

import "strings"

// Fate is what an erasure does to what a column holds of the person.
type Fate string

// The fates.
const (
	Gone    Fate = "gone"    // the row is removed
	Anew    Fate = "anew"    // another value takes its place: random, or nothing
	DayOnly Fate = "day"     // of a time the day is left
	Stays   Fate = "stays"   // it is what figures are made of
	Keyed   Fate = "keyed"   // a hash that tells nothing without the key and the name
	Nobody  Fate = "nobody"  // it holds nothing of customers
	Cleared Fate = "cleared" // removed once the erasure has ended
)

// Column is one column of the database.
type Column struct {
	Table, Name string
	Class       Class // whose days count; "" = it is kept as long as its table
	Fate        Fate
	Why         string
}

// table is the columns of one table that share a reason, by fate: names with spaces between.
type table struct {
	name  string
	class Class
	why   string
	fates map[Fate]string
}

// tables say where personal data lives, and that it lives nowhere else: a test compares them
// with the schema of both engines.
var tables = []table{
	{"identities", People, "a chat account of a customer", map[Fate]string{
		Gone: "bucket id session platform account person customer body",
	}},
	{"customers", People, "the organisation's own key, name and tier", map[Fate]string{Gone: "id name tier created"}},
	{"customer_tiers", People, "the classes by value that the organisation's customers have had, and who said so", map[Fate]string{Gone: "customer at tier told confirmed"}},
	{"names", People, "by which words of their name a chat account is found", map[Fate]string{Gone: "bucket word id"}},
	{"customer_names", People, "by which words of their name the organisation's customers are found", map[Fate]string{Gone: "word id"}},
	{"events", "", "services that other systems tell of, for 400 days; the body holds the customer and what was told of them", map[Fate]string{
		Gone: "bucket name state site customer test at created changed hash body plan",
	}},
	{"asks", "", "whether a customer was asked after a service, for 400 days; the body holds where and when", map[Fate]string{
		Anew: "id customer event invitation due body experiment arm", DayOnly: "made sent", Stays: "bucket cause flow class site state reason test",
	}},
	{"decisions", "", "why a customer was asked or not, for 400 days", map[Fate]string{
		Gone: "bucket ask seq at state reason rule policy evidence",
	}},
	{"invitations", Invitations, "who was invited, with what was told of the service", map[Fate]string{
		Anew: "id customer body", DayOnly: "created_at expires_at", Stays: "bucket flow version site",
	}},
	{"sessions", Conversations, "one conversation; its body holds answers, words, attributes and address", map[Fate]string{
		Anew: "id identity customer invitation case_id expires_at body", DayOnly: "started_at ended_at",
		Stays: "bucket flow version status site composite level unsatisfied test silent",
	}},
	{"answers", Words, "each revision of an answer, made from the conversations for reports; staff is who served", map[Fate]string{
		Anew: "session text", DayOnly: "at",
		Stays: "bucket question revision newest kind value choices score level flag skipped dropped test flow version site service staff language channel day",
	}},
	{"read_sessions", Conversations, "one conversation, made for reports; staff is who served", map[Fate]string{
		Anew:  "session",
		Stays: "bucket flow version class site service staff language channel day status answered composite level flag unsatisfied has_case test",
	}},
	{"changes", Conversations, "which conversations changed, for seconds, until reports know", map[Fate]string{Gone: "bucket seq at sessions"}},
	{"folds", "", "up to where reports know: a position among conversations", map[Fate]string{Anew: "pass", Nobody: "bucket mark passed"}},
	{"cell_marks", "", "which days are to be added up anew, for seconds", map[Fate]string{Stays: "day site flow", Nobody: "bucket seq unchosen"}},
	{"cells", "", "how many conversations of a day, or of a month, had each level; staff is who served", map[Fate]string{
		Stays: "bucket dim site day flow service staff language channel l1 l2 l3 l4 l5 l6 l7",
	}},
	{"cell_questions", "", "what the scores of a question add up to on a day, or in a month", map[Fate]string{Stays: "bucket site day flow question n score_sum score_squares"}},
	{"cell_months", "", "how many customers a month had and how alike the answers of one are; key may be who served", map[Fate]string{
		Stays: "bucket dim site month flow key customers most pairs",
	}},
	{"cell_choices", "", "how often each choice of a question was taken on a day, or in a month", map[Fate]string{Stays: "bucket site day flow taken"}},
	{"cell_choice_months", "", "how many customers answered a question in a month and how alike what one of them chose is", map[Fate]string{Stays: "bucket site month flow alike"}},
	{"asked_cells", "", "how many invitations of a day, or of a month, came to what: not opened, opened, answered with each level", map[Fate]string{
		Stays: "bucket site day flow class unopened unsaid l1 l2 l3 l4 l5 l6 l7",
	}},
	{"asked_months", "", "how many customers were asked in a month and how alike what became of it is", map[Fate]string{
		Stays: "bucket site month flow class customers most answerers spoken pairs",
	}},
	{"case_days", Cases, "what reports need of the cases that opened on a day, whose they are among it: emptied with the first of them that changes", map[Fate]string{
		Gone: "facts", Stays: "site day first_day last_day", Nobody: "bucket seq",
	}},
	{"words", Words, "what was written beside questions, by the customer and by staff", map[Fate]string{
		Gone: "bucket id session case_id inbound text files at",
	}},
	{"feedback", Words, "complaints, wishes, questions and praise", map[Fate]string{
		Anew: "id session identity customer case_id text announced", DayOnly: "at", Stays: "bucket kind site owner",
	}},
	{"cases", Cases, "a recovery; its body holds plans, reasons and notes", map[Fate]string{
		Anew: "id session identity customer body due rules holder unposted tell_at clock", DayOnly: "opened_at",
		Stays: "bucket number site state priority standing",
	}},
	{"case_events", Cases, "the history of a case; detail may hold a customer's id, the note their words", map[Fate]string{
		Anew: "id case_id detail note", DayOnly: "at", Stays: "bucket kind person",
	}},
	{"deliveries", Messages, "messages with their words and addresses", map[Fate]string{
		Gone: "bucket slot owner identity platform account chat thread kind ord render hash wanted shown shown_ref shown_sum base state due" +
			" attempts tried epoch error created repeated rank",
	}},
	{"talks", Messages, "what a survey shows in its chat, with its words and address", map[Fate]string{
		Gone: "bucket id identity platform account chat thread started settled body packed",
	}},
	{"queue", Messages, "which messages are not settled yet, and where they go", map[Fate]string{
		Gone: "bucket platform account rank ord item talk identity chat thread posts due epoch",
	}},
	{"underway", Messages, "which conversations have a message on its way, and in which chats", map[Fate]string{Gone: "bucket batch talks"}},
	{"pending_replies", Cases, "words to a customer that are about to be sent; they go with the case", map[Fate]string{
		Gone: "bucket id case_id person text due sending refused",
	}},
	{"drafts", Cases, "words about a customer that somebody has not sent yet; they go with the case", map[Fate]string{
		Gone: "bucket case_id person box text at",
	}},
	{"parked", Parked, "whole updates that could not be handled", map[Fate]string{Gone: "bucket key platform account person payload error at"}},
	{"seen", Messages, "keys of updates, which may hold ids of a person and a chat; they go after a week", map[Fate]string{Gone: "bucket key at batch"}},
	{"erasures", "", "who is being erased", map[Fate]string{Cleared: "id begun body"}},
	{"forgotten", "", "that somebody is not to be invited again; it outlives them", map[Fate]string{Keyed: "hash", Stays: "why day"}},

	{"keyblocks", "", "which numbers of a bot's updates were handled; they name nobody, and go after a week", map[Fate]string{Nobody: "bucket id at bits"}},
	{"buckets", "", "counters and versions", map[Fate]string{Nobody: "bucket cases marks ord sessions answers version protocol"}},
	{"cases_opened", "", "how many cases opened in a minute, kept for hours", map[Fate]string{Nobody: "bucket site minute p1 p2 p3"}},
	{"flow_heads", "", "surveys", map[Fate]string{Nobody: "flow version"}},
	{"flows", "", "surveys", map[Fate]string{Nobody: "flow version source published"}},
	{"rule_heads", "", "rules", map[Fate]string{Nobody: "name version"}},
	{"rules", "", "rules", map[Fate]string{Nobody: "name version source published"}},
	{"sites", "", "branches", map[Fate]string{Nobody: "id name zone language created signs gone"}},
	{"accounts", "", "the organisation's own bots", map[Fate]string{Nobody: "platform id name seen"}},
	{"moves", "", "groups that have another address now: chats of one customer do not move", map[Fate]string{
		Nobody: "platform account chat thread to_platform to_account to_chat to_thread",
	}},
	{"leases", "", "which process does what", map[Fate]string{Nobody: "name holder epoch expires"}},
	{"installations", "", "workspaces that have the app and who of theirs installed it, and other systems that are told what happens or tell us of services", map[Fate]string{
		Nobody: "platform account name sealed scopes installer installed approved",
	}},
	{"revision", "", "numbers", map[Fate]string{Nobody: "name number"}},
	{"processes", "", "the servers that run, by the names of their machines", map[Fate]string{Nobody: "id name revision lacks seen"}},
	{"retention", "", "for how many days what is kept", map[Fate]string{Nobody: "class days"}},
	{"install_links", "", "one-time links by which a workspace installs the app", map[Fate]string{Nobody: "hash platform account expires used"}},
	{"install_states", "", "installations under way", map[Fate]string{Nobody: "state expires"}},
	{"secret_key", "", "by what the right key is known", map[Fate]string{Nobody: "name proof naming since"}},
	{"moments", "", "when something of the program began to count", map[Fate]string{Nobody: "name at"}},
	{"staff", "", "members of staff, who are no customers", map[Fate]string{Nobody: "id name roles created gone"}},
	{"saved_views", "", "filters that members of staff saved", map[Fate]string{Nobody: "person name query created"}},
	{"hook_tries", "", "what became of telling other systems, kept for 30 days; what they answered is their own", map[Fate]string{
		Nobody: "id endpoint at message news lies slot status took answer error replay",
	}},
	{"inbound_calls", "", "what other systems called us with: which call it was for three days, and its sealed body for one; whoever is erased takes all bodies along", map[Fate]string{
		Nobody: "source message at status result", Gone: "body",
	}},
	{"improvements", "", "what was changed because of what customers said, in the words of staff, and how many were told; none of them by name", map[Fate]string{
		Nobody: "id site day made gone body",
	}},
	{"alarms", "", "that more or fewer customers of a site were unsatisfied than usual: counts by day, and who of staff knows of it", map[Fate]string{
		Nobody: "id site kind day made ended body",
	}},
	{"sheet_maps", "", "what the columns of sheets are, by their names; no row of a sheet is in it", map[Fate]string{Nobody: "header body used"}},
	{"kept_results", "", "figures that were made in the background: sums over many customers, and nobody's answers", map[Fate]string{
		Stays: "kind key made_at wanted_at body",
	}},
	{"standing_links", "", "addresses that are printed; their facts are of a service, not of a customer", map[Fate]string{
		Nobody: "id name flow site language event created closed opened last",
	}},
	{"flow_drafts", "", "surveys that staff are changing", map[Fate]string{Nobody: "flow rev base same source change person at"}},
	{"flow_notes", "", "who of staff published a survey, and why", map[Fate]string{Nobody: "flow version person note"}},
	{"presences", "", "which of the staff has a draft open now; a row goes when its page is left", map[Fate]string{Nobody: "draft tab person part seen"}},
	{"flow_states", "", "surveys that are paused or retired", map[Fate]string{Nobody: "flow state person at"}},
	{"tokens", "", "what other systems use the API with", map[Fate]string{Nobody: "id name hash scopes sites maker made expires ended used"}},
	{"kept_answers", "", "for a day, what other systems were answered, sealed, so that a request sent twice has one effect", map[Fate]string{
		Anew: "answer", Nobody: "token key body began status",
	}},
	{"staff_links", "", "chat accounts of staff", map[Fate]string{Nobody: "platform account person staff linked"}},
	{"staff_codes", "", "one-time codes of staff", map[Fate]string{Nobody: "hash staff expires used"}},
	{"staff_chats", "", "chats of staff", map[Fate]string{
		Nobody: "name sites platform account chat thread created linked gone why announced setting",
	}},
	{"chat_codes", "", "one-time codes of chats of staff", map[Fate]string{Nobody: "hash name expires used"}},
	{"logins", "", "who of staff may sign in to the pages, who are no customers", map[Fate]string{
		Nobody: "id staff name folded shown password owner second step recovery passkeys outside language look created seen",
	}},
	{"web_sessions", "", "browsers in which staff are signed in", map[Fate]string{Nobody: "id hash login created seen fresh device address"}},
	{"one_time_links", "", "links by which staff get a login or another password", map[Fate]string{Nobody: "hash kind who made expires used"}},
	{"login_tries", "", "how often a password was tried, by hashes", map[Fate]string{Nobody: "key tries at until"}},
	{"audit", "", "what staff changed, without words of customers", map[Fate]string{
		Nobody: "id at who role origin what subject was became",
	}},
}

// Columns lists every column of the database.
func Columns() []Column {
	var all []Column
	for _, t := range tables {
		for fate, names := range t.fates {
			for _, name := range strings.Fields(names) {
				all = append(all, Column{t.name, name, t.class, fate, t.why})
			}
		}
	}
	return all
}
