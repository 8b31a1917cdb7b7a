package main

import (
	"encoding/json"
	"io"
	"time"

	"example.com/concurrent-servers/scripts/lab/experiments"
)

// jsonLines writes each event of an experiment as an object on a line of its own, under its kind, with the time since
// the experiment's beginning:
//
//	{"at_ms":13.2,"event":"lane","experiment":"three-clients","lane":{"chart":"part1-sequential","number":0,"stage":"done",…}}
//
// A figure that the system does not tell is -1.
type jsonLines struct {
	out        *json.Encoder
	experiment string
	began      time.Time
}

func newJSONLines(w io.Writer, experiment string) jsonLines {
	return jsonLines{json.NewEncoder(w), experiment, time.Now()}
}

func (j jsonLines) write(e experiments.Event) error {
	at := float64(time.Since(j.began).Microseconds()) / 1000
	return j.out.Encode(map[string]any{"at_ms": at, "experiment": j.experiment, "event": e.Kind(), e.Kind(): e})
}
