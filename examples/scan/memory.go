package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// spendMemory has the garbage collector wait longer than it would in a program that goes on, unless the
// environment says otherwise: at first until the process has 4 GB, or a fifth of the memory that is free where
// that is less; then until it has grown to three times what is alive. Most projects are never collected.
func spendMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(min(4<<30, freeMemory()/5))
	runtime.AddCleanup(new([16]byte), func(int) { // after the first collection
		debug.SetGCPercent(200)
		debug.SetMemoryLimit(math.MaxInt64)
	}, 0)
}

// freeMemory is how many bytes the machine, or on Linux the group of processes that this one belongs to, has left; 1 GB
// where nothing tells.
func freeMemory() int64 {
	const unknown = 1 << 30
	available := int64(unknown)
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return unknown
	}
	for line := range strings.Lines(string(info)) {
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &available); err == nil {
			available <<= 10
			break
		}
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(file); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				available = min(available, n)
			}
		}
	}
	return available
}
