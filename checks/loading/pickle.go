package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds what the checks of pickles share, and PML6201.

// unpickled reports whether a way ends where bytes of its source are unpickled by something
// that builds whatever the pickle names.
func unpickled(path *checks.Path) bool {
	return checks.Unpickles(path.Call) && !checks.Restricted(path.Call) && !onlyNamed(path) && !stillJSON(path)
}

// stillJSON reports whether the data was written as JSON on its way and not parsed again: that is no pickle, whatever
// else is kept beside it.
func stillJSON(path *checks.Path) bool {
	written := false
	for _, s := range path.Trace.Steps() {
		if s.Text == models.StepJSON {
			written = true
		} else if c, ok := s.Node.(*ast.Call); ok && written && c != path.Call.Node {
			name := strings.ToLower(checks.LastName(c.Fn))
			written = !strings.Contains(name, "load") && !strings.Contains(name, "json") && !strings.Contains(name, "parse")
		}
	}
	return written
}

// namedByAnswer reports whether what another machine answered is no more than the name of a file that the program
// reads: a field of an answer's JSON, or what stands in a file that was downloaded.
func namedByAnswer(path *checks.Path) bool {
	read := 0
	for _, s := range path.Trace.Steps() {
		switch s.Text {
		case flow.IntoFile:
			read--
		case flow.OutOfFile:
			read++
		}
	}
	return read > 1 || read == 1 && path.Mark.From() == models.FromAPI
}

// streams are values that are read and not opened by their name.
var streams = []string{
	"io.BytesIO()", "io.TextIOWrapper()", "io.BufferedReader()", "flask.Request().stream", "werkzeug.datastructures.FileStorage()",
	"werkzeug.datastructures.FileStorage().stream", "http.server.BaseHTTPRequestHandler().rfile", "socketserver.BaseRequestHandler().rfile",
}

// onlyNamed reports whether text of a caller's does no more than name the file that is
// loaded: which of the stored models it may be is another check's question (PML4308).
func onlyNamed(path *checks.Path) bool {
	m := path.Mark
	switch {
	case m.Label == models.Upload:
		return !m.InFile()
	case m.Label == models.Web:
		return namedByAnswer(path)
	case m.Label != models.User || m.InFile():
		return false
	case path.Trace.Passes(flow.OutOfFile):
		return true
	}
	return path.Call.Symbol.Is(checks.UnpicklePath...) && !path.Value.Is(streams...)
}

// fetchers bring something from another machine over HTTP or FTP.
var fetchers = []string{
	"requests", "httpx", "aiohttp", "urllib", "urllib2", "urllib3", "httplib2", "niquests", "http.client", "ftplib", "wget", "gdown", "pooch",
	"torch.hub", "torchvision.datasets.utils", "keras.utils", "tensorflow.keras.utils", "subprocess", "asyncio", "os", "IPython", "pycurl",
}

// fetched reports whether a source is the answer of a site or the file that was downloaded
// from one.
func fetched(s *checks.Symbol) bool {
	for _, name := range fetchers {
		if s.Under(name) {
			return true
		}
	}
	return false
}

// buckets are the libraries of object stores.
var buckets = []string{
	"boto3.client", "boto3.resource", "google.cloud.storage", "azure.storage.blob", "minio", "s3fs", "gcsfs", "adlfs", "fsspec", "smart_open", "tensorflow.io.gfile",
}

// fromBucket reports whether a source is an object of a bucket.
func fromBucket(s *checks.Symbol) bool {
	for _, name := range buckets {
		if s.Under(name) {
			return true
		}
	}
	return false
}

// brokers deliver messages.
var brokers = []string{
	"kafka", "aiokafka", "confluent_kafka", "faust", "pika", "aio_pika", "google.cloud.pubsub_v1", "google.cloud.pubsub", "nats", "paho.mqtt", "boto3.client().receive_message",
	"redis.Redis().pubsub", "redis.Redis().lpop", "redis.Redis().rpop", "redis.Redis().blpop", "redis.Redis().brpop", "redis.Redis().xread", "redis.Redis().xreadgroup",
	"redis.Redis().blmove", "redis.Redis().lmove", "redis.Redis().brpoplpush", "redis.Redis().rpoplpush", "redis.Redis().zpopmin", "redis.Redis().bzpopmin",
	"azure.functions.QueueMessage", "azure.functions.ServiceBusMessage", "azure.functions.EventHubEvent",
}

// fromQueue reports whether a source is a message that a broker delivers.
func fromQueue(s *checks.Symbol) bool {
	for _, name := range brokers {
		if s.Under(name) {
			return true
		}
	}
	return false
}

// uploadUnpickled is PML6201.
var uploadUnpickled = &checks.Rule{
	Spec:  infoPML6201,
	Knows: checks.SocketCalls,
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !unpickled(path) || fromQueue(path.Mark.Source()) || checks.FromThisMachine(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: refuse(p, path.Call.Node, `raise ValueError("pickled uploads are not accepted")`)})
	},
}

// refuse raises before the statement of a load.
func refuse(p *checks.Pass, at ast.Node, line string) *fix.Fix {
	stmt := p.StmtOf(at)
	if stmt == nil || inLambda(p, at) {
		return nil
	}
	return checks.Fix(true, "refuse what would be unpickled", fix.InsertBefore(p.File, stmt, line))
}

// inLambda reports whether a node stands in a lambda, which no statement can guard.
func inLambda(p *checks.Pass, at ast.Node) bool {
	around := p.Around(at)
	for i := len(around) - 1; i >= 0; i-- {
		switch around[i].(type) {
		case *ast.Lambda:
			return true
		case ast.Stmt:
			return false
		}
	}
	return false
}
