//go:build racy

package protocol

// tallyLock guards nothing. With it, clients overwrite each other's questions, and the race
// detector reports it:
//
//	go run -race -tags racy ./part2-threaded -protocol words
type tallyLock struct{}

func (tallyLock) Lock()   {}
func (tallyLock) Unlock() {}
