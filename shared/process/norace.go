//go:build !race

package process

// WatchingRaces says whether this program and those it builds watch for data races.
const WatchingRaces = false
