// SPDX-License-Identifier: MIT
//
// Porcupine's side of bench/porcupine.ts, which puts this file into a copy of porcupine's folder: each
// of its own histories is checked, and a line for each has the verdict and the nanoseconds of all
// processors that a check took at best.
package porcupine

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A history is checked again until it has taken so long together.
const enough = 100 * time.Millisecond

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func tell(name string, check func() bool) {
	var all, best time.Duration
	ok := false
	for turns := 0; turns == 0 || (all < enough && turns < 1000); turns++ {
		start := processorTime()
		ok = check()
		took := processorTime() - start
		if best == 0 || took < best {
			best = took
		}
		all += took
	}
	fmt.Printf("history %s %t %d\n", name, ok, best.Nanoseconds())
}

func TestTellVerdicts(t *testing.T) {
	for _, file := range files(t, "test_data/kv/*.txt") {
		events := parseKvLog(file)
		tell("kv/"+base(file), func() bool { return CheckEvents(kvModel, events) })
		if !strings.Contains(file, "c50") {
			whole := func() bool { return CheckEvents(kvNoPartitionModel, events) }
			tell("whole/"+base(file), whole)
		}
	}
	for _, file := range files(t, "test_data/jepsen/*.log") {
		events := parseJepsenLog(file)
		tell("etcd/"+base(file), func() bool { return CheckEvents(etcdModel, events) })
	}
}

func base(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

func files(t *testing.T, pattern string) []string {
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("no histories in %s", pattern)
	}
	sort.Strings(found)
	return found
}
