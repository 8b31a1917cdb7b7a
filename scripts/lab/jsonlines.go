package main

import (
	"encoding/json"
	"io"

	"example.com/concurrent-servers/scripts/lab/experiments"
)

// jsonLines writes each event of an experiment as an object on a line of its own, under its kind:
//
//	{"experiment":"three-clients","event":"lane","lane":{"chart":"part1-sequential","number":0,"stage":"done",…}}
type jsonLines struct {
	out        *json.Encoder
	experiment string
}

func newJSONLines(w io.Writer, experiment string) jsonLines {
	return jsonLines{json.NewEncoder(w), experiment}
}

func (j jsonLines) write(e experiments.Event) error {
	return j.out.Encode(map[string]any{"experiment": j.experiment, "event": e.Kind(), e.Kind(): e})
}
