// Package bubble runs the tests of the exercises in fake time.
package bubble

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// patience is in real time. A bubble takes milliseconds, so only a goroutine that waits for a lock
// for ever lasts this long: synctest does not see that. Set NO_WATCHDOG=1 to use a debugger.
const patience = 20 * time.Second

// Run runs test in a bubble of [testing/synctest]. If all goroutines in the bubble wait for each
// other, the test fails with the message stuck, and without a dump of all goroutines.
func Run(t *testing.T, stuck string, test func(*testing.T)) {
	t.Helper()
	watchdog := time.AfterFunc(patience, func() {
		fmt.Printf("--- FAIL: %s\n    %s\n    A goroutine waits for a lock that is never unlocked, or never stops running.\n", t.Name(), stuck)
		os.Exit(1)
	})
	defer watchdog.Stop()
	if os.Getenv("NO_WATCHDOG") != "" {
		watchdog.Stop()
	}
	if !deadlocks(t, test) {
		return
	}
	if !t.Failed() { // or what is left over comes from a failure that is reported already
		t.Error(stuck)
	}
	t.FailNow()
}

// deadlocks reports whether all goroutines of test wait for each other, when synctest panics.
func deadlocks(t *testing.T, test func(*testing.T)) (deadlock bool) {
	defer func() { deadlock = recover() != nil }()
	synctest.Test(t, test)
	return false
}
