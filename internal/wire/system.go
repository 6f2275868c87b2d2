package wire

// System is the answer to GET /pedidos/system: which program this is, on what it runs, and
// how it is set up.
type System struct {
	Version       string    `json:"version"`
	Revision      string    `json:"revision"`
	GoVersion     string    `json:"goVersion"`
	OS            string    `json:"os"`
	Arch          string    `json:"arch"`
	PID           int       `json:"pid"`
	StartedAt     Instant   `json:"startedAt" nullable:"false"`
	UptimeSeconds int64     `json:"uptimeSeconds"`
	Engine        string    `json:"engine" enum:"embedded,distributed"`
	Storage       Storage   `json:"storage"`
	Memory        Memory    `json:"memory"`
	Workers       int       `json:"workers"`
	MaxOrders     int64     `json:"maxOrders"`
	Settings      []Setting `json:"settings" nullable:"false"`
	Checks        []Checked `json:"checks" nullable:"false" doc:"What /readyz asks; why a check fails is in the log."`
	Realtime      Realtime  `json:"realtime"`
}

// Storage is where the orders are.
type Storage struct {
	Path      string `json:"path" doc:"The data directory, or the database's address without its credentials."`
	DiskBytes int64  `json:"diskBytes" doc:"Of the engine's files, obsolete ones that are not deleted yet included; 0 where it does not say."`
	FreeBytes int64  `json:"freeBytes" doc:"On that disk; 0 where the system does not say."`
	Orders    int64  `json:"orders"`
	Runs      int64  `json:"runs"`
	L0Files   int64  `json:"l0Files" doc:"Tables of the engine's top level, which compactions have yet to merge."`
}

// Memory is what the process holds.
type Memory struct {
	RSS uint64 `json:"rss" doc:"Resident bytes; 0 where the system does not say."`
}

// Setting is a setting with its value in effect.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value" doc:"Masked if it is a secret."`
	Origin string `json:"origin" enum:"default,file,environment,flag"`
	Group  string `json:"group"`
	Help   string `json:"help"`
	Idle   string `json:"idle,omitempty" doc:"Why it has no effect in this version."`
}

// Checked is what a check found.
type Checked struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
}

// Realtime is who watches.
type Realtime struct {
	Clients      int     `json:"clients" doc:"Live views that are connected."`
	Cut          uint64  `json:"cut" doc:"Live views that were too slow and were cut off."`
	DroppedLines uint64  `json:"droppedLines" doc:"Log lines that slow live views did not get."`
	Sockets      Sockets `json:"sockets"`
	SSE          int     `json:"sse" doc:"Connections that stream server-sent events."`
}

// Sockets counts Socket.IO connections by transport.
type Sockets struct {
	Polling   int `json:"polling"`
	WebSocket int `json:"websocket"`
}
