// Command idproof reads identity documents and verifies who shows them: as a
// service with its hosted pages and worker (serve), and on the command line.
//
// This package wires commands to the packages that do the work; each command
// is a struct in a file of its own, and a line in [cli]. Exit status: 0 all is
// well, 1 the command failed or a file could not be used, 2 the command line
// is wrong, 130 interrupted.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the release build; otherwise the module's own is shown.
var version string

// cli lists the commands.
type cli struct {
	Serve    serveCmd    `cmd:"" help:"Run the service: API, hosted pages and workers."`
	Worker   workerCmd   `cmd:"" help:"Carry out analyses and webhooks for those that serve, on a shared database."`
	Analyze  analyzeCmd  `cmd:"" help:"Read documents from picture files and print what they say."`
	Forgery  forgeryCmd  `cmd:"" help:"Look for signs that pictures were forged, and show the evidence."`
	Merchant merchantCmd `cmd:"" help:"Manage merchants: keys, settings, webhook secrets."`
	Policy   policyCmd   `cmd:"" help:"Show the policy, and why a session was decided as it was."`
	Doctor   doctorCmd   `cmd:"" help:"Look for pictures without a session, sessions that are stuck and work that was lost."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database up to date."`
	Rotate   rotateCmd   `cmd:"" name:"rotate-master-key" help:"Begin to seal with a new master key; the old one goes on opening."`
	Eval     evalCmd     `cmd:"" help:"Measure accuracy and speed on pictures whose truth is known."`
	Specimen specimenCmd `cmd:"" help:"Draw fictional documents whose truth is known."`
	Match    matchCmd    `cmd:"" help:"Compare the faces of two pictures, or of many pairs."`
	Liveness livenessCmd `cmd:"" help:"Tell a living face from a picture of one."`

	Catalogue catalogueCmd `cmd:"" help:"List the documents that are known, and check that list."`

	Version kong.VersionFlag `help:"Print the version and quit."`
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// printJSON writes a value for people and programs.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// errSilent ends a command with status 1 when it has itself said why.
var errSilent = errors.New("failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit status.
func run(ctx context.Context, args []string, std streams) (code int) {
	exited := -1
	parser, err := kong.New(
		&cli{},
		kong.Name("idproof"),
		kong.Description("Self-hosted verification of identity documents."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(std.out, std.err),
		kong.Vars{"version": versionText()},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
		kong.Exit(func(c int) { exited = c; panic(exitPanic{}) }),
	)
	if err != nil {
		fmt.Fprintln(std.err, "idproof:", err)
		return 1
	}
	// Kong leaves through Exit for --help and --version; keep that inside.
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exitPanic); !ok {
				panic(r)
			}
			code = exited
		}
	}()
	kctx, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(std.err, "idproof:", err)
		fmt.Fprintln(std.err, "Run \"idproof --help\" for the commands.")
		return 2
	}
	switch err := kctx.Run(); {
	case err == nil:
		return 0
	case errors.Is(err, errSilent):
		return 1
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(std.err, "idproof: interrupted")
		return 130
	default:
		fmt.Fprintln(std.err, "idproof:", err)
		return 1
	}
}

type exitPanic struct{}

// versionText names this build: as the release build did, else as Go knows it.
func versionText() string {
	v := version
	if info, ok := debug.ReadBuildInfo(); ok && v == "" {
		v = info.Main.Version
	}
	if v == "" {
		v = "(devel)"
	}
	return "idproof " + v
}
