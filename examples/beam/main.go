// Command beam scans many repositories with pyguardml on Apache Beam.
//
//	go run . --repositories repositories.txt --output reports
//
// repositories.txt has a folder or an archive in each line. Run like this it works on this machine, by Beam's local
// runner; README.md tells how the same program runs on Dataflow, Flink or Spark.
//
// It is an example of its own module, since Beam is large and the library does not need it. Start reading at build
// in pipeline.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/textio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
)

func main() {
	var o options
	repositories := define(flag.CommandLine, &o)
	flag.Parse()
	beam.Init() // a worker of a cluster goes no further than this
	if err := run(context.Background(), *repositories, o); err != nil {
		fmt.Fprintln(os.Stderr, "beam:", err)
		os.Exit(1)
	}
}

// define defines the flags beside Beam's own.
func define(flags *flag.FlagSet, o *options) (repositories *string) {
	repositories = flags.String("repositories", "", "a text file with a repository in each line: a folder, or a .zip, .tar or .tar.gz archive")
	flags.StringVar(&o.Output, "output", "", "where the reports go: a folder or, on a cluster, a place such as gs://bucket/reports")
	flags.StringVar(&o.Profile, "profile", "", "which checks run: default or all")
	flags.Func("select", "run only these checks: ids, names, parts, standards, with commas between them", func(list string) error {
		o.Select = append(o.Select, strings.Split(list, ",")...)
		return nil
	})
	flags.DurationVar(&o.Time, "max-time", 10*time.Minute, "time for a repository")
	flags.Int64Var(&o.Bytes, "max-bytes", 2<<30, "bytes of an archive, and of all its files")
	flags.IntVar(&o.Files, "max-files", 100_000, "files of an archive")
	flags.IntVar(&o.AtOnce, "at-once", 1, "repositories that one worker analyses at the same time; each uses all its cores")
	return repositories
}

func run(ctx context.Context, repositories string, o options) error {
	if repositories == "" || o.Output == "" {
		return errors.New("--repositories and --output are needed")
	}
	if _, err := o.analyzer(); err != nil {
		return err // here rather than on every worker
	}
	p, s := beam.NewPipelineWithRoot()
	build(s, o, textio.Read(s, repositories))
	return beamx.Run(ctx, p)
}
