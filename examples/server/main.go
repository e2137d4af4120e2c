// Command server is pyguardml as a service: send an archive of a project or a model file, get the
// report.
//
//	SCAN_TOKEN=… server -listen 127.0.0.1:8080
//	curl -H "Authorization: Bearer $SCAN_TOKEN" --data-binary @project.zip 'http://127.0.0.1:8080/v1/scan?name=project.zip'
//
// It is an example of what a vendor embeds: every request is authenticated and bounded (size, what
// an archive may hold, time, how many at once), one analyzer serves all, and at the end the
// requests under way are answered first. What is sent is never executed, and deleted after the
// answer. TLS is left to what stands before it.
//
// Start reading at handler in scan.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pyguard/pyguardml/pyguardml"
)

// grace is how long requests under way may take when the server ends.
const grace = 30 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv("SCAN_TOKEN"), nil); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. listening, when not nil, is told the address.
func run(ctx context.Context, args []string, token string, listening func(net.Addr)) error {
	limits := limits{}
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8080", "the address to listen on")
	flags.Int64Var(&limits.upload, "max-upload", 256<<20, "bytes of a request")
	flags.Int64Var(&limits.expanded, "max-expanded", 1<<30, "bytes of all files of an archive")
	flags.IntVar(&limits.files, "max-files", 20_000, "files of an archive")
	flags.IntVar(&limits.atOnce, "max-scans", 4, "scans at the same time")
	flags.DurationVar(&limits.time, "max-time", 2*time.Minute, "time for a scan")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if len(token) < 16 {
		return errors.New("SCAN_TOKEN must be set to a secret of at least 16 characters")
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	analyzer, err := pyguardml.New(pyguardml.Options{Logger: log})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: newService(analyzer, token, limits, log), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: limits.time,
		WriteTimeout: 3 * limits.time, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if listening != nil {
		listening(listener.Addr())
	}
	log.Info("listening", "address", listener.Addr().String())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return server.Shutdown(ending)
}
