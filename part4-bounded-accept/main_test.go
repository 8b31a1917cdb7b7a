package main

import (
	"testing"

	"example.com/concurrent-servers/shared/servertest"
)

var promise = servertest.Promise{Greeted: 2, Accepted: 2}

func TestConformance(t *testing.T) { servertest.Run(t, serve, promise) }

func TestProgram(t *testing.T) { servertest.RunProgram(t, promise) }
