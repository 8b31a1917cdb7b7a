package experiments

import (
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/timeline"
)

// An Event is what a trial tells its listener: a [Step], [Lane], [Title], [Reading], [Row], [Note] or [Verdict].
type Event interface{ Kind() string }

// A Step is what the trial does next.
type Step struct {
	Number int    `json:"number"` // from 1
	Of     int    `json:"of"`
	What   string `json:"what"`
}

// A Lane is what has just become known about a client.
type Lane struct {
	Chart  string        `json:"chart"`
	Number int           `json:"number"` // from 0
	Stage  client.Stage  `json:"stage"`
	Lane   timeline.Lane `json:"lane"` // as far as it is known
}

// A Title is what a chart turned out to show.
type Title struct {
	Chart string `json:"chart"`
	Title string `json:"title"`
}

// A Reading is a sample of a server's meters.
type Reading struct {
	Server string `json:"server"`
	rig.Meters
}

// A Row is figures about a subject.
type Row struct {
	Subject string   `json:"subject"`
	Figures []Figure `json:"figures"`
}

// A Note is what else there is to say.
type Note struct {
	Text string `json:"text"`
}

// A Verdict says whether a claim holds, here and now. It is measured, never assumed.
type Verdict struct {
	Claim    string `json:"claim"`
	Expected string `json:"expected"` // what would be seen if the claim held
	Measured string `json:"measured"`
	Holds    bool   `json:"holds"`
	Why      string `json:"why,omitempty"` // the reason for what was measured, if that is not plain
}

// Kind is the event's name in JSON.
func (Step) Kind() string    { return "step" }
func (Lane) Kind() string    { return "lane" }
func (Title) Kind() string   { return "title" }
func (Reading) Kind() string { return "reading" }
func (Row) Kind() string     { return "row" }
func (Note) Kind() string    { return "note" }
func (Verdict) Kind() string { return "verdict" }
