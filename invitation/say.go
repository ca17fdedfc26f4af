package invitation

import (
	"fmt"
	"time"
)

// Words says in one English sentence why somebody is not asked, or waits. zone is that in which
// moments are told.
func (d Decision) Words(zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	day := func(key string) string {
		t, err := time.Parse(time.RFC3339, d.Evidence[key])
		if err != nil {
			return d.Evidence[key]
		}
		return t.In(zone).Format("Jan 2")
	}
	at := d.From.In(zone).Format("Jan 2 15:04")
	limit := d.Evidence["limit"]
	switch d.Reason {
	case NoTrigger:
		return "No trigger asks after it."
	case SampledOut:
		return fmt.Sprintf("Only %s %% of these services are asked about, and this is none of them.", d.Evidence["share"])
	case Stale:
		return fmt.Sprintf("It was told %s after its end; what is told later than %s is not asked about.", d.Evidence["after"], limit)
	case NoConsent:
		if d.Evidence["basis"] == "" {
			return "Nobody said on what basis the customer may be asked."
		}
		return fmt.Sprintf("The basis %q is none on which customers are asked here.", d.Evidence["basis"])
	case Stopped:
		return "The customer wants no surveys."
	case DeclinedLast:
		return fmt.Sprintf("Said \"not now\" on %s; such customers are left in peace for %s.", day("last"), limit)
	case Recently:
		return fmt.Sprintf("Was asked on %s; %s surveys are %s apart.", day("last"), d.Evidence["class"], limit)
	case RecentlyFlow:
		return fmt.Sprintf("Answered the same survey on %s; it is asked again after %s.", day("last"), limit)
	case CapReached:
		return fmt.Sprintf("Was asked %s times within %s; %s are the most.", d.Evidence["offers"], d.Evidence["within"], limit)
	case OpenCase:
		if d.State == Scheduled {
			return fmt.Sprintf("A case of theirs is open: they are looked at again at %s.", at)
		}
		if limit == "" {
			return "A case of theirs is open already."
		}
		return fmt.Sprintf("A case of theirs stayed open for %s.", limit)
	case Pending:
		return fmt.Sprintf("Has not answered yet what they were asked on %s.", day("last"))
	case IsStaff:
		return "The customer is a colleague."
	case IsTest:
		return "It is a test."
	case SitePaused:
		if d.Rule == "flow" {
			return fmt.Sprintf("The survey %s is paused or retired.", d.Evidence["flow"])
		}
		return "The site is not asked about any more."
	case SameVisit:
		return fmt.Sprintf("Was asked about their visit of %s already.", d.Evidence["day"])
	case HeldTooLong:
		if d.Evidence["platform"] != "" {
			return fmt.Sprintf("Could not be asked within %s: the platform did not say who they are.", limit)
		}
		return fmt.Sprintf("Could not be asked within %s, at no hour that is not quiet.", limit)
	case OutsideHours:
		return fmt.Sprintf("It is none of the hours at which this trigger asks: they are asked at %s.", at)
	case Unheard:
		what := fmt.Sprintf("It was %s later than promised", d.Evidence["late"])
		if d.Evidence["late"] == "" {
			what = fmt.Sprintf("Its %s was %s, and the standard is %s", d.Evidence["measure"], d.Evidence["value"], d.Evidence["standard"])
		}
		return fmt.Sprintf("%s. Nothing was heard of the customer within %s: a case is opened for staff.", what, d.Evidence["wait"])
	case Heard:
		return "It was late or below the standard, and the customer has answered since."
	case QuietHours:
		return fmt.Sprintf("It is night for them: they are asked at %s.", at)
	}
	return map[Reason]string{
		NoIdentity: "Nothing is known by which the customer can be reached.",
		NoAddress:  "A link could be handed out, and nobody said at which address this server is reached: set PUBLIC_URL.",
		Blocked:    "The customer has blocked the bot, or closed their account.",
		ChatGone:   "The chat does not exist any more.", NotInWorkspace: "Nobody of this address is in the workspace.",
		Refused: "The platform does not let us write to them.", GaveUp: "It failed again and again, and was given up.",
		EventCancelled: "The service was cancelled.", EventReopened: "The service has to be done again: they are asked once it is done.",
		ByPerson: "Somebody of staff called it off.", Erased: "The customer asked to be forgotten.", Superseded: "What was told later replaced it.",
		Kept: "What was told later says that it was neither late nor below the standard.",
	}[d.Reason]
}
