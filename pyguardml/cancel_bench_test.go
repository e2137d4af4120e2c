//go:build unix

package pyguardml

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// spent is the processor time of the process.
func spent() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCancel ends the context of analyses at random times and tells how long they take to return, by
// the clock and in processor time, which stays the same on a busy machine: the longest, and the mean. It analyses
// the examples of the checks, or the folder named by PYGUARDML_CORPUS. With PYGUARDML_LATE=10ms it writes
// what an analysis was at that took longer than that by the clock.
func BenchmarkCancel(b *testing.B) {
	files, _ := examples()
	files = files[:min(1000, len(files))]
	if dir := os.Getenv("PYGUARDML_CORPUS"); dir != "" {
		var err error
		if files, err = Discover(context.Background(), os.DirFS(dir), DiscoverOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	late, _ := time.ParseDuration(os.Getenv("PYGUARDML_LATE"))
	a, err := New(Options{Profile: "all"})
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if _, err := a.Analyze(context.Background(), files); err != nil {
		b.Fatal(err)
	}
	whole := time.Since(began)
	random := rand.New(rand.NewPCG(1, 2))
	type moment struct{ clock, cpu time.Duration }
	now := func() moment { return moment{time.Since(began), spent()} }
	var longest, sum moment
	n := 0
	for b.Loop() {
		a.Forget()
		ctx, cancel := context.WithCancel(context.Background())
		cancelled := make(chan moment, 1)
		done := make(chan struct{})
		go func() {
			time.Sleep(time.Duration(random.Int64N(int64(whole))))
			cancelled <- now()
			cancel()
			if late == 0 {
				return
			}
			select {
			case <-done:
			case <-time.After(late):
				stacks := make([]byte, 1<<20)
				b.Logf("%s", stacks[:runtime.Stack(stacks, true)])
			}
		}()
		_, err := a.Analyze(ctx, files)
		returned := now()
		close(done)
		if errors.Is(err, context.Canceled) {
			at := <-cancelled
			clock, cpu := returned.clock-at.clock, returned.cpu-at.cpu
			longest = moment{max(longest.clock, clock), max(longest.cpu, cpu)}
			sum, n = moment{sum.clock + clock, sum.cpu + cpu}, n+1
		}
		cancel()
	}
	ms := func(d time.Duration, n int) float64 { return float64(d.Microseconds()) / 1e3 / float64(max(1, n)) }
	b.ReportMetric(ms(longest.clock, 1), "longest-ms")
	b.ReportMetric(ms(longest.cpu, 1), "longest-cpu-ms")
	b.ReportMetric(ms(sum.clock, n), "mean-ms")
	b.ReportMetric(ms(sum.cpu, n), "mean-cpu-ms")
	b.ReportMetric(0, "ns/op")
}
