//go:build !race

package process

const watchingRaces = false
