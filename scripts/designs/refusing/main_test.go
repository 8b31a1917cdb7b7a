package main

import (
	"testing"

	"example.com/concurrent-servers/shared/servertest"
)

// While its queue has room it promises what part 3 does.
var promise = servertest.Promise{Greeted: 2, Accepted: servertest.All}

func TestConformance(t *testing.T) {
	before := *q
	*q = 100_000
	defer func() { *q = before }()
	servertest.Run(t, serve, promise)
}

func TestProgram(t *testing.T) { servertest.RunProgram(t, promise, "-q=100000") }

func TestRefusals(t *testing.T) { servertest.Refuses(t, serve, *n, *q) }
