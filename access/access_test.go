package access_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
)

// rights is the table as it is told to people: x = may. The columns are viewer, agent,
// lead and admin.
const rights = `
reports.see       x x x x
cases.see         x x x x
words.see         - x x x
customers.see     - x x x
staff.own         - x x x
staff.compare     - - x x
flows.see         - - x x
asking.see        - - x x
settings.see      - - - x
audit.see         - - - x
outbox.see        - - - x

case.take         - x x x
case.release      - x x x
case.assign       - x x x
case.note         - x x x
case.contact      - x x x
case.agree        - x x x
case.snooze       - x x x
case.resolve      - x x x
case.dismiss      - x x x
case.give_up      - x x x
case.reopen       - x x x
case.others       - - x x
case.return       - - x x

customer.reveal   - - x x
customer.edit     - x x x
customer.export   - - - x
customer.erase    - - - x
answers.export    - - x x
events.post       - - x x
invitation.make   - - x x
links.make        - - x x
import.run        - - - x

improvement.edit  - - x x
site.mute         - - x x
flows.edit        - - - x
triggers.edit     - - - x
rules.edit        - - - x
routes.edit       - - - x
texts.edit        - - - x
sites.edit        - - - x
staff.agents      - - x x
staff.manage      - - - x
accounts.connect  - - - x
signin.edit       - - - x
tokens.manage     - - - x
webhooks.manage   - - - x
outbox.mend       - - - x
reports.rebuild   - - - x

data.backup       - - - -
data.move         - - - -
retention.set     - - - -
owners.name       - - - -
key.rotate        - - - -
webhooks.private  - - - -
`

func TestTheTableIsWhatPeopleAreTold(t *testing.T) {
	want := map[access.Deed]string{}
	for line := range strings.Lines(rights) {
		if f := strings.Fields(line); len(f) > 0 {
			want[access.Deed(f[0])] = strings.Join(f[1:], " ")
		}
	}
	staff := access.Roles()[1:]
	for _, d := range access.Deeds() {
		var marks []string
		for _, r := range staff {
			mark := "-"
			if access.Can(access.Grants{"main": r}, d, "main") {
				mark = "x"
			}
			if everywhere := access.Can(access.Grants{access.EverySite: r}, d, "main"); everywhere != (mark == "x") {
				t.Errorf("%s as %s: another right where the role is for every site", d, r)
			}
			marks = append(marks, mark)
		}
		if got := strings.Join(marks, " "); got != want[d] {
			t.Errorf("%s is for %v: %s; people are told %q", d, staff, got, want[d])
		}
		delete(want, d)
	}
	for d := range want {
		t.Errorf("people are told of %s, which is no deed", d)
	}
}

// A constant that has no row in the table would be forbidden to everybody.
func TestEveryDeedHasARow(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "deed.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, decl := range file.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			if typed, ok := s.(*ast.ValueSpec).Type.(*ast.Ident); ok && typed.Name == "Deed" {
				named++
			}
		}
	}
	if rows := access.Deeds(); len(rows) != named {
		t.Errorf("%d deeds are named, %d have a row", named, len(rows))
	}
	seen := map[access.Deed]bool{}
	for _, d := range access.Deeds() {
		if seen[d] {
			t.Errorf("%s has two rows", d)
		}
		seen[d] = true
	}
}

func TestWhoHasNoRoleMayDoNothing(t *testing.T) {
	for name, g := range map[string]access.Grants{
		"nobody": nil, "another site's": {"other": access.Admin}, "an unknown role": {access.EverySite: "boss"},
		"what owners are called": {access.EverySite: "owner"}, "taken away": {"main": access.Outsider, access.EverySite: access.Admin},
	} {
		for _, d := range access.Deeds() {
			if access.Can(g, d, "main") {
				t.Errorf("%s may %s", name, d)
			}
		}
	}
	if access.Can(access.Grants{access.EverySite: access.Admin}, "cases.burn", "main") {
		t.Error("an admin may do what is no deed")
	}
	if access.Can(access.Grants{"main": access.Admin}, access.ManageTokens, access.EverySite) {
		t.Error("the admin of one site may do what belongs to no site")
	}
}

func ExampleCan() {
	lea := access.Grants{"main-street": access.Lead, access.EverySite: access.Viewer}
	fmt.Println(access.Can(lea, access.Reveal, "main-street"))
	fmt.Println(access.Can(lea, access.Reveal, "harbour"))
	fmt.Println(access.Can(lea, access.SeeReports, "harbour"))
	// Output:
	// true
	// false
	// true
}
