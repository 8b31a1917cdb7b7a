//go:build race

package process

const watchingRaces = true
