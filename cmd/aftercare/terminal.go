package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	_ "time/tzdata" // sites have time zones, and small images have none

	"github.com/alecthomas/kong"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/cmd/aftercare/signals"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
)

// commands is the command line: one field a command, each with a method
// Run(*app) error.
type commands struct {
	Demo        demoCmd        `cmd:"" help:"Show everything in the browser, with sample data and no settings."`
	Serve       serveCmd       `cmd:"" help:"Run the bot and its web server."`
	Migrate     migrateCmd     `cmd:"" help:"Create the database or bring it up to date."`
	Backup      backupCmd      `cmd:"" help:"Write all that the database holds, and the key, into a directory."`
	Restore     restoreCmd     `cmd:"" help:"Put a backup into a new database."`
	Key         keyCmd         `cmd:"" help:"Check and replace SECRET_KEY."`
	Doctor      doctorCmd      `cmd:"" help:"Check the settings, the database, Telegram and Slack."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running server whether it is ready."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
	Survey      surveyCmd      `cmd:"" help:"Work with survey flows."`
	Site        siteCmd        `cmd:"" help:"Add, list and remove sites."`
	Staff       staffCmd       `cmd:"" help:"Add, list and remove staff, and link their chats."`
	Admin       adminCmd       `cmd:"" help:"Let people sign in to the pages, and help who is locked out."`
	Triggers    triggersCmd    `cmd:"" help:"Say whom a service has asked by itself, and whom not."`
	Import      importCmd      `cmd:"" help:"Tell of the services that stand in a table, CSV or XLSX."`
	Event       eventCmd       `cmd:"" help:"Tell of services that took place, and correct that."`
	Token       tokenCmd       `cmd:"" help:"Let other systems use the API: make, list and end their tokens."`
	Webhook     webhookCmd     `cmd:"" help:"Tell other systems what happens: endpoints, what became of it, and once more."`
	Inbound     inboundCmd     `cmd:"" help:"Hear other systems that send webhooks in their own form: mappings, secrets, and what they sent last."`
	Slack       slackCmd       `cmd:"" help:"Invite, list, approve and remove workspaces that install the Slack app."`
	Recovery    recoveryCmd    `cmd:"" help:"Work with the rules of recovery: when cases open, their clocks, hours and routes."`
	Customer    customerCmd    `cmd:"" help:"See, export and erase what is kept of one person."`
	Retention   retentionCmd   `cmd:"" help:"Say for how many days data of people is kept."`
	Report      reportCmd      `cmd:"" help:"Show figures; compare and make anew the rows that they are counted from."`
	Improvement improvementCmd `cmd:"" help:"Write down what was changed because of what customers said, and see what came of it."`
	Export      exportCmd      `cmd:"" help:"Write what customers answered as a table, for figures of your own."`
	Invite      inviteCmds     `cmd:"" help:"Make a link that asks one customer."`
	Outbox      outboxCmd      `cmd:"" help:"See and mend what could not be delivered or handled."`
	Record      recordCmd      `cmd:"" help:"See a record as the database holds it."`
}

// terminal is what every command is given. Nothing in it is shared between commands.
type terminal struct {
	ctx    context.Context // ends with the first signal
	stdin  io.Reader
	stdout io.Writer // results, for people or, with --json, for programs; to commands it is a printed
	stderr io.Writer // errors and the log; likewise
	env    map[string]string
	dir    string           // the working directory, where .env is looked for
	clock  func() time.Time // UTC, to the microsecond
	json   bool             // somebody's program reads what is printed: errors as well
}

// failure is an error as programs see it, on standard error.
type failure struct {
	Error string `json:"error"`
	Exit  int    `json:"exit"` // the exit code
}

// outputFlags is embedded by the commands that can print for programs.
type outputFlags struct {
	JSON bool `name:"json" help:"Print JSON, for programs."`
}

// usageError says that a command was called wrongly: the process exits with 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usagef makes a usageError.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// execute runs one command line in this process and returns its exit code. The first signal
// asks the command to stop; the second stops the process at once.
func execute(args []string) int {
	ctx, cancel := signals.Context(context.Background())
	defer cancel()
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return call(&terminal{
		ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		env: environment(os.Environ()), dir: dir, clock: app.Now,
	}, args)
}

// call parses args, runs the command they name and returns its exit code: 0, 1 (it
// failed) or 2 (it was called wrongly).
func call(a *terminal, args []string) int {
	shown := *a
	shown.stdout, shown.stderr = &printed{to: a.stdout}, &printed{to: a.stderr}
	shown.json = slices.Contains(args, "--json")
	a = &shown
	var cli commands
	asked := false // --help printed all there is to do
	parser, err := kong.New(&cli,
		kong.Name("aftercare"),
		kong.Description("Asks customers in their chat how the service was, and calls staff when they are not satisfied."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(a.stdout, a.stderr),
		kong.Exit(func(int) { asked = true }),
	)
	if err != nil {
		return a.fail(err)
	}
	parsed, err := parser.Parse(meant(args))
	if asked {
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	if err != nil {
		return a.fail(misused(err))
	}
	if err := parsed.Run(a); err != nil {
		return a.fail(err)
	}
	return 0
}

// meant are the arguments that somebody means who writes them as other programs take them.
func meant(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case len(args) == 1 && args[0] == "--version":
		return []string{"version"}
	case len(args) > 1 && args[0] == "token": // as they were called before
		switch args[1] {
		case "make":
			return append([]string{"token", "create"}, args[2:]...)
		case "end":
			return append([]string{"token", "revoke"}, args[2:]...)
		}
	}
	return args
}

// misused says what is wrong with a call, and which help tells how it is made.
func misused(err error) error {
	command := "aftercare"
	if wrong, ok := errors.AsType[*kong.ParseError](err); ok && wrong.Context != nil {
		if at := wrong.Context.Selected(); at != nil {
			command = at.FullPath()
		}
	}
	stop := "."
	if strings.HasSuffix(err.Error(), "?") {
		stop = ""
	}
	return usagef("%w%s Run `%s --help` to see how", err, stop, command)
}

// fail prints err, for a person or with --json for a program, and returns the exit code it stands for.
func (a *terminal) fail(err error) int {
	code := 1
	if _, wrong := errors.AsType[usageError](err); wrong {
		code = 2
	}
	if a.json {
		_ = writeJSON(a.stderr, failure{err.Error(), code}) // there is nobody else to tell
	} else {
		fmt.Fprintf(a.stderr, "aftercare: %v\n", err)
	}
	return code
}

// printf writes a line or more to standard output.
func (a *terminal) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.stdout, format, args...)
	return err
}

// printJSON writes v as indented JSON, the form that programs read.
func (a *terminal) printJSON(v any) error { return writeJSON(a.stdout, v) }

func writeJSON(to io.Writer, v any) error {
	e := json.NewEncoder(to)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// openStore opens the database that DATABASE_URL names, which must be there. Who opens it
// closes it.
func (a *terminal) openStore() (storage.Store, error) {
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	return app.OpenKeyed(a.ctx, s, a.clock, nil)
}

// openBot opens the database and a bot on it that sends nothing: it says what messages are
// and keeps them. Who opens the store closes it.
func (a *terminal) openBot() (storage.Store, *bot.Bot, error) {
	s, err := a.settings()
	if err != nil {
		return nil, nil, err
	}
	store, err := a.openStore()
	if err != nil {
		return nil, nil, err
	}
	b, err := app.NewBot(a.ctx, s, store, a.clock, nil)
	if err != nil {
		return nil, nil, closing(store, err)
	}
	return store, b, nil
}

// withStore runs f with the database, and closes it.
func (a *terminal) withStore(f func(storage.Store) error) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	return f(store)
}

// withBot runs f with a bot and its store.
func (a *terminal) withBot(f func(*bot.Bot, storage.Store) error) error {
	store, b, err := a.openBot()
	if err != nil {
		return err
	}
	defer store.Close()
	return f(b, store)
}

// printTable writes rows in columns, the first row as the heading.
func (a *terminal) printTable(rows [][]string) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, words := range row {
			cells[i] = oneLine.Replace(words)
		}
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}
